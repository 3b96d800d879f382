"""Fits the weights of crawlers.stories.likeness to labelled pairs and prints them: `python -m tests.shared.fit_likeness`. No test.

Three sets: the real pairs (../shared), our own, and those pairs of newsroom items that look alike. Each set is also predicted by a model
that has not seen it; that is the honest figure. Refitting changes what counts as one story: measure everything again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from crawlers.stories import explain, features
from crawlers.stories.features import Features
from crawlers.stories.likeness import EVIDENCE, Rarity, Table, Weighed, evidence
from monitor.demo.newsroom import items as newsroom
from tests.evaluate_collect.pairs import OWN, REAL, lines

_SETS = {"real": 2.0, "own": 1.0, "newsroom": 0.3}  #: weight of each pair
_ALIKE = 8  #: of the newsroom's pairs that tell two stories, the likest so many of each item
_REGULARITY = 0.5

Pair = tuple[Table, bool]


def _told(item: Features, others: list[Features], days: list[float], rarity: Rarity) -> Table:
    return evidence(Weighed.of(item, rarity), others, days, [bool(explain.clash(item, other)) for other in others], rarity)


def _pairs(name: str) -> Iterator[Pair]:
    text, gap = ("summary", lambda p: p["day_gap"]) if name == "real" else ("text", lambda p: p["hours"] / 24)
    for pair in lines(REAL if name == "real" else OWN / "stories.jsonl"):
        one, other = (features.read(pair[side]["title"], pair[side][text]) for side in "ab")
        rarity = Rarity()
        rarity.add(one.codes)
        yield _told(other, [one], [gap(pair)], rarity)[0], pair["label"] == "same_story"


def _newsroom() -> Iterator[Pair]:
    truth, rarity = newsroom.truth(), Rarity()
    known: list[tuple[dict[str, Any], Features, datetime]] = []
    for row in newsroom._rows():
        found, at = features.read(row["title"], "\n".join([row["lead"], *row["body"]])), datetime.fromisoformat(row["published_at"])
        near = [k for k in known if (at - k[2]).days < 7]
        if near:
            table = _told(found, [k[1] for k in near], [(at - k[2]).total_seconds() / 86400 for k in near], rarity)
            for place, which in enumerate(np.argsort(-(3 * table[:, 0] + table[:, 1] - table[:, 9]))):
                mine, theirs = truth[row["id"]], truth[near[which][0]["id"]]
                same = mine["story"] == theirs["story"]
                if (same or place < _ALIKE) and not mine["duplicate_of"] and not theirs["duplicate_of"]:
                    yield table[which], same
        known.append((row, found, at))
        rarity.add(found.codes)


def main() -> None:
    """Print how well each set is predicted by the others, then the weights of all."""
    sets = {name: list(_newsroom() if name == "newsroom" else _pairs(name)) for name in _SETS}
    table = np.array([row for pairs in sets.values() for row, _ in pairs])
    same = np.array([label for pairs in sets.values() for _, label in pairs])
    where = np.array([name for name, pairs in sets.items() for _ in pairs])
    weight = np.array([_SETS[name] for name in where])

    def fitted(rows: Any) -> Any:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=_REGULARITY, max_iter=2000))
        return model.fit(table[rows], same[rows], logisticregression__sample_weight=weight[rows])

    for name in _SETS:
        left = where == name
        print(
            f"{name}: {left.sum()} pairs, AUC when left out {roc_auc_score(same[left], fitted(~left).decision_function(table[left])):.3f}"
        )
    scaler, model = (step for _, step in fitted(slice(None)).steps)
    weights = model.coef_[0] / scaler.scale_
    print(", ".join(f"{name} {value:.2f}" for name, value in zip(EVIDENCE, weights, strict=True)))
    print(f"intercept {model.intercept_[0] - (weights * scaler.mean_).sum():.2f}")


if __name__ == "__main__":
    main()
