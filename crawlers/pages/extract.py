"""A page or a feed entry to title, text, date and canonical URL. Pure: bytes in, record out; run it where it may be killed.

The text comes from the first that can be trusted: the source's own rules, the page's structured data, the element that
plainly holds the article, trafilatura, the densest block, and at last every word of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import lxml.html
import trafilatura
from lxml import etree

from crawlers.pages import css, dates, metadata, passages, refusals
from crawlers.pages.encodings import LOST, MOJIBAKE, mend, read
from crawlers.pages.markup import plain_text, without_tags
from crawlers.pages.nameless import without_names
from monitor.errors import HostileError
from monitor.records import Entry, Extracted
from monitor.text import MAX_TEXT, clean, fold, syllables

ENOUGH = 200  #: characters; a page that yields less is partial
MAX_HTML = 2_500_000  #: characters parsed; the door lets 2 MB in
_MAX_ELEMENTS = 12_000  #: trafilatura is quadratic on pages of nothing but tags (findings: 468 KB of <span> take 33 s)
_MAX_TITLE = 300
_LONG_TAG = re.compile(r"<([a-zA-Z][\w:-]{0,40})(\s[^<>]{20000,})>")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_MAX_ATTRIBUTES = 1_000  #: libxml2 compares each with all before it
_XML_HEAD = re.compile(r"^\s*<\?xml[^>]*>")
_LOST_LATER = re.compile(r"[\x80-\x9f\xad]|[ÃÂÄÆáÁ]\xa0")  # letters of old encodings that would be dropped as invisible or as white space
_CREDITS = frozenset(("bài", "ảnh", "tin", "và", "pv", "thực", "hiện", "video", "clip", "ghi"))
_DATE_WORDS = frozenset(
    (
        *("ngay", "dang", "luc", "vao", "cap", "nhat", "xuat", "ban", "thu", "hai", "ba", "tu", "nam", "sau", "bay", "chu", "cn", "thang"),
        *("gio", "phut", "sang", "trua", "chieu", "toi", "sa", "ch", "am", "pm", "gmt", "ict", "h", "g", "p"),
    )
)
_WORDS = re.compile(r"\w+")
_INVITATION = re.compile(
    r"(?:xem them|doc them|moi ban doc|(?:cac |nhung )?(?:tin|bai|bai viet) (?:lien quan|khac|moi hon|cu hon)"
    r"|theo doi .{0,40}(?:zalo|facebook|google|kenh)|>>+|tags?\b)"
    r".{0,160}"
)


def extract_page(
    body: bytes,
    charset: str | None,
    url: str,
    entry_title: str,
    entry_summary_html: str,
    entry_published_raw: str,
    now: datetime,
    selectors: Mapping[str, str] | None = None,
) -> Extracted:
    """Read the article on a page; what the feed said fills what the page leaves out.

    Args:
        body: the page as fetched.
        charset: from the Content-Type header; not believed blindly.
        url: where the page was found, after redirects.
        entry_title: the feed's title; also the judge between several titles of the page.
        entry_summary_html: the feed's summary, kept (partial) when the page yields less.
        entry_published_raw: the feed's date as printed.
        now: aware; the moment of fetching.
        selectors: CSS for `title`, `text`, `published` of a known site, each falling back to the general way, and `drop` for
            blocks that are none of the article.

    Returns:
        A record whose title and text are clean plain text in NFC.

    Raises:
        ParseError: the bytes are no page (a PDF, a picture), or a page that stands in the way of one (a login, a robot check).
        HostileError: the letters are broken beyond repair.
    """
    refusals.check_bytes(body)
    page, note, tree, facts, chosen = _opened(body, charset, selectors or {})
    hint, _ = _line(entry_title)
    title, title_note = _line(metadata.title(facts, hint))
    if title_note == MOJIBAKE and hint:
        title, title_note = _line(entry_title)
    if len(chosen) >= ENOUGH:
        text, text_note = chosen, ""
    elif tree is None:
        text, text_note = plain_text(page), "no article found"
    else:
        cut = passages.cut(tree)
        facts.dates += [] if facts.dates else [(line, "text") for line in passages.datelines(cut, title)]
        text, text_note = _article_text(tree, page, cut, facts, title)
    summary, summary_note = _block(plain_text(entry_summary_html))
    partial = len(text) < ENOUGH or text_note == "no article found"
    if partial and len(summary) > len(text) and summary_note != MOJIBAKE:
        text, text_note = summary, "text from the feed"
    elif not chosen:
        refusals.check_text(facts.titles, text)
    published, where = metadata.published(facts, entry_published_raw, url, now)
    text, mended = _block(text)
    if "\ufffd" in text + title or LOST in mended:
        partial, text_note = True, LOST
    notes = [n for n in (note.removesuffix("-sig").removeprefix("utf-8").removeprefix("; "), title_note, text_note, mended) if n]
    _refuse_mojibake((title_note, mended), notes)
    return Extracted(
        title=title,
        text=text,
        published_at=published,
        published_from=where,
        canonical_url=metadata.canonical_url(facts, url),
        partial=partial,
        notes=tuple(dict.fromkeys(notes)),
    )


def extract_post(body: bytes, charset: str | None, *rest: Any) -> Extracted:
    """The same of a page on which people speak: their names are cut out of its markup first."""
    page, _ = read(body, charset)
    return extract_page(without_names(page).encode("utf-8", "replace"), "utf-8", *rest)


def extract_entry(entry: Entry, now: datetime) -> Extracted:
    """Read an entry without its page: whole for complete entries (forum, video), partial for the others.

    Raises:
        HostileError: its letters are broken beyond repair.
    """
    title, title_note = _line(entry.title)
    text, text_note = _block(plain_text(entry.summary_html))
    published = dates.parse(entry.published_raw, now)
    notes = [n for n in (title_note, text_note) if n]
    _refuse_mojibake(notes, notes)
    return Extracted(
        title=title or text[:120].rpartition(" ")[0],
        text=text or title,
        published_at=published,
        published_from="feed" if published else "none",
        canonical_url=entry.canonical_url,
        partial=not entry.complete,
        notes=tuple(dict.fromkeys(notes)),
    )


def _refuse_mojibake(found: Iterable[str], notes: Iterable[str]) -> None:
    """Text that nobody can read must not be stored as if it could be."""
    if MOJIBAKE in found:
        tried = next((note for note in notes if note != MOJIBAKE), "")
        raise HostileError(f"Nội dung có chữ hỏng mã hóa, không khôi phục được{f' ({tried})' if tried else ''}")


def _opened(
    body: bytes, charset: str | None, selectors: Mapping[str, str]
) -> tuple[str, str, etree._Element | None, metadata.PageFacts, str]:
    """The page as text, how it was decoded, its tree, what it says of itself and the text that the source's rules select."""
    page, note = read(body, charset)
    page = page[:MAX_HTML].replace("\x00", "")
    if _LOST_LATER.search(page):
        page, mended = mend(page)
        note = f"{note}; {mended}" if mended else note
    tree = _parse(page)
    facts, chosen = _facts(tree, selectors)
    if any(mend(title)[1] for title in facts.titles):  # broken as a whole: mended before it is taken apart
        page, mended = mend(page)
        if mended and mended != MOJIBAKE:
            tree, note = _parse(page), f"{note}; {mended}"
            facts, chosen = _facts(tree, selectors)
    return page, note, tree, facts, chosen


def _parse(page: str) -> etree._Element | None:
    """The page as a tree, or None when there is nothing to parse."""
    if not page.strip():
        return None
    page = _XML_HEAD.sub("", page)  # lxml refuses text that declares its own encoding
    page = _LONG_TAG.sub(lambda tag: f"<{tag[1]}>" if len(_QUOTED.sub("", tag[2]).split()) > _MAX_ATTRIBUTES else tag[0], page)
    parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=lxml.html.HtmlElement))  # no Python call for each element
    try:
        tree: etree._Element = lxml.html.document_fromstring(page, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None
    return tree


def _facts(tree: etree._Element | None, rules: Mapping[str, str]) -> tuple[metadata.PageFacts, str]:
    """What the page says about itself, the source's own rules first, and the text that these rules select ("" without)."""
    if tree is None:
        return metadata.PageFacts(), ""
    if not rules:
        return metadata.read(tree), ""
    css.drop(tree, rules)
    title, text, published = (css.text(tree, rules, name) for name in ("title", "text", "published"))
    if title and published and len(text) >= ENOUGH:  # the rules leave nothing open
        facts = metadata.PageFacts(canonicals=metadata.canonicals(tree))
    else:
        facts = metadata.read(tree)
    if title:
        facts.titles = [title.replace("\n", " ")]
    if published:
        facts.dates.insert(0, (published, "time"))
    return facts, text


def _article_text(tree: etree._Element, page: str, cut: passages.Cut, facts: metadata.PageFacts, title: str) -> tuple[str, str]:
    """The body text and a note on how it was found ("" the usual way)."""
    found = passages.confirmed(cut, facts.body) if len(facts.body) >= ENOUGH else ""
    note, trust = "", "sure"
    if not found:
        found, trust = passages.article(cut)
    if trust == "doubtful":
        found, note = _second_opinion(tree, facts, title)
    if len(found) < ENOUGH and trust == "doubtful":
        whole = plain_text(page)
        if len(whole) > 2 * len(found):  # an article hidden below a thousand levels of nesting, or no article at all
            found, note = whole, "no article found"
    lines = _tidy(found[: 4 * MAX_TEXT], title)
    head = " ".join(syllables(fold(" ".join(lines[:6])[:6000])))
    if not any(_begins(description) in head for description in facts.descriptions if description):
        lead = passages.standfirst(cut, title) or metadata.lead(tree, facts)
        lines = [lead, *lines] if lead and _begins(lead) not in head else lines
    return "\n".join(lines), note


def _second_opinion(tree: etree._Element, facts: metadata.PageFacts, title: str) -> tuple[str, str]:
    """The text as trafilatura, the densest block or JSON-LD have it, and which of them."""
    elements = sum(1 for _ in tree.iter())
    found = _trafilatura(tree) if elements <= _MAX_ELEMENTS else ""
    note = ""
    below = _below_headline(found, title)
    if below:  # it gave up and returned every word of the page
        block = _densest(tree)
        found, note = (block, "densest block") if 0.6 < len(block) / len(below) < 1.1 else (below, "text below the headline")
    if len(found) < ENOUGH:
        found, note = max((found, note), (_densest(tree), "densest block"), key=lambda pair: len(pair[0]))
    return (facts.body, "jsonld body") if len(facts.body) > 2 * len(found) else (found, note)


def _trafilatura(tree: etree._Element) -> str:
    found = trafilatura.extract(tree, fast=True, include_comments=False, include_tables=False)
    return found or ""


def _below_headline(text: str, title: str) -> str:
    """What follows the headline when menus stand above it, else ""."""
    lines = text.split("\n")
    views = [fold(line) for line in lines[:80]]
    headline = fold(title)
    if not headline or headline not in views[1:]:
        return ""
    at = views.index(headline)
    return "\n".join(lines[at + 1 :]) if all(len(line) < 60 for line in lines[:at]) else ""


def _densest(tree: etree._Element) -> str:
    """The text of the element that holds most prose itself: its paragraphs, or its own lines where a CMS writes only <br>."""
    weight: dict[etree._Element, int] = {}
    for element in tree.iter("p", "div", "td", "section", "article", "main", "font", "span"):
        holder = element.getparent() if element.tag == "p" else element
        if holder is not None:
            own = sum(len(child.tail or "") for child in element) + len(element.text or "")
            weight[holder] = weight.get(holder, 0) + own
    if not weight:
        return ""
    best = max(weight, key=lambda element: weight[element])
    paragraphs = [" ".join("".join(p.itertext()).split()) for p in best.iter("p")]
    if sum(map(len, paragraphs)) > 0.5 * weight[best]:
        return "\n".join(paragraphs)
    return plain_text(lxml.html.tostring(best, encoding="unicode", with_tail=False))


def _tidy(text: str, title: str) -> list[str]:
    """The lines without a repeated headline, calls to read on, and the byline at the end."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if lines and len(lines[0]) < 2 * _MAX_TITLE and fold(lines[0]) == fold(title):
        del lines[0]
    lines = [line for line in lines if len(line) > 200 or not _INVITATION.fullmatch(fold(line))] or lines
    while len(lines) > 1 and _is_dateline(lines[0]):
        del lines[0]
    while len(lines) > 2 and _is_byline(lines[-1]):
        del lines[-1]
    return lines


def _is_dateline(line: str) -> bool:
    """True for a line of nothing but a date ("Ngày đăng: Thứ Hai, 09/11/2026 | 15:15 GMT+7")."""
    if len(line) > 80 or sum(c.isdigit() for c in line) < 4:
        return False
    return all(word in _DATE_WORDS or word.isdigit() or not word.isalpha() for word in _WORDS.findall(fold(line)))


def _is_byline(line: str) -> bool:
    """True for a line of nothing but names and credits ("Hà Diệp", "Bài và ảnh: Lưu Mẫn")."""
    words = _WORDS.findall(line)
    return (
        not line.startswith("Theo ")  # a reprint names its first outlet
        and len(line) < 60
        and 0 < len(words) <= 10
        and line[-1] not in ".!?:"
        and all(w[0].isupper() or w.lower() in _CREDITS for w in words)
    )


def _begins(text: str) -> str:
    """The first syllables of a text, folded: by these it is found again."""
    return " ".join(syllables(fold(text[:300]))[:12])


def _line(text: str) -> tuple[str, str]:
    """A title: one clean line without tags, wrong decoding mended."""
    text, note = mend(plain_text(text).replace("\n", " "))
    return " ".join(without_tags(clean(text, _MAX_TITLE)).split()), note


def _block(text: str) -> tuple[str, str]:
    """A text: clean lines without tags, wrong decoding mended."""
    text, note = mend(text)
    return without_tags(clean(text)).strip(), note  # in this order: a zero-width letter may hide a tag until clean takes it out
