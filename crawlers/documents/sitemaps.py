"""Reads sitemaps and sitemap indexes into entries: news sitemaps with their titles and dates, plain ones; pure, called in the sandbox."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crawlers.documents.feeds import MAX_ENTRIES, MAX_UNPACKED, usable, xml_text
from crawlers.door.body import gunzip
from crawlers.pages.dates import parse as parse_date
from crawlers.urls import resolve
from monitor.errors import EmptySourceError, ParseError
from monitor.records import Entry

MAX_LINES = 50_000  #: addresses in one sitemap, as its protocol has it


@dataclass(frozen=True)
class Map:
    """One document: either the newest entries or, of an index, the maps below it, newest first."""

    entries: tuple[Entry, ...] = ()
    maps: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Line:
    loc: str
    date: str = ""
    title: str = ""


def parse(body: bytes, charset: str | None, url: str, source_id: str, now: datetime, days: int, pattern: str = "") -> Map:
    """Read one sitemap document.

    Args:
        body: as fetched; a gzip file is unpacked.
        charset: of the source's options or of the Content-Type header.
        url: where it came from.
        source_id: goes into each entry.
        now: the end of the window.
        days: older addresses are left out; those without a readable date stay.
        pattern: regular expression that an address must contain, "" for all.

    Raises:
        ParseError: no sitemap, nothing in it, or a wrong pattern.
    """
    kind, lines = _lines(xml_text(gunzip(body, MAX_UNPACKED), charset))
    if not lines:
        raise EmptySourceError("Máy chủ trả về sơ đồ trang (sitemap) không có mục nào")
    dated = sorted(((parse_date(line.date, now), line) for line in lines), key=lambda d: d[0].timestamp() if d[0] else 0.0, reverse=True)
    if kind == "sitemapindex":
        maps = tuple(found for _, line in dated if (found := resolve(url, line.loc)) is not None)
        if not maps:
            raise ParseError("Không sơ đồ trang con nào có liên kết http/https dùng được")
        return Map(maps=maps)
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise ParseError(f"options.pattern không phải biểu thức chính quy hợp lệ ({error})") from None
    oldest = now - timedelta(days=days)
    fresh = [line for when, line in dated if (when is None or when >= oldest) and wanted.search(line.loc)]
    if not fresh:
        return Map()
    items = ({"link": line.loc, "title": line.title, "published": line.date} for line in fresh[: MAX_ENTRIES * 2])
    return Map(entries=usable(items, url, source_id, what="sơ đồ trang (sitemap)"))


def _lines(text: str) -> tuple[str, list[_Line]]:
    from lxml import etree  # late: only the sandbox's child pays for it

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False, remove_comments=True)
    root = etree.fromstring(text.strip().encode("utf-8", "replace"), parser) if text.strip() else None
    kind = "" if root is None else etree.QName(root).localname
    if root is None or kind not in ("urlset", "sitemapindex"):
        raise ParseError("Máy chủ trả về nội dung không phải sơ đồ trang (sitemap)")
    found = []
    for node in root[:MAX_LINES]:
        own = _children(node)
        news = _children(own["news"]) if "news" in own else {}
        loc, date, title = (
            _content(part) for part in (own.get("loc"), news.get("publication_date", own.get("lastmod")), news.get("title"))
        )
        if loc:
            found.append(_Line(loc, date, title))
    return kind, found


def _children(node: Any) -> dict[str, Any]:
    """The first child of each name; an image's own loc and title lie deeper and are not ours."""
    found: dict[str, Any] = {}
    for child in node:
        if isinstance(child.tag, str):
            found.setdefault(child.tag.rpartition("}")[2], child)
    return found


def _content(node: Any) -> str:
    return "" if node is None else "".join(node.itertext()).strip()
