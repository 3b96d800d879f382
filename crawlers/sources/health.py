"""How a source does, judged from its last readings and its own rhythm. Pure.

A failure that is noticed has a reason; a source that answers and merely says nothing more has none. So what it newly offers is held
against the same hours of earlier weeks: the exceedance rule of outbreak surveillance (Farrington et al., J. R. Stat. Soc. A 159, 1996;
with a negative binomial: Noufaily et al., Stat. Med. 32, 2013), looked at from below.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawlers.sources.rhythm import DEAD_AFTER
from monitor.figures import HealthState, SeenCounts
from monitor.records import Source, SourceState, Tier
from monitor.text import span

ENOUGH_FAILURES = 3  #: in a row, before a refusal is called a block and a missing page dead
MIN_WEEKS = 2  #: of history, before a source has a rhythm of its own
UNLIKELY = 0.001  #: so few new URLs in a day happen by chance at most this often; judged every few minutes, so stricter than it looks
UNLIKELY_GAP = 0.01  #: the same of a silence over several days
FAR_BELOW = 0.5  #: and they are at most this share of the usual
SLACK = 2.0  #: a silence over several days spans nights and weekends: it must be so many times longer than chance explains
LONG_PATIENCE = 336  #: hours, for a source that never brought anything on this day of the week
UNREAD_AFTER = timedelta(hours=30)  #: the longest pause between two readings is a day; beyond, the service was not there to see anything
#: Hours without a new URL that call a source quiet while it has no history. Choices, not measurements: a newsroom's section may pass a
#: weekend, an office a long weekend, a ward two weeks.
PATIENCE: dict[Tier, int] = {
    "national": 48, "city": 48, "province": 72, "official": 96, "forum": 72, "social": 168, "ward": 336, "foreign": 336
}  # fmt: skip


def judge(source: Source, state: SourceState | None, seen: SeenCounts, now: datetime) -> tuple[HealthState, str, float | None]:
    """Judge one source.

    Args:
        source: as the register lists it.
        state: what its last readings left; None before the first.
        seen: what it newly offered, from the ledger.
        now: aware.

    Returns:
        The state, its reason in Vietnamese, and how many new URLs are usual in these 24 hours (None without two weeks of history).
    """
    usual = statistics.fmean(seen.history) if len(seen.history) >= MIN_WEEKS else None
    if not source.enabled:
        return "off", source.reason or "đã tắt", None
    if state is not None and state.failure == "off":
        return "off", state.reason or "chưa đọc được như đang cấu hình", None
    if state is not None and state.failures:
        return *_failed(state, now), usual
    if state is None or state.last_ok_at is None:
        return "new", "chưa đọc lần nào", None
    if now - state.last_ok_at > UNREAD_AFTER:  # what was not looked at is not silent
        return "healthy", f"chưa được đọc lại đã {_since(state.last_ok_at, now)}", usual
    if reason := _silence(source, seen, usual):
        return "quiet", reason, usual
    return "healthy", f"tin mới gần nhất cách đây {span(seen.hours * 3600)}" if seen.hours else "đọc được", usual


def below(count: int, history: Sequence[int]) -> float:
    """The probability of at most `count` new URLs after weeks that brought `history`: negative binomial, Poisson where it spreads no wider.

    Its variance is that of the history, at least the mean, plus the error of a mean taken from so few weeks.
    """
    mean = statistics.fmean(history)
    if mean <= 0:
        return 1.0
    variance = max(statistics.variance(history) if len(history) > 1 else mean, mean) * (1 + 1 / len(history))
    size = mean * mean / (variance - mean)
    share = size / (size + mean)
    log_p = size * math.log(share)  # of zero; each next one from the one before it
    total = math.exp(log_p)
    for k in range(1, count + 1):
        log_p += math.log((size + k - 1) / k) + math.log1p(-share)
        total += math.exp(log_p)
    return min(total, 1.0)


def silence(hours: float, history: Sequence[int]) -> float:
    """The probability of `hours` without anything new, days of 24 hours and a rate known only from `history` (gamma-Poisson).

    Nights, weekends and holidays are unlike: only the `SLACK`th part of a silence beyond a day is held against a source.
    """
    days = hours / 24 / SLACK if hours > 24 else 0
    return math.pow(1 + days / len(history), -(sum(history) + 0.5))


def _failed(state: SourceState, now: datetime) -> tuple[HealthState, str]:
    lasting = state.failures >= ENOUGH_FAILURES
    long = state.failing_since is not None and now - state.failing_since >= DEAD_AFTER
    kind: HealthState = "failing"
    if state.failure == "empty":
        kind = "empty"
    elif state.failure == "soft" and lasting:
        kind = "blocked"
    elif long or (state.failure == "hard" and lasting):
        kind = "dead"
    counted = f"{state.failures} lần liên tiếp, đã {_since(state.failing_since or now, now)}"
    return kind, f"{counted}: {state.reason}" if state.reason else counted


def _silence(source: Source, seen: SeenCounts, usual: float | None) -> str:
    """Why a source that answers counts as quiet; "" when it does not."""
    if not usual:
        patience = PATIENCE[source.tier] if usual is None else LONG_PATIENCE
        return f"{_hours(seen.hours)} chưa có tin mới" if seen.hours > patience else ""
    few = seen.day <= usual * FAR_BELOW and below(seen.day, seen.history) < UNLIKELY
    if not few and silence(seen.hours, seen.history) >= UNLIKELY_GAP:
        return ""
    counted = f"24 giờ qua chỉ có {seen.day} tin mới" if seen.day else f"{_hours(seen.hours)} chưa có tin mới"
    return f"{counted}; thường ngày này có khoảng {_about(usual)} tin"


def _hours(hours: float) -> str:
    """Silence in hours up to a week, then in days."""
    return f"{hours:.0f} giờ" if 24 < hours < 168 else span(max(hours, 24) * 3600)


def _about(usual: float) -> str:
    return f"{usual:.0f}" if usual >= 3 else f"{usual:.1f}".replace(".", ",")


def _since(start: datetime, now: datetime) -> str:
    return span((now - start).total_seconds())
