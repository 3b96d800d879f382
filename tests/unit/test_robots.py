"""robots.txt: what each answer of a site means, and for how long it is believed."""

from __future__ import annotations

import time

import pytest

from crawlers.door import robots
from crawlers.door.guard import Refused
from crawlers.door.robots import Robots
from monitor.errors import FetchError

SITE = "https://bao.vn"


class World:
    """A site with a robots.txt, a clock and a list of crawl delays."""

    def __init__(self, answer: bytes | FetchError) -> None:
        self.answer = answer
        self.now = 0.0
        self.read: list[str] = []
        self.delays: list[tuple[str, float]] = []
        self.robots = Robots(self.fetch, "coverage-desk", lambda: self.now, lambda host, delay: self.delays.append((host, delay)))

    async def fetch(self, url: str) -> bytes:
        self.read.append(url)
        if isinstance(self.answer, FetchError):
            raise self.answer
        return self.answer

    async def allows(self, path: str) -> bool:
        try:
            await self.robots.check(SITE + path)
        except FetchError as error:
            if error.kind != "soft":
                raise
            return False
        return True


async def test_our_own_group_goes_before_the_general_one() -> None:
    world = World(b"User-agent: *\nDisallow: /\n\nUser-agent: Coverage-Desk\nDisallow: /in/\n")
    assert await world.allows("/tin/a")
    assert not await world.allows("/in/a")
    assert world.read == [f"{SITE}/robots.txt"]


async def test_wildcards_and_query_strings() -> None:
    world = World(b"User-agent: *\nDisallow: /*?print=\nDisallow: /*.pdf$\n")
    assert await world.allows("/a?x=1")
    assert not await world.allows("/a?print=1")
    assert not await world.allows("/a.pdf")


NO_RULES = [FetchError("404", kind="hard"), FetchError("403", kind="soft"), b"", b"<!doctype html><p>x", b"\xff\xfe\x00"]


@pytest.mark.parametrize("answer", NO_RULES)
async def test_a_site_without_rules_allows_everything(answer: bytes | FetchError) -> None:
    assert await World(answer).allows("/a")


async def test_a_site_in_trouble_is_asked_again_later_and_not_before() -> None:
    world = World(FetchError("Máy chủ trả lời mã 503", kind="temporary"))
    for _ in range(2):
        with pytest.raises(FetchError, match=r"Chưa đọc được robots\.txt của bao\.vn: Máy chủ trả lời mã 503") as caught:
            await world.robots.check(f"{SITE}/a")
        assert caught.value.kind == "temporary"
    assert len(world.read) == 1
    world.now += robots.RETRY_SECONDS + 1
    world.answer = b"User-agent: *\nDisallow: /in/"
    assert await world.allows("/a")


async def test_rules_are_read_again_after_a_day() -> None:
    world = World(b"User-agent: *\nDisallow: /a")
    assert not await world.allows("/a")
    world.answer = b""
    world.now = robots.KEEP_SECONDS - 1
    assert not await world.allows("/a")
    world.now = robots.KEEP_SECONDS + 1
    assert await world.allows("/a")


async def test_an_address_that_is_never_contacted_stays_refused() -> None:
    with pytest.raises(Refused):
        await World(Refused("x")).robots.check(f"{SITE}/a")


async def test_the_crawl_delay_is_passed_on() -> None:
    world = World(b"User-agent: *\nCrawl-delay: 7\n")
    await world.allows("/a")
    assert world.delays == [("bao.vn", 7.0)]


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "MAX_SITES", 2)
    world = World(b"")
    for n in (1, 2, 3, 3, 1):
        await world.robots.check(f"https://bao{n}.vn/a")
    assert len(world.read) == 4  # the third site pushed the first one out


async def test_names_of_others_and_rules_in_thousands_cost_little() -> None:
    names = "".join(f"User-agent: bot{n}\n" for n in range(15_000))
    rules = "".join(f"Disallow: /{n}\n" for n in range(15_000))
    world = World(f"{names}{rules}User-agent: *\nDisallow: /in/\n".encode())
    started = time.process_time()
    assert await world.allows("/7")
    assert not await world.allows("/in/a")
    assert time.process_time() - started < 5  # 15,000 times 15,000 would take minutes


async def test_a_group_of_many_names_is_ours_when_ours_is_among_them() -> None:
    world = World(b"User-agent: other\nUser-agent: coverage-desk\nUser-agent: third\nDisallow: /in/\n\nUser-agent: fourth\nDisallow: /\n")
    assert not await world.allows("/in/a")
    assert await world.allows("/a")


async def test_memory_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "MAX_KEPT", 100)
    world = World(b"User-agent: *\nDisallow: /" + b"x" * 40)
    for n in (1, 2, 1):
        await world.robots.check(f"https://bao{n}.vn/a")
    assert len(world.read) == 3


async def test_the_crawl_delay_is_said_again_for_who_may_have_forgotten_it() -> None:
    world = World(b"User-agent: *\nCrawl-delay: 7\n")
    await world.allows("/a")
    await world.allows("/b")
    assert world.delays == [("bao.vn", 7.0)] * 2
