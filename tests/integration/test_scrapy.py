"""Scrapy inside our own loop: it starts, crawls and stops there, twice over, through the Door, beside other work."""

from __future__ import annotations

import asyncio
import sys

import pytest
from aiohttp import web

from crawlers import collect
from crawlers.spiders import loop
from crawlers.spiders.listing import ListingSpider
from crawlers.spiders.loop import crawl
from crawlers.tools import Tools
from monitor.errors import FetchError, ParseError
from tests.integration import web as loopback
from tests.integration.web import Site, fetching, source, state, until


def listing(page: int, pages: int = 5, each: int = 3) -> str:
    items = "".join(
        f'<li><h3><a href="/tin/bai-viet-ve-chuyen-doi-so-{page}00{n}9.html">Bài viết số {n} của trang {page} về dịch vụ công</a></h3></li>'
        for n in range(each)
    )
    after = f'<a rel="next" href="/tin-tuc?page={page + 1}">Tiếp</a>' if page < pages else ""
    return f"<html><body><ul>{items}</ul>{after}</body></html>"


def put_pages(site: Site, pages: int = 5) -> None:
    site.put("/tin-tuc", listing(1))
    for page in range(2, pages + 1):
        site.put(f"/tin-tuc?page={page}", listing(page, pages))


async def test_it_starts_crawls_and_stops_in_one_loop_twice(site: Site, tools: Tools) -> None:
    put_pages(site)
    running = asyncio.get_running_loop()
    for _ in range(2):
        spider = await crawl(ListingSpider, source=source(f"{site.url}/tin-tuc", "listing", pages=3), tools=tools)
        assert len(spider.entries) == 9
        assert asyncio.get_running_loop() is running
    assert "twisted.internet.reactor" not in sys.modules
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and "scrapy" in repr(task.get_coro())]
    assert others == []


async def test_two_crawls_side_by_side_and_the_loop_stays_free(site: Site, tools: Tools) -> None:
    put_pages(site)
    beats = 0

    async def heart() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.005)
            beats += 1

    beating = asyncio.create_task(heart())
    outlets = [source(f"{site.url}/tin-tuc", "listing", pages=pages) for pages in (2, 4)]
    first, second = await asyncio.gather(*(collect.discover(outlet, state(), tools) for outlet in outlets))
    beating.cancel()
    assert (len(first.entries), len(second.entries)) == (6, 12)
    assert beats > 0


async def test_pagination_stops_at_its_bound_and_when_nothing_new_comes(site: Site, tools: Tools) -> None:
    put_pages(site)
    await collect.discover(source(f"{site.url}/tin-tuc", "listing"), state(), tools)
    assert [path for path in site.asked if "robots" not in path] == ["/tin-tuc"]
    for page in range(2, 9):
        site.put(f"/tin-tuc?page={page}", listing(1, 99).replace("page=2", f"page={page + 1}"))
    reading = await collect.discover(source(f"{site.url}/tin-tuc", "listing", pages=10), state(), tools)
    assert len(reading.entries) == 3
    assert "/tin-tuc?page=3" not in site.asked


async def test_the_next_option_builds_the_addresses(site: Site, tools: Tools) -> None:
    site.put("/tin-tuc", listing(1, 1))
    site.put("/trang-2", listing(2, 1))
    outlet = source(f"{site.url}/tin-tuc", "listing", pages=2, next=f"{site.url}/trang-{{page}}")
    assert len((await collect.discover(outlet, state(), tools)).entries) == 6


async def test_every_request_goes_through_the_door(site: Site) -> None:
    put_pages(site)
    site.put("/robots.txt", "User-agent: *\nDisallow: /tin-tuc?", "text/plain")
    async with loopback.tools() as tools:
        reading = await collect.discover(source(f"{site.url}/tin-tuc", "listing", pages=3), state(), tools)
        assert len(reading.entries) == 3  # the second page is forbidden: what was found before stays
        assert site.requests[-1].headers["User-Agent"].startswith("coverage-desk/")
    assert not [path for path in site.asked if "page=" in path]
    async with loopback.tools(fetching(allow_addresses=[])) as tools:
        asked = len(site.asked)
        with pytest.raises(FetchError, match="không phải địa chỉ công khai"):
            await collect.discover(source(f"{site.url}/tin-tuc", "listing"), state(), tools)
        assert len(site.asked) == asked


async def test_a_broken_later_page_keeps_what_was_found(site: Site, tools: Tools) -> None:
    site.put("/tin-tuc", listing(1))
    site.put("/tin-tuc?page=2", "", status=500)
    assert len((await collect.discover(source(f"{site.url}/tin-tuc", "listing", pages=3), state(), tools)).entries) == 3


async def test_a_hanging_pattern_is_stopped(site: Site) -> None:
    site.put("/tin-tuc", f'<a href="/{"a" * 60}!">x</a>')
    async with loopback.tools(sandbox=loopback.SandboxConfig(seconds=1)) as tools:
        with pytest.raises(ParseError, match="hơn 1 giây"):
            await collect.discover(source(f"{site.url}/tin-tuc", "listing", pattern="(a+)+$"), state(), tools)


async def test_our_own_mistake_is_raised_not_swallowed(site: Site, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    put_pages(site)
    monkeypatch.setattr("crawlers.spiders.listing.charset", lambda source, page: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await collect.discover(source(f"{site.url}/tin-tuc", "listing"), state(), tools)


async def test_cancelling_stops_a_crawl_in_the_middle_at_once(site: Site, tools: Tools) -> None:
    waiting = asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        waiting.set()
        await asyncio.sleep(60)
        return web.Response()

    site.at["/tin-tuc"] = never
    task = asyncio.create_task(collect.discover(source(f"{site.url}/tin-tuc", "listing"), state(), tools))
    await waiting.wait()
    started = asyncio.get_running_loop().time()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.get_running_loop().time() - started < 2
    await until(lambda: not [t for t in asyncio.all_tasks() if "scrapy" in repr(t.get_coro())])
    put_pages(site)
    assert len((await collect.discover(source(f"{site.url}/tin-tuc", "listing"), state(), tools)).entries) == 3


def test_no_second_layer_of_manners() -> None:
    assert loop.SETTINGS["DOWNLOADER_MIDDLEWARES_BASE"] == {}
    assert loop.SETTINGS["TWISTED_REACTOR_ENABLED"] is False
