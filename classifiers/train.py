"""`make train`: fits every model from classifiers/data/corpus (ours, written for the project) and nothing else. Deterministic."""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from classifiers import models
from classifiers.features import look, ngrams, signs
from classifiers.lexicon import FILES, taxonomy
from monitor.errors import MonitorError
from monitor.records import Tier
from monitor.text import fold

CORPUS = FILES / "corpus"
BOOKS = ("lexicon", "taxonomy", "tone", "subject", "wards", "hanoi_places")  #: what the features are made of
LEAST_COUNT = 4  #: rows (each item is there twice, once without diacritics) an n-gram must stand in
LEAST_POSITIVE = 12  #: items a signal or class needs before a model is fitted for it
#: C of the logistic regression, by cross-validation on the corpus
STRENGTH = {"relevance": 3.0, "sentiment": 3.0, "topic": 3.0, "class": 1.0, "signal": 3.0}
DIGITS = 6
JUDGED = "judged"  #: key of a corrected item: the only fields it teaches; an item without it teaches all
_TIERS: Mapping[str, Tier] = {"ward_portal": "ward", "city_portal": "official", "forum": "forum", "comment": "social", "youtube": "social"}
SENTIMENTS = ("neg", "neu", "pos")


@dataclass(frozen=True)
class Row:
    """One training row: an item read once."""

    grams: Mapping[str, float]
    signs: Mapping[str, float]


def corpus(folder: Path = CORPUS) -> list[dict[str, Any]]:
    """The items of every *.jsonl of a folder, in order of file name and line. Raises MonitorError naming a bad line."""
    items: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                items.append(json.loads(line))
            except ValueError as error:
                raise MonitorError(f"{path}, dòng {number}: không phải JSON ({error})") from None
    if not items:
        raise MonitorError(f"{folder}: không có mục huấn luyện nào (*.jsonl)")
    return items


def read_item(item: Mapping[str, Any], *, bare: bool = False) -> Row:
    """One corpus item as features; `bare`: its copy without diacritics, from no known source."""
    title, text = str(item.get("title") or ""), str(item.get("text") or "")
    evidence = look(fold(title), fold(text)) if bare else look(title, text, _TIERS.get(item["style"]))
    return Row(ngrams(evidence.passage), signs(evidence))


def vocabulary(rows: Sequence[Row]) -> tuple[list[str], dict[str, float]]:
    """Names of all features in order, and the idf of the n-grams kept."""
    count: dict[str, int] = defaultdict(int)
    for row in rows:
        for gram in row.grams:
            count[gram] += 1
    idf = {g: math.log((1 + len(rows)) / (1 + n)) + 1.0 for g, n in count.items() if n >= LEAST_COUNT}
    return [*sorted(idf), *sorted({s for row in rows for s in row.signs})], idf


def matrix(rows: Sequence[Row], names: Sequence[str], idf: Mapping[str, float]) -> csr_matrix:
    """Rows in the space of the vocabulary."""
    at = {name: i for i, name in enumerate(names)}
    vectors = [models.vector(row.grams, row.signs, at, idf) for row in rows]
    ends = np.cumsum([0, *(len(v.index) for v in vectors)])
    values = np.concatenate([v.value for v in vectors]).astype(np.float64)
    return csr_matrix((values, np.concatenate([v.index for v in vectors]), ends), shape=(len(rows), len(names)))


@dataclass(frozen=True)
class Task:
    """One group of outputs fitted on the same rows, each its own column of weights."""

    kind: str
    outputs: tuple[str, ...]
    uses: Callable[[Mapping[str, Any]], bool]  #: which items it learns from
    is_one: Callable[[Mapping[str, Any], str], bool]  #: the truth of an item for an output
    exclusive: bool = False  #: one value per item: fitted together (softmax)
    sees: Callable[[str], bool] = lambda _: True  #: the features it may use


def tasks(items: Sequence[Mapping[str, Any]]) -> list[Task]:
    """Everything that is learned from this corpus."""

    def relevant(item: Mapping[str, Any]) -> bool:
        return bool(item["relevant"])

    topics = tuple(t["id"] for t in taxonomy()["topics"])
    classes = _frequent(i["class"] for i in items if i["class"])
    signals = _frequent(s for i in items for s in i["signals"])
    return [
        Task("relevance", ("yes",), lambda _: True, lambda i, _: bool(i["relevant"])),
        Task("sentiment", SENTIMENTS, relevant, lambda i, v: bool(i["sentiment"] == v), True, tells_tone),
        Task("topic", topics, relevant, lambda i, v: v in i["topics"]),
        Task("class", classes, relevant, lambda i, v: bool(i["class"] == v), True, tells_tone),
        Task("signal", signals, relevant, lambda i, v: v in i["signals"]),
    ]


def tells_tone(feature: str) -> bool:
    """Words, tone and signs; not topics and places: what a text is about must not decide how it speaks."""
    return (
        feature[:2] in ("p ", "f ") or feature.startswith("shape") or "sentiment." in feature or "signal." in feature or "tone" in feature
    )


def _frequent(values: Iterable[str]) -> tuple[str, ...]:
    count: dict[str, int] = defaultdict(int)
    for value in values:
        count[value] += 1
    return tuple(sorted(v for v, n in count.items() if n >= LEAST_POSITIVE))


def fit(items: Sequence[Mapping[str, Any]]) -> tuple[list[str], dict[str, float], list[str], models.Floats, models.Floats]:
    """Names, idf, outputs, weights and biases learned from the items and their copies without diacritics."""
    with threadpool_limits(1):  # the same sums on every machine, and faster: the matrices are thin
        return _fit(items)


def _fit(items: Sequence[Mapping[str, Any]]) -> tuple[list[str], dict[str, float], list[str], models.Floats, models.Floats]:
    rows = [read_item(i) for i in items] + [read_item(i, bare=True) for i in items]
    names, idf = vocabulary(rows)
    space = matrix(rows, names, idf)
    twice = [*items, *items]
    outputs: list[str] = []
    columns: list[np.ndarray[Any, Any]] = []
    biases: list[float] = []
    for task in tasks(items):
        use = np.array([task.uses(i) and task.kind in i.get(JUDGED, (task.kind,)) for i in twice])
        seen = np.array([task.sees(name) for name in names])
        taught = [i for i, used in zip(twice, use, strict=True) if used]
        for value, weights, bias in _columns(task, space[use][:, seen], taught):
            column = np.zeros(len(names))
            column[seen] = np.round(weights, DIGITS)
            outputs.append(f"{task.kind}:{value}")
            columns.append(column)
            biases.append(round(bias, DIGITS))
    return names, idf, outputs, np.array(columns, dtype=np.float32).T.copy(), np.array(biases, dtype=np.float32)


def _columns(task: Task, space: csr_matrix, taught: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, np.ndarray[Any, Any], float]]:
    """(value, weights, bias) of every output of a task."""
    strength = STRENGTH[task.kind]
    if task.exclusive:
        truth = [next((v for v in task.outputs if task.is_one(i, v)), "") for i in taught]
        kept = np.array([t != "" for t in truth])
        together = LogisticRegression(C=strength, class_weight="balanced", solver="lbfgs", tol=1e-5, max_iter=5000)
        together.fit(space[kept], [t for t in truth if t])
        yield from zip(together.classes_, together.coef_, map(float, together.intercept_), strict=True)
        return
    for value in task.outputs:
        yes = np.array([task.is_one(i, value) for i in taught])
        if yes.all() or not yes.any():
            continue
        alone = LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=57, tol=1e-4, max_iter=2000)
        alone.fit(space, yes)
        yield value, alone.coef_[0], float(alone.intercept_[0])


def about(items: int, folder: Path, features: int) -> dict[str, Any]:
    """What a manifest says of how a model came about."""
    return {
        "corpus": {"items": items, "sha256": models.hash_of(folder.glob("*.jsonl"))},
        "lexicon_sha256": models.hash_of([FILES / f"{book}.yaml" for book in BOOKS]),
        "libraries": {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "features": features,
    }


def train(folder: Path = CORPUS, models_dir: Path = models.HERE) -> int:
    """Fit from a corpus folder and write the models; return the number of items."""
    items = corpus(folder)
    names, idf, outputs, weights, bias = fit(items)
    models.save(models_dir, names=names, idf=idf, outputs=outputs, weights=weights, bias=bias, about=about(len(items), folder, len(names)))
    return len(items)


if __name__ == "__main__":
    sys.stdout.write(f"Đã huấn luyện từ {train()} mục; mô hình nằm ở {models.HERE}\n")
