"""Is a score worth its number? Reliability by tenths, calibration error, and what stays right when the least sure go to a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.evaluate_understanding.sets import Item
from tests.evaluate_understanding.verdicts import Verdict

TENTHS = 10
KEPT = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)  #: shares that the program decides alone


@dataclass(frozen=True)
class Sure:
    """One task: how sure the program was of its word on each item, whether it was right, and whether it left the item to a person."""

    sure: Sequence[float]
    right: Sequence[bool]
    left: Sequence[bool]

    def bins(self) -> list[tuple[str, int, float, float]]:
        """(range, items, mean score, share right) of each tenth that holds an item."""
        found = []
        tenth = np.minimum((np.array(self.sure) * TENTHS).astype(int), TENTHS - 1)
        for at in range(TENTHS):
            inside = tenth == at
            if inside.any():
                name = f"{at / TENTHS:.1f}–{(at + 1) / TENTHS:.1f}"
                found.append(
                    (name, int(inside.sum()), float(np.array(self.sure)[inside].mean()), float(np.array(self.right)[inside].mean()))
                )
        return found

    @property
    def calibration_error(self) -> float:
        """The mean distance of score and share right over the tenths, weighed by items (ECE)."""
        return sum(n * abs(mean - right) for _, n, mean, right in self.bins()) / len(self.sure)

    def curve(self) -> list[tuple[float, float]]:
        """(share kept, share right among them) when the least sure are taken out."""
        order = np.argsort(-np.array(self.sure), kind="stable")
        right = np.array(self.right)[order]
        return [(share, float(right[: max(1, round(share * len(right)))].mean())) for share in KEPT]

    def abstained(self) -> tuple[float, float, float]:
        """(share left to a person, share right of the rest, share right of what was left)."""
        left, right = np.array(self.left), np.array(self.right)
        return (
            float(left.mean()),
            float(right[~left].mean()) if (~left).any() else float("nan"),
            float(right[left].mean()) if left.any() else float("nan"),
        )


def relevance(items: Sequence[Item], verdicts: Sequence[Verdict]) -> Sure:
    """Yes or no, its score the higher of the probability and its rest."""
    return Sure(
        [max(v.likely, 1 - v.likely) for v in verdicts],
        [v.relevant == i["relevant"] for i, v in zip(items, verdicts, strict=True)],
        [v.band == "review" or "relevance" in v.unsure for v in verdicts],
    )


def probability(items: Sequence[Item], verdicts: Sequence[Verdict]) -> Sure:
    """The probability of being relevant against how often it is."""
    return Sure([v.likely for v in verdicts], [i["relevant"] for i in items], [False] * len(items))


def sentiment(items: Sequence[Item], verdicts: Sequence[Verdict]) -> Sure:
    """The tone of truly relevant items."""
    both = [(i, v) for i, v in zip(items, verdicts, strict=True) if i["relevant"] and i["sentiment"]]
    return Sure(
        [v.sentiment_share for _, v in both], [v.sentiment == i["sentiment"] for i, v in both], ["sentiment" in v.unsure for _, v in both]
    )


def topic(items: Sequence[Item], verdicts: Sequence[Verdict]) -> Sure:
    """The strongest topic of truly relevant items; right when it is one of theirs, or when none is said and there is none."""
    both = [(i, v) for i, v in zip(items, verdicts, strict=True) if i["relevant"]]
    right = [v.first_topic in i["topics"] if v.first_topic else not i["topics"] for i, v in both]
    return Sure([v.topic_share for _, v in both], right, ["topic" in v.unsure for _, v in both])


def case_class(items: Sequence[Item], verdicts: Sequence[Verdict]) -> Sure:
    """The tagger's class of truly relevant items: the rules give no score of their own."""
    both = [(i, v) for i, v in zip(items, verdicts, strict=True) if i["relevant"] and i["class"]]
    return Sure([v.class_share for _, v in both], [v.first_class == i["class"] for i, v in both], ["class" in v.unsure for _, v in both])
