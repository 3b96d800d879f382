"""Refuses at once, by one linear look at the bytes, what is surely made to stall a feed parser.

It stands in front of feedparser, whose time grows with the square of some of these numbers. What it lets through is still
bounded by the sandbox; no limit here is anywhere near a real feed, however big.
"""

from __future__ import annotations

import re

from monitor.errors import HostileError

MAX_BYTES = 20_000_000  #: unpacked
MAX_CDATA = 50_000  #: sections
MAX_ATTRIBUTES, MAX_WORDS = 500, 5_000  #: of one tag
MAX_DEPTH = 5_000  #: elements within each other; a broken feed may leave many a <br> open

_PROLOG = 100_000  #: bytes in which entities are declared
# Entities that lie outside, parameter entities, and entities made of entities.
_ENTITY = re.compile(
    rb"""<!ENTITY\s+(?:%|[^\s>]{1,200}\s+(?:SYSTEM|PUBLIC)\b|[^\s>]{1,200}\s+(?:"[^"]{0,5000}?&[A-Za-z_]|'[^']{0,5000}?&[A-Za-z_]))"""
)
_LONG_TAG = re.compile(rb"<[A-Za-z][^<>]{4000,}")
_MARK = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<(?P<end>/)?[A-Za-z][^<>]*(?P<empty>/)?>", re.DOTALL)


def check(body: bytes) -> None:
    """Let a feed pass.

    Raises:
        HostileError: it is made to stall a parser; the sentence says by what.
    """
    if len(body) > MAX_BYTES:
        raise _refused("dài quá mức")
    if _ENTITY.search(body, 0, _PROLOG):
        raise _refused("khai báo thực thể XML (ENTITY) lồng nhau hoặc lấy từ bên ngoài")
    if body.count(b"<![CDATA[") > MAX_CDATA:
        raise _refused(f"có hơn {MAX_CDATA} đoạn CDATA")
    for tag in _LONG_TAG.findall(body):
        if tag.count(b'="') + tag.count(b"='") > MAX_ATTRIBUTES or len(tag.split(None, MAX_WORDS)) > MAX_WORDS:
            raise _refused(f"có thẻ mang hơn {MAX_ATTRIBUTES} thuộc tính")
    if body.count(b"<") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise _refused(f"lồng thẻ sâu hơn {MAX_DEPTH} lớp")


def _refused(why: str) -> HostileError:
    return HostileError(f"Nguồn tin bị từ chối trước khi phân tích: {why}")


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for mark in _MARK.finditer(body):
        if mark["end"]:
            depth -= 1
        elif not mark["empty"] and body[mark.start() + 1] != 0x21:  # "<!"
            depth += 1
            deepest = max(deepest, depth)
    return deepest
