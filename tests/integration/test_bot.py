"""The team's buttons: the real client library polling a Bot API on loopback, the real database behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor import bot
from monitor.config import Config
from monitor.records import Article, Case, CaseState, Label, Tags
from storage.store import Store
from tests.fake_bot_api import TEAM_CHAT, FakeBotApi

NOW = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)


class Desk:
    """What the bot needs of the app: configuration, database, clock."""

    def __init__(self, config: Config, store: Store) -> None:
        self.config, self.store = config, store

    def clock(self) -> datetime:
        return NOW

    async def db(self, call: Any, *args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with FakeBotApi(chats={TEAM_CHAT: "Tổ phản ứng nhanh", "-1009": "Nhóm lạ"}) as server:
        yield server


@pytest.fixture
async def desk(api: FakeBotApi, tmp_path: Path) -> AsyncIterator[Desk]:
    store = Store(f"sqlite:///{tmp_path / 'm.db'}")
    store.upgrade()
    settings = {"enabled": True, "token": api.token, "chat": TEAM_CHAT, "base_url": api.base_url}
    desk = Desk(Config(channels={"telegram": settings}), store)
    async with bot.polling(desk):  # type: ignore[arg-type]
        yield desk
    store.close()


@pytest.fixture
def case(desk: Desk) -> Case:
    return opened_case(desk.store)


def opened_case(store: Store) -> Case:
    article = Article(
        id="a" * 32, source_id="bao", url="http://a.example/1", canonical_url="https://a.example/1", title="Cổng lỗi", text="…",
        published_at=NOW, published_from="feed", first_seen_at=NOW, content_hash="h", story_id="s1",
    )  # fmt: skip
    case = Case(
        id="c1", number=0, story_id="s1", case_class="outage_surge", severity="S3", state=CaseState.NEW, unit=None, topics=(), wards=(),
        title=article.title, url=article.url, why=(), opened_at=NOW, updated_at=NOW,
    )  # fmt: skip
    tags = Tags(article_id=article.id, labels=(Label(kind="relevance", value="yes", score=0.9),))
    saved = store.save(article, tags, case=case, deliveries=[], entry_url=article.canonical_url, failure=None, now=NOW)
    assert saved is not None
    return saved


def message(chat: str = TEAM_CHAT) -> dict[str, Any]:
    return {"message_id": 5, "date": 1, "chat": {"id": int(chat), "type": "supergroup", "title": "x"}, "text": "Cảnh báo"}


@pytest.mark.parametrize(
    ("action", "state"),
    [("ack", CaseState.ACKNOWLEDGED), ("answered", CaseState.ANSWERED), ("irrelevant", CaseState.NOT_RELEVANT)],
)
async def test_a_press_changes_the_case_and_is_told(api: FakeBotApi, desk: Desk, case: Case, action: str, state: CaseState) -> None:
    await api.click(message(), f"v1:{action}:{case.id}", name="Trực ca sáng")
    await api.until(lambda: bool(api.answers and api.messages))
    stored = desk.store.case(case.id)
    assert stored is not None
    assert stored.state is state
    assert bot.ACTIONS[action] in api.answers[0]["text"]
    assert "Trực ca sáng" in api.messages[0]["text"]
    assert "10:00 10/11/2026" in api.messages[0]["text"]


async def test_the_first_press_wins_and_every_press_is_recorded(api: FakeBotApi, desk: Desk, case: Case) -> None:
    await api.click(message(), f"v1:ack:{case.id}", name="Người thứ nhất")
    await api.until(lambda: len(api.answers) == 1)
    await api.click(message(), f"v1:ack:{case.id}", name="Người thứ hai", user_id=78)
    await api.until(lambda: len(api.answers) == 2)
    assert "đã có người" in api.answers[1]["text"]
    events = [e for e in desk.store.case_events(case.id) if "ack" in repr(e)]
    assert len(events) == 2


@pytest.mark.parametrize("payload", ["v1:delete:c1", "v2:ack:c1", "v1:ack:", "ack", "v1:ack:' OR 1=1", "💥" * 10])
async def test_forged_data_changes_nothing(api: FakeBotApi, desk: Desk, case: Case, payload: str) -> None:
    await api.click(message(), payload)
    await api.until(lambda: bool(api.answers))
    assert desk.store.case(case.id) == case


async def test_a_press_from_another_chat_is_refused(api: FakeBotApi, desk: Desk, case: Case) -> None:
    await api.click(message(), f"v1:ack:{case.id}", chat="-1009")
    await api.until(lambda: bool(api.answers))
    assert api.answers[0]["text"] == "Thao tác không hợp lệ."
    assert desk.store.case(case.id) == case


async def test_a_units_chat_presses_only_for_cases_it_was_told_of(api: FakeBotApi, tmp_path: Path) -> None:
    api.chats["-1009"] = "Đơn vị"
    store = Store(f"sqlite:///{tmp_path / 'u.db'}")
    store.upgrade()
    settings = {"enabled": True, "token": api.token, "chat": TEAM_CHAT, "base_url": api.base_url}
    desk = Desk(Config(channels={"telegram": settings}, units=[{"id": "u1", "name": "Đơn vị", "chat": "-1009"}]), store)
    stored = opened_case(store)
    async with bot.polling(desk):  # type: ignore[arg-type]
        await api.click(message(), f"v1:irrelevant:{stored.id}", chat="-1009")
        await api.until(lambda: bool(api.answers))
    assert store.case(stored.id) == stored
    assert api.answers[0]["text"] == "Thao tác không hợp lệ."
    store.close()


async def test_without_a_token_nothing_polls() -> None:
    desk = SimpleNamespace(config=Config())
    async with bot.polling(desk):  # type: ignore[arg-type]
        pass


async def test_a_wrong_token_or_a_dead_server_stops_nobody_and_is_tried_again(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bot, "TRY_AGAIN", 0.01)
    wrong = "999:WRONG-token"
    for base_url in (api.base_url, "http://127.0.0.1:9/bot"):
        settings = {"enabled": True, "token": wrong, "chat": TEAM_CHAT, "base_url": base_url}
        async with bot.polling(SimpleNamespace(config=Config(channels={"telegram": settings}))):  # type: ignore[arg-type]
            if base_url == api.base_url:
                await api.until(lambda: len([c for c in api.calls if c[0] == "getme"]) > 1)
            else:
                await asyncio.sleep(0)
    printed = capsys.readouterr()
    assert wrong not in printed.out + printed.err
