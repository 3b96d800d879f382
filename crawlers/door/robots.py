"""Obeys robots.txt (RFC 9309): one reading per site and day, refused while a site cannot say."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from crawlers.door.guard import Refused
from monitor.errors import FetchError

MAX_BYTES = 512 * 1024  #: of one robots.txt; the rest is not read
KEEP_SECONDS = 24 * 3600.0
RETRY_SECONDS = 120.0  #: before a robots.txt that could not be read is asked for again
MAX_SITES = 20_000
MAX_KEPT = 32 * 1024 * 1024  #: bytes of rules remembered, of all sites together

Fetch = Callable[[str], Awaitable[bytes]]
SlowDown = Callable[[str, float], None]

_AGENT = re.compile(r"[ \t]*user[- ]?agent[ \t]*:?[ \t]*([^#\r\n]*)", re.IGNORECASE)


@dataclass(frozen=True)
class _Known:
    until: float
    rules: Protego | None  #: None: everything is allowed
    error: FetchError | None = None
    delay: float = 0.0  #: seconds between two requests, as it asks
    size: int = 0  #: bytes it was read from


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
        self._kept = 0
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
        if known.delay:  # said again each time: whoever keeps the pace may have forgotten an idle host
            self._slow_down(parts.netloc, known.delay)
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
            rules = _parse(body, self._agent)
            delay = float(rules.crawl_delay(self._agent) or 0) if rules is not None else 0.0
            known = _Known(self._clock() + KEEP_SECONDS, rules, delay=delay, size=len(body))
        self._remember(site, known)
        return known

    def _without_rules(self, site: str, error: FetchError) -> _Known:
        if error.kind != "temporary":  # 401, 403, 404 … : the site has no rules for us
            return _Known(self._clock() + KEEP_SECONDS, None)
        told = FetchError(f"Chưa đọc được robots.txt của {urlsplit(site).netloc}: {error}", kind="temporary", retry_after=error.retry_after)
        wait = RETRY_SECONDS if error.retry_after is None else min(error.retry_after, RETRY_SECONDS)
        return _Known(self._clock() + wait, None, told)

    def _remember(self, site: str, known: _Known) -> None:
        before = self._known.pop(site, None)
        self._known[site] = known
        self._kept += known.size - (before.size if before else 0)
        while len(self._known) > MAX_SITES or (self._kept > MAX_KEPT and len(self._known) > 1):
            self._kept -= self._known.popitem(last=False)[1].size


def _parse(body: bytes, agent: str) -> Protego | None:
    text = body.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] == "<":  # a page instead of rules: the site has none
        return None
    return Protego.parse("\n".join(_for_us(text, agent.lower())))


def _for_us(text: str, agent: str) -> Iterator[str]:
    """The lines with the names of other agents as one: thousands of names times thousands of rules would hold up the whole process."""
    other = False
    for line in text.splitlines():
        found = _AGENT.match(line)
        name = found[1].strip().lower() if found else ""
        if found is None or name == "*" or name.replace("*", "") in agent:
            other = False
            yield line
        elif not other:
            other = True
            yield "User-agent: another"
