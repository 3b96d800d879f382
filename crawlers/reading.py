"""The reading that most collectors share: one conditional request, one parse in the sandbox, nothing at all when nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TypeVar

from crawlers import options
from crawlers.door.fetch import Page
from crawlers.tools import Tools
from monitor.errors import HostileError
from monitor.records import Entry, RawItem, Reading, Source, SourceState

T = TypeVar("T")
Parse = Callable[..., tuple[Entry, ...]]


async def read(source: Source, state: SourceState, tools: Tools, parse: Parse, *more: object, accept: str, url: str = "") -> Reading:
    """Read a source that is one document.

    Args:
        source: what to read.
        state: its last reading; its validators are sent along.
        tools: the network and the sandbox.
        parse: called in the sandbox as parse(body, charset, url, source_id, *more).
        more: further arguments for `parse`.
        accept: the Accept header.
        url: the document's address when it is not `source.url`.

    Raises:
        FetchError: the document could not be had.
        ParseError: it is not what the source promised.
        HostileError: a limit stopped the parser, now or at an earlier reading of the same bytes.
    """
    page = await tools.door.get(
        url or source.url, limit=tools.fetch.max_feed_bytes, etag=state.etag, last_modified=state.last_modified, accept=accept
    )
    body_hash = state.body_hash if page.not_modified else digest(page.body)
    if page.not_modified or body_hash == state.body_hash:
        return unchanged(state, page)
    entries = await parsed(page, source, tools, parse, charset(source, page), page.url, source.id, *more)
    return Reading(entries=entries, etag=page.etag, last_modified=page.last_modified, body_hash=body_hash)


async def parsed(got: Page | RawItem, source: Source, tools: Tools, parse: Callable[..., T], *more: object) -> T:
    """Call parse(body, *more) in the sandbox. What was stopped there once is known by its hash and is not tried again.

    Raises:
        HostileError: a limit stopped the parser, or the bytes are in quarantine; it carries their hash, size and address.
        ParseError: the parser failed.
    """
    if tools.quarantined and (known := digest(got.body)) in tools.quarantined:
        raise HostileError("Nội dung này đang bị cách ly nên không phân tích lại", body_hash=known, size=len(got.body), url=got.url)
    try:
        return await tools.sandbox.run_for(source.id, parse, got.body, *more)
    except HostileError as error:
        error.body_hash, error.size, error.url = digest(got.body), len(got.body), got.url
        tools.quarantined.add(error.body_hash)
        raise


def unchanged(state: SourceState, page: Page | None = None) -> Reading:
    """The reading of a source that says what it said last time; new validators replace the old ones."""
    return Reading(
        unchanged=True, body_hash=state.body_hash,
        etag=(page.etag if page else None) or state.etag, last_modified=(page.last_modified if page else None) or state.last_modified,
    )  # fmt: skip


def charset(source: Source, page: Page) -> str | None:
    """The encoding to read the source's pages in: its own option `encoding`, else what the server says."""
    return options.text(source, "encoding") or page.charset


def digest(*parts: bytes) -> str:
    """A hash of what was read, to be compared with the next reading."""
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()
