"""Floors just below the measured quality; `python -m tests.evaluate_collect copies stories pairs` prints the figures."""

from __future__ import annotations

import pytest

from tests.evaluate_collect import copies, pairs, stories
from tests.evaluate_collect.pairs import share


def test_reprints_among_hard_negatives() -> None:
    assert len(copies.negatives()) >= 60
    (row,) = copies.rows()
    assert row.met, row.measured


def test_stories_of_the_newsroom() -> None:
    for row in stories.rows():
        assert row.met, row.measured


def test_our_own_pairs() -> None:
    joined, apart = pairs.own_pairs()
    assert len(joined) + len(apart) >= 100
    assert share(joined) >= 0.80
    assert share(apart) >= 0.95


def test_notices_of_one_template_about_different_things_are_never_one_story() -> None:
    for a, b in pairs.notices():
        assert not pairs._together(a, b, pairs.timedelta(hours=1)), (a["title"], b["title"])


def test_b_cubed() -> None:
    true = {"a": "1", "b": "1", "c": "2"}
    assert stories.b_cubed(true, true, over=true) == (1, 1, 1)
    assert stories.b_cubed({"a": "x", "b": "y", "c": "y"}, true, over=true) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
