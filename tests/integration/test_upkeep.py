"""What the service does for itself, with a real database: notices of sources, purging, taking over what commands changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor import pipeline, upkeep, verdict
from monitor.app import App, build, opened
from monitor.config import FileConfig
from monitor.errors import FetchError, HostileError, MonitorError
from monitor.records import Delivery, Entry, Message
from tests.integration.web import Site, serving

NOW = datetime(2026, 11, 12, 3, 0, tzinfo=UTC)
FEED = "<rss version='2.0'><channel><item><title>Bồ Đề khai trương điểm dịch vụ công</title><link>/bai-1.html</link></item></channel></rss>"


class Recorder:
    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send(self, message: Message, recipient: str, *, repeated: bool = False) -> str:
        self.sent.append(message)
        return str(len(self.sent))

    async def check(self) -> str:
        return "ghi lại"

    async def aclose(self) -> None:
        return None


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


def desk(folder: Path, site: Site, clock: Clock, channel: Recorder) -> App:
    config = FileConfig(
        data_dir=folder, log_level="error", fetch={"allow_addresses": ["127.0.0.0/8"], "per_host_delay": 0, "timeout": 5},
        operations={"recipients": [{"channel": "console"}]},
        sources=[{"id": "bao", "name": "Báo Thử", "kind": "feed", "url": f"{site.url}/rss", "homepage": site.url, "tier": "city"}],
    )  # fmt: skip
    return build(config, clock=clock, channels={"console": channel})


async def test_a_source_that_dies_and_comes_back_is_told_once_each(tmp_path: Path) -> None:
    clock, channel = Clock(), Recorder()
    async with serving() as site, opened(desk(tmp_path, site, clock, channel)) as app:
        site.put("/rss", FEED, "application/rss+xml")
        await pipeline.once(app)
        known = await upkeep.tell_of_sources(app, {})
        assert channel.sent == []
        site.put("/rss", "", status=410)
        for _ in range(4):
            clock.now += timedelta(hours=12)
            await pipeline.once(app, only_due=False)
            known = await upkeep.tell_of_sources(app, known)
            await upkeep.tell_of_sources(app, {})  # a restart knows nothing of before, and does not repeat itself within the day
            await pipeline.deliver_all(app)
        assert known["bao"][0] == "dead"
        dead = [m.text for m in channel.sent if "hỏng" in m.text]
        assert 1 <= len(dead) <= 2
        assert "Báo Thử" in dead[0]
        site.put("/rss", FEED.replace("bai-1", "bai-2"), "application/rss+xml")
        clock.now += timedelta(days=2)
        await pipeline.once(app, only_due=False)
        await upkeep.tell_of_sources(app, known)
        await pipeline.deliver_all(app)
        assert "đọc lại được" in channel.sent[-1].text


async def test_a_source_added_by_a_command_is_taken_over_and_a_forgotten_item_leaves_the_index(tmp_path: Path) -> None:
    clock = Clock()
    async with serving() as site, opened(desk(tmp_path, site, clock, Recorder())) as app:
        site.put("/rss", FEED, "application/rss+xml")
        await pipeline.once(app)
        assert await upkeep.refresh_register(app) == set()
        new = replace(app.sources[0], id="bao_hai", url=f"{site.url}/rss2")
        app.store.put_source(new, who="tổ trực", now=NOW)
        assert await upkeep.refresh_register(app) == {"bao_hai"}
        assert app.source("bao_hai") == new
        assert len(app.stories) == 1
        app.store.forget(f"{site.url}/bai-1.html", who="tổ trực", now=NOW)
        await upkeep.refresh_register(app)
        assert len(app.stories) == 0


async def test_purging_runs_once_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    async with serving() as site, opened(desk(tmp_path, site, clock, Recorder())) as app:
        runs: list[datetime] = []
        real = app.store.purge

        def purge(now: datetime, **days: int) -> dict[str, int]:
            runs.append(now)
            return real(now, **days)

        monkeypatch.setattr(app.store, "purge", purge)
        for _ in range(7):
            await upkeep.purge_if_due(app)
            clock.now += timedelta(hours=6)
        assert runs == [NOW, NOW + timedelta(hours=24)]


async def test_hostile_bytes_are_written_down_and_not_parsed_again(tmp_path: Path) -> None:
    clock = Clock()
    async with serving() as site, opened(desk(tmp_path, site, clock, Recorder())) as app:
        site.put("/rss", "<rss version='2.0'><channel><item " + "a='1' " * 200_000 + "/></channel></rss>", "application/rss+xml")
        await pipeline.once(app)
        (row,) = app.store.quarantined()
        assert (row.source_id, row.times) == ("bao", 1)
        assert app.tools.quarantined == {row.body_hash}
        await pipeline.once(app, only_due=False)
        assert app.store.quarantined()[0].times == 2
        assert app.states["bao"].failure == "hostile"


def _alert(number: int, severity: int) -> Delivery:
    return Delivery(
        id=f"alert:{number}:console::1", kind="alert", case_id=None, channel="console", recipient="",
        message=Message(subject=f"Vụ việc {number}", text=f"Vụ việc {number}\nchi tiết"), due_at=NOW, priority=severity,
    )  # fmt: skip


async def test_a_flood_of_alerts_becomes_a_few_and_a_list(tmp_path: Path) -> None:
    clock, channel = Clock(), Recorder()
    async with serving() as site, opened(desk(tmp_path, site, clock, channel)) as app:
        app.store.owe([_alert(n, 4 if n < 2 else 2) for n in range(200)], NOW)
        await pipeline.deliver_all(app)
        assert len(channel.sent) <= 12
        assert sum("Vụ việc" in m.text for m in channel.sent[:2]) == 2
        assert app.store.delivery_counts()["grouped"] >= 188


async def test_only_relevant_items_keep_their_page(tmp_path: Path) -> None:
    clock = Clock()
    async with serving() as site, opened(desk(tmp_path, site, clock, Recorder())) as app:
        text = "<p>Phường Bồ Đề, Hà Nội tiếp nhận hồ sơ dịch vụ công trực tuyến, chuyển đổi số thủ tục hành chính.</p>" * 8
        site.put("/bai-1.html", f"<html><body><article><h1>Chuyển đổi số ở Bồ Đề</h1>{text}</article></body></html>")
        site.put(
            "/bai-2.html",
            "<html><body><article><h1>Đội bóng thắng trận</h1>" + "<p>Trận đấu tối qua sôi động.</p>" * 20 + "</article></body></html>",
        )
        feed = FEED.replace("</channel>", "<item><title>Đội bóng thắng trận</title><link>/bai-2.html</link></item></channel>")
        site.put("/rss", feed, "application/rss+xml")
        tally = await pipeline.once(app)
        assert (tally.articles, tally.relevant) == (2, 1)
        raws = [app.store.raw(past.article_id) for past in app.store.recent(NOW - timedelta(days=30))]
        kept = [raw for raw in raws if raw is not None]
        assert [raw.url for raw in kept] == [f"{site.url}/bai-1.html"]
        assert text.encode() in kept[0].body


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("monitor.db*"))


async def test_posts_are_masked_before_the_ledger_and_voices_are_pseudonyms(tmp_path: Path) -> None:
    clock = Clock()
    async with serving() as site:
        app = desk(tmp_path, site, clock, Recorder())
        forum = replace(app.sources[0], id="dien_dan", kind="forum", tier="forum", url=f"{site.url}/dien-dan.rss")
        app.sources = (forum,)
        async with opened(app):
            post = "<description>Gọi anh Tí 0912 345 678 hoặc @anhti_hn về VNeID lỗi</description><dc:creator>anhti_hn</dc:creator>"
            site.put(
                "/dien-dan.rss",
                "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><item><title>VNeID lỗi, gọi 0912345678</title>"
                f"<link>/chu-de-1</link>{post}</item></channel></rss>",
                "application/rss+xml",
            )
            seen: list[Entry] = []
            real = app.store.enter

            def enter(entries: list[Entry], now: datetime, **more: object) -> int:
                seen.extend(entries)
                return real(entries, now, **more)  # type: ignore[arg-type]

            app.store.enter = enter  # type: ignore[method-assign,assignment]
            await pipeline.once(app)
        (entry,) = seen
        assert "0912" not in entry.title + entry.summary_html
        assert "anhti" not in repr(entry)
        assert len(entry.voice) == 16
    raw = _bytes(tmp_path)
    assert b"anhti" not in raw
    assert b"345678" not in raw


async def test_names_on_a_thread_page_are_cut_out_before_anything_is_kept(tmp_path: Path) -> None:
    async with serving() as site:
        app = desk(tmp_path, site, Clock(), Recorder())
        app.sources = (replace(app.sources[0], id="dien_dan", tier="forum"),)  # a plain feed of a forum: every thread's page is read
        said = "<p>Dịch vụ công trực tuyến ở Hà Nội lỗi VNeID cả sáng, nộp hồ sơ không được, gọi 0912345678.</p>" * 6
        who = "<h4 class='message-name'><a class='username' href='/members/tranthib.9/'>tranthib88</a></h4>"
        quote = "<div class='bbCodeBlock-title'>lequangc nói:</div>"
        site.put("/bai-1.html", f"<html><body><article>{who}<h1>VNeID lỗi</h1>{quote}{said}</article></body></html>")
        async with opened(app):
            site.put("/rss", FEED, "application/rss+xml")
            tally = await pipeline.once(app)
            (past,) = app.store.recent(NOW - timedelta(days=30))
            raw = app.store.raw(past.article_id)
        assert (tally.articles, tally.relevant) == (1, 1)
        assert "VNeID" in past.text
        kept = past.text + (raw.body.decode() if raw else "") + past.title
    for word in ("tranthib", "lequangc", "345678"):
        assert word not in kept
        assert word.encode() not in _bytes(tmp_path)


@pytest.mark.parametrize(("severity", "at_once"), [(4, True), (3, False), (2, False)])
def test_after_an_outage_only_the_gravest_alert_goes_at_once(severity: int, at_once: bool) -> None:
    until = NOW + timedelta(seconds=120)
    assert verdict._held(_alert(1, severity), until).due_at == (NOW if at_once else until)
    assert verdict._held(_alert(1, severity), None).due_at == NOW


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (FetchError("bận", kind="temporary"), 16),
        (FetchError("403", kind="soft"), 6),
        (FetchError("404", kind="hard"), 2),
        (HostileError("bom"), 0),
    ],
)
def test_how_often_a_page_is_tried_again(error: MonitorError, tries: int) -> None:
    assert [pipeline._page_failure(error, n, NOW).retry_at is not None for n in range(tries + 1)] == [True] * tries + [False]
