"""Finds the articles on a listing page, and the page after it; pure, called in the sandbox.

With the source's pattern, or by the look of the links: what their addresses and titles have in common with articles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from crawlers.documents.feeds import MAX_ENTRIES, usable
from crawlers.pages.encodings import decode
from crawlers.urls import canonical, resolve, same_site
from monitor.errors import ParseError
from monitor.records import Entry

MAX_ANCHORS = 5_000
MAX_CLIMB = 6  #: elements above a link that may still belong to its item
ENOUGH = 4  #: points that make a link an article

_SKIPPED = ("script", "style", "noscript", "template", "svg", "form", "nav", "footer")
_MENU = re.compile(
    r"\b(?:menu|navbar|nav|breadcrumbs?|footer|topbar|main-menu|submenu|pagination|paging|social|banner|weblinks?)\b", re.IGNORECASE
)
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|zip|rar|jpe?g|png|gif|webp|svg|mp[34]|xml|rss|css|js)$", re.IGNORECASE)
_PAGE_END = re.compile(r"\.(?:s?html?|aspx|chn|vnp|tpo|ldo|epi|vov|antd|bld)$", re.IGNORECASE)
_SECTION = re.compile(
    r"/(?:tags?|tu-khoa|tac-gia|author|chuyen-muc|danh-muc|category|chuyen-de|search|tim-kiem|login|dang-nhap|dang-ky"
    r"|lien-he|gioi-thieu|rss|sitemap|page|trang)(?:[/-]|$)",
    re.IGNORECASE,
)
_ID = re.compile(r"\d{5,}|-\d{3,}(?:\.\w+)?$|(?:^|[&?])\w*id=\w*\d", re.IGNORECASE)
_DATED_PATH = re.compile(r"/20\d\d[/-]?(?:0?[1-9]|1[0-2])(?:[/-]|\b)")
_PAGER = re.compile(r"[?&](?:page|p|trang|paged|pageindex)=\d+", re.IGNORECASE)
_NEXT_WORDS = frozenset(
    {"tiếp", "tiếp theo", "trang tiếp", "trang tiếp theo", "trang sau", "sau", "next", "xem thêm", "›", "»", ">", ">>", "→"}
)
_NEXT_MARK = re.compile(r"\bnext\b", re.IGNORECASE)
_DATE_CLASS = "contains(@class,'date') or contains(@class,'time') or contains(@class,'ngay') or contains(@class,'post-on')"
_CLOCK = r"\d{1,2}\s?[:hg]\s?\d{2}(?:\s?[AP]M)?"
_DATE = re.compile(
    rf"(?:{_CLOCK}[\s,|–-]{{1,4}})?\b\d{{1,2}}\s?[/.-]\s?\d{{1,2}}\s?[/.-]\s?20\d\d\b(?:[\s,|–-]{{1,4}}{_CLOCK})?"
    r"|\b\d{1,2}\s+tháng\s+\d{1,2},?\s+(?:năm\s+)?20\d\d\b|\b\d{1,2}\s+(?:phút|giờ|ngày)\s+trước",
    re.IGNORECASE,
)
_SUMMARIES = ".//p | .//*[contains(@class,'sapo') or contains(@class,'desc') or contains(@class,'summary')]"


@dataclass(frozen=True)
class Listing:
    """What one page lists."""

    entries: tuple[Entry, ...]
    next_url: str | None


def find(body: bytes, charset: str | None, url: str, source_id: str, pattern: str = "", selector: str = "") -> Listing:
    """Return the articles a listing page links to, in its order.

    Args:
        body: as fetched.
        charset: of the source's options or of the Content-Type header.
        url: where the page came from; only links to the same registered domain count.
        source_id: goes into each entry.
        pattern: regular expression that an article's address must contain; "" detects articles by their look.
        selector: CSS selector of the part of the page to look at; "" for all of it.

    Raises:
        ParseError: the page lists nothing, or `pattern` or `selector` is wrong.
    """
    page = tree(body, charset)
    base = resolve(url, next(iter(page.xpath("//base/@href")), "")) or url
    after = _next_page(page, base, url)
    anchors = _anchors(page, selector, base, url)
    chosen = _matching(anchors, pattern) if pattern else _looking_like_articles(anchors)
    if not chosen:
        raise ParseError("Không tìm thấy liên kết bài viết nào trên trang (trang dựng bằng JavaScript, hoặc cần đặt options.pattern)")
    owner = {node: canonical(link) for link in chosen for node in anchors[link]}
    items = [_item(link, anchors[link], owner) for link in chosen[:MAX_ENTRIES]]
    return Listing(usable(items, base, source_id, what="trang danh mục"), after)


def tree(body: bytes, charset: str | None) -> Any:
    """The page as a tree, without scripts and forms. Raises ParseError when there is none."""
    from lxml import etree, html  # late: only the sandbox's child pays for it

    text, _ = decode(body, charset)
    text = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", text.replace("\x00", ""))
    if not text.strip():
        raise ParseError("Máy chủ trả về trang rỗng")
    try:
        found = html.document_fromstring(text)
    except (etree.ParserError, ValueError):
        raise ParseError("Máy chủ trả về nội dung không phải trang HTML") from None
    for node in found.xpath(" | ".join(f"//{name}" for name in _SKIPPED if name not in ("nav", "footer"))):
        node.drop_tree()
    return found


def _anchors(tree: Any, selector: str, base: str, url: str) -> dict[str, list[Any]]:
    """The links of the page by address: same site, no files, not the page itself."""
    own = canonical(url)
    found: dict[str, list[Any]] = {}
    for part in _selected(tree, selector):
        for anchor in part.xpath("descendant-or-self::a[@href]")[:MAX_ANCHORS]:
            link = resolve(base, anchor.get("href"))
            if link and same_site(link, url) and not _FILE.search(urlsplit(link).path) and canonical(link) != own:
                found.setdefault(link, []).append(anchor)
    return found


def _selected(tree: Any, selector: str) -> list[Any]:
    if not selector:
        return [tree]
    from cssselect import SelectorError

    try:
        found: list[Any] = tree.cssselect(selector)
    except SelectorError as error:
        raise ParseError(f"options.selector không phải bộ chọn CSS hợp lệ ({error})") from None
    if not found:
        raise ParseError(f"Trang không có phần nào khớp options.selector “{selector:.80}”")
    return found


def _matching(anchors: Mapping[str, list[Any]], pattern: str) -> list[str]:
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise ParseError(f"options.pattern không phải biểu thức chính quy hợp lệ ({error})") from None
    return [link for link in anchors if wanted.search(link)]


def _looking_like_articles(anchors: Mapping[str, list[Any]]) -> list[str]:
    found = [link for link, nodes in anchors.items() if _points(link, nodes) >= ENOUGH]
    numbered = [link for link in found if _has_number(link)]
    # Where articles carry a number, a long slug without one is a section.
    return numbered if len(numbered) >= max(3, 0.6 * len(found)) else found


def _points(link: str, nodes: list[Any]) -> int:
    parts = urlsplit(link)
    slug = _PAGE_END.sub("", parts.path.rstrip("/").rpartition("/")[2])
    words = len(_title(nodes).split())
    points = 2 if slug.count("-") >= 3 else 0
    points += 2 if _has_number(link) else 0
    points += 1 if _PAGE_END.search(parts.path) else 0
    points += 2 if words >= 5 else 1 if words >= 3 else -2
    points += 1 if any(_in_heading(node) for node in nodes) else 0
    if _SECTION.search(parts.path) or _PAGER.search(link) or parts.path in ("", "/"):
        points -= 3
    return points - 3 if all(_in_menu(node) for node in nodes) else points


def _has_number(link: str) -> bool:
    parts = urlsplit(link)
    return bool(_ID.search(parts.path) or _ID.search("?" + parts.query) or _DATED_PATH.search(parts.path))


def _in_heading(node: Any) -> bool:
    return any(
        up.tag in ("h1", "h2", "h3", "h4", "h5") or "title" in (up.get("class") or "") for up in [node, *list(node.iterancestors())[:2]]
    )


def _in_menu(node: Any) -> bool:
    return any(up.tag in ("nav", "footer") or _MENU.search(f"{up.get('class') or ''} {up.get('id') or ''}") for up in node.iterancestors())


def _title(nodes: list[Any]) -> str:
    """The fullest wording among the links to one article; a picture's alternative text only when there is nothing else."""
    said = [" ".join(node.text_content().split()) for node in nodes] + [" ".join((node.get("title") or "").split()) for node in nodes]
    headings = [" ".join(h.text_content().split()) for node in nodes for h in node.xpath(".//h1|.//h2|.//h3|.//h4")]
    alternative = [" ".join(alt.split()) for node in nodes for alt in node.xpath(".//img/@alt")]
    for group in (headings, [s for s in said if len(s) <= 300], alternative):
        if best := max(group, key=len, default=""):
            return best
    return ""


def _item(link: str, nodes: list[Any], owner: Mapping[Any, str]) -> dict[str, str]:
    title = _title(nodes)
    block = max((_block(node, owner) for node in nodes), key=lambda found: len(found.text_content()))
    summary = escape(_summary(block, title), quote=False)
    return {"link": link, "title": escape(title, quote=False), "published": _date(block), "summary": summary}


def _block(node: Any, owner: Mapping[Any, str]) -> Any:
    """The largest element around a link in which no other article is linked."""
    block = node
    for up in islice(node.iterancestors(), MAX_CLIMB):
        if up.tag in ("body", "html") or any(owner.get(a, owner[node]) != owner[node] for a in up.iter("a")):
            break
        block = up
    return block


def _date(block: Any) -> str:
    for printed in block.xpath(".//time/@datetime"):
        return str(printed)
    for node in block.xpath(f".//*[self::time or {_DATE_CLASS}]"):
        said = " ".join(node.text_content().split())
        if 6 <= len(said) <= 80 and any(c.isdigit() for c in said):
            return said
    found = _DATE.search(" ".join(block.text_content().split())[:3_000])
    return found[0] if found else ""


def _summary(block: Any, title: str) -> str:
    said = (" ".join(part.text_content().split()) for part in block.xpath(_SUMMARIES))
    return max((s for s in said if s != title and len(s.split()) >= 6), key=len, default="")


def _next_page(tree: Any, base: str, url: str) -> str | None:
    marked = tree.xpath("//link[@rel='next']/@href | //a[@rel='next']/@href")
    worded = [a.get("href") for a in tree.xpath("//a[@href]")[-MAX_ANCHORS:] if _is_next(a)]
    for href in [*marked, *worded]:
        link = resolve(base, href)
        if link and same_site(link, url) and link != url:
            return link
    return None


def _is_next(anchor: Any) -> bool:
    said = " ".join(anchor.text_content().split()).lower()
    if said in _NEXT_WORDS:
        return True
    return len(said) <= 20 and bool(_NEXT_MARK.search(f"{anchor.get('class') or ''} {anchor.get('title') or ''}"))
