"""A YouTube channel's public feed. An entry carries title and description: there is no page to fetch."""

from __future__ import annotations

import re
from dataclasses import replace

from crawlers.documents import feeds
from crawlers.reading import read
from crawlers.tools import Tools
from monitor.records import Entry, Reading, Source, SourceState

OPTIONS: frozenset[str] = frozenset()

_CHANNEL = re.compile(r"https?://(?:www\.|m\.)?youtube\.com/channel/(UC[\w-]{10,40})/?")
_PLAYLIST = re.compile(r"https?://(?:www\.|m\.)?youtube\.com/playlist\?list=([\w-]{10,60})")


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the channel's feed; `source.url` is the feed, a channel's or a playlist's address."""
    return await read(source, state, tools, parse, accept="application/atom+xml, */*;q=0.5", url=feed_url(source.url))


def feed_url(url: str) -> str:
    """The feed of a channel or playlist address; any other address is taken to be a feed."""
    for pattern, key in ((_CHANNEL, "channel_id"), (_PLAYLIST, "playlist_id")):
        if found := pattern.fullmatch(url):
            return f"https://www.youtube.com/feeds/videos.xml?{key}={found[1]}"
    return url


def parse(body: bytes, charset: str | None, url: str, source_id: str) -> tuple[Entry, ...]:
    """The feed's entries as complete items. It is the channel that speaks, nobody's voice."""
    return tuple(replace(entry, complete=True, voice="") for entry in feeds.parse(body, charset, url, source_id))
