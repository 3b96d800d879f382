"""A fast HTTP server on loopback in a process of its own, for the benches: fixed bodies, ETags, nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection

_HEAD = b'HTTP/1.1 200 OK\r\nContent-Type: %s\r\nETag: "%d"\r\nContent-Length: %d\r\n\r\n%s'
_SAME = b'HTTP/1.1 304 Not Modified\r\nETag: "%d"\r\n\r\n'
_NONE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class _Answers(asyncio.Protocol):
    def __init__(self, bodies: Mapping[bytes, tuple[bytes, bytes]]) -> None:
        self._bodies, self._rest = bodies, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while b"\r\n\r\n" in self._rest:
            request, _, self._rest = self._rest.partition(b"\r\n\r\n")
            self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        path = request.split(b" ", 2)[1]
        found = self._bodies.get(path) or self._bodies.get(path.rpartition(b"/")[0] + b"/*")
        if found is None:
            return _NONE
        kind, body = found
        mark = hash(path) & 0xFFFF_FFFF
        return _SAME % mark if b"if-none-match:" in request.lower() else _HEAD % (kind, mark, len(body), body)


def _serve(bodies: Mapping[bytes, tuple[bytes, bytes]], tell: Connection) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: _Answers(bodies), "127.0.0.1", 0, backlog=1024)
        tell.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextlib.contextmanager
def serving(bodies: Mapping[bytes, tuple[bytes, bytes]]) -> Iterator[str]:
    """Serve path → (content type, body); "/x/*" answers every path below /x. Yields the base address."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(bodies, there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.kill()
        process.join()
