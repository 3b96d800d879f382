"""Walks a listing page and the pages after it, as far as its source allows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawlers import options
from crawlers.documents import listing_links
from crawlers.reading import charset, parsed
from crawlers.spiders.loop import DoorSpider
from crawlers.tools import Tools
from monitor.errors import ParseError
from monitor.records import Entry, Source


class ListingSpider(DoorSpider):
    """Collects the entries of one source.

    Attributes:
        entries: what was found, by canonical address, in the order of the pages.
    """

    name = "listing"

    def __init__(self, source: Source, tools: Tools, **more: Any) -> None:
        super().__init__(tools, **more)
        self.source = source
        self.entries: dict[str, Entry] = {}
        self._pages = options.number(source, "pages", 1, low=1, high=10)
        self._pattern = options.text(source, "pattern")
        self._selector = options.text(source, "selector")
        self._next = options.text(source, "next")

    async def start(self) -> AsyncIterator[Request]:
        """Begin with the source's own address."""
        yield self._request(self.source.url, 1)

    async def read_page(self, response: Response, number: int) -> AsyncIterator[Request]:
        """Take the entries of one page; go on while pages bring new ones."""
        page = response.meta["page"]
        try:
            where = charset(self.source, page), page.url, self.source.id
            found = await parsed(page, self.source, self.tools, listing_links.find, *where, self._pattern, self._selector)
        except ParseError as error:
            self.note(error)
            return
        new = {entry.canonical_url: entry for entry in found.entries if entry.canonical_url not in self.entries}
        self.entries |= new
        after = self._next.replace("{page}", str(number + 1)) if self._next else found.next_url
        if new and after and number < self._pages:
            yield self._request(after, number + 1)

    def _request(self, url: str, number: int) -> Request:
        return Request(url, callback=self.read_page, errback=self._failed, cb_kwargs={"number": number})

    def _failed(self, failure: Any) -> None:
        self.note(failure.value)
