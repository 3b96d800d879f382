"""Which week's digest is due, by the calendar of Hà Nội."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor import weekly


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+07:00").astimezone(UTC)


def test_a_week_runs_from_monday_to_monday_in_hanoi() -> None:
    start, end = weekly.week_bounds("2026-W46")
    assert (start, end) == (at("2026-11-09T00:00"), at("2026-11-16T00:00"))


@pytest.mark.parametrize(
    ("now", "week"),
    [
        ("2026-11-16T06:59", None),  # Monday before the hour: not yet
        ("2026-11-16T07:00", "2026-W46"),
        ("2026-11-19T23:00", "2026-W46"),  # after downtime: still this one, once
        ("2026-11-23T07:00", "2026-W47"),
        ("2027-01-04T07:30", "2026-W53"),  # a year with 53 weeks
    ],
)
def test_due_week(now: str, week: str | None) -> None:
    assert weekly.due_week(at(now), weekday=1, hour=7) == week


@pytest.mark.parametrize("text", ["2026", "2026-W60", "W46", "2026-46", "x-Wy", "2026-W"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any of the stdlib's sentences
        weekly.week_bounds(text)
