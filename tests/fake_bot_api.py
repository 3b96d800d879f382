"""A small Bot API on loopback for the real python-telegram-bot client (`base_url=api.base_url`).

    async with FakeBotApi() as api:
        bot = Bot(api.token, base_url=api.base_url)
        api.flood(7); api.fail(500); api.refuse(403, "Forbidden: bot was kicked"); api.lose_reply()   # each for the next call(s)
        await api.click(api.messages[0], "v1:ack:…", name="Trực ban")                                 # a press, read by getUpdates
        api.messages, api.edits, api.answers, api.calls                                               # what arrived

It is as strict as the real one where messages get lost: markup, length in UTF-16 units, callback bytes, unknown chats, unmodified edits.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from aiohttp import web

TOKEN = "123456789:TEST-token_ABCdefGHIjklMNOpqrSTUvwxyz12"
TEAM_CHAT = "-1001234567890"
_ALLOWED = {"b", "strong", "i", "em", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler", "span"}


class Refused(Exception):
    def __init__(self, code: int, description: str, **parameters: object) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


class FakeBotApi:
    """Controls and records of the fake server; an async context manager."""

    def __init__(self, *, token: str = TOKEN, chats: dict[str, str] | None = None) -> None:
        self.token = token
        self.chats = chats or {TEAM_CHAT: "Tổ phản ứng nhanh"}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.messages: list[dict[str, Any]] = []  #: as the chat shows them, edits included
        self.edits: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self._trouble: deque[Refused | str | float] = deque()
        self._updates: list[dict[str, Any]] = []
        self._news, self._called = asyncio.Event(), asyncio.Event()
        self._next_message, self._next_update = 100, 1

    async def __aenter__(self) -> FakeBotApi:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._news.set()
        await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/bot"

    # ── controls: each applies to the next sendMessage, editMessageText or answerCallbackQuery ──
    def flood(self, retry_after: int, times: int = 1) -> None:
        self._add(Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after), times)

    def fail(self, status: int = 500, times: int = 1) -> None:
        self._add(Refused(status, "Internal Server Error" if status == 500 else f"Error {status}"), times)

    def refuse(self, code: int, description: str, times: int = 1, **parameters: object) -> None:
        self._add(Refused(code, description, **parameters), times)

    def lose_reply(self, times: int = 1) -> None:
        """The call is carried out, then the connection breaks."""
        self._add("lose", times)

    def stall(self, seconds: float, times: int = 1) -> None:
        """The answer comes too late."""
        self._add(seconds, times)

    def _add(self, trouble: Refused | str | float, times: int) -> None:
        self._trouble.extend([trouble] * times)

    async def click(
        self, message: dict[str, Any], payload: str, *, name: str = "Trực ban", user_id: int = 77, chat: str | None = None
    ) -> str:
        """Somebody presses a button; the next getUpdates brings it. Returns the callback query's id."""
        query_id = f"q{self._next_update}"
        shown = message if chat is None else {**message, "chat": self._chat(chat)}
        query = {
            "id": query_id,
            "from": {"id": user_id, "is_bot": False, "first_name": name},
            "message": shown,
            "chat_instance": "1",
            "data": payload,
        }
        self._updates.append({"update_id": self._next_update, "callback_query": query})
        self._next_update += 1
        self._news.set()
        return query_id

    def write(self, text: str, *, chat: str = TEAM_CHAT, name: str = "Trực ban", user_id: int = 77) -> None:
        """Somebody writes into a chat."""
        self._next_message += 1
        message = {
            "message_id": self._next_message,
            "date": int(time.time()),
            "chat": self._chat(chat),
            "from": {"id": user_id, "is_bot": False, "first_name": name},
            "text": text,
        }
        self._updates.append({"update_id": self._next_update, "message": message})
        self._next_update += 1
        self._news.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until `condition()` holds, looked at whenever a call comes or is answered; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._called.clear()
                await self._called.wait()

    # ── the server ──
    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        values = await _values(request)
        self.calls.append((method, values))
        self._called.set()
        try:
            return await self._reply(request, method, values)
        finally:
            self._called.set()

    async def _reply(self, request: web.Request, method: str, values: dict[str, Any]) -> web.StreamResponse:
        lose = False
        try:
            if request.match_info["token"] != self.token:
                raise Refused(401, "Unauthorized")
            if method in ("sendmessage", "editmessagetext", "answercallbackquery") and self._trouble:
                trouble = self._trouble.popleft()
                if isinstance(trouble, Refused):
                    raise trouble
                if isinstance(trouble, float | int):
                    await asyncio.sleep(trouble)
                lose = trouble == "lose"
            answer = await self._answer(method, values)
        except Refused as error:
            body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
            if error.parameters:
                body["parameters"] = error.parameters
            return web.json_response(body, status=error.code)
        if lose:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ok": True, "result": answer})

    async def _answer(self, method: str, values: dict[str, Any]) -> Any:
        match method:
            case "getme":
                return {"id": 123456789, "is_bot": True, "first_name": "Trực báo chí", "username": "truc_bao_chi_bot"}
            case "getchat":
                return {**self._chat(values["chat_id"]), "accent_color_id": 0, "max_reaction_count": 1, "accepted_gift_types": _NO_GIFTS}
            case "sendmessage":
                return self._send(values)
            case "editmessagetext":
                return self._edit(values)
            case "answercallbackquery":
                self.answers.append(values)
                return True
            case "getupdates":
                return await self._get_updates(values)
            case "deletewebhook" | "setmycommands" | "logout" | "close":
                return True
        raise Refused(404, "Not Found")

    def _send(self, values: dict[str, Any]) -> dict[str, Any]:
        shown = _shown(values)
        self._next_message += 1
        chat = self._chat(values["chat_id"])
        message: dict[str, Any] = {"message_id": self._next_message, "date": int(time.time()), "chat": chat, "text": shown}
        if "reply_markup" in values:
            message["reply_markup"] = _keyboard(values["reply_markup"])
        self.messages.append(message)
        return message

    def _edit(self, values: dict[str, Any]) -> dict[str, Any]:
        number = int(values["message_id"])
        message = next((m for m in self.messages if m["message_id"] == number and str(m["chat"]["id"]) == str(values["chat_id"])), None)
        if message is None:
            raise Refused(400, "Bad Request: message to edit not found")
        shown, keyboard = _shown(values), _keyboard(values["reply_markup"]) if "reply_markup" in values else None
        if shown == message["text"] and keyboard == message.get("reply_markup"):
            raise Refused(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same")
        message["text"] = shown
        message.pop("reply_markup", None)
        if keyboard:
            message["reply_markup"] = keyboard
        self.edits.append(values)
        return message

    async def _get_updates(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        offset = int(values.get("offset", 0))
        self._updates = [u for u in self._updates if u["update_id"] >= offset]
        if not self._updates:
            self._news.clear()
            # a real long poll lasts longer; tests should not wait for it at their end
            try:
                async with asyncio.timeout(min(float(values.get("timeout", 0)), 0.5)):
                    await self._news.wait()
            except TimeoutError:
                return []
        return self._updates[: int(values.get("limit", 100))]

    def _chat(self, chat_id: object) -> dict[str, Any]:
        title = self.chats.get(str(chat_id))
        if title is None:
            raise Refused(400, "Bad Request: chat not found")
        return {"id": int(str(chat_id)), "type": "supergroup", "title": title}


_NO_GIFTS = {
    "unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False, "gifts_from_channels": False,
}  # fmt: skip


async def _values(request: web.Request) -> dict[str, Any]:
    """The parameters of a call; python-telegram-bot writes what is not text as JSON."""
    if request.content_type == "application/json":
        found: dict[str, Any] = await request.json()
        return found
    values: dict[str, Any] = {**request.query, **{k: v for k, v in (await request.post()).items() if isinstance(v, str)}}
    for key in ("reply_markup", "link_preview_options", "allowed_updates", "reply_parameters"):
        if isinstance(values.get(key), str):
            values[key] = json.loads(values[key])
    return values


def _shown(values: dict[str, Any]) -> str:
    """The text as the chat shows it. Refuses bad markup, an empty text, and more than 4096 UTF-16 units."""
    text = values.get("text", "")
    shown = parse_html(text) if values.get("parse_mode", "").upper() == "HTML" else text
    if not shown.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if len(shown.encode("utf-16-le")) // 2 > 4096:
        raise Refused(400, "Bad Request: message is too long")
    return str(shown)


def _keyboard(markup: dict[str, Any]) -> dict[str, Any]:
    for row in markup.get("inline_keyboard", []):
        for button in row:
            if not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return markup


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ALLOWED:
            raise Refused(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}" at byte offset 0')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused(400, f'Bad Request: can\'t parse entities: Unexpected end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def parse_html(text: str) -> str:
    """The visible text of Telegram HTML; refuses what Telegram refuses."""
    bare = re.sub(r"</?[a-zA-Z][^<>]*>", "", text)
    if "<" in bare:
        raise Refused(400, "Bad Request: can't parse entities: Unclosed start tag")
    parser = _Markup()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise Refused(400, f"Bad Request: can't parse entities: Can't find end tag corresponding to start tag {parser.open[-1]}")
    return "".join(parser.shown)
