"""A Facebook page through the Graph API, with the office's token: pages that the office may read, never a person's profile.

Only what the page itself posts is asked for: no comments, no reactions, nobody's name. Options: page (id or name) where `url` is not
the page's address; pages (1–5, of 50 posts). https://developers.facebook.com/docs/graph-api/reference/page/feed
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any, TypeVar
from urllib.parse import quote

from crawlers import apis, options
from crawlers.documents.feeds import usable
from crawlers.reading import digest, parsed, unchanged
from crawlers.tools import Tools
from monitor.errors import FetchError, MonitorError, SourceOffError
from monitor.records import Entry, Reading, Source, SourceState

OPTIONS = frozenset({"page", "pages", "base"})
SITE = "https://www.facebook.com/"
BASE = "https://graph.facebook.com/v23.0"
VARIABLE = "MONITOR_ACCESS__FACEBOOK_TOKEN"
FIELDS = "id,message,created_time,permalink_url"

T = TypeVar("T")

_PAGE = re.compile(r"https?://(?:www\.|m\.)?facebook\.com/(?:profile\.php\?id=)?([\w.\-]{2,80})/?")
_ID = re.compile(r"[\w.\-]{2,80}")
_RATE = frozenset({4, 17, 32, 341, 613, 80001})
_LATER = frozenset({1, 2})
_NO_PAGE = frozenset({100, 803, 21})
_WAIT = 3600.0  #: seconds after a rate limit; Facebook counts by the hour
_HEADLINE = 150  #: characters of a post's first line that stand as its title


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the page's newest posts; each entry is complete."""
    key = apis.key(source, tools, "mã truy cập Graph API của Facebook", VARIABLE)
    page_id = _page(source)
    where = f"{apis.base(source, BASE)}/{quote(page_id, safe='')}"
    if not state.read_before and not await _ask(f"{where}?fields=id,category", key, source, tools, is_page):
        raise SourceOffError(f"“{page_id}” trên Facebook không phải là trang (Page): chỉ đọc trang, không đọc tài khoản cá nhân")
    found: dict[str, Entry] = {}
    after = ""
    for _ in range(options.number(source, "pages", 1, low=1, high=5)):
        # the address is built here: the "next" that Facebook offers carries the token
        url = f"{where}/posts?fields={FIELDS}&limit=50" + (f"&after={quote(after, safe='')}" if after else "")
        entries, after = await _ask(url, key, source, tools, parse, source.id)
        for entry in entries:
            found.setdefault(entry.canonical_url, entry)
        if not after:
            break
    body_hash = digest(*(f"{e.canonical_url} {e.summary_html}".encode("utf-8", "replace") for e in found.values()))
    return unchanged(state) if body_hash == state.body_hash else Reading(entries=tuple(found.values()), body_hash=body_hash)


async def _ask(url: str, key: str, source: Source, tools: Tools, parse: Callable[..., T], *more: object) -> T:
    """Ask once and read the answer with `parse`; an error answer is raised as what it means."""
    page = await tools.door.get(
        url, limit=tools.fetch.max_feed_bytes, accept="application/json", headers={"Authorization": f"Bearer {key}"}, answers=apis.ANSWERS
    )
    if page.status >= 400:
        raise trouble(await parsed(page, source, tools, code), page.status)
    return await parsed(page, source, tools, parse, *more)


def is_page(body: bytes) -> bool:
    """True when the answer describes a page: people have no category."""
    return bool(apis.words(apis.document(body, "Facebook").get("category")))


def parse(body: bytes, source_id: str) -> tuple[tuple[Entry, ...], str]:
    """The entries of one page of posts and the cursor of the next one, "" at the end. Raises ParseError."""
    answer = apis.document(body, "Facebook")
    listed = answer.get("data")
    items = _items(listed if isinstance(listed, list) else [])
    more = apis.at(answer, "paging", "next") is not None
    after = apis.words(apis.at(answer, "paging", "cursors", "after")) if more else ""
    return usable(items, SITE, source_id, what="danh sách bài của trang", complete=True), after


def code(body: bytes) -> int:
    """The number of the error that an answer tells; 0 when it tells none."""
    try:
        found = apis.at(apis.document(body, "Facebook"), "error", "code")
    except MonitorError:
        return 0
    return found if isinstance(found, int) else 0


def trouble(number: int, status: int) -> FetchError:
    """What an error answer means, and when to come back. https://developers.facebook.com/docs/graph-api/guides/error-handling"""
    said = f"(mã lỗi {number or status})"
    if number in (190, 102) or (not number and status == 401):
        return FetchError(f"Mã truy cập Facebook đã hết hạn hoặc bị thu hồi {said}: tạo mã mới và đặt vào {VARIABLE}", kind="soft")
    if number in _RATE:
        return FetchError(f"Facebook đề nghị đọc thưa hơn {said}", kind="temporary", retry_after=_WAIT)
    if number in _LATER or status >= 500:
        return FetchError(f"Facebook tạm thời không trả lời được {said}", kind="temporary")
    if number in _NO_PAGE or status == 404:
        return FetchError(f"Facebook không có trang này, hoặc đây không phải là trang (Page) {said}", kind="hard")
    if number in (3, 10) or 200 <= number < 300 or status == 403:
        return FetchError(f"Mã truy cập Facebook chưa được cấp quyền đọc trang này {said}", kind="soft")
    return FetchError(f"Facebook từ chối yêu cầu {said}", kind="soft")


def _page(source: Source) -> str:
    given = options.text(source, "page")
    found = _PAGE.fullmatch(source.url) if not given else None
    if given and _ID.fullmatch(given):
        return given
    if found is None:
        raise options.wrong(source, "page", "mã hoặc tên trang (hoặc url dạng https://www.facebook.com/ten-trang)")
    return found[1]


def _items(listed: list[Any]) -> Iterator[Mapping[str, str]]:
    """Posts with words; a picture or a shared link alone says nothing to read."""
    for item in listed:
        message = apis.words(apis.at(item, "message")).strip()
        if not message:
            continue
        headline = message.split("\n", 1)[0].strip()
        short = headline if len(headline) <= _HEADLINE else headline[:_HEADLINE].rpartition(" ")[0] + "…"
        yield {
            "link": apis.words(item.get("permalink_url")), "title": escape(short, quote=False), "guid": apis.words(item.get("id")),
            "summary": escape(message, quote=False), "published": apis.words(apis.at(item, "created_time")),
        }  # fmt: skip
