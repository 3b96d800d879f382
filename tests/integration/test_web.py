"""/healthz and /metrics over real HTTP, on a real database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor import web
from monitor.app import App
from monitor.config import Config
from monitor.errors import MonitorError
from monitor.records import LedgerState, SourceState
from storage.errors import StorageError
from storage.store import Store
from tests.integration.storage_items import T0, article, delivery, entry, source, tags

HOUR = timedelta(hours=1)
SECRET = "postgresql://monitor:bi-mat@db/monitor"


@dataclass
class Desk:
    """What the web server sees of the house."""

    store: Store
    now: datetime = T0
    config: Config = field(default_factory=lambda: Config(web={"enabled": True, "port": 0}))
    looks: int = 0
    broken: Exception | None = None
    stuck: threading.Event | None = None

    def clock(self) -> datetime:
        return self.now

    async def db(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.looks += 1
        if self.broken:
            raise self.broken
        if self.stuck:
            await asyncio.to_thread(self.stuck.wait, 30)
        return await asyncio.to_thread(call, *args, **kwargs)


@pytest.fixture
def desk(store: Store, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(web, "FRESH", 0.0)
    store.sync_sources([source("bao_a"), source("bao_b"), source("bao_tat", enabled=False)], T0)
    store.beat(T0, "service")
    return Desk(store)


@asynccontextmanager
async def asking(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with web.serving(cast(App, desk)) as address, httpx.AsyncClient(base_url=address) as client:
        yield client


def metrics(answer: httpx.Response) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (s.name.removeprefix("coverage_desk_"), tuple(s.labels.values())): s.value
        for family in text_string_to_metric_families(answer.text)
        for s in family.samples
    }


def found_news(store: Store, at: datetime) -> None:
    store.enter([entry("moi")], at)
    store.save_source_state(SourceState(source_id="bao_a", read_before=True, last_read_at=at, last_ok_at=at, last_new_at=at))


async def test_healthy_while_something_new_comes(desk: Desk) -> None:
    found_news(desk.store, T0 - HOUR / 2)
    async with asking(desk) as client:
        answer = await client.get("/healthz")
        told = answer.json()
    assert (answer.status_code, told["status"], told["reasons"]) == (200, "ok", [])
    assert told["last_new_item_at"] == "2026-11-09T02:30:00+00:00"
    assert told["new_items_last_hour"] == 1
    assert told["sources"] == {"dead": 0, "blocked": 0, "empty": 0, "failing": 0, "quiet": 0, "new": 1, "healthy": 1, "off": 1}


async def test_a_live_process_without_news_is_not_healthy(desk: Desk) -> None:
    """The heartbeat of the process is young all the time: what counts is what it finds."""
    found_news(desk.store, T0 - 9 * HOUR)
    async with asking(desk) as client:
        assert (await client.get("/healthz")).status_code == 200  # it began just now: it cannot have found anything yet
        desk.now = T0 + desk.config.operations.no_news_after * timedelta(seconds=1) + HOUR
        desk.store.beat(desk.now, "service")
        answer = await client.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["không nguồn nào có tin mới đã 7 giờ"]
        found_news(desk.store, desk.now)
        assert (await client.get("/healthz")).status_code == 200


async def test_no_source_to_read_is_no_silence(store: Store, desk: Desk) -> None:
    store.sync_sources([source("bao_tat", enabled=False)], T0)
    async with asking(desk) as client:
        desk.now = T0 + timedelta(days=3)
        store.beat(desk.now, "service")
        assert (await client.get("/healthz")).status_code == 200


async def test_a_stale_heartbeat_is_told(desk: Desk) -> None:
    async with asking(desk) as client:
        desk.now = T0 + timedelta(minutes=20)
        answer = await client.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["dịch vụ không có nhịp đã 20 phút"]
        assert metrics(await client.get("/metrics"))["healthy", ()] == 0


async def test_a_failing_database_is_told_without_its_address(desk: Desk) -> None:
    desk.broken = StorageError(f"Cơ sở dữ liệu {SECRET} không kết nối được")
    async with asking(desk) as client:
        for path in ("/healthz", "/metrics"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert "bi-mat" not in answer.text
            assert "cơ sở dữ liệu không dùng được" in answer.text


async def test_a_database_that_hangs_is_told_and_asked_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PATIENCE", 0.1)
    desk.stuck = threading.Event()
    async with asking(desk) as client:
        answers = await asyncio.gather(*(client.get("/healthz") for _ in range(5)))
        assert {a.status_code for a in answers} == {503}
        assert "không trả lời" in answers[0].text
        assert desk.looks == 1
        desk.stuck.set()


async def test_scraping_does_not_load_the_database(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "FRESH", 60.0)
    async with asking(desk) as client:
        await asyncio.gather(*(client.get(path) for path in ("/metrics", "/healthz") * 20))
    assert desk.looks == 1


async def test_metrics_say_what_the_database_says(desk: Desk) -> None:
    store = desk.store
    found_news(store, T0 - HOUR / 2)
    store.enter([entry(n) for n in range(4)], T0 - 5 * HOUR)
    store.mark(entry(0).canonical_url, LedgerState.FAILED, reason="404", now=T0)
    one = article(1)
    store.save(one, tags(one), now=T0)
    store.owe([delivery("a", due_at=T0 - HOUR), delivery("b", due_at=T0)], T0 - HOUR)
    store.failed("b", "không tới được", retry_at=None, now=T0)
    async with asking(desk) as client:
        answer = await client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    told = metrics(answer)
    assert told["articles_total", ()] == 1
    assert {k[1][0]: v for k, v in told.items() if k[0] == "ledger_entries"} == {
        "waiting": 3, "kept": 1, "off_topic": 0, "duplicate": 0, "failed": 1
    }  # fmt: skip
    assert (told["deliveries", ("pending",)], told["deliveries", ("dead",)]) == (1, 1)
    assert (told["oldest_pending_seconds", ()], told["heartbeat_age_seconds", ()]) == (3600, 0)
    assert (told["new_items_last_hour", ()], told["new_items_last_day", ()], told["quarantine_total", ()]) == (1, 5, 0)
    assert told["sources", ("healthy",)] == 1
    assert told["source_last_new_age_seconds", ("bao_a",)] == 1800
    assert told["last_new_item_age_seconds", ()] == 1800
    assert told["healthy", ()] == 1
    assert any(name == "build_info" for name, _ in told)
    assert sum(1 for _ in told) < 60


async def test_no_word_of_an_article_and_no_address_gets_out(desk: Desk) -> None:
    words = article("bi-an", title="Tiêu đề bí ẩn", text="Nội dung bí ẩn")
    desk.store.save(words, tags(words), now=T0)
    failed = SourceState(
        source_id="bao_b", failures=9, failure="hard", failing_since=T0, reason="http://bi-an.vn/?token=bi-mat không mở được"
    )
    desk.store.save_source_state(failed)
    async with asking(desk) as client:
        for path in ("/healthz", "/metrics"):
            text = (await client.get(path)).text
            assert not [w for w in ("bí ẩn", "bi-an", "bi-mat", "bao_b.vn", "http") if w in text]


async def test_only_two_paths_and_only_reading(desk: Desk) -> None:
    async with asking(desk) as client:
        assert (await client.head("/healthz")).status_code == 200
        for path in ("/", "/healthz/", "/metrics/../etc/passwd", "/favicon.ico", "/docs", "/%2e%2e"):
            assert (await client.get(path)).status_code == 404
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            assert (await client.request(method, "/healthz")).status_code == 405
        for answer in (await client.get("/healthz"), await client.get("/x")):
            assert answer.headers["Server"] == "coverage-desk"
            assert answer.headers["Cache-Control"] == "no-store"


async def test_it_listens_on_loopback_only_and_only_when_asked(desk: Desk) -> None:
    assert Config().web.host == "127.0.0.1"
    async with web.serving(cast(App, desk)) as address:
        assert address.startswith("http://127.0.0.1:")
    desk.config = Config()
    async with web.serving(cast(App, desk)) as address:
        assert address == ""


async def test_a_taken_port_is_one_sentence_and_the_body_keeps_its_own_errors(desk: Desk) -> None:
    async with web.serving(cast(App, desk)) as address:
        port = int(address.rsplit(":", 1)[1])
        desk.config = Config(web={"enabled": True, "port": port})
        with pytest.raises(MonitorError, match=f"127.0.0.1:{port} .*cổng đang được chương trình khác dùng"):
            async with web.serving(cast(App, desk)):
                pass
    with pytest.raises(OSError, match="ổ đĩa đầy"):
        async with web.serving(cast(App, desk)):
            raise OSError("ổ đĩa đầy")


async def test_the_answer_is_fast_enough_for_a_scraper_while_others_wait(desk: Desk) -> None:
    """A client that never finishes its request holds up nobody."""
    async with web.serving(cast(App, desk)) as address:
        host, port = address.removeprefix("http://").split(":")
        _, slow = await asyncio.open_connection(host, int(port))
        slow.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        await slow.drain()
        async with httpx.AsyncClient(base_url=address) as client:
            assert (await asyncio.wait_for(client.get("/healthz"), 5)).status_code == 200
        slow.close()


def test_moments_are_told_in_utc() -> None:
    assert web._iso(datetime(2026, 11, 9, 3, tzinfo=UTC)) == "2026-11-09T03:00:00+00:00"
