"""Manners towards one host: how many requests at once, how far apart, and no word at all while it asked us to wait."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from monitor.errors import FetchError

MAX_HOLD = 3600.0  #: seconds; a host may not silence itself for longer
MAX_DELAY = 30.0  #: seconds; of a robots.txt crawl-delay
_MANY_HOSTS = 5000
_LOOKED_AT = 4  #: of the hosts unused for longest, with each new one


@dataclass
class _Host:
    gate: asyncio.Semaphore
    next_at: float = 0.0  #: when the next request may start
    held_until: float = 0.0
    delay: float = 0.0  #: what its robots.txt asks for
    waiting: int = 0


class Pace:
    """Keeps the distance between requests to each host."""

    def __init__(self, delay: float, concurrency: int, clock: Callable[[], float], sleep: Callable[[float], Awaitable[object]]) -> None:
        self._delay = delay
        self._concurrency = concurrency
        self._clock = clock
        self._sleep = sleep
        self._hosts: OrderedDict[str, _Host] = OrderedDict()  # the one unused for longest first

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for this host's turn and hold it. Raises FetchError while the host asked for silence."""
        self._refuse_if_held(host)
        place = self._place(host)
        place.waiting += 1
        try:
            async with place.gate:
                self._refuse_if_held(host)
                now = self._clock()
                start = max(now, place.next_at)
                place.next_at = start + max(self._delay, place.delay)
                if start > now:
                    await self._sleep(start - now)
                yield
        finally:
            place.waiting -= 1

    def hold(self, host: str, seconds: float) -> None:
        """Ask nothing of `host` for so long (it sent Retry-After)."""
        self._place(host).held_until = self._clock() + min(seconds, MAX_HOLD)

    def slow_down(self, host: str, delay: float) -> None:
        """Take over the crawl-delay of the host's robots.txt, in seconds."""
        self._place(host).delay = min(delay, MAX_DELAY)

    def _refuse_if_held(self, host: str) -> None:
        left = self._place(host).held_until - self._clock()
        if left > 0:
            raise FetchError(f"Máy chủ {host} đề nghị chờ thêm {left:.0f} giây", kind="temporary", retry_after=left)

    def _place(self, host: str) -> _Host:
        if host in self._hosts:
            self._hosts.move_to_end(host)
        else:
            self._forget_idle()
            self._hosts[host] = _Host(asyncio.Semaphore(self._concurrency))
        return self._hosts[host]

    def _forget_idle(self) -> None:
        """Make room, a few at a time: looking at all of them for each new host would be quadratic."""
        now = self._clock()
        for _ in range(_LOOKED_AT if len(self._hosts) >= _MANY_HOSTS else 0):
            name, oldest = next(iter(self._hosts.items()))
            if oldest.waiting or max(oldest.next_at, oldest.held_until) >= now:
                self._hosts.move_to_end(name)
            else:
                del self._hosts[name]
