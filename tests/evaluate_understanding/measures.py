"""Precision, recall and F1 with 95 % bootstrap intervals: every task as two tables of yes and no, resampled by items, seeded.

By the rules at the end of labelling.md: relevance and place over all items, the rest over items whose true label is relevant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.lexicon import taxonomy
from tests.evaluate_understanding.sets import Item
from tests.evaluate_understanding.verdicts import Verdict

SEED, DRAWS = 57, 1_000
TONES = ("neg", "neu", "pos")
FREQUENT = ("routine", "press_criticism", "service_feedback", "fraud_impersonation", "positive_model")  #: the classes that the bar names
ALARMING = ("S2", "S3", "S4")

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds that 95 % of the resampled sets fall into."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True)
class Sheet:
    """One task: for each item (row) and value (column), whether it is true and whether the program said it."""

    names: tuple[str, ...]
    true: Bools
    said: Bools

    @property
    def items(self) -> int:
        """The number of items that were judged."""
        return len(self.true)

    def counts(self, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """(hits, true, said) of each value, for each resampled set."""
        return weights @ (self.true & self.said), weights @ self.true, weights @ self.said


Score = Callable[[Sheet, Floats], Floats]


def precision(sheet: Sheet, weights: Floats) -> Floats:
    """Of what was said, the part that is true."""
    hits, _, said = (c.sum(axis=1) for c in sheet.counts(weights))
    return _over(hits, said)


def recall(sheet: Sheet, weights: Floats) -> Floats:
    """Of what is true, the part that was said."""
    hits, true, _ = (c.sum(axis=1) for c in sheet.counts(weights))
    return _over(hits, true)


def micro(sheet: Sheet, weights: Floats) -> Floats:
    """F1 over all (item, value) pairs; with one value simply F1."""
    hits, true, said = (c.sum(axis=1) for c in sheet.counts(weights))
    return _over(2 * hits, true + said)


def macro(sheet: Sheet, weights: Floats) -> Floats:
    """The mean of the F1 of the values that are true of some item."""
    occurs = sheet.true.any(axis=0)
    hits, true, said = sheet.counts(weights)
    return np.asarray(_over(2 * hits, true + said)[:, occurs].mean(axis=1))


def _over(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0))


@lru_cache(maxsize=16)
def draws(items: int) -> Floats:
    """How often each item stands in each resampled set; the same for every figure over as many items, so that they compare in pairs."""
    return np.random.default_rng(SEED).multinomial(items, [1 / items] * items, size=DRAWS).astype(float)


def interval(score: Score, sheet: Sheet) -> Interval:
    """A figure of a sheet with its interval."""
    value = float(score(sheet, np.ones((1, sheet.items)))[0])
    low, high = np.percentile(score(sheet, draws(sheet.items)), (2.5, 97.5))
    return Interval(value, float(low), float(high))


def difference(score: Score, ours: Sheet, theirs: Sheet) -> Interval:
    """How much higher the figure of one sheet is than that of another over the same items, resampled together."""
    once = np.ones((1, ours.items))
    value = float((score(ours, once) - score(theirs, once))[0])
    low, high = np.percentile(score(ours, draws(ours.items)) - score(theirs, draws(ours.items)), (2.5, 97.5))
    return Interval(value, float(low), float(high))


def yes(true: Sequence[bool], said: Sequence[bool], name: str = "yes") -> Sheet:
    """The sheet of a question with one answer."""
    return Sheet((name,), np.array(true, dtype=bool)[:, None], np.array(said, dtype=bool)[:, None])


def chosen(names: Sequence[str], true: Sequence[Any], said: Sequence[Any]) -> Sheet:
    """The sheet of a choice among values, or of several at once."""

    def table(answers: Sequence[Any]) -> Bools:
        sets = [{a} if isinstance(a, str) or a is None else set(a) for a in answers]
        return np.array([[n in s for n in names] for s in sets], dtype=bool).reshape(len(sets), len(names))

    return Sheet(tuple(names), table(true), table(said))


def sheets(items: Sequence[Item], verdicts: Sequence[Verdict]) -> dict[str, Sheet]:
    """Every task of one set."""
    both = [(i, v) for i, v in zip(items, verdicts, strict=True) if i["relevant"]]
    toned = [(i, v) for i, v in both if i["sentiment"]]
    classed = [(i, v) for i, v in both if i["class"]]
    rated = [(i, v) for i, v in both if i["severity"]]
    topics = [t["id"] for t in taxonomy()["topics"]]
    true_class = [i["class"] for i, _ in classed]
    found = {
        "relevant": yes([i["relevant"] for i in items], [v.relevant for v in verdicts]),
        "found": yes([i["relevant"] for i in items], [v.found for v in verdicts]),
        "hanoi": yes([i["hanoi"] for i in items], [v.hanoi for v in verdicts]),
        "sentiment": chosen(TONES, [i["sentiment"] for i, _ in toned], [v.sentiment for _, v in toned]),
        "topic": chosen(topics, [i["topics"] for i, _ in both], [v.topics for _, v in both]),
        "class": chosen(FREQUENT, true_class, [v.case_class for _, v in classed]),
        "first_class": chosen(FREQUENT, true_class, [v.first_class for _, v in classed]),
        "alarm": yes([i["severity"] in ALARMING for i, _ in rated], [v.severity in ALARMING for _, v in rated]),
        "negative": yes([i["severity"] in ALARMING for i, _ in rated], [v.sentiment == "neg" for _, v in rated]),
        "reader": yes([i["severity"] in ALARMING for i, _ in rated], [i["sentiment"] == "neg" for i, _ in rated]),
    }
    if any("wards" in i for i in items):
        found["ward"] = wards(items, verdicts)
    return found


def wards(items: Sequence[Item], verdicts: Sequence[Verdict]) -> Sheet:
    """Wards named, over all items."""
    names = sorted({w for i in items for w in i["wards"]} | {w for v in verdicts for w in v.wards})
    return chosen(names, [i["wards"] for i in items], [v.wards for v in verdicts])


def confusion(items: Sequence[Item], verdicts: Sequence[Verdict], key: str, names: Sequence[str]) -> list[list[int]]:
    """Rows: what is true; columns: what was said, "other" last. `key`: sentiment or class; over items truly relevant."""
    field = {"sentiment": "sentiment", "class": "case_class"}[key]
    pairs = [(i[key], getattr(v, field)) for i, v in zip(items, verdicts, strict=True) if i["relevant"] and i[key]]
    return [
        [sum(t == true and s == said for t, s in pairs) for said in names] + [sum(t == true and s not in names for t, s in pairs)]
        for true in names
    ]
