"""More than 200 hostile feeds and five good sources, read in one run through the real pipeline into a real database.

Everything runs once; each feed is a test of its own over what the run left behind.
"""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from crawlers.door import connector
from monitor import pipeline
from monitor.app import App, build, opened
from monitor.config import AlertingConfig, Config, FetchConfig, SandboxConfig, SourceConfig
from monitor.config_file import load
from monitor.demo.play import FrozenClock
from monitor.figures import Quarantined
from monitor.records import Source, SourceState
from tests.hostile.case import Hostile
from tests.hostile.cases import CASES
from tests.hostile.server import FEED, GOOD, GOOD_ITEMS, host, serving

ROOT = Path(__file__).resolve().parents[2]
SECONDS, MEMORY, TIMEOUT = 2.0, 512, 3.0
pytestmark = pytest.mark.timeout(600)  # one run for all; a machine with other work needs its time
BY_ID = {case.id: case for case in CASES}
KINDS = {"hard", "soft", "temporary", "parse", "hostile", "empty"}


@dataclass(kw_only=True)
class Run:
    """What the run left behind."""

    database: Path
    states: dict[str, SourceState] = field(default_factory=dict)
    again: dict[str, SourceState] = field(default_factory=dict)  #: after a second reading of what was stopped
    rows: dict[str, list[sqlite3.Row]] = field(default_factory=dict)  #: of the ledger, by source
    articles: dict[str, list[sqlite3.Row]] = field(default_factory=dict)
    quarantine: list[Quarantined] = field(default_factory=list)
    memory_limits: set[tuple[int, int]] = field(default_factory=set)  #: of the children
    canary: int = 0  #: connections
    asked: list[str] = field(default_factory=list)


class NoNames:
    """DNS in the tests: nobody answers."""

    async def resolve(self, *_: object) -> list[object]:
        raise OSError("no such host")

    async def close(self) -> None:
        pass


def configured(folder: Path, port: int) -> Config:
    names = [*BY_ID, *GOOD]
    return load(ROOT / "config.yaml").model_copy(
        update={
            "data_dir": folder, "database": "", "log_level": "error", "shipped_sources": False, "alerting": AlertingConfig(max_age_hours=0),
            "fetch": FetchConfig(
                timeout=TIMEOUT, per_host_delay=0, per_host_concurrency=8, concurrency=24, allow_addresses=["127.0.0.1/32"],
                resolve={host(name): f"127.0.0.1:{port}" for name in [*names, "khac"]},
            ),
            "sandbox": SandboxConfig(workers=2, seconds=SECONDS, memory_mb=MEMORY),
            "sources": [
                SourceConfig(id=name, name=name, kind="feed", url=f"http://{host(name)}{FEED}", tier="city", every=900) for name in names
            ],
        }
    )  # fmt: skip


async def read_all(app: App, run: Run) -> None:
    """Hostile and good ones side by side, then once more what was stopped."""
    sources = {source.id: source for source in app.sources}
    mixed = [sources[name] for name in BY_ID]
    for number, name in enumerate(GOOD):
        mixed.insert(20 + 40 * number, sources[name])
    gate = asyncio.Semaphore(24)

    async def one(source: Source) -> None:
        async with gate:
            await pipeline.collect(app, source)

    await asyncio.gather(*(one(source) for source in mixed))
    run.states = dict(app.states)
    for name in [name for name, state in run.states.items() if state.failure == "hostile"]:
        await pipeline.collect(app, sources[name])
    run.again = dict(app.states)
    running = [child._process for child in app.tools.sandbox._children if child._process is not None]
    run.memory_limits = {psutil.Process(process.pid).rlimit(psutil.RLIMIT_AS) for process in running}
    run.quarantine = await app.db(app.store.quarantined, 500)


async def play(folder: Path) -> Run:
    run = Run(database=folder / "monitor.db")

    def knocked(reader: object, writer: asyncio.StreamWriter) -> None:
        run.canary += 1
        writer.close()

    canary = await asyncio.start_server(knocked, "127.0.0.2", 0)
    async with canary, serving(BY_ID, canary.sockets[0].getsockname()[1]) as (server, port):
        app = build(configured(folder, port), clock=FrozenClock(), channels={})
        async with opened(app):
            await read_all(app, run)
        run.asked = server.asked
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connector, "ThreadedResolver", NoNames)
        found = asyncio.run(play(tmp_path_factory.mktemp("hostile")))
    with sqlite3.connect(found.database) as connection:
        connection.row_factory = sqlite3.Row
        for name, table in (("rows", "ledger"), ("articles", "articles")):
            for row in connection.execute(f"SELECT * FROM {table}"):
                getattr(found, name).setdefault(row["source_id"], []).append(row)
    connection.close()
    return found


def test_there_are_at_least_200_and_each_has_its_own_name() -> None:
    assert len(CASES) >= 200
    assert len(BY_ID) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_hostile_feed_gives_clean_entries_or_a_reason(case: Hostile, run: Run) -> None:
    state, rows = run.states[case.id], run.rows.get(case.id, [])
    if state.failures:
        assert case.ends != "clean", state.reason
        assert state.failure in KINDS
        assert case.kind in ("", state.failure), state.reason
        assert len(state.reason) > 10
        assert not rows
        return
    assert case.ends != "marked", [dict(row) for row in rows][:3]
    assert rows
    for row in rows:
        assert_clean(row["url"])
        assert_clean(row["canonical_url"])
        assert len(row["title"]) <= 1_000
        assert row["state"] in ("kept", "off_topic", "duplicate", "failed", "waiting")
        assert row["state"] != "failed" or row["reason"]
    for article in run.articles.get(case.id, []):
        assert_clean(article["url"])
        assert article["text"]
        assert not set("\x00\x1b\u202e\u200b\ufeff") & set(article["title"] + article["text"])


def assert_clean(url: str) -> None:
    parts = urlsplit(url)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert "@" not in parts.netloc
    assert url.isascii()
    assert url.isprintable()


@pytest.mark.parametrize("name", GOOD)
def test_a_good_source_is_complete_in_the_same_run(name: str, run: Run) -> None:
    assert run.states[name].failures == 0
    assert len(run.rows[name]) == GOOD_ITEMS
    assert {row["state"] for row in run.rows[name]} <= {"kept", "off_topic", "duplicate"}
    assert all(not article["partial"] for article in run.articles[name])


def test_nothing_stored_holds_a_script_or_an_odd_address(run: Run) -> None:
    with sqlite3.connect(run.database) as connection:
        readable = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        tables = [name for (name,) in connection.execute(readable)]
        assert {"ledger", "articles"} <= set(tables)
        for table in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor:
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, str):
                        assert "<script" not in value.lower(), (table, name, value[:200])
                        assert not name.endswith("url") or not value or value.startswith(("http://", "https://")), (table, name, value)
    connection.close()


def test_nobody_knocked_where_nobody_may(run: Run) -> None:
    assert run.canary == 0


def test_what_was_stopped_is_in_quarantine_and_not_parsed_again(run: Run) -> None:
    stopped = {name for name, state in run.states.items() if state.failure == "hostile"}
    held = {one.source_id: one for one in run.quarantine}
    assert len(stopped) >= 10
    assert any("giây" in run.states[name].reason for name in stopped), "no limit of time was reached: the run proves nothing"
    for name in stopped:
        assert held[name].body_hash
        assert held[name].size > 0
        assert held[name].url.startswith("http://")
        assert held[name].times == 2
        assert "cách ly" in run.again[name].reason


def test_each_child_had_its_limit_of_memory(run: Run) -> None:
    assert run.memory_limits == {(MEMORY * 1024 * 1024,) * 2}


def test_no_feed_can_cost_more_than_five_seconds() -> None:
    limits = Config.model_fields["sandbox"].default
    assert SECONDS <= limits.seconds <= 4
    assert limits.memory_mb <= 512
    assert TIMEOUT + SECONDS <= 5
