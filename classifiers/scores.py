"""The scores of tags against true labels, by the rules at the end of labelling.md: `make evaluate` and `monitor retrain` compare so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import f1_score, precision_score, recall_score

from classifiers.tag import Tagger
from monitor.records import Tags
from monitor.text import clean

LEAST_OF_CLASS = 8  #: true items a class needs to be scored
SENTIMENTS = ("neg", "neu", "pos")

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Figures:
    """The scores of one set of items, by the rules at the end of labelling.md."""

    items: int
    relevant_f1: float
    relevant_precision: float
    relevant_recall: float
    review_recall: float  #: band review counts as found
    review_share: float
    hanoi_f1: float
    sentiment_macro: float
    topics_micro: float
    topics_macro: float
    class_macro: float


def tagged(tagger: Tagger, items: Sequence[Item], change: Callable[[str], str] = lambda text: text) -> list[Tags]:
    """Every item tagged with the gate open; `change` spoils title and summary first."""
    return [tagger.tag(article_id=i["id"], title=change(clean(i["title"])), text=change(clean(i["text"])), open_gate=True) for i in items]


def figures(items: Sequence[Item], tags: Sequence[Tags]) -> Figures:
    """The scores of tags against true labels."""
    truth = np.array([i["relevant"] for i in items])
    said = np.array([t.relevant for t in tags])
    found = np.array([t.relevant or t.values("band") == ("review",) for t in tags])
    ours = [(i, t) for i, t in zip(items, tags, strict=True) if i["relevant"]]
    micro, macro = _topics(ours)
    return Figures(
        items=len(items),
        relevant_f1=f1_score(truth, said),
        relevant_precision=precision_score(truth, said),
        relevant_recall=recall_score(truth, said),
        review_recall=recall_score(truth, found),
        review_share=float(np.mean([t.values("band") == ("review",) for t in tags])),
        hanoi_f1=f1_score([i["hanoi"] for i in items], [t.hanoi for t in tags]),
        sentiment_macro=_macro(ours, "sentiment", SENTIMENTS),
        topics_micro=micro,
        topics_macro=macro,
        class_macro=_macro(ours, "class", _frequent(ours)),
    )


def _macro(ours: Sequence[tuple[Item, Tags]], kind: str, values: Sequence[str]) -> float:
    judged = [(i[kind], t.values(kind)[:1]) for i, t in ours if i[kind] is not None]
    true, said = [true for true, _ in judged], [said[0] if said else "" for _, said in judged]
    return float(f1_score(true, said, labels=list(values), average="macro", zero_division=0))


def _frequent(ours: Sequence[tuple[Item, Tags]]) -> list[str]:
    classes = [i["class"] for i, _ in ours]
    return sorted(c for c in set(classes) - {None} if classes.count(c) >= LEAST_OF_CLASS)


def _topics(ours: Sequence[tuple[Item, Tags]]) -> tuple[float, float]:
    names = sorted({topic for i, _ in ours for topic in i["topics"]})
    true = np.array([[n in i["topics"] for n in names] for i, _ in ours])
    said = np.array([[n in t.values("topic") for n in names] for _, t in ours])
    stray = sum(n not in names for _, t in ours for n in t.values("topic"))
    hits = int((true & said).sum())
    return 2 * hits / (int(true.sum()) + int(said.sum()) + stray), float(f1_score(true, said, average="macro", zero_division=0))
