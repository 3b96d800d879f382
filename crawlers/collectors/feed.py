"""RSS, Atom, RDF and JSON feeds. Options: encoding."""

from __future__ import annotations

from crawlers.documents import feeds
from crawlers.reading import read
from crawlers.tools import Tools
from monitor.records import Reading, Source, SourceState

OPTIONS: frozenset[str] = frozenset()

ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the feed at `source.url`."""
    return await read(source, state, tools, feeds.parse, accept=ACCEPT)
