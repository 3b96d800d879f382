"""Reads a plainly healthy RSS 2.0, RSS 1.0 or Atom feed in one pass, with the very fields that feedparser would give.

Expat decides what is well-formed, here as in feedparser. Whatever feedparser answers by rules of its own (markup inside a text,
xml:base, DOCTYPE, unknown containers, prefixes bound to something else …) is left to it: docs/decisions/0005-feed-reader.md.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from xml.etree.ElementTree import (  # a document with a DOCTYPE is not given to it, and the sandbox bounds the rest
    Element,
    ParseError,
    XMLParser,
)

from crawlers.documents.feed_names import (
    ASIDE,
    ATOM,
    AUTHOR,
    CONTENT,
    CREATED,
    GUID,
    LINK,
    MEDIA,
    ORIGIN,
    PUBLISHED,
    RDF,
    RSS1,
    SKIP,
    TELL,
    TITLE,
    UPDATED,
    OddError,
    Roles,
    declared,
)  # fmt: skip

MAX_ITEMS = 600  #: of one feed; who prints more prints its archive

_START = re.compile(  # no DOCTYPE, so no entities
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>)?(?P<rest>\s*(?:(?:<\?[^>]{0,300}\?>|<!--[^>]{0,500}-->)\s*)*<[A-Za-z])"
)
_BASE = re.compile(rb"base\s*=")
_REFERENCE = re.compile(rb"&#0*(?:1[2-9]\d|2[0-4]\d|[xX]0*[89a-fA-F][0-9a-fA-F]);")
_LATIN = re.compile(rb"\xc2[\x80-\x9f]"), re.compile(rb"\xc3[\x82-\xb4]\xc2")
_EMAIL = re.compile(
    r"[a-zA-Z0-9_.+-]+@(?:\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.|(?:[a-zA-Z0-9-]+\.)+)(?:[a-zA-Z]{2,4}|[0-9]{1,3})\]?(?:\?subject=\S+)?"
)
_C1 = re.compile("[\x80-\x9f]")
_QUERY = re.compile("&([A-Za-z0-9_]+);")

_PLAIN_TYPES = frozenset({"text", "plain", "html", "text/plain", "text/html"})
_HTML_TYPES = frozenset({"html", "text/html", "xhtml", "application/xhtml+xml"})
_LINK_PARTS = frozenset({"href", "rel", "type", "hreflang", "title", "length", "{http://www.w3.org/XML/1998/namespace}lang"})
_PERSON = frozenset({"name", "email", "uri", "url"})
_FRAME = frozenset({"image", "textinput", "skiphours", "skipdays", "author", "items", "itunes:owner", "itunes:category"})


def items(body: bytes) -> list[dict[str, str]] | None:
    """Return link, title, summary, published, guid and voice of the first MAX_ITEMS items, or None when feedparser must decide.

    Args:
        body: the feed in UTF-8, whatever its prolog says.
    """
    start = _START.match(body)
    if start is None or _BASE.search(body):
        return None
    parser = XMLParser(encoding="utf-8")  # noqa: S314  # see the import
    try:
        parser.feed(body[start.start("rest") :])
        root: Element = parser.close()
        roles = Roles(declared(body))
        recode = _REFERENCE.search(body) is not None or (b"\xc2" in body and any(odd.search(body) for odd in _LATIN))
        return [_item(item, roles, recode) for item in _found(root, roles)[:MAX_ITEMS]]
    except (ParseError, ValueError, OddError):
        return None


def _found(root: Element, roles: Roles) -> list[Element]:
    """The items, when the frame around them holds nothing that could reach into them."""
    found: list[Element] = []
    if root.tag == "rss":
        (channel,) = root  # ValueError: none, or something beside it
        if channel.tag != "channel" or channel.attrib:
            raise OddError
        rest = _sorted(channel, "item", found)
    elif root.tag == f"{{{RDF}}}RDF":
        rest = _sorted(root, f"{{{RSS1}}}item", found)
        for channel in rest:
            if channel.tag == f"{{{RSS1}}}channel":
                _check_frame(channel, roles)
        rest = [element for element in rest if element.tag != f"{{{RSS1}}}channel"]
    elif root.tag == f"{{{ATOM}}}feed":
        rest = _sorted(root, f"{{{ATOM}}}entry", found)
    else:
        raise OddError
    _check_frame(rest, roles)
    return found


def _sorted(parent: Element, tag: str, found: list[Element]) -> list[Element]:
    rest: list[Element] = []
    for child in parent:
        (found if child.tag == tag else rest).append(child)
    return rest


def _check_frame(elements: Iterable[Element], roles: Roles) -> None:
    for element in elements:
        name = roles.name(element.tag)
        if len(element) and name not in _FRAME:
            raise OddError
        if name not in _FRAME and roles.role(element.tag) in (CONTENT, ASIDE):
            raise OddError


def _item(item: Element, roles: Roles, recode: bool) -> dict[str, str]:
    """What feedparser reads from one item: later elements win, save where it says otherwise."""
    link: str | None = None
    title = media_title = aside = None
    guid = ""
    told, who, known = _Told(), _Who(), roles.known.get
    dates: dict[int | str, str] = {}
    for key, value in item.attrib.items():
        if key != f"{{{RDF}}}about":
            raise OddError
        guid = value
    for child in item:
        role = known(child.tag)
        if role is None:
            role = roles.role(child.tag)
        if role is SKIP and not len(child):
            continue
        if len(child) and role is not AUTHOR and role is not MEDIA:
            if roles.name(child.tag) != "contributor":
                raise OddError
            _person(child, roles)
            continue
        text = child.text
        text = text.strip() if text else ""
        if recode:
            text = _recoded(text)
        if role is LINK:
            link = _link(child.attrib, text, link)
        elif role is TITLE:
            if title is not None or (child.attrib and not _plain_type(child)):
                raise OddError
            title = text
        elif role is TELL or role is CONTENT:
            if child.attrib and not _plain_type(child):
                raise OddError
            told.tell(text, 0) if role is TELL else told.add(text)
        elif role is GUID:
            guid, permanent = _address(text), True
            for key, value in child.attrib.items():
                permanent = permanent and (key.lower() != "ispermalink" or value == "true")
            if permanent and link is None:
                link = guid
        elif role is AUTHOR:
            who.add(child, roles, text)
        elif role is MEDIA:
            media_title = told.media(child, roles, 0, recode) or media_title
        elif role is ASIDE:
            aside = True
        elif role is ORIGIN and child.attrib:
            raise OddError
        else:
            dates[role] = text
    if media_title and (aside or not title):
        raise OddError
    if not link and guid.startswith(("http://", "https://")):
        link = guid
    return {
        "link": dates.get(ORIGIN) or link or "", "title": title or "", "summary": told.longest(),
        "published": dates.get(PUBLISHED) or dates.get(UPDATED) or dates.get(CREATED) or "", "guid": guid, "voice": who.name or who.author,
    }  # fmt: skip


class _Told:
    """The item's texts, as feedparser shares them out between summary and content."""

    summary: str | None = None  # defaults stand in the class: made once for each item
    depth = 9  #: of the element that the summary came from
    contents: list[str] | None = None

    def tell(self, text: str, depth: int) -> None:
        """Add a description or a summary; the second one is content."""
        if self.summary is not None and self.contents is None:
            self.contents = [text]
        elif depth <= self.depth:
            self.summary, self.depth = text, depth

    def add(self, text: str) -> None:
        """Add a content element, which also serves as summary where there is none."""
        if self.contents is None:
            self.contents = []
        self.contents.append(text)
        if self.summary is None:
            self.summary = text

    def media(self, element: Element, roles: Roles, depth: int, recode: bool) -> bool:
        """Add what Media RSS describes; True when it holds a title."""
        name = roles.name(element.tag)
        if roles.role(element.tag) is not MEDIA or depth > 4:
            raise OddError
        if name in ("media:title", "media:description"):
            if len(element) or not _plain_type(element):
                raise OddError
            if name == "media:title":
                return True
            text = (element.text or "").strip()
            self.tell(_recoded(text) if recode else text, depth)
        titles = [self.media(child, roles, depth + 1, recode) for child in element]
        return any(titles)

    def longest(self) -> str:
        """The longest text, the summary among equals."""
        return max(self.summary or "", *self.contents, key=len) if self.contents else self.summary or ""


def _link(said: dict[str, str], text: str, before: str | None) -> str | None:
    """The item's link after a link element, with an address as text (RSS) or as attribute (Atom)."""
    if not said:
        link = _address(text)
        return _QUERY.sub(r"&\1", link.replace("&amp;", "&")) if "&" in link else link
    if "href" not in said or not said.keys() <= _LINK_PARTS:
        raise OddError
    if said.get("rel", "alternate").lower() != "alternate" or said.get("type", "text/html").lower() not in _HTML_TYPES:
        return before
    return _address(said["href"])


def _address(text: str) -> str:
    if ":///" in text:  # feedparser mends it
        raise OddError
    return text


def _plain_type(element: Element) -> bool:
    """True for plain text and escaped HTML, all that is read here."""
    if len(element.attrib) == 1 and element.get("type") in _PLAIN_TYPES:
        return True
    said = {key.lower(): value.lower() for key, value in element.attrib.items()}
    return "mode" not in said and said.get("type", "text") in _PLAIN_TYPES


class _Who:
    """Who wrote an item: the last author element, but the first one's name where it tells one."""

    author = name = ""
    known = False  #: an author's parts were told

    def add(self, element: Element, roles: Roles, text: str) -> None:
        """Add an author element: plain text, "address (name)", or with parts."""
        if len(element):
            if self.author or self.known:  # feedparser mixes them
                raise OddError
            said = _person(element, roles)
            self.known = bool(said)
            self.name, email = said.get("name", ""), said.get("email", "")
            self.author = f"{self.name} ({email})" if self.name and email else self.name or email
            return
        self.author = text
        if not self.known and text:
            self.name, self.known = _bare(text) if "@" in text else text, True


def _bare(author: str) -> str:
    """The name in "address (name)" and its kin."""
    if len(author) > 300:  # the expression is quadratic
        raise OddError
    email = _EMAIL.search(author)
    if email is None:
        return author
    name = author.replace(email[0], "").replace("()", "").replace("<>", "").replace("&lt;&gt;", "")
    return name.strip().removeprefix("(").removesuffix(")").strip()


def _person(child: Element, roles: Roles) -> dict[str, str]:
    found: dict[str, str] = {}
    own_text = child.text or ""
    for part in child:
        name = roles.name(part.tag)
        own_text += part.tail or ""
        if len(part) or name in found or (name not in _PERSON and roles.role(part.tag) is not SKIP):
            raise OddError
        if name in _PERSON:
            found[name] = (part.text or "").strip()
    if own_text.strip():
        raise OddError
    return found


def _recoded(text: str) -> str:
    """What feedparser makes of text that looks like UTF-8 read as latin-1, and of the control characters of windows-1252."""
    if text.isascii():
        return text
    with contextlib.suppress(UnicodeEncodeError, UnicodeDecodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_CP1252) if _C1.search(text) else text


_CP1252 = {code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
