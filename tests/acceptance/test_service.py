"""`monitor run` as a process: it starts, works, ends on SIGTERM, and a kill −9 anywhere loses nothing and repeats nothing."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.console import AGAIN
from monitor.demo.newsroom.items import outlets, truth
from monitor.demo.newsroom.server import feed_url, serving
from monitor.demo.play import LAST
from tests.acceptance.conftest import ROOT, environment, item_id, write_config

SOURCES = ("tin_bac_ha", "do_thi_song_hong", "pho_co_online", "thu_do_ngay_nay", "lao_dong_ha_thanh")
OPTIONS = {"listing": {"pages": 2}}
PATIENCE = 60.0


@contextmanager
def newsroom(folder: Path) -> Iterator[None]:
    """The newsroom at the end of its two weeks, and a configuration that lets old items and first readings alert."""
    with serving(lambda: LAST) as port:
        chosen = [o for o in outlets() if o.id in SOURCES]
        fetch = {"per_host_delay": 0, "per_host_concurrency": 2, "allow_addresses": ["127.0.0.0/8"]}
        write_config(
            folder,
            sources=[
                {
                    "id": o.id,
                    "name": o.name,
                    "kind": o.kind,
                    "url": feed_url(o),
                    "tier": o.tier,
                    "every": 3600,
                    "options": OPTIONS.get(o.kind, {}),
                }
                for o in chosen
            ],
            fetch=fetch | {"resolve": {o.host: f"127.0.0.1:{port}" for o in chosen}},
            alerting={"alert_first_reading": True, "max_age_hours": 24 * 365 * 20, "quiet_hours": None},
            story_window_days=60,  # stories of two weeks are known after a restart
            schedule={"deliver_every": 0.2, "heartbeat": 0.5, "lease": 2},
            channels={"console": {"file": str(folder / "console.txt")}},
            digest={"recipients": []},
        )
        yield


@contextmanager
def service(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "run"], cwd=folder, env=environment() | {"PYTHONPATH": str(ROOT)}, stderr=log
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def until(true: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Poll until `true`; the process must live meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert process.poll() is None, "the service ended"
        assert time.monotonic() < deadline, "the service did not get there"
        time.sleep(0.05)


def ask(folder: Path, query: str) -> int:
    try:
        with sqlite3.connect(f"file:{folder / 'var' / 'monitor.db'}?mode=ro", uri=True, timeout=10) as base:
            return int(base.execute(query).fetchone()[0])
    except sqlite3.OperationalError:  # not there yet
        return -1


ARTICLES = "SELECT count(*) FROM articles"
WAITING = "SELECT count(*) FROM ledger WHERE state = 'waiting' AND retry_at IS NULL"
READ = "SELECT count(*) FROM source_states WHERE read_before"
OWED = "SELECT count(*) FROM outbox WHERE status <> 'sent'"
SENT = "SELECT count(*) FROM outbox WHERE status = 'sent'"
#: articles of ours that ask for an answer, and their story has no case or one that weighs less
NOT_CASED = """
SELECT a.url, a.severity, c.severity FROM articles a LEFT JOIN cases c ON c.story_id = a.story_id
WHERE a.relevant AND a.hanoi AND a.severity > 'S0' AND (c.id IS NULL OR c.severity < a.severity)
"""
#: cases that people must be told of, and no message about them was sent
NOT_TOLD = """
SELECT number, severity, title FROM cases WHERE severity >= 'S2'
AND id NOT IN (SELECT case_id FROM outbox WHERE kind = 'alert' AND status = 'sent')
"""


def finished(folder: Path) -> bool:
    return ask(folder, READ) == len(SOURCES) and ask(folder, WAITING) == 0 and ask(folder, OWED) == 0


def test_sigterm_ends_it_cleanly_within_ten_seconds_while_it_works(tmp_path: Path) -> None:
    with newsroom(tmp_path), service(tmp_path) as process:
        until(lambda: ask(tmp_path, ARTICLES) > 3, process)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
        assert time.monotonic() - started < 10
    assert "Traceback" not in (tmp_path / "log.txt").read_text(encoding="utf-8")


def test_health_follows_the_service(tmp_path: Path) -> None:
    def health() -> int:
        return subprocess.run(
            [sys.executable, "-m", "monitor", "health"], cwd=tmp_path, env=environment(), capture_output=True, check=False
        ).returncode

    with newsroom(tmp_path), service(tmp_path) as process:
        until(lambda: ask(tmp_path, "SELECT count(*) FROM beats") > 0, process)
        assert health() == 0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a service that nobody killed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with newsroom(folder), service(folder) as process:
        until(lambda: finished(folder), process)
    return folder


@pytest.mark.parametrize("articles_before_kill", [0, 4, 25])
def test_kill_9_loses_nothing_and_repeats_nothing(tmp_path: Path, undisturbed: Path, articles_before_kill: int) -> None:
    with newsroom(tmp_path):
        with service(tmp_path) as process:
            until(lambda: ask(tmp_path, ARTICLES) >= articles_before_kill and ask(tmp_path, READ) >= 0, process)
            process.kill()
            process.wait()
        with service(tmp_path) as process:
            until(lambda: finished(tmp_path), process)
    for query in ("SELECT id FROM articles", "SELECT key, state FROM ledger"):
        assert sorted(rows(tmp_path, query)) == sorted(rows(undisturbed, query)), query
    assert rows(tmp_path, NOT_CASED) == rows(undisturbed, NOT_CASED) == []
    assert rows(tmp_path, NOT_TOLD) == rows(undisturbed, NOT_TOLD) == []
    assert cased_stories(tmp_path) == cased_stories(undisturbed) != set()
    deliveries = [r[0] for r in rows(tmp_path, "SELECT id FROM outbox")]
    assert len(deliveries) == len(set(deliveries)) == ask(tmp_path, SENT) > 0  # none pending, leased or dead
    shown = messages(tmp_path)
    assert len(deliveries) <= len(shown) <= len(deliveries) + 1  # the one between "sent" and "marked" may come twice, and says so
    first = [m for m in shown if AGAIN not in m]
    assert len(first) == len(set(first))
    assert len({m.replace(AGAIN, "") for m in shown}) == len(deliveries)


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{folder / 'var' / 'monitor.db'}?mode=ro", uri=True, timeout=10) as base:
        return base.execute(query).fetchall()


def messages(folder: Path) -> list[str]:
    """What the console showed, one text a message."""
    parts = (folder / "console.txt").read_text(encoding="utf-8").split("─" * 72)
    return [part.strip() for part in parts if part.strip()]


def cased_stories(folder: Path) -> set[str]:
    """The stories, as they are in truth, of the articles whose story has a case: which article came first does not matter."""
    urls = rows(folder, "SELECT a.url FROM articles a JOIN cases c ON c.story_id = a.story_id")
    return {truth()[item_id(url)]["story"] for (url,) in urls}
