"""Reads feeds into entries: RSS, Atom and RDF through feedparser, JSON Feed; pure, called in the sandbox.

Titles, summaries and dates stay as printed. Links are resolved and kept only when they are http(s).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crawlers.body import gunzip
from crawlers.encodings import decode
from crawlers.urls import canonical, resolve
from monitor.records import Entry, ParseError

MAX_ENTRIES = 500
MAX_TITLE, MAX_SUMMARY, MAX_DATE, MAX_GUID = 1_000, 20_000, 200, 500  #: characters kept
MAX_UNPACKED = 20_000_000  #: bytes of a feed that is a gzip file

_PROLOG = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # one of them would cost the whole feed
_HTML = re.compile(r"(?:\s|<!--.*?-->|<\?xml[^>]*\?>)*<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE | re.DOTALL)


def parse(body: bytes, charset: str | None, url: str, source_id: str) -> tuple[Entry, ...]:
    """Return at most MAX_ENTRIES entries, in the feed's order, twins dropped.

    Args:
        body: as fetched.
        charset: of the source's options or of the Content-Type header.
        url: where the feed came from; relative links are resolved against it.
        source_id: goes into each entry.

    Raises:
        ParseError: no feed, or a feed without a usable entry; an error page is never a healthy empty feed.
    """
    body = gunzip(body, MAX_UNPACKED)
    if not body.strip():
        raise ParseError("Máy chủ trả về nội dung rỗng thay vì nguồn tin RSS/Atom")
    text = _NOT_XML.sub("", xml_text(body, charset))
    if _HTML.match(text[:5_000]):
        raise ParseError("Máy chủ trả về một trang HTML thay vì nguồn tin RSS/Atom")
    items = _json_items(text) if text.lstrip("\ufeff \r\n\t").startswith("{") else _xml_items(text)
    return usable(items, url, source_id, what="nguồn tin")


def usable(items: Iterable[Mapping[str, str]], url: str, source_id: str, *, what: str, complete: bool = False) -> tuple[Entry, ...]:
    """Return the entries of `items` that have a link, each article once.

    Args:
        items: mappings with link and, where known, title, summary, published, guid.
        url: base of relative links.
        source_id: goes into each entry.
        what: names the document in an error.
        complete: the entries carry their whole text.

    Raises:
        ParseError: there are no items, or none with an http(s) link.
    """
    found: dict[str, Entry] = {}
    seen = False
    for item in items:
        seen = True
        link = resolve(url, item.get("link", ""))
        if link is None:
            continue
        key = canonical(link)
        if key in found:
            continue
        found[key] = Entry(
            source_id=source_id, url=link, canonical_url=key, title=item.get("title", "").strip()[:MAX_TITLE],
            summary_html=item.get("summary", "").strip()[:MAX_SUMMARY], published_raw=item.get("published", "").strip()[:MAX_DATE],
            guid=item.get("guid", "").strip()[:MAX_GUID], complete=complete,
        )  # fmt: skip
        if len(found) == MAX_ENTRIES:
            break
    if not seen:
        raise ParseError(f"Máy chủ trả về {what} không có mục nào")
    if not found:
        raise ParseError(f"Không mục nào trong {what} có liên kết http/https dùng được")
    return tuple(found.values())


def xml_text(body: bytes, charset: str | None) -> str:
    """Return an XML document as text without its prolog, whose encoding is often not the one the bytes are in."""
    text, _ = decode(body, charset)
    return _PROLOG.sub("", text.lstrip("\ufeff"), count=1)


def _xml_items(text: str) -> Iterator[Mapping[str, str]]:
    import feedparser  # late: only the sandbox's child pays for it

    parsed = feedparser.parse(io.BytesIO(text.encode("utf-8", "replace")), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version"):
        raise ParseError("Máy chủ trả về nội dung không phải RSS/Atom")
    for entry in parsed.entries:
        yield {
            "link": _text(entry.get("feedburner_origlink") or entry.get("link") or _permalink(entry)),
            "title": _text(entry.get("title")),
            "summary": max(_text(entry.get("summary")), *(_text(c.get("value")) for c in entry.get("content", ())), "", key=len),
            "published": _text(entry.get("published") or entry.get("updated") or entry.get("created")),
            "guid": _text(entry.get("id")),
        }


def _permalink(entry: Mapping[str, Any]) -> str:
    guid = _text(entry.get("id"))
    return guid if guid.startswith(("http://", "https://")) else ""


def _json_items(text: str) -> Iterator[Mapping[str, str]]:
    try:
        feed = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise ParseError("Máy chủ trả về JSON không đọc được") from None
    items = feed.get("items")
    if not str(feed.get("version", "")).startswith("https://jsonfeed.org/") or not isinstance(items, list):
        raise ParseError("Máy chủ trả về JSON không phải JSON Feed; hãy dùng kind: json_api nếu đây là API")
    for item in items:
        if isinstance(item, dict):
            yield {
                "link": _text(item.get("url") or item.get("external_url")),
                "title": _text(item.get("title")),
                "summary": _text(item.get("content_html") or item.get("content_text") or item.get("summary")),
                "published": _text(item.get("date_published") or item.get("date_modified")),
                "guid": _text(item.get("id")),
            }


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
