"""The portal of a ward, a commune or a department: the news it lists, its news section and its feeds, found by their look.

Options, where the look is not enough: pattern, selector, pages (1–5), next (address with {page}), encoding.
"""

from __future__ import annotations

import structlog

from crawlers import options
from crawlers.documents import feeds, portals
from crawlers.documents.feeds import MAX_ENTRIES
from crawlers.reading import charset, digest, parsed, unchanged
from crawlers.tools import Tools
from monitor.errors import MonitorError, ParseError, SourceOffError
from monitor.records import Entry, Reading, Source, SourceState

OPTIONS = frozenset({"pattern", "selector", "pages", "next"})
ACCEPT = "text/html, application/xhtml+xml, */*;q=0.5"
MAX_FEEDS = 2  #: of those a portal names: the first are the general ones, the rest are its sections

_log = structlog.get_logger()


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the page at `source.url`, the news section it leads to, up to `pages` pages of the list, and the portal's feeds.

    A portal's feed is often a section or years old, so it adds to the list and never stands for it.
    """
    if not source.url:
        raise SourceOffError("Chưa có địa chỉ trang (url): tìm bằng lệnh monitor sources test")
    listed, named, trouble = await _lists(source, tools)
    found = await _from_feeds(named, source, tools)
    for entry in listed:
        found.setdefault(entry.canonical_url, entry)
    if not found:
        raise trouble or ParseError("Không tìm thấy tin nào trên cổng; cần đặt options.pattern hoặc options.selector")
    entries = tuple(found.values())[:MAX_ENTRIES]
    body_hash = digest(*(f"{entry.canonical_url} {entry.title}".encode("utf-8", "replace") for entry in entries))
    return unchanged(state) if body_hash == state.body_hash else Reading(entries=entries, body_hash=body_hash)


async def _lists(source: Source, tools: Tools) -> tuple[list[Entry], list[str], ParseError | None]:
    """The entries of the listing pages, the feeds they name, and why a page gave nothing. A page after the first may fail."""
    wanted = options.number(source, "pages", 1, low=1, high=5)
    found: dict[str, Entry] = {}
    named: dict[str, None] = {}
    trouble: ParseError | None = None
    url, number, entrance = source.url, 1, True
    while url and number <= wanted:
        try:
            entries, after, feeds_here, section, why = await _look(url, source, tools)
        except MonitorError as error:
            if entrance:
                raise
            _log.info("portal cut short", source=source.id, why=str(error))
            break
        named |= dict.fromkeys(feeds_here)
        trouble = trouble or (ParseError(why) if why else None)
        new = [entry for entry in entries if entry.canonical_url not in found]
        found |= {entry.canonical_url: entry for entry in new}
        if entrance and section:
            url, entrance = section, False  # the entrance shows a few of the news, the section lists them
            continue
        entrance, number = False, number + 1
        template = options.text(source, "next")
        url = template.replace("{page}", str(number)) if template else after
        if not new and number > 2:
            break
    return list(found.values()), list(named), trouble


async def _look(url: str, source: Source, tools: Tools) -> portals.Look:
    page = await tools.door.get(url, limit=tools.fetch.max_page_bytes, accept=ACCEPT)
    pattern, selector = options.text(source, "pattern"), options.text(source, "selector")
    return await parsed(page, source, tools, portals.look, charset(source, page), page.url, source.id, pattern, selector)


async def _from_feeds(named: list[str], source: Source, tools: Tools) -> dict[str, Entry]:
    """What the portal's feeds offer; a broken one is only noted."""
    found: dict[str, Entry] = {}
    for url in named[:MAX_FEEDS]:
        try:
            page = await tools.door.get(
                url, limit=tools.fetch.max_feed_bytes, accept="application/rss+xml, application/xml;q=0.9, */*;q=0.5"
            )
            entries = await parsed(page, source, tools, feeds.parse, charset(source, page), page.url, source.id)
        except MonitorError as error:
            _log.info("portal feed unusable", source=source.id, url=url, why=str(error))
            continue
        for entry in entries:
            found.setdefault(entry.canonical_url, entry)
    return found
