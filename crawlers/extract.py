"""A page or a feed entry to title, text, date and canonical URL. Pure: bytes in, record out; run it where it may be killed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import lxml.html
import trafilatura
from lxml import etree

from crawlers import dates, metadata
from crawlers.encodings import MOJIBAKE, mend, read
from crawlers.markup import plain_text, without_tags
from monitor.records import Entry, Extracted
from monitor.text import clean, fold, syllables

ENOUGH = 200  #: characters; a page that yields less is partial
MAX_HTML = 4_000_000  #: characters parsed; an article stands well before that
_MAX_ELEMENTS = 12_000  #: trafilatura is quadratic on pages of nothing but tags (findings: 468 KB of <span> take 33 s)
_MAX_TITLE = 300
_LOST_LATER = re.compile(r"[\x80-\x9f\xad]")  # letters of old encodings that the extractor would drop as invisible
_CREDITS = frozenset(("bài", "ảnh", "tin", "và", "pv", "thực", "hiện", "video", "clip", "ghi"))
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
        selectors: CSS for `title`, `text`, `published` of a known site; each falls back to the general way.

    Returns:
        A record whose title and text are clean plain text in NFC. Never raises on bad HTML.
    """
    page, note = read(body, charset)
    page = page[:MAX_HTML].replace("\x00", "")
    if _LOST_LATER.search(page):
        page, mended = mend(page)
        note = f"{note}; {mended}" if mended else note
    tree = _parse(page)
    elements = [] if tree is None else list(tree.iter())  # held: lxml would build each again for every walk
    facts = metadata.PageFacts() if tree is None else metadata.read(tree)
    if tree is not None and selectors:
        _apply(selectors, tree, facts)
    title, title_note = _line(metadata.title(facts, _line(entry_title)[0]))
    text, text_note = _article_text(tree, page, facts, title, (selectors or {}).get("text", ""), len(elements))
    summary, _ = _block(plain_text(entry_summary_html))
    partial = len(text) < ENOUGH or text_note == "no article found"
    if partial and len(summary) > len(text):
        text, text_note = summary, "text from the feed"
    published, where = metadata.published(facts, entry_published_raw, url, now)
    text, mended = _block(text)
    notes = [n for n in (note.removesuffix("-sig").removeprefix("utf-8").removeprefix("; "), title_note, text_note, mended) if n]
    return Extracted(
        title=title,
        text=text,
        published_at=published,
        published_from=where,
        canonical_url=metadata.canonical_url(facts, url),
        partial=partial or any(MOJIBAKE in n for n in notes),
        notes=tuple(dict.fromkeys(notes)),
    )


def extract_entry(entry: Entry, now: datetime) -> Extracted:
    """Read an entry without its page: whole for complete entries (forum, video), partial for the others."""
    title, title_note = _line(entry.title)
    text, text_note = _block(plain_text(entry.summary_html))
    published = dates.parse(entry.published_raw, now)
    notes = tuple(dict.fromkeys(n for n in (title_note, text_note) if n))
    return Extracted(
        title=title or text[:120].rpartition(" ")[0],
        text=text or title,
        published_at=published,
        published_from="feed" if published else "none",
        canonical_url=entry.canonical_url,
        partial=not entry.complete or MOJIBAKE in notes,
        notes=notes,
    )


def _parse(page: str) -> etree._Element | None:
    """The page as a tree, or None when there is nothing to parse."""
    if not page.strip():
        return None
    page = re.sub(r"^\s*<\?xml[^>]*>", "", page)  # lxml refuses text that declares its own encoding
    try:
        parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True)
        tree: etree._Element = lxml.html.document_fromstring(page, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None
    return tree


def _apply(selectors: Mapping[str, str], tree: etree._Element, facts: metadata.PageFacts) -> None:
    """Put what the source's own selectors find before everything else."""
    title = _select(tree, selectors.get("title", ""))
    if title:
        facts.titles = [title.replace("\n", " ")]
    published = _select(tree, selectors.get("published", ""))
    if published:
        facts.dates.insert(0, (published, "time"))


def _select(tree: etree._Element, selector: str) -> str:
    """The text of all elements that match, or "" (also for a selector that is none: config is checked elsewhere)."""
    if not selector:
        return ""
    try:
        found = tree.cssselect(selector)
    except Exception as error:  # cssselect's errors share no public base below Exception
        if type(error).__module__.startswith("cssselect"):
            return ""
        raise
    return "\n".join(plain_text(lxml.html.tostring(element, encoding="unicode", with_tail=False)) for element in found[:50])


def _article_text(
    tree: etree._Element | None, page: str, facts: metadata.PageFacts, title: str, selector: str, elements: int
) -> tuple[str, str]:
    """The body text and a note on how it was found ("" the usual way)."""
    if tree is None:
        return plain_text(page), "no article found"
    chosen = _select(tree, selector)
    if len(chosen) >= ENOUGH:
        return chosen, ""
    lead = metadata.lead(tree, facts)
    found = _trafilatura(tree) if elements <= _MAX_ELEMENTS else ""
    note = ""
    below = _below_headline(found, title)
    if below:  # it gave up and returned every word of the page
        block = _densest(tree)
        found, note = (block, "densest block") if 0.6 < len(block) / len(below) < 1.1 else (below, "text below the headline")
    if len(found) < ENOUGH:
        found, note = max((found, note), (_densest(tree), "densest block"), (facts.body, "jsonld body"), key=lambda pair: len(pair[0]))
    if len(found) < ENOUGH:
        whole = plain_text(page)
        if len(whole) > 2 * len(found):  # an article hidden below a thousand levels of nesting, or no article at all
            found, note = whole, "no article found"
    return _tidy(found, title, lead), note


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


def _tidy(text: str, title: str, lead: str) -> str:
    """Put the standfirst first; drop a repeated headline, calls to read on, and the byline at the end."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if lines and fold(lines[0]) == fold(title):
        del lines[0]
    lines = [line for line in lines if not _INVITATION.fullmatch(fold(line[:200]))] or lines
    while len(lines) > 2 and _is_byline(lines[-1]):
        del lines[-1]
    if lead and not _has(lines[:6], lead):
        lines.insert(0, lead)
    return "\n".join(lines)


def _is_byline(line: str) -> bool:
    """True for a line of nothing but names and credits ("Hà Diệp", "Bài và ảnh: Lưu Mẫn")."""
    words = _WORDS.findall(line)
    return (
        len(line) < 60 and 0 < len(words) <= 10 and line[-1] not in ".!?:" and all(w[0].isupper() or w.lower() in _CREDITS for w in words)
    )


def _has(lines: list[str], lead: str) -> bool:
    start = syllables(fold(lead))[:12]
    head = " ".join(syllables(fold(" ".join(lines))))
    return " ".join(start) in head


def _line(text: str) -> tuple[str, str]:
    """A title: one clean line without tags, wrong decoding mended."""
    text, note = mend(plain_text(text).replace("\n", " "))
    return " ".join(without_tags(clean(text, _MAX_TITLE)).split()), note


def _block(text: str) -> tuple[str, str]:
    """A text: clean lines without tags, wrong decoding mended."""
    text, note = mend(text)
    return without_tags(clean(text)).strip(), note  # in this order: a zero-width letter may hide a tag until clean takes it out
