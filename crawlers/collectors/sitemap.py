"""News sitemaps, plain sitemaps and indexes of them. Options: pattern (addresses to take), days (3), maps (3, of an index), encoding."""

from __future__ import annotations

from crawlers import options
from crawlers.documents import sitemaps
from crawlers.documents.feeds import MAX_ENTRIES
from crawlers.door.fetch import Page
from crawlers.reading import charset, digest, parsed, unchanged
from crawlers.tools import Tools
from monitor.errors import ParseError
from monitor.records import Entry, Reading, Source, SourceState

OPTIONS = frozenset({"pattern", "days", "maps"})

ACCEPT = "application/xml, text/xml, */*;q=0.5"


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the sitemap, or the newest `maps` sitemaps of an index (one level down).

    An index gives back no validators: it may stay the same while the maps below it change.
    """
    page = await tools.door.get(
        source.url, limit=tools.fetch.max_feed_bytes, etag=state.etag, last_modified=state.last_modified, accept=ACCEPT
    )
    body_hash = state.body_hash if page.not_modified else digest(page.body)
    if page.not_modified or body_hash == state.body_hash:
        return unchanged(state, page)
    top = await _parse(page, source, tools)
    if not top.maps:
        return Reading(entries=top.entries, etag=page.etag, last_modified=page.last_modified, body_hash=body_hash)
    return await _read_below(top, page, source, state, tools)


async def _read_below(top: sitemaps.Map, index: Page, source: Source, state: SourceState, tools: Tools) -> Reading:
    chosen = top.maps[: options.number(source, "maps", 3, low=1, high=20)]
    pages = [await tools.door.get(url, limit=tools.fetch.max_feed_bytes, accept=ACCEPT) for url in chosen]
    body_hash = digest(index.body, *(page.body for page in pages))
    if body_hash == state.body_hash:
        return unchanged(state)
    found: dict[str, Entry] = {}
    for page in pages:
        for entry in (await _parse(page, source, tools)).entries:
            found.setdefault(entry.canonical_url, entry)
    return Reading(entries=tuple(found.values())[:MAX_ENTRIES], body_hash=body_hash)


async def _parse(page: Page, source: Source, tools: Tools) -> sitemaps.Map:
    if not page.body.strip():
        raise ParseError("Máy chủ trả về nội dung rỗng thay vì sơ đồ trang (sitemap)")
    return await parsed(
        page, source, tools, sitemaps.parse, charset(source, page), page.url, source.id, tools.clock(),
        options.number(source, "days", 3, low=1, high=365), options.text(source, "pattern"),
    )  # fmt: skip
