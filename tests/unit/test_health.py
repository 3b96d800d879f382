"""How a source does, in one word with its reason."""

from __future__ import annotations

import dataclasses
import math
import random
import statistics
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.sources import health
from monitor.figures import HealthState, SeenCounts
from monitor.records import Source, SourceState, Tier
from monitor.text import span

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = Source(id="bao_a", name="Báo A", kind="feed", url="https://a.vn/rss", tier="city")
LIVELY = SeenCounts(day=5, hours=1)
WELL = SourceState(source_id="bao_a", read_before=True, last_read_at=NOW, last_ok_at=NOW, last_new_at=NOW)


def failing(kind: str, times: int, since: timedelta = HOUR, reason: str = "không tới được") -> SourceState:
    return dataclasses.replace(WELL, failures=times, failure=kind, failing_since=NOW - since, reason=reason, last_ok_at=NOW - since)


def judged(state: SourceState | None, seen: SeenCounts = LIVELY, source: Source = SOURCE) -> HealthState:
    return health.judge(source, state, seen, NOW)[0]


def test_off_says_why() -> None:
    disabled = dataclasses.replace(SOURCE, enabled=False, reason="chưa có nguồn")
    assert health.judge(disabled, failing("hard", 9), SeenCounts(), NOW) == ("off", "chưa có nguồn", None)
    assert health.judge(SOURCE, failing("off", 1, reason="thiếu khóa API"), SeenCounts(), NOW) == ("off", "thiếu khóa API", None)


def test_never_read_is_new_whatever_else() -> None:
    assert judged(None) == "new"
    assert judged(SourceState(source_id="bao_a")) == "new"


@pytest.mark.parametrize(
    ("kind", "times", "since", "state"),
    [
        ("soft", 2, HOUR, "failing"),
        ("soft", 3, HOUR, "blocked"),
        ("soft", 90, timedelta(days=9), "blocked"),
        ("hard", 2, HOUR, "failing"),
        ("hard", 3, HOUR, "dead"),
        ("temporary", 50, timedelta(days=2), "failing"),
        ("temporary", 50, timedelta(days=3), "dead"),
        ("parse", 5, HOUR, "failing"),
        ("hostile", 5, timedelta(days=4), "dead"),
        ("empty", 1, HOUR, "empty"),
        ("empty", 99, timedelta(days=9), "empty"),
    ],
)
def test_a_failure_by_kind_and_length(kind: str, times: int, since: timedelta, state: str) -> None:
    assert judged(failing(kind, times, since)) == state


def test_the_reason_of_a_failure_counts_and_names_it() -> None:
    _, reason, _ = health.judge(SOURCE, failing("soft", 7, 5 * HOUR, "máy chủ từ chối (403)"), SeenCounts(), NOW)
    assert reason == "7 lần liên tiếp, đã 5 giờ: máy chủ từ chối (403)"


def test_a_source_quieter_than_its_own_rhythm_is_quiet() -> None:
    silent = SeenCounts(day=0, history=(14, 12, 16, 14), hours=72)
    assert health.judge(SOURCE, WELL, silent, NOW) == ("quiet", "72 giờ chưa có tin mới; thường ngày này có khoảng 14 tin", 14.0)
    few = SeenCounts(day=2, history=(40, 44, 39), hours=3)
    state, reason, _ = health.judge(SOURCE, WELL, few, NOW)
    assert (state, reason) == ("quiet", "24 giờ qua chỉ có 2 tin mới; thường ngày này có khoảng 41 tin")


def test_a_sunday_is_held_against_sundays() -> None:
    assert judged(WELL, SeenCounts(day=1, history=(1, 2, 0, 1), hours=20)) == "healthy"


def test_a_restless_source_is_given_its_own_spread() -> None:
    assert judged(WELL, SeenCounts(day=5, history=(30, 4, 25, 2, 28, 6), hours=5)) == "healthy"
    assert judged(WELL, SeenCounts(day=5, history=(29, 30, 31, 30, 29, 31), hours=5)) == "quiet"


@pytest.mark.parametrize(("tier", "bound"), health.PATIENCE.items())
def test_without_history_patience_depends_on_the_tier(tier: Tier, bound: int) -> None:
    source = dataclasses.replace(SOURCE, tier=tier)
    assert judged(WELL, SeenCounts(hours=bound - 1, history=(9,)), source) == "healthy"
    assert judged(WELL, SeenCounts(hours=bound + 1, history=(9,)), source) == "quiet"


def test_every_tier_has_its_patience() -> None:
    assert set(health.PATIENCE) == set(Tier.__args__)  # type: ignore[attr-defined]


def test_a_rare_source_becomes_quiet_in_its_own_time() -> None:
    assert judged(WELL, SeenCounts(hours=4 * 24, history=(1, 1, 1, 1, 1, 1, 1, 1))) == "healthy"
    assert judged(WELL, SeenCounts(hours=20 * 24, history=(1, 1, 1, 1, 1, 1, 1, 1))) == "quiet"
    assert judged(WELL, SeenCounts(hours=10 * 24, history=(0, 0, 0, 0))) == "healthy"
    assert judged(WELL, SeenCounts(hours=15 * 24, history=(0, 0, 0, 0))) == "quiet"


def test_what_was_not_read_is_not_called_silent() -> None:
    unread = dataclasses.replace(WELL, last_ok_at=NOW - 50 * HOUR)
    state, reason, _ = health.judge(SOURCE, unread, SeenCounts(day=0, history=(14, 14, 14), hours=72), NOW)
    assert (state, reason) == ("healthy", "chưa được đọc lại đã 2 ngày")


@pytest.mark.parametrize("mean", [3, 14, 60])
def test_below_is_the_distribution_it_says(mean: int) -> None:
    """Against the negative binomial written out, and against the Poisson that it becomes with much steady history."""
    steady = [mean] * 5000
    poisson = sum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(mean // 2 + 1))
    assert health.below(mean // 2, steady) == pytest.approx(poisson, rel=0.05)
    history = [mean - 2, mean + 9, mean - 1, mean + 2]
    m, v = statistics.fmean(history), max(statistics.variance(history), statistics.fmean(history)) * 1.25
    r, p = m * m / (v - m), m / v
    exact = sum(
        math.exp(math.lgamma(k + r) - math.lgamma(r) - math.lgamma(k + 1) + r * math.log(p) + k * math.log1p(-p)) for k in range(mean)
    )
    assert health.below(mean - 1, history) == pytest.approx(exact, rel=1e-9)


def test_below_survives_any_history() -> None:
    for history in ([0, 0], [1, 0], [10**6, 10**6], [10**6, 0], [5]):
        for count in (0, 1, 2000):
            assert 0 <= health.below(count, history) <= 1 + 1e-12


def test_few_false_notices_and_a_dead_feed_within_a_day() -> None:
    """Measured on simulated sources of 14 a day: how often a healthy hour is called quiet, how soon silence is."""
    rng = random.Random(7)
    falsely, judged_hours, noticed = 0, 0, []
    for _ in range(12):
        counts = [0]
        for hour in range(24 * 7 * 10):
            rate = 14 / 24 * (0.3 if hour % 24 < 7 else 1.29)
            counts.append(counts[-1] + sum(rng.random() < rate / 10 for _ in range(10)))
        for hour in range(24 * 7 * 9, 24 * 7 * 10, 6):
            history = tuple(counts[hour - 168 * w] - counts[hour - 168 * w - 24] for w in range(1, 9))
            seen = SeenCounts(day=counts[hour] - counts[hour - 24], history=history, hours=1)
            falsely += judged(WELL, seen) == "quiet"
            judged_hours += 1
        for silent in range(1, 72):  # it dies at the end of the tenth week
            day = max(counts[-1] - counts[min(len(counts) - 1, len(counts) - 25 + silent)], 0)
            seen = SeenCounts(day=day, history=history, hours=silent)
            if judged(WELL, seen) == "quiet":
                noticed.append(silent)
                break
    assert falsely / judged_hours < 0.01
    assert len(noticed) == 12
    assert statistics.median(noticed) <= 24


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-3, "0 giây"), (59.9, "59 giây"), (60, "1 phút"), (7_000, "1 giờ"), (172_799, "47 giờ"), (172_800, "2 ngày"), (9e6, "104 ngày")],
)
def test_a_length_of_time_is_said_in_one_unit(seconds: float, said: str) -> None:
    assert span(seconds) == said
