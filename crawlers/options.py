"""A source's own options, read with their types; a wrong one is a sentence that names source and key."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.records import MonitorError, Source


class OptionError(MonitorError):
    """An option in config.yaml has the wrong form."""


def text(source: Source, key: str, default: str = "") -> str:
    """Return a string option."""
    value = source.options.get(key, default)
    if not isinstance(value, str):
        raise _wrong(source, key, "một chuỗi ký tự")
    return value


def number(source: Source, key: str, default: int, *, low: int, high: int) -> int:
    """Return a whole-number option within [low, high]."""
    value = source.options.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _wrong(source, key, f"số nguyên từ {low} đến {high}")
    return value


def texts(source: Source, key: str) -> dict[str, str]:
    """Return an option that maps names to strings; {} when it is missing."""
    value = source.options.get(key, {})
    if not isinstance(value, Mapping) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
        raise _wrong(source, key, "các cặp khóa: chuỗi ký tự")
    return dict(value)


def _wrong(source: Source, key: str, wanted: str) -> OptionError:
    return OptionError(f"Nguồn “{source.id}”: options.{key} phải là {wanted}")
