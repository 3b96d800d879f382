"""The walk of an article over the real newsroom: real HTTP, real database; only the channel records instead of sending."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor import pipeline, weekly
from monitor.app import App, opened
from monitor.config_file import load
from monitor.demo import play
from monitor.demo.newsroom import items as newsroom
from monitor.errors import FetchError, SendError
from monitor.figures import SearchFilters
from monitor.records import CaseState, DeliveryStatus, LedgerState, Message

ROOT = Path(__file__).resolve().parents[2]
OUTAGE_DAY = datetime.fromisoformat("2026-11-10T06:00:00+07:00")


class Recorder:
    """A channel that keeps what it was given, or refuses as told."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, str, bool]] = []
        self.refusals: list[SendError] = []

    async def send(self, message: Message, recipient: str, *, repeated: bool = False) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        self.sent.append((message, recipient, repeated))
        return str(len(self.sent))

    async def check(self) -> str:
        return "ghi lại"

    async def aclose(self) -> None:
        pass


@pytest.fixture
def channel() -> Recorder:
    return Recorder()


@pytest.fixture
def desk(tmp_path: Path, channel: Recorder) -> Iterator[tuple[App, play.FrozenClock]]:
    """The desk before the morning of the outage, nothing read yet."""
    with play.newsroom(load(ROOT / "config.yaml"), tmp_path, channels={"console": channel}) as (app, clock):
        clock.now = OUTAGE_DAY
        yield app, clock


async def read(app: App, source_id: str) -> pipeline.Tally:
    source = app.source(source_id)
    assert source is not None
    return await pipeline.collect(app, source)


async def test_a_first_reading_and_old_items_never_alert(desk: tuple[App, play.FrozenClock], channel: Recorder) -> None:
    app, clock = desk
    clock.now = OUTAGE_DAY + timedelta(hours=8)  # the outage is in the very first reading
    async with opened(app):
        tally = await read(app, "pho_co_online")
        await pipeline.deliver_all(app)
        assert tally.relevant > 0
        assert (tally.cases, tally.alerts, channel.sent) == (0, 0, [])


async def test_news_after_the_first_reading_alerts_once_with_points(desk: tuple[App, play.FrozenClock], channel: Recorder) -> None:
    app, clock = desk
    async with opened(app):
        for source in ("do_thi_song_hong", "pho_co_online"):
            await read(app, source)
        clock.now += timedelta(hours=6)
        for source in ("do_thi_song_hong", "pho_co_online"):
            await read(app, source)
        await pipeline.deliver_all(app)
        alerts = [m for m, _, _ in channel.sent]
        assert alerts
        assert any("dịch vụ công" in m.text.lower() for m in alerts)
        assert all("BẢN THẢO – CHƯA DUYỆT" in m.text or "chưa có văn bản chính thức" in m.text.lower() for m in alerts)
        before = len(channel.sent)
        await read(app, "do_thi_song_hong")
        await pipeline.deliver_all(app)
        assert len(channel.sent) == before


async def test_every_url_is_in_one_state_and_a_second_reading_adds_nothing(desk: tuple[App, play.FrozenClock]) -> None:
    app, _ = desk
    async with opened(app):
        first = await pipeline.once(app)
        again = await pipeline.once(app, only_due=False)
        counts = app.store.ledger_counts()
        assert first.articles > 50
        assert (again.discovered, again.articles, again.cases, again.alerts) == (0, 0, 0, 0)
        assert sum(counts.values()) == first.discovered
        assert counts[LedgerState.WAITING] <= 5  # hostile pages that are tried again later


async def test_a_failing_source_has_a_reason_and_stops_nobody(desk: tuple[App, play.FrozenClock]) -> None:
    app, clock = desk
    async with opened(app):
        tally = await pipeline.once(app)
        reasons = {f["source"]: f["reason"] for f in tally.failed}
        assert set(reasons) == {"ban_tin_da_dong", "trang_bao_tri"}
        assert all(reasons.values())
        assert tally.fetched == len(app.sources) - 2
        state = app.store.source_states()["ban_tin_da_dong"]
        assert state.failures == 1
        assert state.next_due_at is not None
        assert state.next_due_at > clock.now


async def test_an_edited_item_updates_its_article(desk: tuple[App, play.FrozenClock]) -> None:
    app, clock = desk
    async with opened(app):
        clock.now = OUTAGE_DAY + timedelta(hours=4)
        await read(app, "do_thi_song_hong")
        count = len(list(app.store.recent(clock.now - timedelta(days=30))))
        clock.now = OUTAGE_DAY + timedelta(days=3)
        tally = await read(app, "do_thi_song_hong")
        articles = list(app.store.recent(clock.now - timedelta(days=30)))
        assert len(articles) == count + tally.articles
        assert any(app.store.versions(a.article_id) for a in articles)


async def test_what_was_owed_when_the_process_died_is_sent_by_the_next(
    desk: tuple[App, play.FrozenClock], channel: Recorder, tmp_path: Path
) -> None:
    app, clock = desk
    async with opened(app):
        await read(app, "do_thi_song_hong")
        clock.now += timedelta(hours=6)
        await read(app, "do_thi_song_hong")
        owed = app.store.delivery_counts()[DeliveryStatus.PENDING]
        assert owed
        assert channel.sent == []
    with play.newsroom(load(ROOT / "config.yaml"), tmp_path, channels={"console": channel}) as (next_app, next_clock):
        next_clock.now = clock.now
        async with opened(next_app):
            await pipeline.deliver_all(next_app)
            assert len(channel.sent) == owed


async def test_a_refused_message_waits_is_marked_as_repeated_and_dies_only_when_hopeless(
    desk: tuple[App, play.FrozenClock], channel: Recorder
) -> None:
    app, clock = desk
    channel.refusals = [SendError("máy chủ bận", retry_after=90)]
    async with opened(app):
        await read(app, "do_thi_song_hong")
        clock.now += timedelta(hours=6)
        await read(app, "do_thi_song_hong")
        owed = app.store.delivery_counts()[DeliveryStatus.PENDING]
        await pipeline.deliver_all(app)
        assert len(channel.sent) == owed - 1
        clock.now += timedelta(seconds=89)
        assert await pipeline.deliver(app) == 0
        clock.now += timedelta(seconds=2)
        assert await pipeline.deliver(app) == 1
        assert len(channel.sent) == owed


async def test_the_digest_is_owed_once_a_week_also_after_downtime(desk: tuple[App, play.FrozenClock], channel: Recorder) -> None:
    app, clock = desk
    async with opened(app):
        await pipeline.once(app)
        clock.now = play.LAST + timedelta(days=2)
        for _ in range(3):
            await weekly.owe_if_due(app)
            await pipeline.deliver_all(app)
        digests = [m for m, to, _ in channel.sent if to == "lanh-dao"]
        assert len(digests) == 1
        assert "BẢN TIN TUẦN 46/2026" in digests[0].text


async def test_a_case_judged_not_relevant_alerts_no_more(desk: tuple[App, play.FrozenClock], channel: Recorder) -> None:
    app, clock = desk
    async with opened(app):
        for source in ("do_thi_song_hong", "pho_co_online"):
            await read(app, source)
        clock.now += timedelta(hours=4)
        await read(app, "do_thi_song_hong")
        cases = app.store.cases()
        assert cases
        for case in cases:
            app.store.press(case.id, "irrelevant", who="người trực", at=clock.now)
        await pipeline.deliver_all(app)
        before = len(channel.sent)
        await read(app, "pho_co_online")
        await pipeline.deliver_all(app)
        told = {c.story_id for c in cases}
        assert all(c.state is CaseState.NOT_RELEVANT for c in app.store.cases() if c.story_id in told)
        new = [c for c in app.store.cases() if c.story_id not in told]
        assert len(channel.sent) - before <= len(new)


async def test_a_mistake_of_ours_on_one_entry_holds_up_no_other(
    desk: tuple[App, play.FrozenClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, clock = desk
    tag, seen = app.tagger.tag, []

    def broken(**item: object) -> object:
        seen.append(item)
        if len(seen) == 2:
            raise ZeroDivisionError
        return tag(**item)  # type: ignore[arg-type]

    monkeypatch.setattr(app.tagger, "tag", broken)
    async with opened(app):
        tally = await read(app, "tin_bac_ha")
        counts = app.store.ledger_counts("tin_bac_ha")
        assert counts[LedgerState.WAITING] == 1
        assert tally.articles == tally.discovered - 1
        clock.now += timedelta(hours=25)  # by then it is mended
        await pipeline.catch_up(app)
        counts = app.store.ledger_counts("tin_bac_ha")
        assert counts[LedgerState.WAITING] == counts[LedgerState.FAILED] == 0


async def test_a_server_that_is_down_for_days_costs_no_item(desk: tuple[App, play.FrozenClock], monkeypatch: pytest.MonkeyPatch) -> None:
    app, clock = desk
    get, down = app.tools.door.get, [True]

    async def sometimes(url: str, **options: object) -> object:
        if down[0] and ".html" in url:
            raise FetchError("máy chủ bận")
        return await get(url, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(app.tools.door, "get", sometimes)
    async with opened(app):
        found = (await read(app, "tin_bac_ha")).discovered
        for _ in range(10):
            clock.now += timedelta(days=1)
            await pipeline.catch_up(app)
        assert app.store.ledger_counts("tin_bac_ha")[LedgerState.WAITING] == found
        down[0] = False
        clock.now += timedelta(days=1, minutes=1)
        await pipeline.catch_up(app)
        assert app.store.ledger_counts("tin_bac_ha")[LedgerState.WAITING] == 0
        assert not any(app.store.article(past.article_id).partial for past in app.store.recent(clock.now - timedelta(days=60)))  # type: ignore[union-attr]


async def test_a_page_that_fails_leaves_the_feeds_text_and_is_tried_again(
    desk: tuple[App, play.FrozenClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, clock = desk
    get, down = app.tools.door.get, [True]

    async def sometimes(url: str, **options: object) -> object:
        if (down[0] and url.endswith(".html")) or (".html?" in url and down[0]):
            raise FetchError("máy chủ bận")
        return await get(url, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(app.tools.door, "get", sometimes)
    async with opened(app):
        tally = await read(app, "tin_bac_ha")
        ids = [a.article_id for a in app.store.recent(clock.now - timedelta(days=30))]
        assert tally.articles == len(ids) > 3
        assert all(app.store.article(i).partial for i in ids)  # type: ignore[union-attr]
        assert app.store.ledger_counts("tin_bac_ha")[LedgerState.WAITING] == tally.articles
        down[0] = False
        clock.now += pipeline.RETRY_PAGE[0]
        again = await pipeline.catch_up(app)
        assert again.articles == 0
        assert not any(app.store.article(i).partial for i in ids)  # type: ignore[union-attr]
        assert app.store.ledger_counts("tin_bac_ha")[LedgerState.WAITING] == 0


async def test_old_news_found_late_is_kept_and_found_but_alerts_nobody(desk: tuple[App, play.FrozenClock], channel: Recorder) -> None:
    app, clock = desk
    old, fresh = "gián đoạn gần ba giờ, chưa rõ nguyên nhân", "bệnh nền của gần 900 học sinh"  # both S3 or worse by themselves
    async with opened(app):
        await read(app, "tin_bac_ha")  # 10/11, before either
        clock.now = datetime.fromisoformat("2026-11-14T14:00:00+07:00")
        await read(app, "tin_bac_ha")
        rows = {words: app.store.search(f'"{words}"', SearchFilters(), 5) for words in (old, fresh)}
        assert [len(found) for found in rows.values()] == [1, 1]
        (late,), (soon,) = rows.values()
        assert clock.now - late.published_at > timedelta(hours=24) > clock.now - soon.published_at
        assert late.relevant
        assert late.severity in ("S3", "S4")
        for _ in range(3):  # neither now nor at any later reading
            await pipeline.deliver_all(app)
            clock.now += timedelta(hours=1)
            await read(app, "tin_bac_ha")
            await pipeline.catch_up(app)
        told = [m.text for m, _, _ in channel.sent]
        assert sum(soon.url in text for text in told) == 1
        assert not any(late.url in text or late.title in text for text in told)
        assert late.story_id not in {c.story_id for c in app.store.cases()}


@pytest.mark.parametrize("place", ["page", "save"])
async def test_a_reading_cut_off_in_the_middle_loses_nothing(
    desk: tuple[App, play.FrozenClock], channel: Recorder, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    app, clock = desk
    clock.now += timedelta(hours=8)
    expected = {i.id[1:] for i in newsroom.items("tin_bac_ha", clock.now)}
    loop, reached, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    get, save, calls = app.tools.door.get, app.store.save, iter(range(1000))

    async def page(url: str, **options: object) -> object:
        if ".html" in url and next(calls) == pipeline.READ_AHEAD + 2:  # some are kept by then
            reached.set()
            await asyncio.Event().wait()  # until cancelled
        return await get(url, **options)  # type: ignore[arg-type]

    def saved(*args: object, **options: object) -> object:
        if next(calls) == 3:  # cut off while the writer's thread is in the middle of it
            loop.call_soon_threadsafe(reached.set)
            assert go_on.wait(30)
        return save(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(*((app.tools.door, "get", page) if place == "page" else (app.store, "save", saved)))
    async with opened(app):
        reading = asyncio.create_task(read(app, "tin_bac_ha"))
        await asyncio.wait_for(reached.wait(), 30)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        go_on.set()
        waiting = app.store.ledger_counts("tin_bac_ha")[LedgerState.WAITING]
        assert len(expected) - pipeline.READ_AHEAD - 2 <= waiting < len(expected)
        await asyncio.wait_for(pipeline.catch_up(app), 60)  # no lock was left behind
        counts = app.store.ledger_counts("tin_bac_ha")
        stored = [re.findall(r"-(\d+)\.html", r.url)[0] for r in app.store.search("", SearchFilters(), 1000)]
        assert sorted(stored) == sorted(expected)
        assert counts[LedgerState.WAITING] == counts[LedgerState.FAILED] == 0
        assert sum(counts.values()) == len(expected)
        again = await read(app, "tin_bac_ha")
        assert (again.discovered, again.articles) == (0, 0)
        await pipeline.deliver_all(app)
        assert channel.sent == []  # it is still the first reading
