"""The distance between requests to one host, on a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import pytest

from crawlers.door import pace
from crawlers.door.pace import Pace
from monitor.errors import FetchError


class World:
    def __init__(self, delay: float = 2.0, concurrency: int = 1) -> None:
        self.now = 100.0
        self.starts: list[tuple[str, float]] = []
        self.pace = Pace(delay, concurrency, lambda: self.now, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def ask(self, host: str) -> None:
        async with self.pace.turn(host):
            self.starts.append((host, self.now))


async def test_hosts_do_not_wait_for_each_other() -> None:
    world = World()
    for host in ("a", "b", "a", "b"):
        await world.ask(host)
    assert world.starts == [("a", 100.0), ("b", 100.0), ("a", 102.0), ("b", 102.0)]


async def test_a_quiet_host_is_asked_at_once() -> None:
    world = World()
    await world.ask("a")
    world.now += 60
    await world.ask("a")
    assert world.starts[-1] == ("a", 160.0)


async def test_a_longer_crawl_delay_wins_up_to_a_bound() -> None:
    world = World()
    world.pace.slow_down("a", 10)
    world.pace.slow_down("b", 86_400)
    for host in ("a", "a", "b", "b"):
        await world.ask(host)
    assert [start for _, start in world.starts] == [100.0, 110.0, 110.0, 110.0 + pace.MAX_DELAY]


async def test_a_host_that_asked_for_silence_is_not_even_waited_for() -> None:
    world = World()
    world.pace.hold("a", 90)
    with pytest.raises(FetchError, match="đề nghị chờ thêm 90 giây") as caught:
        await world.ask("a")
    assert (caught.value.kind, caught.value.retry_after) == ("temporary", 90)
    await world.ask("b")
    world.now += 91
    await world.ask("a")


async def test_silence_has_an_end() -> None:
    world = World()
    world.pace.hold("a", 10**9)
    world.now += pace.MAX_HOLD + 1
    await world.ask("a")


async def test_a_failed_request_gives_its_turn_back() -> None:
    world = World()
    with pytest.raises(RuntimeError):
        async with world.pace.turn("a"):
            raise RuntimeError
    async with asyncio.timeout(1):
        await world.ask("a")


async def test_idle_hosts_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_MANY_HOSTS", 10)
    world = World(delay=0)
    for n in range(100):
        world.now += 1
        await world.ask(f"h{n}")
    assert len(world.pace._hosts) <= 10


async def test_many_busy_hosts_cost_no_walk_over_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_MANY_HOSTS", 100)
    looked = 0

    class Counting(OrderedDict[str, object]):
        def move_to_end(self, key: str, last: bool = True) -> None:
            nonlocal looked
            looked += 1
            super().move_to_end(key, last)

    world = World(delay=3600)  # nobody is idle
    world.pace._hosts = Counting()  # type: ignore[assignment]
    for n in range(1_000):
        await world.ask(f"h{n}")
    assert looked <= 10 * 1_000
