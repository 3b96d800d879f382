"""When a source is read again: by what it publishes, by its tier, by how it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.sources import rhythm
from monitor.config import RhythmConfig
from monitor.errors import EmptySourceError, FetchError, HostileError, MonitorError, ParseError, SourceOffError
from monitor.records import Reading, Source, SourceState

NOW = datetime(2026, 11, 12, 3, 0, tzinfo=UTC)
BOUNDS = (150, 900)
SOURCE = Source(id="bao", name="Báo", kind="feed", url="http://bao.example/rss", tier="national")


def read_for(hours: float, every: float, per_hour: float, source: Source = SOURCE) -> SourceState:
    """The state after reading every `every` seconds a source that publishes evenly."""
    state = rhythm.after_reading(SourceState(source_id="bao"), source, Reading(), 50, NOW, BOUNDS)
    now, owed = NOW, 0.0
    while now < NOW + timedelta(hours=hours):
        now += timedelta(seconds=every)
        owed += per_hour * every / 3600
        new, owed = int(owed), owed - int(owed)
        state = rhythm.after_reading(state, source, Reading(), new, now, BOUNDS)
    return state


def pause_of(state: SourceState) -> float:
    assert state.next_due_at is not None
    assert state.last_read_at is not None
    return (state.next_due_at - state.last_read_at).total_seconds()


@pytest.mark.parametrize(("per_hour", "expected"), [(60, 150), (6, 300), (3, 600), (0.1, 900), (0, 900)])
def test_the_pause_follows_what_is_published(per_hour: float, expected: float) -> None:
    assert pause_of(read_for(30, 150, per_hour)) == pytest.approx(expected, rel=0.15)


def test_the_first_reading_is_no_measure() -> None:
    state = rhythm.after_reading(SourceState(source_id="bao"), SOURCE, Reading(), 500, NOW, BOUNDS)
    assert (state.rate, pause_of(state), state.read_before) == (None, 150, True)


def test_its_own_fixed_interval_holds() -> None:
    assert pause_of(read_for(2, 300, 60, replace(SOURCE, every=300))) == 300


def test_wards_are_read_at_least_every_half_hour_and_national_press_every_few_minutes() -> None:
    bounds = RhythmConfig()
    assert bounds.ward[1] <= 1800
    assert 120 <= bounds.national[0] <= 180


def test_an_unchanged_reading_keeps_the_validators_a_changed_one_replaces_them() -> None:
    state = replace(SourceState(source_id="bao"), etag="a", body_hash="b", read_before=True, last_ok_at=NOW)
    later = NOW + timedelta(minutes=5)
    assert rhythm.after_reading(state, SOURCE, Reading(unchanged=True), 0, later, BOUNDS).etag == "a"
    assert rhythm.after_reading(state, SOURCE, Reading(etag="c"), 0, later, BOUNDS).etag == "c"


def failed(error: MonitorError, times: int, every: timedelta = timedelta(minutes=20)) -> SourceState:
    state = SourceState(source_id="bao")
    for number in range(times):
        state = rhythm.after_failure(state, SOURCE, error, NOW + number * every, BOUNDS)
    return state


@pytest.mark.parametrize(
    ("error", "kind", "pauses"),
    [
        (FetchError("gone", kind="hard"), "hard", [150, 1200, 9600, 76_800, 86_400]),
        (FetchError("no", kind="soft"), "soft", [150, 600, 2400, 9600]),
        (FetchError("later", kind="temporary"), "temporary", [150, 300, 600, 1200, 2400, 3600, 3600]),
        (ParseError("html"), "parse", [150, 300, 600]),
        (EmptySourceError("nothing"), "empty", [150, 300, 600]),
        (HostileError("bomb"), "hostile", [150, 600, 2400]),
        (SourceOffError("no key"), "off", [86_400]),
    ],
)
def test_the_pause_grows_with_the_kind_of_failure(error: MonitorError, kind: str, pauses: list[int]) -> None:
    for number, pause in enumerate(pauses, 1):
        state = failed(error, number)
        assert (state.failure, state.failures, pause_of(state)) == (kind, number, pause)


def test_a_dead_source_is_still_tried_once_a_day_and_its_recovery_clears_everything() -> None:
    dead = failed(FetchError("x", kind="temporary"), 100, timedelta(hours=1))
    assert pause_of(dead) == 86_400
    again = rhythm.after_reading(dead, SOURCE, Reading(), 3, NOW + timedelta(days=9), BOUNDS)
    assert (again.failures, again.failure, again.failing_since, again.reason) == (0, "", None, "")
    assert pause_of(again) <= BOUNDS[1]


def test_retry_after_is_kept_but_not_for_ever() -> None:
    assert pause_of(failed(FetchError("x", kind="temporary", retry_after=2000), 1)) == 2000
    assert pause_of(failed(FetchError("x", kind="temporary", retry_after=9e9), 1)) == 86_400


@given(
    st.lists(st.tuples(st.sampled_from(["ok", "hard", "soft", "temporary"]), st.integers(0, 500), st.floats(0, 90_000)), max_size=30),
    st.sampled_from([0, 600]),
)
def test_no_history_ever_gives_a_source_up(history: list[tuple[str, int, float]], every: int) -> None:
    state, now = SourceState(source_id="bao"), NOW
    source = replace(SOURCE, every=every)
    for what, new, seconds in history:
        now += timedelta(seconds=seconds)
        if what == "ok":
            state = rhythm.after_reading(state, source, Reading(), new, now, BOUNDS)
        else:
            state = rhythm.after_failure(state, source, FetchError("x", kind=what), now, BOUNDS)  # type: ignore[arg-type]
        assert timedelta(seconds=min(every or BOUNDS[0], BOUNDS[0])) <= state.next_due_at - now <= timedelta(days=1)  # type: ignore[operator]


def test_a_due_time_beyond_a_day_was_written_by_a_wrong_clock() -> None:
    assert rhythm.resting(replace(SourceState(source_id="x"), next_due_at=NOW + timedelta(hours=2)), NOW)
    assert not rhythm.resting(replace(SourceState(source_id="x"), next_due_at=NOW + timedelta(days=2)), NOW)
    assert not rhythm.resting(None, NOW)
