"""What a page says about itself: title, date, canonical address and lead from JSON-LD, Open Graph, <time> and the headings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from lxml import etree

from crawlers import urls
from crawlers.pages import dates
from crawlers.pages.markup import plain_text
from monitor.text import fold, syllables

_ARTICLE_TYPES = ("article", "posting", "videoobject", "report", "pressrelease", "webpage")
_JSONLD_DEPTH = 6
_TITLE_KEYS = ("og:title", "twitter:title", "headline", "its_title", "dc.title")
_DATE_KEYS = (
    *("article:published_time", "article:published", "og:article:published_time", "datepublished", "pubdate", "publishdate"),
    *("dc.date.issued", "dcterms.created", "dc.date", "parsely-pub-date", "sailthru.date", "article_date_original", "publish-date"),
    *("cxenseparse:recs:publishtime", "og:published_time", "published_time", "originalpublicationdate", "date", "datecreated"),
)
_DESCRIPTION_KEYS = ("og:description", "description", "twitter:description")
_META_KEYS = frozenset((*_TITLE_KEYS, *_DATE_KEYS, *_DESCRIPTION_KEYS, "og:url"))
_MOST = 20  #: of each kind of fact
_WALKED = 20_000  #: elements looked at; a real page has a tenth of that
_META_CHARS = 5_000
_JSONLD_CHARS = 1_000_000  #: of one script; more is no description of an article
_DATELINES = ("span", "div", "p", "em", "i", "li", "strong", "small")
_DATE_CLASS = re.compile(r"date|time|ngay|publish|posted|meta|byline|post-info|thoi-gian", re.IGNORECASE)
_LEAD_CLASS = re.compile(
    r"sapo|chapeau|standfirst|(?:^|[\s_-])(?:lead|lede|dek|summary|description|desc|intro|excerpt|teaser|tomtat|tom-tat|mo-ta|mota|trich)(?:$|[\s_-])",
    re.IGNORECASE,
)
_SITE_TAIL = re.compile(r"\s+(?:[-–—|•·»:]|::)\s+")
_GENERIC = re.compile(r"trang chu|home(?:page)?|40[34]\b.*|not found|error.*|loi \d.*|just a moment.*|access denied|forbidden|untitled")
_SITE_NAME = re.compile(r"(?:Báo|Cổng|Trang|Tạp chí|Đài|Truyền hình|Thời báo|UBND|Trung tâm)\b.*|[\w.-]+\.(?:vn|com|net|org)")


@dataclass
class PageFacts:
    """What was found, the likelier first; empty lists when the page is silent."""

    titles: list[str] = field(default_factory=list)
    dates: list[tuple[str, str]] = field(default_factory=list)  #: (raw, where: jsonld | meta | time | text)
    canonicals: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    body: str = ""  #: articleBody of JSON-LD, plain


def read(tree: etree._Element) -> PageFacts:
    """Collect everything the page says about itself."""
    facts = PageFacts()
    metas: dict[str, str] = {}
    headlines: list[str] = []
    windows: list[str] = []
    links: list[str] = []
    scripts = 0
    for element in tree.iter("meta", "script", "link", "h1", "title"):
        if element.tag == "meta":
            _add_meta(element, metas)
        elif element.tag == "script":
            if scripts < _MOST:
                found = list(islice(_jsonld(element), _MOST))
                scripts += len(found) > 0
                for item in found:
                    _from_jsonld(item, facts)
        elif element.tag == "link":
            if not links and (element.get("rel") or "").lower() == "canonical":
                links.append(element.get("href", ""))
        elif len(headlines if element.tag == "h1" else windows) < 3:
            (headlines if element.tag == "h1" else windows).append(_text(element))
    facts.titles += [metas[key] for key in _TITLE_KEYS[:2] if key in metas]
    facts.titles += headlines
    facts.titles += [metas[key] for key in _TITLE_KEYS[2:] if key in metas]
    facts.titles += windows[:1]
    facts.titles = [title for title in facts.titles if title]
    facts.dates += [(metas[key], "meta") for key in _DATE_KEYS if key in metas]
    if not facts.dates:  # a walk over the whole page
        facts.dates += list(islice(_visible_dates(tree), _MOST))
    facts.canonicals += links
    facts.canonicals += [metas["og:url"]] if "og:url" in metas else []
    facts.descriptions += [metas[key] for key in _DESCRIPTION_KEYS if key in metas]
    return facts


def canonicals(tree: etree._Element) -> list[str]:
    """The canonical addresses that a page names in its head, for pages whose other facts are read by rules."""
    found = [link.get("href", "") for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"][:1]
    return found + [meta.get("content", "") for meta in tree.iter("meta") if meta.get("property") == "og:url"][:1]


def title(facts: PageFacts, entry_title: str) -> str:
    """The article's title without the site's name; the feed's when the page only names itself or an error."""
    wanted = set(syllables(fold(entry_title)))
    best, best_share = "", -1.0
    for found in dict.fromkeys(_without_site(t, facts.titles, entry_title) for t in facts.titles):
        if _GENERIC.fullmatch(fold(found)):
            continue
        words = set(syllables(fold(found)))
        share = len(words & wanted) / len(words | wanted) if wanted else 1.0
        if not best or share > best_share + 0.15:
            best, best_share = found, share
    best = _untruncated(best, facts.titles)
    return entry_title if not best or (wanted and best_share == 0 and len(wanted) > 3) else best


def published(facts: PageFacts, entry_raw: str, url: str, now: datetime) -> tuple[datetime | None, str]:
    """When the article was published and where that is from: page first, then feed, then byline, then address."""
    from_feed = dates.parse(entry_raw, now)
    for raw, where in facts.dates:
        if where == "text" and from_feed is not None:
            break
        found = dates.find(raw, now) if where == "text" else dates.parse(raw, now)
        local = dates.parse(raw.strip()[:-1], now) if raw.strip().endswith(("Z", "z")) else None
        if found is not None and local is not None and _is_false_zulu(found, local, from_feed, now):
            found = local
        if found is not None:
            return found, where
    if from_feed is not None:
        return from_feed, "feed"
    found = dates.from_url(url, now)
    return (found, "url") if found else (None, "none")


def canonical_url(facts: PageFacts, url: str) -> str:
    """The canonical URL the page names, if it can be believed, else that of `url` itself.

    Believed only within the same registered domain and when it plainly names the same article: copies stand on hijacked
    domains, and some CMSs name their front page as canonical of everything.
    """
    own = urls.canonical(url)
    for href in facts.canonicals:
        named = urls.resolve(url, href)
        if named and urls.same_site(named, url) and _same_article(urls.canonical(named), own):
            return urls.canonical(named)
    return own


def lead(tree: etree._Element, facts: PageFacts) -> str:
    """The standfirst ("sapo") as it stands on the page, or "": a marked element that the page's own description confirms."""
    wanted = [words for words in (syllables(fold(d)) for d in facts.descriptions) if len(words) >= 5]
    if not wanted:
        return ""
    for element in islice(tree.iter("p", "h2", "h3", "div", "strong", "span"), _WALKED):
        marks = f"{element.get('class', '')} {element.get('id', '')} {element.get('itemprop', '')}"
        if len(marks) < 6 or not _LEAD_CLASS.search(marks):
            continue
        text = _text(element)
        if 40 <= len(text) <= 900 and any(_alike(syllables(fold(text)), words) for words in wanted) and element.find(".//h1") is None:
            return text
    return ""


def _alike(found: list[str], wanted: list[str]) -> bool:
    """True when one begins like the other, or shares most of its words."""
    size = min(len(found), len(wanted))
    if len(found) > 2 * len(wanted) + 10:
        return False
    return found[: min(size, 8)] == wanted[: min(size, 8)] or len(set(found) & set(wanted)) >= 0.8 * min(len(set(found)), len(set(wanted)))


def _jsonld(script: etree._Element) -> Iterator[dict[str, object]]:
    text = script.text or ""
    if "ld+json" not in (script.get("type") or "").lower() or len(text) > _JSONLD_CHARS:
        return
    try:
        loaded = json.loads(text.strip().rstrip(";"), strict=False)
    except (ValueError, RecursionError):
        return
    yield from _objects(loaded, _JSONLD_DEPTH)


def _objects(value: object, depth: int) -> Iterator[dict[str, object]]:
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value[:50]:
            yield from _objects(item, depth - 1)
    elif isinstance(value, dict):
        yield value
        yield from _objects(value.get("@graph"), depth - 1)


def _from_jsonld(item: dict[str, object], facts: PageFacts) -> None:
    kind = item.get("@type")
    kinds = " ".join(str(k) for k in kind) if isinstance(kind, list) else str(kind)
    if not kinds.lower().endswith(_ARTICLE_TYPES):
        return
    for value, into in ((item.get("headline") or item.get("name"), facts.titles), (item.get("description"), facts.descriptions)):
        if isinstance(value, str) and len(into) < _MOST and (into is facts.descriptions or not kinds.lower().endswith("webpage")):
            into.append(plain_text(value[:_META_CHARS]))
    raw = item.get("datePublished") or item.get("uploadDate")
    if isinstance(raw, str | int):
        facts.dates.append((str(raw), "jsonld"))
    named = item.get("mainEntityOfPage") or item.get("url")
    named = named.get("@id") if isinstance(named, dict) else named
    if isinstance(named, str):
        facts.canonicals.append(named)
    body = item.get("articleBody")
    if isinstance(body, str) and len(body) > len(facts.body):
        facts.body = plain_text(body)


def _add_meta(meta: etree._Element, metas: dict[str, str]) -> None:
    """Note one <meta> by lower-case name, the first of each; itemprop counts as a name."""
    get = meta.get
    for name in (get("property"), get("name"), get("itemprop")):
        key = name.lower() if name else ""
        if key in _META_KEYS and key not in metas:
            content = plain_text((get("content") or "")[:_META_CHARS]).replace("\n", " ")
            if content:
                metas[key] = content


def _visible_dates(tree: etree._Element) -> Iterator[tuple[str, str]]:
    """<time> and microdata first, then text that looks like a dateline; what stands above the headline is the site's clock."""
    elements = [e for e in islice(tree.iter(), _WALKED) if isinstance(e.tag, str)]
    first = next((i for i, e in enumerate(elements) if e.tag == "h1"), 0)
    texts: list[str] = []
    for element in elements[first:]:
        prop = element.get("itemprop", "").lower()
        if (element.tag == "time" and "modified" not in prop) or (prop == "datepublished" and element.tag != "meta"):
            yield element.get("datetime") or element.get("content") or _text(element)[:100], "time"
        elif len(texts) < 30 and element.tag in _DATELINES and _DATE_CLASS.search(f"{element.get('class', '')} {element.get('id', '')}"):
            texts.append(_text(element)[:160])
    yield from ((text, "text") for text in texts if any(c.isdigit() for c in text))


def _text(element: etree._Element) -> str:
    """The element's text on one line, at most 2,000 characters, without scripts; of a heading that was never closed its first lines."""
    parts: list[str] = []
    size = 0
    heading = element.tag == "h1"
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, inside in walker:
        if event == "start" and inside.tag in ("script", "style", "noscript", "template"):
            walker.skip_subtree()
            continue
        if size > 2000 or (heading and inside is not element and inside.tag in ("p", "div", "table", "ul", "h2")):
            break
        part = inside.text if event == "start" else inside.tail if inside is not element else None
        if part:
            parts.append(part)
            size += len(part)
    return " ".join("".join(parts).split())[:2000]


def _without_site(found: str, others: list[str], entry_title: str) -> str:
    """Cut a trailing site name: when another title is exactly the front part, or the tail looks like a name and the head is long."""
    found = " ".join(found.split())
    heads = {" ".join(t.split()) for t in others if t != found} | ({entry_title.strip()} if entry_title.strip() else set())
    for cut in _SITE_TAIL.finditer(found):
        if found[: cut.start()] in heads:
            return found[: cut.start()]
    cuts = list(_SITE_TAIL.finditer(found))
    named = bool(cuts) and _SITE_NAME.fullmatch(found[cuts[-1].end() :]) is not None
    if named and found not in heads and found != entry_title.strip() and others.count(found) < 2:
        return found[: cuts[-1].start()]
    return found


def _untruncated(found: str, titles: list[str]) -> str:
    """A headline cut for a search engine (…) is completed from the page's other titles."""
    stem = found.rstrip(". …")
    if stem == found or len(stem) < 20:
        return found
    return next((t for t in titles if t.startswith(stem) and len(t) > len(found)), found)


def _is_false_zulu(found: datetime, local: datetime, from_feed: datetime | None, now: datetime) -> bool:
    """True for local time printed with a "Z" behind it, a common fault of CMSs: the feed says so, or it would lie ahead."""
    if found >= now:  # would lie ahead, so it was clamped
        return True
    return from_feed is not None and found > local and abs(local - from_feed) < timedelta(minutes=5)


def _same_article(named: str, own: str) -> bool:
    if named == own:
        return True
    named_slug, own_slug = named.rpartition("/")[2], own.rpartition("/")[2]
    digits = set(re.findall(r"\d{3,}", own_slug)) & set(re.findall(r"\d{3,}", named))
    if digits:
        return True
    a, b = set(re.findall(r"[a-z]+", named_slug.lower())), set(re.findall(r"[a-z]+", own_slug.lower()))
    return len(a & b) >= 3 and len(a & b) >= 0.5 * len(a | b)
