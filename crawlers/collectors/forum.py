"""A forum's feed as XenForo prints it: the first post of each thread. People's names stay outside, save the author's as a voice."""

from __future__ import annotations

from dataclasses import replace

from crawlers import feeds
from crawlers.reading import read
from crawlers.tools import Tools
from monitor.records import Entry, Reading, Source, SourceState

OPTIONS: frozenset[str] = frozenset()

# Who is quoted or mentioned, and the forum's own links below a shortened post.
_PEOPLE = "//*[contains(@class,'bbCodeBlock-title') or contains(@class,'bbCodeBlock-expandLink') or contains(@class,'attribution')]"
_MENTIONS = "//a[contains(@class,'username') or @data-user-id or contains(@href,'/members/')]"
_MORE = frozenset({"đọc tiếp", "đọc thêm", "xem thêm", "read more", "continue reading"})


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Read the newest threads; each entry is complete, its author in `voice` alone (made a pseudonym before anything is stored)."""
    return await read(source, state, tools, parse, accept="application/rss+xml, application/xml;q=0.9, */*;q=0.5")


def parse(body: bytes, charset: str | None, url: str, source_id: str) -> tuple[Entry, ...]:
    """The feed's entries as complete items, without the names of people and the "read more" links."""
    found = feeds.parse(body, charset, url, source_id)
    return tuple(replace(entry, summary_html=nameless(entry.summary_html), complete=True) for entry in found)


def nameless(post: str) -> str:
    """Return a post's HTML without quoted people's names, mentions and closing links."""
    from lxml import html  # late: only the sandbox's child pays for it

    if "<" not in post:
        return post
    tree = html.fragment_fromstring(post, create_parent="div")
    for node in tree.xpath(_PEOPLE):
        node.drop_tree()
    for node in tree.xpath(_MENTIONS):
        node.attrib.clear()  # the address of a profile is a name too
        node.text = "@…"
        for child in list(node):
            child.drop_tree()
    for node in tree.xpath("//a"):
        if (node.text_content() or "").strip(" .…»>\u00a0").lower() in _MORE:
            node.drop_tree()
    found: str = html.tostring(tree, encoding="unicode")
    return found
