"""Telegram: the Bot API through python-telegram-bot, one message per call, no retries of its own (the outbox is the one retry layer)."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from alerts.outgoing import UNKNOWN_OUTCOME
from monitor.config import ChannelsConfig, TelegramConfig
from monitor.errors import SendError
from monitor.records import Message

log = structlog.get_logger()

T = TypeVar("T")

AGAIN = "(gửi lại) "
UNITS = 4096  #: Telegram's bound of one message, in UTF-16 units
MINUTE = 60.0
#: Loggers below which the token could be printed: httpx logs every address, and the token is part of it.
_TALKATIVE = ("httpx", "httpcore", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "telegram.Bot", "telegram.request")


def open(config: ChannelsConfig) -> TelegramChannel | None:  # the name every channel file has
    """The channel, or None when it is switched off or has no token."""
    token = config.telegram.secret() if config.telegram.enabled else None
    return TelegramChannel(config.telegram, token) if token else None


class Pace:
    """At most `per_minute` messages into one chat within any sixty seconds.

    A bucket that refills would let twice as many through in its first minute, so the moments themselves are kept.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = per_minute, clock
        self._sent: dict[str, deque[float]] = {}

    def wait(self, chat: str) -> float:
        """Seconds until `chat` may get a message; 0.0: now, and this one counts."""
        now = self._clock()
        moments = self._sent.setdefault(chat, deque(maxlen=self._most))
        if len(moments) == self._most and now - moments[0] < MINUTE:
            return MINUTE - (now - moments[0])
        moments.append(now)
        return 0.0


class HideToken(logging.Filter):
    """Takes the token out of log records before any handler sees them."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a record that shows the token; let every record pass."""
        said = record.getMessage()
        if self._token in said:
            record.msg, record.args = said.replace(self._token, "…"), ()
        return True


class TelegramChannel:
    """Sends to chats by their id; an empty recipient is the team's chat."""

    def __init__(self, config: TelegramConfig, token: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        # python-telegram-bot warns on every 429 unless told to give the pause as a timedelta, and a warning may be an error
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._config, self._token = config, token
        self._requests = [HTTPXRequest(connection_pool_size=4, proxy=config.proxy, read_timeout=10) for _ in range(2)]
        self._bot = Bot(token, base_url=config.base_url, request=self._requests[0], get_updates_request=self._requests[1])
        self._pace = Pace(config.per_minute, clock)
        self._filter = HideToken(token)
        for name in _TALKATIVE:
            logging.getLogger(name).addFilter(self._filter)

    async def send(self, message: Message, recipient: str, *, repeated: bool = False) -> str:
        """Send one message and return its id in the chat.

        Raises:
            SendError: `retry_after` is exact for 429 and for our own pace; permanent when the chat is gone or refuses us.
        """
        chat = recipient or self._config.chat
        if not chat:
            raise SendError("Chưa có mã nhóm Telegram: điền channels.telegram.chat", permanent=True)
        pause = self._pace.wait(chat)
        if pause:
            raise SendError(f"Đã đủ {self._config.per_minute} tin trong một phút vào nhóm {chat}", retry_after=pause)
        return await self._said(self._post(chat, message.numbered(0), repeated))

    async def check(self) -> str:
        """Reach the bot and the team's chat; say their names."""
        return await self._said(self._look())

    async def chats(self, wait: float) -> list[tuple[str, str]]:
        """(id, title) of the groups in which somebody writes within `wait` seconds; returns at the first. For setting up."""
        deadline, found, seen = time.monotonic() + wait, dict[str, str](), 0
        while not found and (left := deadline - time.monotonic()) > 0:
            pause = max(1, min(int(left), 20))
            updates = await self._said(self._bot.get_updates(offset=seen, timeout=pause, allowed_updates=["message", "my_chat_member"]))
            for update in updates:
                seen = update.update_id + 1
                if update.effective_chat and update.effective_chat.type in ("group", "supergroup"):
                    found[str(update.effective_chat.id)] = update.effective_chat.title or ""
        return list(found.items())

    async def aclose(self) -> None:
        """Close both connections and let the loggers be."""
        for request in self._requests:
            await request.shutdown()
        for name in _TALKATIVE:
            logging.getLogger(name).removeFilter(self._filter)

    async def _look(self) -> str:
        bot = await self._bot.get_me()
        if not self._config.chat:
            return f"bot @{bot.username}, chưa có mã nhóm (channels.telegram.chat)"
        chat = await self._bot.get_chat(self._config.chat)
        return f"bot @{bot.username}, nhóm “{chat.title or chat.effective_name}”"

    async def _post(self, chat: str, message: Message, repeated: bool) -> str:
        mark = AGAIN if repeated else ""
        keyboard = _keyboard(message.buttons)
        if message.html is not None:
            try:
                return await self._once(chat, mark + message.html, keyboard, ParseMode.HTML)
            except BadRequest as error:
                if "parse" not in error.message.lower():
                    raise
                log.warning("telegram_markup_refused", chat=chat, reason=self._hidden(error.message))
        return await self._once(chat, within(mark + message.text), keyboard, None)

    async def _once(self, chat: str, text: str, keyboard: InlineKeyboardMarkup | None, mode: str | None) -> str:
        preview = LinkPreviewOptions(is_disabled=True)
        sent = await self._bot.send_message(chat, text, parse_mode=mode, reply_markup=keyboard, link_preview_options=preview)
        return str(sent.message_id)

    async def _said(self, call: Awaitable[T]) -> T:
        """The answer of a call; its failure as a SendError without the token."""
        try:
            return await call
        except TelegramError as error:
            failure = self._failure(error)
        raise failure  # outside the except block, so that no traceback carries the library's error, which may hold the token

    def _failure(self, error: TelegramError) -> SendError:
        reason = self._hidden(str(error))
        match error:
            case RetryAfter():
                return SendError(f"Telegram yêu cầu chờ: {reason}", retry_after=_seconds(error))
            case ChatMigrated():
                return SendError(f"Nhóm Telegram đã đổi mã thành {error.new_chat_id}: sửa lại trong cấu hình", permanent=True)
            case Forbidden():
                return SendError(f"Bot Telegram không được vào nhóm: {reason}", permanent=True)
            case InvalidToken():  # a mistake of the office's, soon mended: what is owed should still go out
                return SendError("Telegram không nhận token: kiểm tra MONITOR_CHANNELS__TELEGRAM__TOKEN hoặc token_file")
            case BadRequest():
                return SendError(f"Telegram từ chối tin: {reason}", permanent=True)
            case NetworkError():
                unknown = "" if _never_left(error) else f"; {UNKNOWN_OUTCOME}"
                return SendError(f"Không liên lạc được với Telegram: {reason}{unknown}")
            case _:
                return SendError(f"Telegram báo lỗi: {reason}; {UNKNOWN_OUTCOME}")

    def _hidden(self, text: str) -> str:
        return text.replace(self._token, "…")


def within(text: str) -> str:
    """`text` cut to what Telegram takes; too long a message must be impossible, whoever wrote it."""
    if len(text.encode("utf-16-le")) // 2 <= UNITS:
        return text
    return text.encode("utf-16-le")[: 2 * (UNITS - 1)].decode("utf-16-le", errors="ignore") + "…"


def _keyboard(buttons: tuple[tuple[str, str], ...]) -> InlineKeyboardMarkup | None:
    """The first button alone, the others below it: three in a row are cut off on a phone."""
    made = [InlineKeyboardButton(label, callback_data=payload) for label, payload in buttons]
    return InlineKeyboardMarkup([row for row in (made[:1], made[1:]) if row]) if made else None


def _seconds(error: RetryAfter) -> float:
    pause = error.retry_after
    return float(pause) if isinstance(pause, int) else pause.total_seconds()


def _never_left(error: NetworkError) -> bool:
    """True when the request surely did not reach Telegram: no connection, or none free."""
    if isinstance(error, TimedOut):
        cause = type(error.__cause__).__name__
        return cause in ("ConnectTimeout", "PoolTimeout")
    return "ConnectError" in error.message or "ProxyError" in error.message
