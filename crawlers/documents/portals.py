"""Looks at a page of a ward's or city's portal: the news it lists, its feeds, its news section; pure, called in the sandbox.

The portals run on SharePoint, Liferay, DotNetNuke, Joomla, WordPress and several Vietnamese systems. What they share is read by the
look of it; what they do not is set in the source's options.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from crawlers.documents import listing_links, site_links
from crawlers.urls import canonical, resolve, same_site
from monitor.errors import ParseError
from monitor.records import Entry
from monitor.text import fold

MAX_ANCHORS = 3_000

_FRONT = re.compile(r"/?(?:(?:index|default|home|trang-?chu|web/guest(?:/home)?|portal/pages/default)(?:\.\w{2,5})?/?)?", re.IGNORECASE)
# How portals name their news, the most general first.
_NEWS = tuple(
    re.compile(words)
    for words in (
        r"(?:trang )?tin tuc(?: ?(?:-|va|&|,|–) ?su kien| su kien| hoat dong| chung)?",
        r"tin (?:hoat dong|moi|dia phuong|noi bat|trong (?:phuong|xa)|(?:cua )?(?:phuong|xa))(?: .{0,20})?",
        r"(?:su kien|hoat dong|ban tin|diem tin)(?: .{0,20})?",
    )
)

_COMMENTS = re.compile(r"comment|binh-luan|phan-hoi", re.IGNORECASE)  # feeds in which people speak under the portal's news

Look = tuple[tuple[Entry, ...], str, list[str], str, str]


def look(body: bytes, charset: str | None, url: str, source_id: str, pattern: str, selector: str) -> Look:
    """Return what one page offers: (entries, next page, feeds of the site, news section when this is a front page, why no entries).

    Each of them may be empty. Args as those of `listing_links.find`.
    """
    try:
        listing = listing_links.find(body, charset, url, source_id, pattern, selector)
        entries, after, trouble = listing.entries, listing.next_url or "", ""
    except ParseError as error:
        entries, after, trouble = (), "", str(error)
    feeds = [feed for feed, _ in site_links.find(body, charset, url)["feeds"] if same_site(feed, url) and not _COMMENTS.search(feed)]
    return entries, after, feeds, _section(body, charset, url) if is_front_page(url) else "", trouble


def is_front_page(url: str) -> bool:
    """True for an address that is a site's entrance rather than a list of news."""
    parts = urlsplit(url)
    return not parts.query and _FRONT.fullmatch(parts.path) is not None


def _section(body: bytes, charset: str | None, url: str) -> str:
    """The address of the portal's news section, "" when the page names none."""
    tree = listing_links.tree(body, charset)
    base = resolve(url, next(iter(tree.xpath("//base/@href")), "")) or url
    found: dict[int, str] = {}
    for anchor in tree.xpath("//a[@href]")[:MAX_ANCHORS]:
        rank = _rank(anchor)
        if rank is None or rank in found:
            continue
        link = resolve(base, anchor.get("href"))
        if link and same_site(link, url) and canonical(link) != canonical(url):
            found[rank] = link
    return found[min(found)] if found else ""


def _rank(anchor: Any) -> int | None:
    said = " ".join(fold(anchor.text_content()[:200]).split())
    return next((rank for rank, words in enumerate(_NEWS) if words.fullmatch(said)), None)
