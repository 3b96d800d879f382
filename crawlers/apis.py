"""What the collectors of platforms' own APIs share: the office's key, the address, answers as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from crawlers import options
from crawlers.tools import Tools
from monitor.errors import ParseError, SourceOffError
from monitor.records import Source

ANSWERS = frozenset({400, 401, 403, 404, 500})  #: statuses whose body says what is wrong
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def key(source: Source, tools: Tools, name: str, variable: str) -> str:
    """The office's key for this kind of source. Raises SourceOffError when there is none."""
    found = tools.keys.get(source.kind, "")
    if not found:
        raise SourceOffError(f"Chưa có {name}: đặt vào biến môi trường {variable} (hoặc {variable}_FILE) thì nguồn này mới đọc được")
    return found


def base(source: Source, usual: str) -> str:
    """The API's address; another one only on this machine, for a key must not follow a line of a source list to somebody else."""
    given = options.text(source, "base", usual).rstrip("/")
    if given != usual and urlsplit(given).hostname not in _LOOPBACK:
        raise options.wrong(source, "base", "địa chỉ trên chính máy này (chỉ dùng để thử)")
    return given


def document(body: bytes, what: str) -> Mapping[str, Any]:
    """The JSON object of an answer; called in the sandbox. Raises ParseError."""
    try:
        found = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ParseError(f"{what} trả về nội dung không phải đối tượng JSON")
    return found


def at(value: object, *path: str) -> Any:
    """What lies at `path` in nested objects; None where it ends."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def words(value: object) -> str:
    """A text field; "" when it is missing or something else."""
    return value if isinstance(value, str) else ""
