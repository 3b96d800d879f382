"""Kills a collecting process at a chosen point and compares what later runs make of it with what an undisturbed run makes.

Run as a child: python -m tests.chaos.collection FOLDER BASE [POINT NTH]
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from classifiers.tag import Tagger
from crawlers import collect as crawl
from crawlers.stories.index import StoryIndex
from monitor import pipeline
from monitor.app import build, opened
from monitor.cli.common import set_up_log
from monitor.config import FileConfig
from storage import ledger, outbox
from storage.store import Store

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 12, 3, 0, tzinfo=UTC)
ITEMS = 6


@dataclass(frozen=True)
class Point:
    """Where the process dies: before or after a call, the `most`-th one at the latest."""

    owner: Any
    name: str
    after: bool
    most: int  #: how often an undisturbed run gets there, at least


POINTS = {
    "source asked": Point(crawl, "discover", after=False, most=3),
    "source read": Point(crawl, "discover", after=True, most=3),
    "entering": Point(ledger, "_row", after=True, most=8),  # inside the transaction
    "entered": Point(Store, "enter", after=True, most=3),
    "state saved": Point(Store, "save_source_state", after=True, most=3),
    "page asked": Point(crawl, "fetch", after=False, most=7),
    "page fetched": Point(crawl, "fetch", after=True, most=7),
    "extracted": Point(crawl, "extract", after=True, most=8),
    "tagged": Point(Tagger, "tag", after=True, most=8),
    "placed": Point(StoryIndex, "place", after=True, most=8),
    "saving": Point(outbox, "owe", after=True, most=8),  # article and labels written, not committed
    "saved": Point(Store, "save", after=True, most=8),
    "failure marked": Point(Store, "mark", after=True, most=1),
    "quarantined": Point(Store, "put_in_quarantine", after=True, most=1),
}


def site() -> dict[bytes, tuple[bytes, bytes]]:
    """A feed (one of its pages is gone), a listing that offers some of the same pages, a forum, and a feed made to do harm."""
    html, feed = b"text/html; charset=utf-8", b"application/rss+xml"
    title = "Phường Bồ Đề tiếp nhận hồ sơ trực tuyến đợt {}"
    text = "".join(f"<p>Câu thứ {k} của bài: người dân nộp hồ sơ dịch vụ công trực tuyến tại điểm phục vụ số {k}.</p>" for k in range(8))
    pages = {}
    for n in range(ITEMS):
        page = f"<html><head><title>{title.format(n)}</title></head><body><article><h1>{title.format(n)}</h1>{text}</article></body></html>"
        pages[f"/tin/bai-viet-dai-so-{n}-10{n}.html".encode()] = (html, page.encode())
    item = "<item><title>{}</title><link>/tin/{}</link><pubDate>Thu, 12 Nov 2026 09:0{}:00 +0700</pubDate></item>"
    items = [item.format(title.format(n), f"bai-viet-dai-so-{n}-10{n}.html", n) for n in range(ITEMS - 2)]
    items.append("<item><title></title><link>/tin/bai-hong-999.html</link></item>")
    rss = "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>Báo</title>{}</channel></rss>"
    words = "<description>Gọi 091234567{0} chưa ai trả lời</description>"
    post = "<item><title>Hỏi về VNeID {0}</title><link>/dien-dan/chu-de-{0}</link>" + words + "</item>"
    posts = "".join(post.format(n) for n in range(2))
    links = "".join(
        f"<article><h3><a href='/tin/bai-viet-dai-so-{n}-10{n}.html'>{title.format(n)}</a></h3></article>" for n in range(2, ITEMS)
    )
    return pages | {
        b"/rss": (feed, rss.format("".join(items)).encode()), b"/dien-dan.rss": (feed, rss.format(posts).encode()),
        b"/xau.rss": (feed, b"<rss version='2.0'><channel><item " + b"a='1' " * 100_000 + b"/></channel></rss>"),
        b"/tin": (html, f"<html><body><main>{links}</main></body></html>".encode()),
    }  # fmt: skip


async def _collect(folder: Path, base: str) -> None:
    sources = [("bao", "feed", "/rss", "city"), ("trang", "listing", "/tin", "city"), ("dien_dan", "forum", "/dien-dan.rss", "forum")]
    sources.append(("xau", "feed", "/xau.rss", "city"))
    config = FileConfig(
        data_dir=folder, log_level="error", sandbox={"seconds": 1.5, "workers": 1},
        fetch={"allow_addresses": ["127.0.0.0/8"], "per_host_delay": 0, "per_host_concurrency": 4},
        sources=[{"id": i, "name": i, "kind": kind, "url": base + path, "homepage": base, "tier": tier} for i, kind, path, tier in sources],
    )  # fmt: skip
    async with opened(build(config, clock=lambda: NOW, channels={})) as app:
        for source in app.sources:  # one after the other: the same order in every run
            await pipeline.collect(app, source)
        await pipeline.catch_up(app)


def _die_at(point: Point, nth: int) -> None:
    real: Callable[..., Any] = getattr(point.owner, point.name)
    calls = iter(range(1, 1_000_000))

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(real)
    def call(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == nth
        if last and not point.after:
            die()
        found = real(*args, **kwargs)
        if last:
            die()
        return found

    @functools.wraps(real)
    async def waited(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == nth
        if last and not point.after:
            die()
        found = await real(*args, **kwargs)
        if last:
            die()
        return found

    setattr(point.owner, point.name, waited if inspect.iscoroutinefunction(real) else call)


def run(folder: Path, base: str, point: str = "", nth: int = 0) -> int:
    """Collect once in a child process; return its exit status (−9: it died where it was told to)."""
    more = [point, str(nth)] if point else []
    program = [sys.executable, "-W", "ignore", "-m", "tests.chaos.collection", str(folder), base, *more]
    return subprocess.run(program, cwd=ROOT, check=False).returncode


def stored(folder: Path) -> dict[str, Any]:
    """What the base holds, without the times of our own work."""
    store = Store(f"sqlite:///{folder / 'monitor.db'}")
    try:
        found = []
        for past in store.recent(datetime(2000, 1, 1, tzinfo=UTC)):
            article = store.article(past.article_id)
            assert article is not None
            tags = sorted((x.kind, x.value) for x in store.tags(article.id).labels)
            found.append((article.url, article.source_id, article.title, article.text, tags, article.partial, store.versions(article.id)))
        return {"articles": sorted(found), "ledger": store.ledger_by_source(), "quarantine": len(store.quarantined())}
    finally:
        store.close()


if __name__ == "__main__":
    set_up_log("error")
    if len(sys.argv) > 3:
        _die_at(POINTS[sys.argv[3]], int(sys.argv[4]))
    asyncio.run(_collect(Path(sys.argv[1]), sys.argv[2]))
