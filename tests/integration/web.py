"""A small real HTTP server on loopback whose answers a test sets, and the tools that read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import web

from crawlers import collect
from crawlers.door.fetch import Door
from crawlers.sandbox import Sandbox
from crawlers.tools import Tools
from monitor.config import FetchConfig, SandboxConfig
from monitor.records import Article, Entry, Source, SourceState

NOW = datetime(2026, 11, 12, 3, 0, tzinfo=UTC)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """One web server: `site.at["/path"] = answer`; `site.asked` lists what was asked for."""

    def __init__(self) -> None:
        self.at: dict[str, Answer] = {}
        self.requests: list[web.Request] = []
        self.url = ""

    @property
    def asked(self) -> list[str]:
        return [request.path_qs for request in self.requests]

    def put(self, path: str, body: bytes | str, kind: str = "text/html", status: int = 200, **headers: str) -> None:
        """Answer a path with fixed bytes; header names take _ for -."""
        content = body.encode() if isinstance(body, str) else body

        async def answer(_: web.Request) -> web.Response:
            return web.Response(
                body=content, status=status, headers={"Content-Type": kind} | {k.replace("_", "-"): v for k, v in headers.items()}
            )

        self.at[path] = answer

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        found = self.at.get(request.path_qs) or self.at.get(request.path)
        return await found(request) if found else web.Response(status=404, text="không có trang này")


@asynccontextmanager
async def serving() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", site.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    port = runner.addresses[0][1]
    site.url = f"http://127.0.0.1:{port}"
    try:
        yield site
    finally:
        await runner.cleanup()


def fetching(**more: object) -> FetchConfig:
    """A configuration that may reach loopback and does not dawdle."""
    return FetchConfig(**({"allow_addresses": ["127.0.0.0/8"], "per_host_delay": 0, "timeout": 5} | more))


@asynccontextmanager
async def tools(config: FetchConfig | None = None, sandbox: SandboxConfig | None = None) -> AsyncIterator[Tools]:
    config = config or fetching()
    box = Sandbox(sandbox or SandboxConfig())
    try:
        async with Door(config) as door:
            yield Tools(door, box, lambda: NOW, config)
    finally:
        await box.aclose()


async def read_article(entry: Entry, source: Source, tools: Tools) -> Article:
    """Fetch and read one entry, as the pipeline does it; a complete one needs no page."""
    return await collect.extract(entry if entry.complete else await collect.fetch(entry, source, tools), source, tools)


def source(address: str, kind: str = "feed", /, **options: object) -> Source:
    return Source(id="bao_thu", name="Báo Thử", kind=kind, url=address, tier="city", every=900, options=options)


def state(**more: object) -> SourceState:
    return SourceState(source_id="bao_thu", **more)


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something to become true, as long as it takes but no longer than `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # what is waited for happens in another process
            await asyncio.sleep(0.005)
