"""Wards: precision and recall over sentences with same-named places (tests/data/wards) and over the newsroom."""

from __future__ import annotations

from classifiers.tag import Tagger
from tests.evaluate_understanding import measures, sets
from tests.evaluate_understanding.measures import Sheet
from tests.evaluate_understanding.sets import Item
from tests.evaluate_understanding.verdicts import judged

#: What each set said at its first reading, before anything was mended by it: the honest figures (see the commit of the gazetteer).
FIRST_READING = {"first": "P 0.996, R 0.766 (rules of the foundation)", "second": "P 0.964, R 0.957 (blind)"}


def tests() -> dict[str, list[Item]]:
    """The items of each test set by its name."""
    return {path.stem: sets.lines(path) for path in sorted(sets.WARDS.glob("*.jsonl"))}


def measured(tagger: Tagger) -> dict[str, Sheet]:
    """The sheet of each test set and of the newsroom."""
    return {name: measures.wards(items, judged(tagger, [i | {"severity": None} for i in items])) for name, items in _all().items()}


def _all() -> dict[str, list[Item]]:
    found = tests()
    together = [item for items in found.values() for item in items]
    return found | {"both sets": together, "newsroom": sets.newsroom()}
