from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import severity
from monitor.config import Adjustment
from monitor.records import SEVERITIES, Severity

LEVELS = st.sampled_from(SEVERITIES)


def change(levels: int, *, most: Severity = "S4", least: Severity = "S0", say: str = "lý do") -> Adjustment:
    return Adjustment.model_validate({"id": "x", "say": say, "when": {}, "levels": levels, "to_at_most": most, "to_at_least": least})


CHANGES = st.builds(change, st.integers(-4, 4), most=LEVELS, least=LEVELS)


@pytest.mark.parametrize(
    ("start", "by", "end"),
    [
        ("S1", change(1), "S2"),
        ("S4", change(1), "S4"),
        ("S0", change(-1), "S0"),
        ("S2", change(1, most="S2"), "S2"),
        ("S3", change(1, most="S2"), "S3"),  # a bound never pulls down what is above it
        ("S3", change(-1, least="S2"), "S2"),
        ("S1", change(-1, least="S2"), "S1"),
    ],
)
def test_one_move(start: Severity, by: Adjustment, end: Severity) -> None:
    assert severity.moved(start, by) == end


def test_reasons_to_raise_do_not_add_up() -> None:
    level, why = severity.adjusted("S1", [change(1, say="người yếu thế"), change(1, say="từ 3 phường")])
    assert level == "S2"
    assert why == ("nâng mức: người yếu thế", "nâng mức: từ 3 phường")


def test_a_raise_and_a_fall_cancel_out() -> None:
    assert severity.adjusted("S2", [change(1), change(-1)])[0] == "S2"


@given(LEVELS, st.lists(CHANGES, max_size=4))
def test_whatever_holds_the_level_stays_on_the_ladder_and_every_move_has_its_reason(start: Severity, changes: list[Adjustment]) -> None:
    level, why = severity.adjusted(start, changes)
    assert level in SEVERITIES
    assert bool(why) or level == start
    if all(c.levels >= 0 for c in changes):
        assert severity.at_least(level, start)
    if all(c.levels <= 0 for c in changes):
        assert severity.at_least(start, level)


def test_rank_is_the_priority() -> None:
    assert [severity.rank(s) for s in SEVERITIES] == [0, 1, 2, 3, 4]
