"""Obeys robots.txt (RFC 9309): one reading per site and day, refused while a site cannot say."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from crawlers.guard import Refused
from monitor.records import FetchError

MAX_BYTES = 512 * 1024  #: of one robots.txt; the rest is not read
KEEP_SECONDS = 24 * 3600.0
RETRY_SECONDS = 120.0  #: before a robots.txt that could not be read is asked for again
MAX_SITES = 2000

Fetch = Callable[[str], Awaitable[bytes]]
SlowDown = Callable[[str, float], None]


@dataclass(frozen=True)
class _Known:
    until: float
    rules: Protego | None  #: None: everything is allowed
    error: FetchError | None = None


class Robots:
    """What each site allows our agent.

    Args:
        fetch: reads a robots.txt; raises FetchError, of kind temporary when the site gave no answer.
        agent: our product token, as in the User-Agent header before the slash.
        clock: seconds, monotonic.
        slow_down: called with (host, seconds) for a crawl-delay.
    """

    def __init__(self, fetch: Fetch, agent: str, clock: Callable[[], float], slow_down: SlowDown) -> None:
        self._fetch = fetch
        self._agent = agent
        self._clock = clock
        self._slow_down = slow_down
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._reading: dict[str, asyncio.Lock] = {}

    async def check(self, url: str) -> None:
        """Raise FetchError unless `url` may be read: soft when forbidden, temporary when the site could not say."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        known = self._fresh(site)
        if known is None:
            async with self._reading.setdefault(site, asyncio.Lock()):
                known = self._fresh(site) or await self._read(site)
            self._reading.pop(site, None)
        if known.error is not None:
            raise FetchError(str(known.error), kind=known.error.kind, retry_after=known.error.retry_after)
        if known.rules is not None and not known.rules.can_fetch(url, self._agent):
            raise FetchError(f"robots.txt của {parts.netloc} không cho phép đọc địa chỉ này", kind="soft")

    def _fresh(self, site: str) -> _Known | None:
        known = self._known.get(site)
        return known if known is not None and known.until > self._clock() else None

    async def _read(self, site: str) -> _Known:
        try:
            body = await self._fetch(f"{site}/robots.txt")
        except Refused:
            raise
        except FetchError as error:
            known = self._without_rules(site, error)
        else:
            known = _Known(self._clock() + KEEP_SECONDS, _parse(body))
        self._remember(site, known)
        if known.rules is not None and (delay := known.rules.crawl_delay(self._agent)):
            self._slow_down(urlsplit(site).netloc, float(delay))
        return known

    def _without_rules(self, site: str, error: FetchError) -> _Known:
        if error.kind != "temporary":  # 401, 403, 404 … : the site has no rules for us
            return _Known(self._clock() + KEEP_SECONDS, None)
        told = FetchError(f"Chưa đọc được robots.txt của {urlsplit(site).netloc}: {error}", kind="temporary", retry_after=error.retry_after)
        wait = RETRY_SECONDS if error.retry_after is None else min(error.retry_after, RETRY_SECONDS)
        return _Known(self._clock() + wait, None, told)

    def _remember(self, site: str, known: _Known) -> None:
        self._known[site] = known
        self._known.move_to_end(site)
        while len(self._known) > MAX_SITES:
            self._known.popitem(last=False)


def _parse(body: bytes) -> Protego | None:
    text = body.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] == "<":  # a page instead of rules: the site has none
        return None
    return Protego.parse(text)
