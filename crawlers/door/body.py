"""Reads a response body within its limits: compressed and decompressed size, one gzip or deflate coding."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from monitor.errors import FetchError

_PLAIN = frozenset({"", "identity", "none", "utf-8", "binary"})  # what careless servers write for "not compressed"
_MAX_MEMBERS = 64  #: gzip members; empty ones cost time and no bytes
_GZIP, _ZLIB, _RAW = 31, 15, -15


class TooLarge(FetchError):
    """The body is larger than its limit. Final: the next attempt would be no smaller."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Nội dung trả về lớn hơn giới hạn {limit:,} byte".replace(",", "."), kind="hard")


async def read(chunks: AsyncIterator[bytes], coding: str, limit: int, *, cut: bool = False) -> bytes:
    """Return the decoded body, at most `limit` bytes (sent or unpacked).

    Args:
        chunks: the body as it comes over the wire.
        coding: the Content-Encoding header.
        limit: bytes.
        cut: return the first `limit` bytes of a larger body instead of raising.

    Raises:
        TooLarge: more than `limit`, and not `cut`.
        FetchError: an unknown coding, or broken or truncated compressed data.
    """
    unpack = _Unpacker(coding.strip().lower(), limit)
    sent = 0
    async for chunk in chunks:
        sent += len(chunk)
        unpack.feed(chunk)
        if sent > limit or unpack.overflow:
            if cut:
                return bytes(unpack.body[:limit])
            raise TooLarge(limit)
    unpack.finish()
    return bytes(unpack.body)


def gunzip(body: bytes, limit: int) -> bytes:
    """Return `body`, unpacked once if it is a gzip file (sitemap.xml.gz). Raises like `read`."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpack = _Unpacker("gzip", limit)
    unpack.feed(body)
    if unpack.overflow:
        raise TooLarge(limit)
    unpack.finish()
    return bytes(unpack.body)


class _Unpacker:
    """Decompresses piece by piece, never past the limit."""

    def __init__(self, coding: str, limit: int) -> None:
        if coding not in _PLAIN and coding not in ("gzip", "x-gzip", "deflate"):
            raise FetchError(f"Máy chủ nén dữ liệu theo cách không được hỗ trợ ({coding:.40})", kind="soft")
        self.body = bytearray()
        self.overflow = False
        self._limit = limit
        self._members = 0
        self._packed = coding not in _PLAIN
        self._deflate = coding == "deflate"
        self._state = zlib.decompressobj(_ZLIB if self._deflate else _GZIP)

    def feed(self, chunk: bytes) -> None:
        """Add one piece of the wire's bytes."""
        if not self._packed:
            self.body += chunk
            self.overflow = len(self.body) > self._limit
            return
        try:
            self._inflate(chunk)
        except zlib.error:
            raise FetchError("Dữ liệu nén do máy chủ trả về bị hỏng", kind="temporary") from None

    def finish(self) -> None:
        """Check that the compressed data came to its end."""
        if self._packed and not self._state.eof and (self.body or self._members):
            raise FetchError("Dữ liệu nén do máy chủ trả về bị cắt giữa chừng", kind="temporary")

    def _inflate(self, chunk: bytes) -> None:
        while chunk and not self.overflow:
            if self._state.eof:
                self._members += 1
                if self._members > _MAX_MEMBERS or self._deflate or not chunk.strip(b"\0"):
                    return
                self._state = zlib.decompressobj(_GZIP)
            self.body += self._step(chunk)
            self.overflow = len(self.body) > self._limit
            chunk = self._state.unused_data if self._state.eof else self._state.unconsumed_tail

    def _step(self, chunk: bytes) -> bytes:
        room = self._limit - len(self.body) + 1
        try:
            return self._state.decompress(chunk, room)
        except zlib.error:
            if not self._deflate or self.body:
                raise
            self._state = zlib.decompressobj(_RAW)  # "deflate" without the zlib frame, as old servers send it
            return self._state.decompress(chunk, room)
