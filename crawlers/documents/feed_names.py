"""What the elements of a feed mean to feedparser: its names, its namespaces and their prefixes."""

from __future__ import annotations

import re

ATOM, RSS1 = "http://www.w3.org/2005/Atom", "http://purl.org/rss/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_XMLNS = re.compile(rb"""xmlns(?::([^\s=]{1,40}))?\s*=\s*["']([^"']*)""")

# What feedparser calls the namespaces that mean something to it; "" are the formats themselves.
_FORMATS = (
    ATOM.lower(), RSS1, "http://backend.userland.com/rss", "http://blogs.law.harvard.edu/tech/rss", "http://my.netscape.com/rdf/simple/0.9/",
    "http://example.com/newformat#", "http://example.com/necho", "http://purl.org/echo/", "uri/of/echo/namespace#", "http://purl.org/pie/",
    "http://purl.org/atom/ns#", "http://purl.org/rss/1.0/modules/rss091#",
)  # fmt: skip
_SPACES = dict.fromkeys(_FORMATS, "") | {
    RDF: "rdf", "http://purl.org/rss/1.0/modules/content/": "content", "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms", "http://search.yahoo.com/mrss/": "media", "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes", "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner", "http://creativecommons.org/ns#license": "cc",
    "http://web.resource.org/cc/": "cc", "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativeCommons",
    "http://backend.userland.com/creativecommonsrssmodule": "creativeCommons", "http://www.georss.org/georss": "georss",
    "http://www.opengis.net/gml": "gml", "http://podlove.org/simple-chapters": "psc", "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/xml/1998/namespace": "xml",
}  # fmt: skip
_OWN_RULES = frozenset({"cc", "creativecommons", "georss", "gml", "psc", "xhtml", "xml"})  #: left to feedparser
_PREFIXES = frozenset(_SPACES.values()) | _OWN_RULES

SKIP, LINK, GUID, TITLE, TELL, CONTENT, AUTHOR, MEDIA, ASIDE = range(9)
PUBLISHED, UPDATED, CREATED, ORIGIN = "published", "updated", "created", "origin"
_NAMES: dict[str, int | str] = {
    "link": LINK, "guid": GUID, "id": GUID, "title": TITLE, "description": TELL, "summary": TELL, "content": CONTENT,
    "pubdate": PUBLISHED, "published": PUBLISHED, "issued": PUBLISHED, "updated": UPDATED, "modified": UPDATED,
    "lastbuilddate": UPDATED, "created": CREATED, "author": AUTHOR, "managingeditor": AUTHOR, "source": ASIDE, "image": ASIDE,
    "category": SKIP, "enclosure": SKIP, "language": SKIP, "copyright": SKIP, "rights": SKIP, "subtitle": SKIP, "webmaster": SKIP,
    "generator": SKIP, "contributor": SKIP, "keywords": SKIP, "cloud": SKIP, "url": SKIP,
    "content:encoded": CONTENT, "dc:creator": AUTHOR, "dc:author": AUTHOR, "dc:date": UPDATED, "dc:description": TELL,
    "dcterms:issued": PUBLISHED, "dcterms:modified": UPDATED, "dcterms:created": CREATED, "itunes:author": AUTHOR,
    "itunes:summary": TELL, "feedburner:origlink": ORIGIN,
}  # fmt: skip
# Names that mean something to feedparser and that no healthy item needs.
_ODD = frozenset({
    "rss", "rdf", "channel", "feed", "item", "entry", "items", "entries", "tagline", "info", "body", "fullitem", "newlocation", "where",
    "date", "date_parsed", "homepage", "uri", "email", "name", "width", "height", "textinput", "abstract", "expirationdate", "tags",
    "links", "authors", "author_detail", "dc:title", "dc:contributor", "dcterms:valid", "content_encoded", "feedburner:browserfriendly",
    "itunes:owner", "itunes:name", "itunes:email",
})  # fmt: skip


class OddError(Exception):
    """Not plainly healthy."""


class Roles:
    """What the elements of a document mean to feedparser, by their tags as ElementTree writes them."""

    def __init__(self, prefixes: dict[str, set[str]]) -> None:
        self.known = dict(_PRINTED)
        self._prefixes = prefixes
        self._names: dict[str, str] = {}

    def role(self, tag: str) -> int | str:
        """The role of an element. Raises OddError when feedparser has its own idea of it."""
        role = self.known.get(tag)
        if role is None:
            name = self.name(tag)
            space, _, _ = name.rpartition(":")
            if name in _ODD or space in _OWN_RULES:
                raise OddError
            role = self.known[tag] = MEDIA if space == "media" else _NAMES.get(name, SKIP)
        return role

    def name(self, tag: str) -> str:
        """The name that feedparser goes by: lower case, with the customary prefix."""
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = self._named(tag)
        return name

    def _named(self, tag: str) -> str:
        if tag[0] != "{":
            return tag.lower()
        uri, _, local = tag[1:].partition("}")
        prefix = "" if "backend.userland.com/rss" in uri.lower() else _SPACES.get(uri.lower())
        if prefix is None:
            bound = self._prefixes.get(uri, _PREFIXES)
            if bound != {""} and not bound.isdisjoint(_PREFIXES):
                raise OddError
            prefix = min(bound)
        return f"{prefix}:{local}".lower() if prefix else local.lower()


# the names as newspapers print them
_PRINTED: dict[str, int | str] = {name: role for name, role in _NAMES.items() if ":" not in name}
_PRINTED |= {"pubDate": PUBLISHED, "lastBuildDate": UPDATED, "webMaster": SKIP, "managingEditor": AUTHOR}
_PRINTED |= {f"{{{space}}}{name}": role for name, role in _PRINTED.items() for space in (ATOM, RSS1)}
_PRINTED |= {f"{{{u}}}{n.partition(':')[2]}": role for n, role in _NAMES.items() for u, p in _SPACES.items() if p and n.startswith(f"{p}:")}


def declared(body: bytes) -> dict[str, set[str]]:
    """The prefixes of each namespace; feedparser remembers them for the whole document, wherever they are declared."""
    found: dict[str, set[str]] = {}
    bound: dict[str, str] = {}
    for prefix, uri in {(p.decode("utf-8", "replace"), u.decode("utf-8", "replace")) for p, u in _XMLNS.findall(body)}:
        if prefix and bound.setdefault(prefix, uri) != uri:
            raise OddError
        if prefix in _PREFIXES and prefix and _SPACES.get(uri.lower()) != prefix:
            raise OddError
        found.setdefault(uri, set()).add(prefix)
    return found
