"""Finds on a site's page what leads to its feeds: <link rel="alternate">, links that look like feeds, pages that list feeds; pure,
called in the sandbox. Also the lines of robots.txt that name sitemaps.
"""

from __future__ import annotations

import re
from typing import Any, TypedDict
from urllib.parse import urlsplit

from crawlers.pages.encodings import decode
from crawlers.urls import resolve, same_site
from monitor.text import clean

MAX_FOUND = 60  #: feeds kept of one page
MAX_LINKS = 5_000  #: elements looked at
MAX_NAME = 80  #: characters of a site's name

_TYPES = re.compile(r"(?:application/(?:rss|atom|feed|rdf)\+(?:xml|json)|(?:text|application)/(?:xml|rss))(?:\s*;.*)?", re.IGNORECASE)
_FEED = re.compile(r"(?:^|[/._?&=-])(?:rss2?|atom|feeds?|rdf)(?:[/._?&=-]|$)|/rss\w*\.aspx", re.IGNORECASE)
_OVERVIEW = re.compile(r"/(?:rss|kenh-rss|danh-sach-rss|rss-feeds?|trang-rss)(?:\.(?:html?|php|aspx|chn))?/?$", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_TAG = re.compile(rb"<([A-Za-z][\w:]*)")
_DOCUMENTS = {b"rss": "feed", b"feed": "feed", b"rdf:rdf": "feed", b"urlset": "sitemap", b"sitemapindex": "sitemap"}
_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S{1,2000})", re.IGNORECASE)
_NO_NAMES = ("trang chủ", "trang nhất", "home", "homepage")
_SEPARATOR = re.compile(r"\s+[|–—-]\s+")


class Found(TypedDict):
    """What one page says of its site."""

    document: str  #: "feed" or "sitemap" when the page is one itself, "" for a page
    name: str  #: of the site, "" when it does not say
    feeds: list[tuple[str, str]]  #: address and title, as promised by <link> first, in the order of the page
    overviews: list[str]  #: pages that probably list feeds


def find(body: bytes, charset: str | None, url: str) -> Found:
    """Return what a page leads to: http(s) only, each address once, at most MAX_FOUND feeds."""
    document = _document(body[:5_000])
    tree = None if document else _tree(body, charset)
    if tree is None:
        return Found(document=document, name="", feeds=[], overviews=[])
    base = resolve(url, next(iter(tree.xpath("//base/@href")), "")) or url
    feeds, overviews = dict[str, str](), dict[str, str]()
    for link in tree.xpath("//link[@href]")[:MAX_LINKS]:
        target = resolve(base, link.get("href"))
        if target and "alternate" in (link.get("rel") or "").lower().split() and _TYPES.fullmatch((link.get("type") or "").strip()):
            feeds.setdefault(target, clean(link.get("title") or "", MAX_NAME))
    for anchor in tree.xpath("//a[@href]")[:MAX_LINKS]:
        target = resolve(base, anchor.get("href"))
        if target is None or not same_site(target, url):
            continue
        parts = urlsplit(target)
        if _OVERVIEW.search(parts.path) and not parts.query:
            overviews.setdefault(target, "")
        elif _FEED.search(f"{parts.path}?{parts.query}"):
            feeds.setdefault(target, clean(anchor.text_content(), MAX_NAME))
    own_first = sorted(feeds.items(), key=lambda feed: not same_site(feed[0], url))
    return Found(document="", name=_name(tree), feeds=own_first[:MAX_FOUND], overviews=[o for o in overviews if o not in feeds][:3])


def sitemaps(robots: bytes, url: str) -> list[str]:
    """The sitemaps that a robots.txt names, those of news first."""
    lines = robots[:512_000].decode("utf-8", "replace").splitlines()
    found = (resolve(url, line[1]) for line in map(_SITEMAP.match, lines) if line)
    return sorted(dict.fromkeys(one for one in found if one), key=lambda one: "news" not in one.lower())[:20]


def _document(head: bytes) -> str:
    """Which kind of source begins like this; "" for a page."""
    if head.lstrip()[:1] == b"{" and b"jsonfeed.org" in head:
        return "feed"
    first = _TAG.search(_COMMENT.sub(b"", head))
    return _DOCUMENTS.get(first[1].lower(), "") if first else ""


def _tree(body: bytes, charset: str | None) -> Any:
    from lxml import etree, html  # late: only the sandbox's child pays for it

    text, _ = decode(body, charset)
    text = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", text.replace("\x00", ""))
    try:
        return html.document_fromstring(text) if text.strip() else None
    except (etree.ParserError, ValueError):
        return None


def _name(tree: Any) -> str:
    """The site's name as it gives it itself, else the last part of the page's title."""
    for said in tree.xpath("//meta[@property='og:site_name' or @name='application-name']/@content"):
        if name := clean(said, MAX_NAME):
            return " ".join(name.split())
    title = " ".join(clean(next(iter(tree.xpath("//title/text()")), ""), 300).split())
    return min((part for part in _SEPARATOR.split(title) if part and part.lower() not in _NO_NAMES), key=len, default="")[:MAX_NAME]
