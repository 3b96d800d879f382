"""The team's buttons in Telegram: answered by long polling, only in the chats that the configuration names."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import structlog
from telegram import CallbackQuery, Update
from telegram.error import TelegramError
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, ContextTypes
from telegram.request import HTTPXRequest

from monitor.app import App
from monitor.errors import MonitorError
from monitor.text import clean

log = structlog.get_logger()

ACTIONS = {"ack": "Nhận xử lý", "irrelevant": "Không liên quan", "answered": "Đã phản hồi"}
HANOI = timezone(timedelta(hours=7))
TRY_AGAIN = 30.0  #: seconds before a bot that could not be reached is tried again

AnyApplication = Application[Any, Any, Any, Any, Any, Any]


@asynccontextmanager
async def polling(app: App) -> AsyncIterator[None]:
    """Answer button presses while the block runs; does nothing without a Telegram token.

    A bot that cannot be reached must not stop the desk: it is tried again until the block ends.
    """
    token = app.config.channels.telegram.secret() if app.config.channels.telegram.enabled else None
    if token is None:
        yield
        return
    task = asyncio.create_task(_keep_polling(app, token))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _keep_polling(app: App, token: str) -> None:
    """`run_polling` would take the loop for itself, so the application is started and stopped by hand."""
    while True:
        requests = [HTTPXRequest(proxy=app.config.channels.telegram.proxy, connection_pool_size=8) for _ in range(2)]
        bot = _application(app, token, requests)
        try:
            await bot.initialize()
            await bot.start()
            assert bot.updater is not None
            await bot.updater.start_polling(allowed_updates=[Update.CALLBACK_QUERY], error_callback=_polling_failed)
            await asyncio.Event().wait()  # until cancelled
        except TelegramError as error:
            _polling_failed(error)
        finally:
            await _end(bot, requests)
        await asyncio.sleep(TRY_AGAIN)


async def _end(bot: AnyApplication, requests: Sequence[HTTPXRequest]) -> None:
    if bot.updater is not None and bot.updater.running:
        await bot.updater.stop()
    if bot.running:
        await bot.stop()
    await bot.shutdown()
    for request in requests:  # the library leaves them open when it was never fully initialized
        await request.shutdown()


def _application(app: App, token: str, requests: Sequence[HTTPXRequest]) -> AnyApplication:
    settings = app.config.channels.telegram
    builder = ApplicationBuilder().token(token).base_url(settings.base_url).request(requests[0]).get_updates_request(requests[1])
    bot = builder.build()

    async def on_press(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.callback_query is not None:
            await press(app, update.callback_query)

    bot.add_handler(CallbackQueryHandler(on_press))
    return bot


def _polling_failed(error: TelegramError) -> None:
    log.warning("telegram_polling_failed", reason=type(error).__name__)  # the text of some errors holds the token


async def press(app: App, query: CallbackQuery) -> None:
    """Record one press and tell the team. The query is answered first: Telegram forgets it after seconds."""
    chat = str(query.message.chat.id) if query.message else ""
    payload = clean(query.data or "", 64)
    action, case_id = parse(payload)
    try:
        if action is None or not await _may_press(app, chat, case_id):
            log.warning("press_refused", chat=chat, data=payload)
            await query.answer("Thao tác không hợp lệ.")
            return
        case, first = await app.db(app.store.press, case_id, action, who=_who(query), at=app.clock())
    except MonitorError as error:
        await query.answer(str(error)[:190])
        return
    await query.answer(f"Đã ghi nhận: {ACTIONS[action]}." if first else "Vụ việc này đã có người bấm trước.")
    log.info("case_pressed", case=case.number, action=action, first=first)
    if first and query.message is not None:
        await _note_in_chat(query, f"Vụ việc số {case.number}: {ACTIONS[action]}, {_who(query)}, {_local(app.clock())}.")


async def _may_press(app: App, chat: str, case_id: str) -> bool:
    """The team may press for every case, a unit's chat for those it was told of: case ids can be guessed, callback data forged."""
    if chat not in allowed_chats(app):
        return False
    return chat == app.config.channels.telegram.chat or await app.db(app.store.told, case_id, "telegram", chat)


async def _note_in_chat(query: CallbackQuery, text: str) -> None:
    try:
        await query.get_bot().send_message(query.message.chat.id, text, reply_to_message_id=query.message.message_id)  # type: ignore[union-attr]
    except TelegramError as error:  # the press itself is stored; the note is a courtesy
        log.warning("press_note_failed", reason=type(error).__name__)


def parse(payload: str) -> tuple[str | None, str]:
    """Action and case id of callback data "v1:<action>:<case id>"; (None, "") for anything else."""
    version, _, rest = payload.partition(":")
    action, _, case_id = rest.partition(":")
    if version != "v1" or action not in ACTIONS or not case_id:
        return None, ""
    return action, case_id


def allowed_chats(app: App) -> set[str]:
    """The chats whose members may press: the team's and those of the units."""
    chats = {u.chat for u in app.config.units if u.chat and u.channel == "telegram"} | {app.config.channels.telegram.chat}
    return {c for c in chats if c}


def _who(query: CallbackQuery) -> str:
    return clean(query.from_user.full_name, 60) if query.from_user else "?"


def _local(moment: datetime) -> str:
    return moment.astimezone(HANOI).strftime("%H:%M %d/%m/%Y")
