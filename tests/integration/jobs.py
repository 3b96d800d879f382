"""Jobs for the sandbox's tests: module-level functions, as they must be."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from monitor.errors import EmptySourceError, HostileError, ParseError
from monitor.records import Entry


def double(number: int) -> int:
    return 2 * number


def entry(url: str) -> Entry:
    return Entry(source_id="s", url=url, canonical_url=url)


def pid() -> int:
    return os.getpid()


def environment() -> Mapping[str, str]:
    return dict(os.environ)


def chat() -> str:
    print("a library prints")
    os.write(1, b"\0\0\0\x05and writes")
    return "ok"


def nap(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def mark_and_nap(path: str) -> None:
    with open(path, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(60)


def spin() -> None:
    while True:
        pass


def hog(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024 * 1024))


def crash() -> None:
    os.kill(os.getpid(), 11)


def leave() -> None:
    raise SystemExit(0)


def fail() -> None:
    raise KeyError("không có khóa")


def refuse() -> None:
    raise ParseError("Đây không phải nguồn tin")


def smell() -> None:
    raise HostileError("Nội dung có hại")


def find_nothing() -> None:
    raise EmptySourceError("Không có mục nào")


def oversized() -> bytes:
    return b"x" * (20 * 1024 * 1024)


def untravelling() -> object:
    return lambda: None


class Evil:
    """What a child taken over by its input would send back."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/the-parent-was-taken-over",)


def evil() -> Evil:
    return Evil()
