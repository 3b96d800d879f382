"""When a source is read again: as often as it has news, within the bounds of its tier; less and less while it fails, never never. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.errors import EmptySourceError, FetchError, HostileError, MonitorError, SourceOffError
from monitor.records import Reading, Source, SourceState

Bounds = tuple[int, int]  #: shortest and longest pause in seconds

A_DAY = 86_400
NEWS_A_READING = 0.5  #: new items wanted in one reading: about every second reading finds something
MEMORY_HOURS = 6.0  #: after so long a measured hour weighs a third
#: by how much the pause grows with each failure of a row: what is gone comes back rarely, an overloaded server soon
GROWTH = {"hard": 8, "soft": 4, "hostile": 4, "parse": 2, "empty": 2, "temporary": 2}
TEMPORARY_MOST = 3_600  #: seconds; trouble of a server passes, and its recovery must not be missed by a day …
DEAD_AFTER = timedelta(days=3)  #: … unless it has lasted so long


def after_reading(state: SourceState, source: Source, reading: Reading, new: int, now: datetime, bounds: Bounds) -> SourceState:
    """The state after a reading that worked.

    Args:
        state: before.
        source: what was read.
        reading: what it gave; its validators are kept unless nothing changed.
        new: how many of its URLs were new.
        now: aware.
        bounds: shortest and longest pause of its tier, seconds.
    """
    if not reading.unchanged:
        state = replace(state, etag=reading.etag, last_modified=reading.last_modified, body_hash=reading.body_hash)
    rate = _rate(state, new, now)
    return replace(
        state, read_before=True, last_read_at=now, last_ok_at=now, last_new_at=now if new else state.last_new_at, rate=rate,
        failures=0, failure="", failing_since=None, reason="", next_due_at=now + timedelta(seconds=pause(source, rate, bounds)),
    )  # fmt: skip


def after_failure(state: SourceState, source: Source, error: MonitorError, now: datetime, bounds: Bounds) -> SourceState:
    """The state after a reading that failed: the pause grows with the kind of failure, to a day at most; dead sources are tried daily."""
    kind, failures = kind_of(error), state.failures + 1
    since = state.failing_since or now
    most = TEMPORARY_MOST if kind == "temporary" and now - since < DEAD_AFTER else A_DAY
    grown = A_DAY if kind == "off" else pause(source, state.rate, bounds) * GROWTH[kind] ** min(failures - 1, 12)
    wait = max(min(grown, most), getattr(error, "retry_after", None) or 0)
    return replace(
        state, last_read_at=now, failures=failures, failure=kind, failing_since=since, reason=str(error),
        next_due_at=now + timedelta(seconds=min(wait, A_DAY)),
    )  # fmt: skip


def kind_of(error: MonitorError) -> str:
    """What a failure is, in the words of SourceState.failure."""
    if isinstance(error, FetchError):
        return error.kind
    for kind, name in ((SourceOffError, "off"), (EmptySourceError, "empty"), (HostileError, "hostile")):
        if isinstance(error, kind):
            return name
    return "parse"


def pause(source: Source, rate: float | None, bounds: Bounds) -> int:
    """Seconds until the next reading: its own fixed `every`, or what its measured rate asks for within the bounds."""
    if source.every:
        return source.every
    shortest, longest = bounds
    if rate is None:
        return shortest  # not measured yet: look closely
    return int(min(max(NEWS_A_READING * 3600 / rate, shortest), longest)) if rate > 0 else longest


def resting(state: SourceState | None, now: datetime) -> bool:
    """True while a source is not due; a due time more than a day ahead was written by a clock that ran wrong."""
    return state is not None and state.next_due_at is not None and now < state.next_due_at <= now + timedelta(days=1)


def _rate(state: SourceState, new: int, now: datetime) -> float | None:
    """New items an hour, exponentially weighted by time. The first reading is no measure: everything is new to it."""
    if not state.read_before or state.last_ok_at is None:
        return None
    hours = (now - state.last_ok_at).total_seconds() / 3600
    if hours <= 0:
        return state.rate
    weight = 1 - math.exp(-hours / MEMORY_HOURS)
    before = state.rate if state.rate is not None else new / hours
    return (1 - weight) * before + weight * new / hours
