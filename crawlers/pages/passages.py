"""A page's own words in order: one walk cuts the tree into passages and knows for every element which of them it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from lxml import etree

_SILENT = frozenset(
    (
        *("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "audio", "video", "canvas", "map", "head"),
        *("select", "textarea", "button", "input", "option", "datalist", "dialog", "label", "meter", "progress", "noframes"),
    )
)
_BLOCKS = frozenset(
    (
        *("p", "div", "li", "ul", "ol", "dl", "dd", "dt", "table", "tbody", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("section", "article", "main", "header", "footer", "aside", "nav", "figure", "blockquote", "pre", "form", "fieldset", "center"),
        *("body", "html", "details", "summary", "hr", "caption", "address", "menu", "thead", "tfoot", "hgroup", "figcaption"),
    )
)
_CONTAINERS = frozenset(("div", "section", "article", "main", "td"))
_THROUGH = frozenset(
    ("p", "li", "ul", "ol", "blockquote", "table", "tbody", "tr", "td", "pre", "figure")
)  #: what a body's paragraphs stand in
_PARAGRAPHS = frozenset(("p", "li", "blockquote", "pre", "dd", "dt", "figure", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4"))

# Words of class, id and role: at the start of a word, also of a camelCase one. Soft ones are forgiven when most of the page stands inside.
_START = r"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))"
_HARD = re.compile(
    _START + r"(?i:comments?(?![a-z])|comment-?(?:list|box|form|item)|disqus|respond(?![a-z])|foot(?:er)?(?![a-z])|cookie|consent"
    r"|binh-?luan|y-?kien|lien-?quan|tin-?khac|cung-?chuyen-?muc)"
)
_SOFT = re.compile(
    _START + r"(?i:relat(?:ed?|ion)|recommend|recirc|read-?(?:more|also|next)|more-?(?:on|from|stories|news)|also-?(?:read|like)"
    r"|most-?(?:read|popular|view)|popular|trending|repl(?:y|ies)|shar(?:e|ing)|social|newsletter|subscri|sign-?up|promo|advert|ads?(?![a-z])"
    r"|adv(?![a-z])|sponsor|taboola|outbrain|side-?bar|bread-?crumbs?|nav(?:bar|igation)?(?![a-z])|tags?(?![a-z])|tag-?list|keywords?|caption"
    r"|credit|byline|author|bio(?![a-z])|timestamp|popup|modal|gallery|slide|carousel|tool-?bar|pag(?:er|ination)|hidden|visually-?hidden"
    r"|sr-only|screen-?reader|hide(?![a-z])|copyright|survey|poll(?![a-z])|rating|donate|login|widget|teaser|print|overlay|infobox|factbox"
    r"|pull-?quote|doc-?nhieu|xem-?(?:them|nhieu)|doc-?them|chia-?se|quang-?cao|tu-?khoa|tac-?gia|box-?tin|list-?news|tin-?moi|moi-?nhat"
    r"|thong-?ke)"
)
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
_BODY = re.compile(
    r"(?i)(?:article|entry|post|story|detail|news|single|singular|page|main|asset|journal|cms|text|bai-?viet|tin)[-_]{0,2}"
    r"(?:content|text|body|detail|main)|fck_detail|content[-_]?(?:detail|body)|body-?copy|noi-?dung|chi-?tiet|externalclass"
)
_LEAD = re.compile(
    r"(?i)sapo|chapeau|standfirst|(?:^|[\s_-]|article|news|post)(?:lead|lede|dek|summary|description|desc|intro|brief|excerpt|teaser)(?:$|[\s_-])"
    r"|tom-?tat|mo-?ta|trich-?dan|hometext"
)
_TOLD_CAPTION = re.compile(r"[.!?”\"]\s*(?:Ảnh|Nguồn|Đồ họa)\b")  #: a caption that says something before it names the photographer
_ENDS = re.compile(r"[.!?…:;\"”’')\]]$")

MOST = 20_000  #: block elements walked; a real page has a tenth of that
LITTLE = 400  #: characters of running text; a body with less is too little to be sure of
Trust = Literal["sure", "short", "doubtful"]  #: short: plainly the article, but next to nothing
_CLEAN, _SOFTLY, _HARDLY = 0, 1, 2


@dataclass(slots=True)
class Passage:
    """One block of text as it stands on the page; a line break inside it is a newline."""

    text: str
    tag: str  #: of the block element it stands in
    linked: int  #: characters of it that are link text
    noise: int  #: how many noisy elements hold it
    holder: int  #: index of the span of its block element

    @property
    def prose(self) -> int:
        """Its characters when it reads like running text, else 0."""
        size = len(self.text)
        return size if size >= 40 and self.linked * 2 < size and self.tag not in _HEADINGS else 0

    @property
    def frames(self) -> bool:
        """True when an article may begin or end with it."""
        return self.prose > 0 or (
            len(self.text) >= 25 and self.linked * 2 < len(self.text) and self.tag not in _HEADINGS and bool(_ENDS.search(self.text))
        )


@dataclass(slots=True)
class Span:
    """Which passages a block element holds: those from `start` up to `end`."""

    tag: str
    marks: str  #: its class and id
    start: int
    parent: int  #: index of the span around it; -1 for the first
    noise: int  #: clean, softly noisy (related, share …), certainly noisy (comments, footer …)
    article_body: bool  #: microdata says so
    end: int = 0


@dataclass(slots=True)
class Cut:
    """A page cut into passages, in document order."""

    passages: list[Passage] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


def cut(root: etree._Element, *, judged: bool = True) -> Cut:
    """Walk the tree once; linear in its size. Without `judged` no element counts as noisy."""
    return _Walk(judged).through(root)


def _squeezed(text: str) -> str:
    """White space as a browser shows it; NUL stands for <br>."""
    if "\0" not in text:
        return " ".join(text.split())
    return "\n".join(line for line in (" ".join(line.split()) for line in text.split("\0")) if line)


class _Walk:
    """The state of one walk."""

    def __init__(self, judged: bool) -> None:
        self._found = Cut()
        self._buffer: list[str] = []
        self._linked = self._links = self._noise = 0
        self._open: list[int] = []
        self._judged = judged
        self._known: dict[str, int] = {}

    def through(self, root: etree._Element) -> Cut:
        """Visit every element below and with `root`."""
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            tag = element.tag
            if event == "start":
                block = tag in _BLOCKS
                noise = self._noise_of(element, tag) if self._judged and (block or tag == "span") else _CLEAN
                if tag in _SILENT or noise == _HARDLY or (noise and not block):
                    if block:
                        self._enter(element, tag, noise)
                    walker.skip_subtree()
                    continue
                if block:
                    if len(self._found.spans) == MOST:
                        break
                    self._enter(element, tag, noise)
                elif tag == "a":
                    self._links += 1
                elif tag == "br":
                    self._buffer.append("\0")
                if element.text:
                    self._add(element.text)
            else:
                if tag in _BLOCKS:
                    self._leave()
                elif tag == "a":
                    self._links -= 1
                if element.tail and element is not root:
                    self._add(element.tail)
        while self._open:  # when it was broken off
            self._leave()
        self._flush()
        _forgive(self._found)
        return self._found

    def _add(self, text: str) -> None:
        self._buffer.append(text)
        if self._links:
            self._linked += len(text)

    def _enter(self, element: etree._Element, tag: str, noise: int) -> None:
        self._flush()
        self._noise += noise > 0
        spans = self._found.spans
        get = element.get
        spans.append(
            Span(
                tag, f"{get('class', '')} {get('id', '')}", len(self._found.passages), self._open[-1] if self._open else -1,
                noise, get("itemprop") == "articleBody",
            )
        )  # fmt: skip
        self._open.append(len(spans) - 1)

    def _leave(self) -> None:
        self._flush()
        span = self._found.spans[self._open.pop()]
        span.end = len(self._found.passages)
        self._noise -= span.noise > 0

    def _flush(self) -> None:
        if self._buffer:
            whole = "".join(self._buffer)
            self._buffer.clear()
            if whole and not whole.isspace():
                text = _squeezed(whole)
                if not text:
                    return
                holder = self._open[-1] if self._open else -1
                tag = self._found.spans[holder].tag if self._open else ""
                self._found.passages.append(Passage(text, tag, self._linked, self._noise, holder))
        self._linked = 0

    def _noise_of(self, element: etree._Element, tag: str) -> int:
        if tag in ("nav", "aside", "footer", "menu"):
            return _HARDLY
        if tag == "figcaption":
            return _CLEAN if _TOLD_CAPTION.search("".join(element.itertext())[:500]) else _HARDLY
        get = element.get
        style = get("style")
        if get("hidden") is not None or get("aria-hidden") == "true" or (style and _UNSEEN.search(style)):
            return _HARDLY
        marks = f"{get('class', '')} {get('id', '')} {get('role', '')} {get('type', '')}"[:300]
        if len(marks) < 6 or tag in ("body", "html"):
            return _CLEAN
        if marks not in self._known:
            self._known[marks] = _HARDLY if _HARD.search(marks) else _SOFTLY if _SOFT.search(marks) else _CLEAN
        return _CLEAN if tag == "figure" else self._known[marks]  # what a picture says is judged by its caption


def article(found: Cut) -> tuple[str, Trust]:
    """The text of the element that holds the article, and how far it can be trusted.

    The element is the one marked as the article's body, or else the smallest that holds most of the running text. There is
    no doubt when that text stands in it as one flat row of paragraphs.
    """
    spans, passages = found.spans, found.passages
    sums = [0, *accumulate(p.prose if p.noise <= 0 else 0 for p in passages)]
    if not sums[-1]:
        return "", "doubtful"
    masses = [sums[span.end] - sums[span.start] for span in spans]
    pieces, bodies, whole = _pieces(spans, masses)
    chosen = [p for i in pieces for p in passages[spans[i].start : spans[i].end] if p.noise <= 0]
    mass = sum(masses[i] for i in pieces)
    flat = sum(p.prose for p in chosen if _stands_in(spans, p.holder, bodies))
    plain = mass >= 0.6 * whole and (flat >= 0.5 * mass or (len(pieces) == 1 and spans[pieces[0]].article_body))
    named = any(_BODY.search(spans[i].marks) or spans[i].article_body for i in pieces)
    trust: Trust = "doubtful" if not plain else "sure" if mass >= LITTLE else "short" if named else "doubtful"
    return "\n".join(_lines(spans, _framed(chosen))), trust


def standfirst(found: Cut, title: str) -> str:
    """The lead that stands right below the headline in an element named as such, or ""."""
    for passage in _below(found, title, 8):
        around = found.spans[passage.holder].parent if passage.holder >= 0 else -1
        marks = "".join(found.spans[i].marks for i in (passage.holder, around) if i >= 0)
        if 25 <= len(passage.text) <= 900 and passage.linked * 2 < len(passage.text) and _LEAD.search(marks):
            return passage.text
    return ""


def datelines(found: Cut, title: str) -> list[str]:
    """Short lines with figures around the headline: where a date stands that no markup names."""
    return [p.text for p in _below(found, title, 6) if len(p.text) <= 120 and sum(c.isdigit() for c in p.text) >= 4]


def _below(found: Cut, title: str, most: int) -> list[Passage]:
    """The passages that follow the headline."""
    wanted = title.casefold()
    at = next((i for i, p in enumerate(found.passages) if len(p.text) <= len(title) + 20 and p.text.casefold() == wanted), None)
    return [] if at is None or not wanted else found.passages[at + 1 : at + 1 + most]


def lines(found: Cut) -> list[str]:
    """Every passage, the cells of a table row on one line."""
    return _lines(found.spans, found.passages)


def _forgive(found: Cut) -> None:
    """Believe no soft sign of noise on an element that holds most of the page."""
    sums = [0, *accumulate(p.prose for p in found.passages)]
    change = [0] * (len(found.passages) + 1)
    for span in found.spans:
        if span.noise == _SOFTLY and sums[span.end] - sums[span.start] > 0.4 * sums[-1]:
            change[span.start] += 1
            change[span.end] -= 1
    for passage, forgiven in zip(found.passages, accumulate(change), strict=False):
        passage.noise -= forgiven


def _pieces(spans: list[Span], masses: list[int]) -> tuple[list[int], set[int], int]:
    """The elements that hold the article, those whose paragraphs count as its body, and how much text it may be part of."""
    whole = masses[0]
    marked = [
        i
        for i, span in enumerate(spans)
        if span.tag in _CONTAINERS and masses[i] >= 80 and (span.article_body or _BODY.search(span.marks)) and span.noise != _HARDLY
    ]
    if not marked:
        narrow = _narrowed(spans, masses, 0)
        return [narrow], {narrow}, whole
    best = marked[0]
    for i in marked[1:]:
        inside = spans[i].end <= spans[best].end
        if (inside and masses[i] >= 0.8 * masses[best]) or (not inside and masses[best] < LITTLE <= masses[i]):
            best = i
    # cut in several by advertisements: equal twins with no other headline between; after a headline another article begins
    following = next((i for i in range(best + 1, len(spans)) if spans[i].tag == "h1" and spans[i].start >= spans[best].end), None)
    twins = [i for i in marked if spans[best].end <= spans[i].start and spans[i].marks == spans[best].marks and i < (following or i + 1)]
    if following is not None:
        whole = masses[best] + sum(masses[i] for i in twins)
    elif masses[best] < 0.6 * whole and not twins:
        narrow = _narrowed(spans, masses, 0)
        return [narrow], {narrow, *marked}, whole
    pieces = [_narrowed(spans, masses, best), *twins]
    return pieces, {*pieces, *marked}, whole


def _narrowed(spans: list[Span], masses: list[int], at: int) -> int:
    """The innermost element within `at` that still holds nearly all of its running text."""
    for i in range(at + 1, len(spans)):
        if spans[i].parent == at and masses[i] >= 0.85 * masses[at] and spans[i].tag not in _PARAGRAPHS:
            at = i
    return at


def _stands_in(spans: list[Span], holder: int, bodies: set[int]) -> bool:
    """True for a paragraph, list item or quotation that stands directly in one of the elements."""
    for _ in range(5):
        if holder in bodies or holder < 0:
            return holder >= 0
        if spans[holder].tag not in _THROUGH and spans[holder].parent not in bodies:
            return False
        holder = spans[holder].parent
    return False


def _framed(passages: list[Passage]) -> list[Passage]:
    """From the first to the last real paragraph, without lines that are nothing but links."""
    first = next((i for i, p in enumerate(passages) if p.frames), 0)
    last = next((i for i in range(len(passages) - 1, -1, -1) if passages[i].frames), len(passages) - 1)
    kept = passages[first : last + 1]
    return [p for p in kept if p.linked <= 0.8 * len(p.text) or (p.tag == "p" and len(p.text) >= 200)]


def _lines(spans: list[Span], passages: Iterable[Passage]) -> list[str]:
    found: list[str] = []
    row = -1
    for passage in passages:
        cell = spans[passage.holder].parent if passage.tag in ("td", "th") and passage.holder >= 0 else -1
        if cell >= 0 and cell == row:
            found[-1] += f" {passage.text}"
        else:
            found.append(passage.text)
        row = cell
    return found


def confirmed(found: Cut, body: str) -> str:
    """The passages that the page's own structured data (`articleBody`) repeats, or "" when the two do not agree.

    So the text keeps its paragraphs and loses what stands between them; a body that the page does not show is not believed.
    """
    told = "".join(body.split())
    kept = [p for p in found.passages if p.noise <= 0 and len(p.text) >= 25 and "".join(p.text.split()) in told]
    size = sum(len("".join(p.text.split())) for p in kept)
    text, _ = article(found)
    agreed = 0.8 * len(told) <= size <= 1.1 * len(told) and len(text) <= 1.3 * len(body)
    return "\n".join(_lines(found.spans, kept)) if agreed else ""
