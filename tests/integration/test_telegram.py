from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram import Bot
from telegram.error import BadRequest

from alerts.channels import telegram
from alerts.channels.telegram import Pace, TelegramChannel, within
from alerts.outgoing import UNKNOWN_OUTCOME
from monitor.config import ChannelsConfig, TelegramConfig
from monitor.errors import SendError
from monitor.records import Message
from tests.fake_bot_api import TEAM_CHAT, TOKEN, FakeBotApi

BUTTONS = (("Nhận xử lý", "v1:ack:c1"), ("Không liên quan", "v1:irrelevant:c1"), ("Đã phản hồi", "v1:answered:c1"))
MESSAGE = Message(subject="s", text="Xin chào <b> & tất cả", html="<b>Xin chào</b> &lt;b&gt; &amp; tất cả", buttons=BUTTONS)


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with FakeBotApi() as server:
        yield server


@pytest.fixture
async def channel(api: FakeBotApi) -> AsyncIterator[TelegramChannel]:
    opened = make(api)
    yield opened
    await opened.aclose()


def make(api: FakeBotApi, **settings: object) -> TelegramChannel:
    config = TelegramConfig.model_validate({"enabled": True, "token": TOKEN, "chat": TEAM_CHAT, "base_url": api.base_url} | settings)
    return TelegramChannel(config, TOKEN)


async def refused(channel: TelegramChannel, message: Message = MESSAGE, recipient: str = "") -> SendError:
    with pytest.raises(SendError) as caught:
        await channel.send(message, recipient)
    return caught.value


async def test_a_message_arrives_in_the_teams_chat_with_its_buttons(api: FakeBotApi, channel: TelegramChannel) -> None:
    remote_id = await channel.send(MESSAGE, "")
    (message,) = api.messages
    assert remote_id == str(message["message_id"])
    assert message["text"] == "Xin chào <b> & tất cả"
    assert str(message["chat"]["id"]) == TEAM_CHAT
    shown = [(b["text"], b["callback_data"]) for row in message["reply_markup"]["inline_keyboard"] for b in row]
    assert shown == list(BUTTONS)
    assert api.calls[-1][1]["link_preview_options"] == {"is_disabled": True}


async def test_a_repeated_message_says_so(api: FakeBotApi, channel: TelegramChannel) -> None:
    await channel.send(MESSAGE, "", repeated=True)
    assert api.messages[0]["text"].startswith("(gửi lại) ")


@pytest.mark.parametrize("seconds", [1, 7, 3600])
async def test_flood_control_is_obeyed_to_the_second(api: FakeBotApi, channel: TelegramChannel, seconds: int) -> None:
    api.flood(seconds)
    error = await refused(channel)
    assert error.retry_after == seconds
    assert not error.permanent
    assert UNKNOWN_OUTCOME not in str(error)


async def test_refused_markup_is_sent_once_more_as_plain_text(api: FakeBotApi, channel: TelegramChannel) -> None:
    await channel.send(Message(subject="s", text="chữ thường < &", html="<b>hỏng <oops>"), "")
    assert [m["text"] for m in api.messages] == ["chữ thường < &"]
    assert sum(method == "sendmessage" for method, _ in api.calls) == 2


async def test_a_plain_text_that_is_refused_too_is_dead_after_two_calls(api: FakeBotApi, channel: TelegramChannel) -> None:
    api.refuse(400, "Bad Request: can't parse entities: x", times=2)
    assert (await refused(channel)).permanent
    assert sum(method == "sendmessage" for method, _ in api.calls) == 2


@pytest.mark.parametrize(
    ("code", "description"),
    [
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: message is too long"),
    ],
)
async def test_refusals_for_good_are_permanent(api: FakeBotApi, channel: TelegramChannel, code: int, description: str) -> None:
    api.refuse(code, description)
    error = await refused(channel)
    assert error.permanent
    assert error.retry_after is None


async def test_an_unknown_chat_is_permanent(channel: TelegramChannel) -> None:
    assert (await refused(channel, recipient="-42")).permanent


async def test_a_group_that_became_a_supergroup_names_its_new_id(api: FakeBotApi, channel: TelegramChannel) -> None:
    api.refuse(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100777)
    error = await refused(channel)
    assert error.permanent
    assert "-100777" in str(error)


@pytest.mark.parametrize("status", [500, 502])
async def test_server_failures_are_temporary(api: FakeBotApi, channel: TelegramChannel, status: int) -> None:
    api.fail(status)
    error = await refused(channel)
    assert not error.permanent
    assert error.retry_after is None


async def test_a_lost_reply_is_an_unknown_outcome(api: FakeBotApi, channel: TelegramChannel) -> None:
    api.lose_reply()
    error = await refused(channel)
    assert not error.permanent
    assert str(error).endswith(UNKNOWN_OUTCOME)
    assert len(api.messages) == 1, "it did arrive, which is why the next attempt must be marked"


async def test_a_late_answer_is_an_unknown_outcome(api: FakeBotApi, channel: TelegramChannel) -> None:
    api.stall(0.5)
    channel._requests[0]._client.timeout = 0.1  # type: ignore[attr-defined]
    error = await refused(channel)
    assert not error.permanent
    assert str(error).endswith(UNKNOWN_OUTCOME)


async def test_no_connection_is_temporary_and_surely_not_sent(api: FakeBotApi) -> None:
    channel = make(api, base_url="http://127.0.0.1:9/bot")
    try:
        error = await refused(channel)
    finally:
        await channel.aclose()
    assert not error.permanent
    assert UNKNOWN_OUTCOME not in str(error)


async def test_a_wrong_token_waits_for_the_office_and_is_not_shown(api: FakeBotApi) -> None:
    api.token = "other"
    channel = make(api)
    try:
        error = await refused(channel)
    finally:
        await channel.aclose()
    assert not error.permanent
    assert "token" in str(error)


async def test_the_token_is_in_no_log_and_no_error(
    api: FakeBotApi, channel: TelegramChannel, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root.manager, "disable", 0)
    for name in (None, "httpx", "httpcore", "telegram"):  # however quiet an earlier test made them
        caplog.set_level(logging.DEBUG, logger=name)
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
    seen: list[BaseException] = []
    await channel.send(MESSAGE, "")
    await channel.check()
    for trouble in (lambda: api.refuse(400, f"Bad Request: {TOKEN}"), lambda: api.fail(500), lambda: api.lose_reply()):
        trouble()
        seen.append(await refused(channel))
    api.token = "other"
    seen.append(await refused(channel))
    for error in seen:
        assert TOKEN not in "".join(traceback.format_exception(error))
    assert caplog.records
    assert all(TOKEN not in r.getMessage() + str(r.args) for r in caplog.records)
    assert any("api" in r.getMessage() or "127.0.0.1" in r.getMessage() for r in caplog.records if r.name == "httpx")
    assert TOKEN not in repr(channel)


def test_pace_never_lets_more_than_the_limit_into_any_minute() -> None:
    now = [0.0]
    pace = Pace(18, lambda: now[0])
    moments: list[float] = []
    while now[0] < 400:
        pause = pace.wait("chat")
        if pause:
            now[0] += pause
            continue
        moments.append(now[0])
        now[0] += 0.5
    assert all(sum(t <= m < t + 60 for m in moments) <= 18 for t in moments)
    assert len(moments) >= 6 * 18
    assert pace.wait("another chat") == 0.0


async def test_the_pace_is_a_pause_and_reaches_nobody(api: FakeBotApi) -> None:
    now = [100.0]
    config = TelegramConfig(enabled=True, chat=TEAM_CHAT, base_url=api.base_url, per_minute=2)
    channel = TelegramChannel(config, TOKEN, clock=lambda: now[0])
    try:
        await channel.send(MESSAGE, "")
        now[0] += 20
        await channel.send(MESSAGE, "")
        error = await refused(channel)
        assert error.retry_after == 40.0
        assert len(api.messages) == 2
        now[0] += 40
        await channel.send(MESSAGE, "")
    finally:
        await channel.aclose()
    assert len(api.messages) == 3


async def test_too_long_a_text_is_cut_and_arrives(api: FakeBotApi, channel: TelegramChannel) -> None:
    await channel.send(Message(subject="s", text="😀" * 5000), "")
    assert len(api.messages[0]["text"].encode("utf-16-le")) // 2 <= 4096
    assert within("a" * 4096) == "a" * 4096


async def test_check_names_bot_and_chat(channel: TelegramChannel) -> None:
    assert await channel.check() == "bot @truc_bao_chi_bot, nhóm “Tổ phản ứng nhanh”"


async def test_a_chat_of_nobody_is_said_clearly(api: FakeBotApi) -> None:
    channel = make(api, chat="")
    try:
        error = await refused(channel)
    finally:
        await channel.aclose()
    assert "channels.telegram.chat" in str(error)
    assert error.permanent


def test_open_needs_a_switch_and_a_token(tmp_path: Path) -> None:
    assert telegram.open(ChannelsConfig()) is None
    assert telegram.open(ChannelsConfig.model_validate({"telegram": {"enabled": True}})) is None
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    opened = telegram.open(ChannelsConfig.model_validate({"telegram": {"enabled": True, "token_file": file}}))
    assert opened is not None
    asyncio.run(opened.aclose())


async def test_the_fake_serves_presses_to_the_real_client(api: FakeBotApi) -> None:
    """Another file tests the bot with it; here: a press comes by long polling, is answered, and the message is edited once."""
    async with Bot(TOKEN, base_url=api.base_url) as bot:
        sent = await bot.send_message(TEAM_CHAT, "Vụ việc số 1")
        waiting = asyncio.create_task(bot.get_updates(timeout=5))
        await api.until(lambda: any(method == "getupdates" for method, _ in api.calls))
        query_id = await api.click(api.messages[0], "v1:ack:c1", name="Chị Trực")
        (update,) = await waiting
        query = update.callback_query
        assert query is not None
        assert (query.id, query.data, query.from_user.first_name) == (query_id, "v1:ack:c1", "Chị Trực")
        await query.answer("Đã ghi nhận")
        assert api.answers[0]["text"] == "Đã ghi nhận"
        await bot.edit_message_text("Đã nhận", TEAM_CHAT, sent.message_id)
        with pytest.raises(BadRequest, match="not modified"):
            await bot.edit_message_text("Đã nhận", TEAM_CHAT, sent.message_id)
        assert await bot.get_updates(offset=update.update_id + 1, timeout=0) == ()
    assert api.messages[0]["text"] == "Đã nhận"
    assert len(api.edits) == 1
