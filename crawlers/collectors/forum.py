"""A forum's feed as XenForo prints it: the first post of each thread. People's names stay outside, save the author's as a voice."""

from __future__ import annotations

from dataclasses import replace

from crawlers.documents import feeds
from crawlers.pages.nameless import without_names
from crawlers.reading import read
from crawlers.tools import Tools
from monitor.records import Entry, Reading, Source, SourceState

OPTIONS: frozenset[str] = frozenset()


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the newest threads; each entry is complete, its author in `voice` alone (made a pseudonym before anything is stored)."""
    return await read(source, state, tools, parse, accept="application/rss+xml, application/xml;q=0.9, */*;q=0.5")


def parse(body: bytes, charset: str | None, url: str, source_id: str) -> tuple[Entry, ...]:
    """The feed's entries as complete items, without the names of people and the "read more" links."""
    found = feeds.parse(body, charset, url, source_id)
    return tuple(replace(entry, summary_html=without_names(entry.summary_html), complete=True) for entry in found)
