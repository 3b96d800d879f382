"""One server on loopback for all: each hostile feed and each good source is a host of it. Raw bytes, so that it may be rude."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from tests.feed_shapes import SHAPES, texts
from tests.hostile.case import Hostile

GOOD = ("newspaper", "wordpress", "magazine", "rdf", "portal_nukeviet")  #: shapes of the good sources
GOOD_ITEMS = 6
FEED = "/rss"
_SITES = {
    "newspaper": b"https://bao.vn",
    "wordpress": b"https://blog.vn",
    "magazine": b"https://tapchi.vn",
    "rdf": b"https://cong.vn",
    "portal_nukeviet": b"https://xa.hanoi.gov.vn",
}
_PAGE = (
    "<html><head><title>{0}</title><meta property='og:title' content='{0}'></head><body><article><h1>{0}</h1>{1}</article></body></html>"
)


def host(name: str) -> str:
    """The host that offers a hostile feed or a good source."""
    return f"{name.replace('_', '-')}.thu.example"


class Server:
    """What is asked of it, it answers as badly as it was told."""

    def __init__(self, cases: Mapping[str, Hostile], canary: int) -> None:
        self._cases = {host(case.id): case for case in cases.values()}
        self._good = {host(name): name for name in GOOD}
        self._pages = {f"{name}{path}": page for name in GOOD for path, page in _pages(name).items()}
        self._canary = canary
        self.asked: list[str] = []  #: host and path

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, one request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split(" ")[1]
            name = next(line[5:].strip().partition(":")[0] for line in head if line.lower().startswith("host:"))
            self.asked.append(name + path)
            if name in self._good:
                await self._serve(self._good[name], path, writer)
            elif path == FEED and name in self._cases:
                await self._misbehave(self._cases[name], writer)
            elif path.startswith(("/xoay/", "/dai/")):
                number = int(path.rpartition("/")[2])
                where = f"/dai/{number + 1}" if path.startswith("/dai/") else f"/xoay/{3 - number}"
                await _send(writer, b"", status=302, headers={"Location": where})
            else:
                await _send(writer, b"", status=404)
        writer.close()
        with contextlib.suppress(ConnectionError, TimeoutError):
            await writer.wait_closed()

    async def _serve(self, name: str, path: str, writer: asyncio.StreamWriter) -> None:
        if path == FEED:
            body = SHAPES[name](GOOD_ITEMS).replace(_SITES[name], f"http://{host(name)}".encode())
            await _send(writer, body, media_type="application/xml; charset=utf-8")
            return
        page = self._pages.get(name + path)
        await _send(writer, (page or "").encode(), media_type="text/html; charset=utf-8", status=200 if page else 404)

    async def _misbehave(self, case: Hostile, writer: asyncio.StreamWriter) -> None:
        headers = {key: value.replace("{canary}", str(self._canary)) for key, value in case.headers.items()}
        match case.manner:
            case "silent":
                await asyncio.sleep(60)
            case "hang_up":
                return
            case "raw":
                await _write(writer, case.body())
            case "drip":
                await _write(writer, b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
                for byte in case.body():
                    await _write(writer, bytes([byte]))
                    await asyncio.sleep(0.2)
            case "slow_head":
                await _write(writer, b"HTTP/1.1 200 OK\r\n")
                for number in range(60):
                    await _write(writer, b"X-%d: a\r\n" % number)
                    await asyncio.sleep(0.2)
            case "endless" | "endless_head":
                await _write(writer, b"HTTP/1.1 200 OK\r\n" + (b"\r\n<rss>" if case.manner == "endless" else b""))
                while True:
                    await _write(writer, b"X-A: aaaaaaaaaaaaaaaa\r\n" * 1_000)
            case "cookies":
                await _write(writer, b"HTTP/1.1 200 OK\r\n" + b"Set-Cookie: a=b\r\n" * 10_000 + b"\r\n" + case.body())
            case _:
                await _send(writer, case.body(), case.media_type, case.status, headers)


async def _send(
    writer: asyncio.StreamWriter, body: bytes, media_type: str = "text/html", status: int = 200, headers: Mapping[str, str] | None = None
) -> None:
    said = {"Content-Type": media_type, "Connection": "close"} | dict(headers or {})
    if "Transfer-Encoding" not in said:
        said = {"Content-Length": str(len(body))} | said
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in said.items())
    await _write(writer, head.encode("latin-1", "replace") + b"\r\n" + body)


async def _write(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(content)
    await writer.drain()


def _pages(name: str) -> dict[str, str]:
    """The articles of a good source, by path."""
    from crawlers.documents import quick_feed

    items = quick_feed.items(SHAPES[name](GOOD_ITEMS)) or []
    site = _SITES[name].decode()
    return {
        item["link"].removeprefix(site): _PAGE.format(text.title, text.body) for item, text in zip(items, texts(GOOD_ITEMS), strict=True)
    }


@asynccontextmanager
async def serving(cases: Mapping[str, Hostile], canary: int) -> AsyncIterator[tuple[Server, int]]:
    """The server and its port."""
    server = Server(cases, canary)
    connections: set[asyncio.Task[None]] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        with contextlib.suppress(asyncio.CancelledError):  # at the end of the run, in the middle of a rude answer
            await server.answer(reader, writer)
        writer.transport.abort()
        connections.discard(task)

    listener = await asyncio.start_server(accepted, "127.0.0.1", 0, backlog=512, limit=1 << 20)
    try:
        yield server, listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*list(connections), return_exceptions=True)
