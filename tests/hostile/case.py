"""What a hostile feed is: a name, the bytes or the manners of its server, and how reading it must end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape

RSS_TYPE = "application/rss+xml; charset=utf-8"
Ends = Literal["clean", "marked", "either"]  #: with clean entries; with a failing source that has a reason; one of both


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """One hostile feed."""

    id: str  #: family and number: attributes_3
    what: str
    body: Callable[[], bytes]  #: made when it is asked for: some are large
    ends: Ends = "either"
    kind: str = ""  #: of the failure (SourceState.failure), when it must be one in particular
    media_type: str = RSS_TYPE
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: str = "plain"  #: how the server behaves, see server.py


class Family(list[Hostile]):
    """The feeds of one family, numbered in order."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def add(self, what: str, body: bytes | str | Callable[[], bytes], ends: Ends = "either", **more: object) -> None:
        content = body.encode() if isinstance(body, str) else body
        make = content if callable(content) else lambda: content
        self.append(Hostile(id=f"{self.name}_{len(self) + 1}", what=what, body=make, ends=ends, **more))  # type: ignore[arg-type]


def rss(*items: str, top: str = '<?xml version="1.0" encoding="utf-8"?>', spaces: str = "") -> str:
    return f'{top}<rss version="2.0"{spaces}><channel><title>Tin</title>{"".join(items)}</channel></rss>'


def item(title: str = "Tin lạ", link: str = "/tin-la-1.html", more: str = "<description>Đoạn tóm tắt của tin lạ.</description>") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


def escaped(values: Iterable[str]) -> list[str]:
    return [escape(value) for value in values]
