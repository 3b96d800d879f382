"""Runs one Scrapy crawl inside the running asyncio loop, without Twisted's reactor; every request goes through the Door."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from scrapy import Request, Spider, signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import Response

from crawlers.door.fetch import Page
from crawlers.tools import Tools
from monitor.errors import FetchError

ACCEPT = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5"

# The Door has the manners (delay, robots.txt, redirects, limits, no cookies); a second layer of them would only get in its way.
SETTINGS: dict[str, Any] = {
    "TWISTED_REACTOR_ENABLED": False,
    "DOWNLOAD_HANDLERS": {
        "http": "crawlers.spiders.loop.DoorHandler", "https": "crawlers.spiders.loop.DoorHandler",
        "ftp": None, "s3": None, "file": None, "data": None,
    },
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "EXTENSIONS_BASE": {},
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
}  # fmt: skip


class DoorSpider(Spider):
    """A spider that reads through the Door and says what went wrong.

    Attributes:
        tools: the network and the sandbox.
        problem: the first failure, of the network or of our own code; None when all went well.
        under_way: requests that are waiting for the network.
    """

    def __init__(self, tools: Tools, **more: Any) -> None:
        super().__init__(**more)
        self.tools = tools
        self.problem: BaseException | None = None
        self.under_way: set[asyncio.Task[Page]] = set()

    def note(self, problem: BaseException) -> None:
        """Keep the first problem for `crawl`'s caller."""
        self.problem = self.problem or problem


S = TypeVar("S", bound=DoorSpider)


class DoorHandler(BaseDownloadHandler):
    """Scrapy's download handler: one Door request each."""

    lazy = True

    async def download_request(self, request: Request) -> Response:
        """Read one page. Raises FetchError, which reaches the request's errback."""
        spider = self.crawler.spider
        assert isinstance(spider, DoorSpider)
        tools = spider.tools
        task = asyncio.create_task(tools.door.get(request.url, limit=tools.fetch.max_page_bytes, accept=ACCEPT))
        spider.under_way.add(task)
        try:
            await asyncio.wait({task})
            if task.cancelled():
                raise FetchError("Đã dừng đọc vì chương trình đang thoát")
            page = task.result()
        finally:
            spider.under_way.discard(task)
            task.cancel()
        request.meta["page"] = page
        return Response(page.url, status=page.status, body=page.body, request=request)


async def crawl(spider_class: type[S], **arguments: Any) -> S:
    """Run a spider to its end and return it. Being cancelled stops the crawl at once and cleanly."""
    runner = AsyncCrawlerRunner(SETTINGS)
    crawler = runner.create_crawler(spider_class)
    failures: list[BaseException] = []

    def broken(failure: Any, **_: Any) -> None:
        failures.append(failure.value)

    crawler.signals.connect(broken, signal=signals.spider_error)
    task = runner.crawl(crawler, **arguments)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        spider = crawler.spider
        for request in tuple(spider.under_way) if isinstance(spider, DoorSpider) else ():
            request.cancel()
        await runner.stop()
        await runner.join()
        raise
    spider = crawler.spider
    assert isinstance(spider, spider_class)
    for failure in failures:
        spider.note(failure)
    return spider
