"""What is taken out of posts before anything of them is stored: particulars, handles, names. Pure.

Who speaks is kept as a pseudonym only. Its key is new every month and thrown away with the month, so that voices within one
story can be counted and nobody can be followed. There is no way from a pseudonym back to a name.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from html import escape

from crawlers.pages.dates import LOCAL
from crawlers.pages.markup import plain_text
from crawlers.urls import canonical, registered_domain
from monitor.masking import mask
from monitor.records import Entry, Source
from monitor.text import clean, plain

TIERS = frozenset({"social", "forum"})
KINDS = frozenset({"forum", "manual"})
VOICE_DIGITS = 16  #: of a pseudonym, hexadecimal

# Addresses of posts that name their author, and the same post without the name.
_NAMELESS = (
    (re.compile(r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/[^/?#]+/status/(\d+).*", re.IGNORECASE), r"https://x.com/i/status/\1"),
    (re.compile(r"(https?://[^/?#]+/(?:[\w-]+/)*(?:t|threads))/[^/?#]*\.(\d+)(?:[/?#].*)?", re.IGNORECASE), r"\1/\2/"),  # XenForo
    (re.compile(r"https?://(?:www\.|m\.)?tiktok\.com/@[^/?#]*/video/(\d+).*", re.IGNORECASE), r"https://www.tiktok.com/@/video/\1"),
)


def is_people(source: Source) -> bool:
    """True for sources in which private people speak: their items are masked before they are stored."""
    return source.tier in TIERS or source.kind in KINDS


def month(now: datetime) -> str:
    """The local month whose key makes the pseudonyms: "2026-11"."""
    return f"{now.astimezone(LOCAL):%Y-%m}"


def protect(entries: Sequence[Entry], source: Source, key: bytes) -> tuple[Entry, ...]:
    """Return the entries as they may be stored.

    Args:
        entries: as their collector read them; `voice` is a name.
        source: where they come from; of the press and the authorities nothing but `voice` is dropped.
        key: this month's, see `month`.
    """
    if not is_people(source):
        return tuple(replace(entry, voice="") if entry.voice else entry for entry in entries)
    site = registered_domain(source.url) or source.id
    return tuple(_protected(entry, site, key) for entry in entries)


def outward(url: str) -> str:
    """The address of a post without its author's handle, where the site knows such a form; any other stays."""
    for pattern, nameless in _NAMELESS:
        if pattern.fullmatch(url):
            return pattern.sub(nameless, url)
    return url


def _protected(entry: Entry, site: str, key: bytes) -> Entry:
    url = outward(entry.url)
    return replace(
        entry, url=url, canonical_url=canonical(url) if url != entry.url else entry.canonical_url, guid=_guid(entry.guid),
        title=_words(entry.title), summary_html=_words(entry.summary_html), voice=_pseudonym(entry.voice, site, key),
    )  # fmt: skip


def _words(markup: str) -> str:
    """The words of HTML, masked, as HTML without a single tag: a number may be spread over tags, a name stand in an attribute."""
    return escape(mask(clean(plain_text(markup)), links=False), quote=False)


def _guid(guid: str) -> str:
    """A guid that names nobody; one that did stays as its digest, so that it is known again."""
    return (
        guid
        if mask(guid, links=False) == guid and "@" not in guid
        else blake2b(guid.encode("utf-8", "replace"), digest_size=16).hexdigest()
    )


def _pseudonym(name: str, site: str, key: bytes) -> str:
    """The same name on one site is one voice within a month; "" for nobody."""
    known = plain(name).strip()
    return hmac.new(key, f"{site}\n{known}".encode("utf-8", "replace"), "sha256").hexdigest()[:VOICE_DIGITS] if known else ""
