"""Which week's digest is due, by the calendar of Hà Nội."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from monitor import weekly
from monitor.config import Config


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


class Desk:
    """A desk that has run since a moment and has sent some digests."""

    def __init__(self, now: str, since: str | None, had: dict[str, set[str]]) -> None:
        self.now, self.since, self.had = at(now), at(since) if since else None, had
        self.config = Config(digest={"recipients": [{"channel": "email", "to": "a@x.example"}, {"channel": "email", "to": "b@x.example"}]})
        self.channels = {"email": object()}
        self.store = SimpleNamespace(running_since=lambda: self.since, digests_of=lambda week: self.had.get(week, set()))

    def clock(self) -> datetime:
        return self.now

    async def db(self, call: Callable[..., Any], *args: Any) -> Any:
        return call(*args)


def ids(week: str, *to: str) -> set[str]:
    return {f"digest:{week}:email:{name}@x.example:1" for name in to}


@pytest.mark.parametrize(
    ("since", "had", "owed"),
    [
        (None, {}, []),  # nothing was read yet
        ("2026-11-17T09:00", {}, []),  # installed in the week after
        ("2026-11-12T09:00", {}, ["2026-W46"]),
        (
            "2026-10-01T09:00",
            {"2026-W46": ids("2026-W46", "a", "b"), "2026-W45": ids("2026-W45", "a")},
            ["2026-W43", "2026-W44"],
        ),  # once off for long
        ("2026-11-05T09:00", {"2026-W46": ids("2026-W46", "a"), "2026-W45": ids("2026-W45", "a")}, ["2026-W46"]),  # a new recipient
    ],
)
async def test_what_is_owed(monkeypatch: pytest.MonkeyPatch, since: str | None, had: dict[str, set[str]], owed: list[str]) -> None:
    done: list[str] = []

    async def owe(app: object, week: str) -> int:
        done.append(week)
        return 1

    monkeypatch.setattr(weekly, "owe", owe)
    await weekly.owe_if_due(Desk("2026-11-18T10:00", since, had))  # type: ignore[arg-type]
    assert done == owed
