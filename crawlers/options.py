"""A source's own options, read with their types; a wrong one is a sentence that names source and key."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from monitor.errors import MonitorError
from monitor.records import Source

EVERYWHERE = frozenset({"encoding", "selectors"})  #: understood of the pages of every kind of source


class OptionError(MonitorError):
    """An option in config.yaml has the wrong form."""


def check(source: Source, known: Collection[str]) -> None:
    """Raise OptionError unless every option of the source is one that its collector knows, or one for every kind."""
    allowed = EVERYWHERE | set(known)
    for key in source.options:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, 1, 0.7)
            perhaps = f"có phải là {near[0]} không?" if near else f"kind {source.kind} hiểu: {', '.join(sorted(allowed))}"
            raise OptionError(f"Nguồn “{source.id}”: khóa lạ options.{key}; {perhaps}")


def text(source: Source, key: str, default: str = "") -> str:
    """Return a string option."""
    value = source.options.get(key, default)
    if not isinstance(value, str):
        raise wrong(source, key, "một chuỗi ký tự")
    return value


def number(source: Source, key: str, default: int, *, low: int, high: int) -> int:
    """Return a whole-number option within [low, high]."""
    value = source.options.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise wrong(source, key, f"số nguyên từ {low} đến {high}")
    return value


def flag(source: Source, key: str) -> bool:
    """Return a yes-or-no option; False when it is missing."""
    value = source.options.get(key, False)
    if not isinstance(value, bool):
        raise wrong(source, key, "true hoặc false")
    return value


def texts(source: Source, key: str) -> dict[str, str]:
    """Return an option that maps names to strings; {} when it is missing."""
    value = source.options.get(key, {})
    if not isinstance(value, Mapping) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
        raise wrong(source, key, "các cặp khóa: chuỗi ký tự")
    return dict(value)


def wrong(source: Source, key: str, wanted: str) -> OptionError:
    """The error for an option of the wrong form: it has to be `wanted`."""
    return OptionError(f"Nguồn “{source.id}”: options.{key} phải là {wanted}")
