"""The crawlers' face: discover a source's entries, fetch an entry's page, make an article of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from crawlers import options, people
from crawlers.pages.extract import extract_entry, extract_page, extract_post
from crawlers.reading import parsed
from crawlers.tools import Tools
from crawlers.urls import article_id, same_site, without_tracking
from monitor import plugins
from monitor.errors import FetchError, ParseError
from monitor.masking import leads_nowhere, mask
from monitor.records import Article, Entry, Extracted, RawItem, Reading, Source, SourceState
from monitor.text import clean

ACCEPT = "text/html, application/xhtml+xml, */*;q=0.1"
_PAGES = frozenset({"", "text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml", "application/octet-stream"})
MAX_TITLE = 500  #: characters


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read a source with the collector its `kind` names.

    Raises:
        FetchError: it could not be had.
        ParseError: it is not what the source promised.
        SourceOffError: it cannot be read as things stand.
        MonitorError: no such collector, or a wrong option.
    """
    collector = check(source)
    reading: Reading = await collector(source, state, tools)
    # a complete entry is stored without its page: only its own site may speak so for an address; the others' pages are read
    kept = tuple(e if not e.complete or _own(source, e.url) else replace(e, complete=False) for e in reading.entries)
    return replace(reading, entries=kept if people.is_people(source) else people.protect(kept, source, b""))


def check(source: Source) -> Callable[..., Any]:
    """Return the collector of a source. Raises MonitorError when there is none, or when the source has an option that it does not know."""
    collector, known, _ = _collector(source.kind)
    options.check(source, known)
    return collector


@cache
def _collector(kind: str) -> tuple[Callable[..., Any], frozenset[str], str]:
    """The collector, the options it knows, and the site for which it may speak wherever the source lies."""
    collector = plugins.load("crawlers.collectors", kind, "discover")
    module = importlib.import_module(collector.__module__)
    return collector, getattr(module, "OPTIONS", frozenset()), getattr(module, "SITE", "")


async def fetch(entry: Entry, source: Source, tools: Tools) -> RawItem:
    """Fetch an entry's page.

    Raises:
        FetchError: it could not be had, or the site sent us to its front page instead (it was taken down).
        ParseError: it is no page.
    """
    page = await tools.door.get(entry.url, limit=tools.fetch.max_page_bytes, accept=ACCEPT)
    if page.media_type not in _PAGES:
        raise ParseError(f"Máy chủ trả về {page.media_type:.60}, không phải trang bài viết")
    if not page.body.strip():
        raise ParseError("Máy chủ trả về trang rỗng")
    if _is_front_page(page.url) and not _is_front_page(entry.url) and same_site(page.url, entry.url):
        raise FetchError("Bài đã bị gỡ: máy chủ chuyển về trang chủ", kind="hard")
    charset = options.text(source, "encoding") or page.charset
    return RawItem(source_id=source.id, url=page.url, body=page.body, charset=charset, fetched_at=tools.clock(), entry=entry)


def own_urls(source: Source, entries: Iterable[Entry]) -> set[str]:
    """The canonical addresses among `entries` that lie on the source's own site."""
    return {entry.canonical_url for entry in entries if _own(source, entry.url)}


def _own(source: Source, url: str) -> bool:
    """True when an address lies on the source's own site: only there may it speak for the page."""
    return any(same_site(url, own) for own in (source.url, source.homepage, _collector(source.kind)[2]))


def believed(source: Source, url: str) -> bool:
    """True when what the entry says of its page counts: on the source's own site, and when somebody of the office entered it."""
    return source.kind == "manual" or leads_nowhere(url) or _own(source, url)


async def extract(item: RawItem | Entry, source: Source, tools: Tools) -> Article:
    """Make an article of a page or of an entry alone, in the sandbox.

    Raises:
        ParseError: there is nothing to read in it; an empty text is a failure, never a change.
    """
    if isinstance(item, Entry):
        if not believed(source, item.url):  # a stranger's words must not be stored as another outlet's article
            raise ParseError("Mục dẫn tới trang của nơi khác nên chỉ đọc từ chính trang đó")
        found = await tools.sandbox.run_for(source.id, extract_entry, item, tools.clock())
        return _article(found, item, item.url, source, tools)
    entry, selectors = item.entry, options.texts(source, "selectors")
    read_page = extract_post if people.is_people(source) else extract_page
    found = await parsed(
        item, source, tools, read_page, item.charset, item.url, *_hints(entry, item.url, source), item.fetched_at, selectors
    )
    return _article(found, entry, item.url, source, tools)


def _hints(entry: Entry, url: str, source: Source) -> tuple[str, str, str]:
    """What the feed said of a page, as far as it is believed."""
    return (entry.title, entry.summary_html, entry.published_raw) if believed(source, url) else ("", "", "")


def _article(found: Extracted, entry: Entry, url: str, source: Source, tools: Tools) -> Article:
    now = tools.clock()
    title, text = clean(found.title, MAX_TITLE), clean(found.text)
    if people.is_people(source):
        title, text, url = mask(title, links=False), mask(text, links=False), people.outward(url)
    if not text:
        raise ParseError("Trang không có nội dung đọc được")
    return Article(
        id=article_id(found.canonical_url), source_id=source.id, url=without_tracking(url), canonical_url=found.canonical_url,
        title=title or text[:120], text=text, published_at=found.published_at or now, published_from=found.published_from,
        published_raw=entry.published_raw, first_seen_at=now, content_hash=_content_hash(title, text), partial=found.partial,
        voice=entry.voice,
    )  # fmt: skip


def _content_hash(title: str, text: str) -> str:
    return blake2b(f"{title}\n{text}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query
