"""The ladder S0–S4: what a class usually weighs, and how adjustments raise or lower it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.config import Adjustment
from monitor.records import SEVERITIES, CaseClass, Severity

#: The usual level of a class when no rule of the configuration says another.
USUAL: Mapping[CaseClass, Severity] = {
    "misinformation": "S2",
    "unverified_claim": "S2",
    "wrong_figure": "S2",
    "fraud_impersonation": "S3",
    "data_leak": "S3",
    "outage_surge": "S3",
    "service_feedback": "S1",
    "press_criticism": "S2",
    "information_gap": "S2",
    "official_contradiction": "S2",
    "positive_model": "S1",
    "routine": "S0",
}


def rank(severity: Severity) -> int:
    """0 for S0 … 4 for S4; also the priority of a message."""
    return SEVERITIES.index(severity)


def at_least(severity: Severity, bound: Severity) -> bool:
    """True when `severity` is `bound` or more urgent."""
    return rank(severity) >= rank(bound)


def moved(severity: Severity, by: Adjustment) -> Severity:
    """The level after one adjustment. Its bounds stop the move; they never move a level that already lies beyond them."""
    start = rank(severity)
    if by.levels >= 0:
        top = max(start, rank(by.to_at_most))
        return SEVERITIES[min(start + by.levels, top)]
    floor = min(start, rank(by.to_at_least))
    return SEVERITIES[max(start + by.levels, floor)]


def adjusted(severity: Severity, holding: Iterable[Adjustment]) -> tuple[Severity, tuple[str, ...]]:
    """The level after the adjustments that hold, and their reasons.

    Reasons of one direction do not add up: two reasons to raise raise as far as the stronger of them
    (alert_rules: "raise one level if …"), otherwise every story about old people in three wards would be S4.
    """
    changes = [a for a in holding if moved(severity, a) != severity]
    if not changes:
        return severity, ()
    raised = max((moved(severity, a) for a in changes if a.levels > 0), key=rank, default=severity)
    lowering = [a for a in holding if a.levels < 0]
    result = min((moved(raised, a) for a in lowering), key=rank, default=raised)
    why = [f"{'nâng' if a.levels > 0 else 'hạ'} mức: {a.say}" for a in changes]
    return result, tuple(why)
