"""A round over 2,000 unchanged feeds with its state kept, against one shared httpx client that asks the same questions."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from monitor import pipeline
from monitor.app import build, opened
from monitor.cli.common import set_up_log
from monitor.config import FileConfig
from tests.bars import Row
from tests.loopback import serving

FEEDS, CONNECTIONS = 2_000, 64
FEED = "".join(
    ["<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>Báo</title>"]
    + [f"<item><title>Tin số {n}</title><link>http://127.0.0.1/bai-{n}.html</link></item>" for n in range(3)]
    + ["</channel></rss>"]
).encode()


def configured(base: str, folder: Path) -> FileConfig:
    return FileConfig(
        data_dir=folder, log_level="error",
        fetch={"allow_addresses": ["127.0.0.0/8"], "per_host_delay": 0, "per_host_concurrency": CONNECTIONS, "concurrency": CONNECTIONS},
        sources=[
            {"id": f"nguon_{n}", "name": f"Nguồn {n}", "kind": "feed", "url": f"{base}/feed/{n}", "tier": "city"} for n in range(FEEDS)
        ],
    )  # fmt: skip


async def ours(base: str) -> float:
    """Seconds of the best whole round in which nothing changed, the states saved at its end."""
    with tempfile.TemporaryDirectory() as folder:
        async with opened(build(configured(base, Path(folder)), channels={})) as app:
            await pipeline.once(app, only_due=False)
            rounds = []
            for _ in range(3):
                started = time.perf_counter()
                tally = await pipeline.once(app, only_due=False)
                rounds.append(time.perf_counter() - started)
                assert (tally.fetched, tally.discovered) == (FEEDS, 0), tally
            kept = app.store.source_states()
            assert len(kept) == FEEDS
            assert all(state.etag and not state.failures for state in kept.values())
    return min(rounds)


async def shared_httpx(base: str) -> float:
    """Seconds of the best of as many rounds of the same conditional requests through one httpx client, its validators kept in a dict."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(limits=limits, timeout=120, trust_env=False) as client:
        marks: dict[int, str] = {}

        async def read(number: int, more: Mapping[str, str]) -> None:
            answer = await client.get(f"{base}/feed/{number}", headers=more)
            marks[number] = answer.headers["etag"]
            assert answer.status_code == (304 if more else 200)

        await asyncio.gather(*(read(n, {}) for n in range(FEEDS)))
        rounds = []
        for _ in range(3):
            started = time.perf_counter()
            await asyncio.gather(*(read(n, {"If-None-Match": marks[n]}) for n in range(FEEDS)))
            rounds.append(time.perf_counter() - started)
        return min(rounds)


def rows() -> list[Row]:
    """The best of three rounds each, in one run."""
    set_up_log("error")
    with serving({b"/feed/*": (b"application/rss+xml", FEED)}) as base:
        mine, theirs = asyncio.run(ours(base)), asyncio.run(shared_httpx(base))
    return [
        Row(
            what=f"a round over {FEEDS:,} unchanged loopback feeds, state kept, against one shared httpx client",
            bar="5×", goal="8×", measured=f"{theirs / mine:.1f}× ({mine:.2f} s against {theirs:.2f} s)", met=theirs / mine >= 5,
        )
    ]  # fmt: skip
