"""Reads feeds into entries: RSS, Atom and RDF, quickly when healthy, else through feedparser; JSON Feed. Pure, called in the sandbox.

Titles, summaries and dates stay as printed. Links are resolved and kept only when they are http(s).
"""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crawlers.documents import feed_gate, quick_feed
from crawlers.door.body import TooLarge, gunzip
from crawlers.pages.encodings import decode, mend
from crawlers.urls import canonical, resolve
from monitor.errors import EmptySourceError, FetchError, HostileError, ParseError
from monitor.records import Entry

MAX_ENTRIES = 500
MAX_TITLE, MAX_SUMMARY, MAX_DATE, MAX_GUID, MAX_VOICE = 1_000, 20_000, 200, 500, 100  #: characters kept
MAX_UNPACKED = feed_gate.MAX_BYTES  #: of a feed that is a gzip file

_ITEM_END = re.compile("</(?:item|entry)>")
_SCRIPT = re.compile(r"<[\s/]*script", re.IGNORECASE)
_SCRIPT_WHOLE = re.compile(r"<\s*script\b.*?(?:</\s*script[^>]*>|\Z)", re.IGNORECASE | re.DOTALL)
_JUDGED = 10_000  #: bytes in which the encoding shows

_PROLOG = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # one of them would cost the whole feed
_HTML = re.compile(r"(?>\s+|<!--.*?-->|<\?xml[^>]*\?>)*+<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE | re.DOTALL)


def parse(body: bytes, charset: str | None, url: str, source_id: str) -> tuple[Entry, ...]:
    """Return at most MAX_ENTRIES entries, in the feed's order, twins dropped.

    Args:
        body: as fetched.
        charset: of the source's options or of the Content-Type header.
        url: where the feed came from; relative links are resolved against it.
        source_id: goes into each entry.

    Raises:
        ParseError: no feed, or a feed without a usable entry; an error page is never a healthy empty feed.
        HostileError: made to stall a parser.
    """
    body = _unpacked(body)
    if not body.strip():
        raise EmptySourceError("Máy chủ trả về nội dung rỗng thay vì nguồn tin RSS/Atom")
    if (quick := quick_feed.items(body)) is not None and _reads_well(body):
        return usable(quick, url, source_id, what="nguồn tin")
    feed_gate.check(body)
    text = _NOT_XML.sub("", xml_text(body, charset))
    if _HTML.match(text[:5_000]):
        raise ParseError("Máy chủ trả về một trang HTML thay vì nguồn tin RSS/Atom")
    items = _json_items(text) if text.lstrip("\ufeff \r\n\t").startswith("{") else _xml_items(text)
    return usable(items, url, source_id, what="nguồn tin")


def usable(items: Iterable[Mapping[str, str]], url: str, source_id: str, *, what: str, complete: bool = False) -> tuple[Entry, ...]:
    """Return the entries of `items` that have a link, each article once.

    Args:
        items: mappings with link and, where known, title, summary, published, guid, voice (who speaks).
        url: base of relative links.
        source_id: goes into each entry.
        what: names the document in an error.
        complete: the entries carry their whole text.

    Raises:
        EmptySourceError: there are no items.
        ParseError: there are some, but none with an http(s) link.
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
            source_id=source_id, url=link, canonical_url=key, title=_said(item, "title", MAX_TITLE),
            summary_html=_said(item, "summary", MAX_SUMMARY), published_raw=_said(item, "published", MAX_DATE),
            guid=_said(item, "guid", MAX_GUID), complete=complete, voice=_said(item, "voice", MAX_VOICE),
        )  # fmt: skip
        if len(found) == MAX_ENTRIES:
            break
    if not seen:
        raise EmptySourceError(f"Máy chủ trả về {what} không có mục nào")
    if not found:
        raise ParseError(f"Không mục nào trong {what} có liên kết http/https dùng được")
    return tuple(found.values())


def _said(item: Mapping[str, str], name: str, most: int) -> str:
    """One field as printed, at most so many characters, without scripts: what waits in the ledger can do no harm either."""
    text = item.get(name, "").strip()[:most]
    if "<" not in text or not _SCRIPT.search(text):
        return text
    for _ in range(3):  # they may be nested so that one becomes whole when the other goes
        text = _SCRIPT_WHOLE.sub("", text)
    return _SCRIPT.sub("‹script", text)


def _unpacked(body: bytes) -> bytes:
    """The feed, unpacked when it is a gzip file."""
    try:
        return gunzip(body, MAX_UNPACKED)
    except TooLarge as error:
        raise HostileError(f"Nguồn tin nén bung ra quá lớn. {error}") from None
    except FetchError as error:
        raise ParseError(str(error)) from None


def _reads_well(body: bytes) -> bool:
    """True when UTF-8 is surely what was meant: letters that no wrong decoding produces (ạ…ỹ) outnumber those that most do."""
    if body.isascii():
        return True
    head = body[:_JUDGED]
    surely = head.count(b"\xe1\xba") + head.count(b"\xe1\xbb")
    return 4 * surely >= 5 * (head.count(b"\xc3") + head.count(b"\xc2")) or mend(body.decode("utf-8", "replace"))[1] == ""


def xml_text(body: bytes, charset: str | None) -> str:
    """Return an XML document as text without its prolog, whose encoding is often not the one the bytes are in."""
    text, _ = decode(body, charset)
    return _PROLOG.sub("", text.lstrip("\ufeff"), count=1)


def _xml_items(text: str) -> Iterator[Mapping[str, str]]:
    import feedparser  # late: only the sandbox's child pays for it

    parsed = feedparser.parse(io.BytesIO(_cut(text).encode("utf-8", "replace")), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version"):
        raise ParseError("Máy chủ trả về nội dung không phải RSS/Atom")
    for entry in parsed.entries:
        yield {
            "link": _text(entry.get("feedburner_origlink") or entry.get("link") or _permalink(entry)),
            "title": _text(entry.get("title")),
            "summary": max(_text(entry.get("summary")), *(_text(_part(c, "value")) for c in entry.get("content", ())), "", key=len),
            "published": _text(entry.get("published") or entry.get("updated") or entry.get("created")),
            "guid": _text(entry.get("id")),
            "voice": _text(_part(entry.get("author_detail"), "name") or entry.get("author")),
        }


def _cut(text: str) -> str:
    """The feed without the items in the middle of a very long one: feedparser needs a second for a thousand."""
    ends = [found.end() for found in itertools.islice(_ITEM_END.finditer(text), quick_feed.MAX_ITEMS)]
    if len(ends) < quick_feed.MAX_ITEMS:
        return text
    last = max(text.rfind("</item>"), text.rfind("</entry>"))
    return text[: ends[-1]] + text[last:].partition(">")[2]


def _part(value: object, name: str) -> object:
    """A part of what should be a mapping: an element of the feed's own may have taken its place."""
    return value.get(name) if isinstance(value, Mapping) else None


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
