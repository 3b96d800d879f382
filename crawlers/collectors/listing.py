"""A listing page without any feed, read by a Scrapy spider.

Options: pattern, selector, pages (1–10), next (address with {page}), encoding.
"""

from __future__ import annotations

import structlog

from crawlers.documents.feeds import MAX_ENTRIES
from crawlers.reading import digest, unchanged
from crawlers.spiders.listing import ListingSpider
from crawlers.spiders.loop import crawl
from crawlers.tools import Tools
from monitor.errors import MonitorError
from monitor.records import Reading, Source, SourceState

OPTIONS = frozenset({"pattern", "selector", "pages", "next"})

_log = structlog.get_logger()


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the page at `source.url` and up to `pages` - 1 pages after it.

    Such pages change with every request (tokens, advertisements), so the entries are what is compared with the last reading.
    """
    spider = await crawl(ListingSpider, source=source, tools=tools)
    entries = tuple(spider.entries.values())[:MAX_ENTRIES]
    if spider.problem is not None:
        if not entries or not isinstance(spider.problem, MonitorError):
            raise spider.problem
        _log.info("listing cut short", source=source.id, why=str(spider.problem))
    body_hash = digest(*(f"{entry.canonical_url} {entry.title}".encode("utf-8", "replace") for entry in entries))
    return unchanged(state) if body_hash == state.body_hash else Reading(entries=entries, body_hash=body_hash)
