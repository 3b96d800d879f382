"""A YouTube channel through the YouTube Data API v3, with the office's key.

Options: channel (UC…) or playlist, where `url` is not the channel's or playlist's address; pages (1–5, of 50 videos).
https://developers.google.com/youtube/v3/docs/playlistItems/list
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from crawlers import apis, options
from crawlers.documents.feeds import usable
from crawlers.reading import digest, parsed, unchanged
from crawlers.tools import Tools
from monitor.errors import FetchError, MonitorError
from monitor.records import Entry, Reading, Source, SourceState

OPTIONS = frozenset({"channel", "playlist", "pages", "base"})
SITE = "https://www.youtube.com/"
BASE = "https://www.googleapis.com/youtube/v3"
VARIABLE = "MONITOR_ACCESS__YOUTUBE_KEY"

_CHANNEL = re.compile(r"(?:https?://(?:www\.|m\.)?youtube\.com/channel/)?(UC[\w-]{10,40})/?")
_PLAYLIST = re.compile(r"(?:https?://(?:www\.|m\.)?youtube\.com/playlist\?list=)?([\w-]{10,60})")
_QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_KEY = frozenset({"keyInvalid", "keyExpired", "badRequest", "accessNotConfigured", "forbidden", "ipRefererBlocked", "authError"})
_GONE = frozenset({"Private video", "Deleted video"})


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the newest videos of the channel's uploads; each entry is complete: title and description."""
    key = apis.key(source, tools, "khóa YouTube Data API", VARIABLE)
    first = f"{apis.base(source, BASE)}/playlistItems?part=snippet,contentDetails&maxResults=50&playlistId={quote(_playlist(source))}"
    found: dict[str, Entry] = {}
    token = ""
    for _ in range(options.number(source, "pages", 1, low=1, high=5)):
        url = f"{first}&pageToken={quote(token, safe='')}" if token else first
        page = await tools.door.get(
            url, limit=tools.fetch.max_feed_bytes, accept="application/json", headers={"X-Goog-Api-Key": key}, answers=apis.ANSWERS
        )
        if page.status >= 400:
            raise trouble(await parsed(page, source, tools, reasons), page.status, tools.clock())
        entries, token = await parsed(page, source, tools, parse, source.id)
        for entry in entries:
            found.setdefault(entry.canonical_url, entry)
        if not token:
            break
    body_hash = digest(*(f"{e.canonical_url} {e.title} {e.summary_html}".encode("utf-8", "replace") for e in found.values()))
    return unchanged(state) if body_hash == state.body_hash else Reading(entries=tuple(found.values()), body_hash=body_hash)


def parse(body: bytes, source_id: str) -> tuple[tuple[Entry, ...], str]:
    """The entries of one page of playlistItems and the token of the next one, "" at the end. Raises ParseError."""
    answer = apis.document(body, "YouTube")
    listed = answer.get("items")
    items = _items(listed if isinstance(listed, list) else [])
    return usable(items, SITE, source_id, what="danh sách video của kênh", complete=True), apis.words(answer.get("nextPageToken"))


def reasons(body: bytes) -> tuple[str, ...]:
    """The reasons that an error answer gives, the first first; () when it gives none."""
    try:
        error = apis.document(body, "YouTube").get("error")
    except MonitorError:
        return ()
    listed = [*(apis.at(error, "errors") or ()), *(apis.at(error, "details") or ())]
    return tuple(reason for one in listed if (reason := apis.words(apis.at(one, "reason"))))[:10]


def trouble(said: tuple[str, ...], status: int, now: datetime) -> FetchError:
    """What an error answer means, and when to come back."""
    named = set(said)
    if named & _QUOTA:
        return FetchError("Đã dùng hết hạn mức YouTube Data API trong ngày (quotaExceeded)", kind="soft", retry_after=until_reset(now))
    if named & _RATE or status >= 500:
        return FetchError(f"YouTube đề nghị đọc thưa hơn ({said[0] if said else status})", kind="temporary", retry_after=300)
    if named & {"playlistNotFound", "channelNotFound"} or status == 404:
        return FetchError("YouTube không có kênh hoặc danh sách phát này", kind="hard")
    if named & {"API_KEY_INVALID"} or named & _KEY or status in (400, 401, 403):
        return FetchError(f"YouTube không nhận khóa trong {VARIABLE} ({said[0] if said else status})", kind="soft")
    return FetchError(f"YouTube trả lời mã {status} ({said[0] if said else 'không nói lý do'})", kind="soft")


def until_reset(now: datetime) -> float:
    """Seconds until the daily quota begins anew: midnight in California."""
    there = now.astimezone(ZoneInfo("America/Los_Angeles"))
    midnight = (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - there).total_seconds()


def _playlist(source: Source) -> str:
    """The playlist to read; that of a channel's uploads has the channel's id with UU in front."""
    if given := options.text(source, "playlist"):
        return given
    where = options.text(source, "channel") or source.url
    if channel := _CHANNEL.fullmatch(where):
        return "UU" + channel[1][2:]
    if playlist := _PLAYLIST.fullmatch(where):
        return playlist[1]
    raise options.wrong(source, "channel", "mã kênh dạng UC… (hoặc url dạng https://www.youtube.com/channel/UC…)")


def _items(listed: list[Any]) -> Iterator[Mapping[str, str]]:
    for item in listed:
        video, title = apis.words(apis.at(item, "contentDetails", "videoId")), apis.words(apis.at(item, "snippet", "title"))
        published = apis.at(item, "contentDetails", "videoPublishedAt") or apis.at(item, "snippet", "publishedAt")
        if not video or (title in _GONE and not apis.at(item, "contentDetails", "videoPublishedAt")):
            continue
        yield {
            "link": f"{SITE}watch?v={quote(video, safe='')}", "title": escape(title, quote=False), "guid": f"yt:video:{video}",
            "summary": escape(apis.words(apis.at(item, "snippet", "description")), quote=False), "published": apis.words(published),
        }  # fmt: skip
