"""A public JSON API. Options: items, url, title, summary, published, guid, voice, link, complete, encoding.

`items` is the path of the list ("data.list"; "" for the document itself), url … voice are paths within an item; `link` builds an
address ("https://host/tin/{slug}-{id}.html") where there is no url; `complete: true` when the summary is the whole text; `voice` is
who speaks, of posts only (tier social or forum), and is stored as a pseudonym.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from crawlers import options
from crawlers.documents.feeds import usable
from crawlers.pages.encodings import decode
from crawlers.reading import read
from crawlers.tools import Tools
from monitor.errors import ParseError
from monitor.records import Entry, Reading, Source, SourceState

_FIELDS = {"url": "link", "title": "title", "summary": "summary", "published": "published", "guid": "guid", "voice": "voice"}
OPTIONS = frozenset({"items", "link", "complete", *_FIELDS})
_HOLE = re.compile(r"\{([\w.]{1,60})\}")


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the list of items at `source.url`."""
    fields = {name: options.text(source, name, name if name != "voice" else "") for name in _FIELDS}
    where, link, complete = options.text(source, "items"), options.text(source, "link"), options.flag(source, "complete")
    return await read(source, state, tools, parse, where, fields, link, complete, accept="application/json")


def parse(
    body: bytes, charset: str | None, url: str, source_id: str, items: str, fields: Mapping[str, str], link: str, complete: bool
) -> tuple[Entry, ...]:
    """Return the entries of the list at the path `items`. Raises ParseError."""
    text, _ = decode(body, charset or "utf-8")
    try:
        document = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise ParseError("Máy chủ trả về nội dung không phải JSON") from None
    found = _at(document, items)
    if not isinstance(found, list):
        raise ParseError(f"JSON không có danh sách tại “{items or '(gốc)'}”")
    return usable(_rows(found, fields, link), url, source_id, what="JSON", complete=complete)


def _rows(items: list[object], fields: Mapping[str, str], link: str) -> Iterator[dict[str, str]]:
    for item in items:
        if not isinstance(item, Mapping):
            continue
        row = {_FIELDS[name]: _printed(_at(item, path)) for name, path in fields.items() if path}
        if link:
            row["link"] = _filled(link, item)
        yield row


def _filled(link: str, item: object) -> str:
    """The address built from an item; "" when the item lacks a part of it."""
    values = {hole: _printed(_at(item, hole)) for hole in _HOLE.findall(link)}
    return _HOLE.sub(lambda hole: quote(values[hole[1]], safe="/"), link) if all(values.values()) else ""


def _at(value: object, path: str) -> object:
    """Follow a dotted path of keys and list positions; None where it ends."""
    for key in filter(None, path.split(".")):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key[:6]) < len(value):
            value = value[int(key[:6])]
        else:
            return None
    return value


def _printed(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
