"""The learning curve: random parts of the corpus, each fitted once, held against the tune half. Slow (`--curve`); kept in curve.json."""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifiers import models, train
from classifiers.tag import Tagger
from tests.evaluate_understanding import measures, sets
from tests.evaluate_understanding.verdicts import judged

KEPT = Path(__file__).parent / "curve.json"
SIZES = (500, 1_000, 2_000, 4_000, 5_500, 7_000)
TASKS = {
    "relevant F1": ("relevant", measures.micro),
    "sentiment macro-F1": ("sentiment", measures.macro),
    "topics micro-F1": ("topic", measures.micro),
    "topics macro-F1": ("topic", measures.macro),
    "class macro-F1": ("class", measures.macro),
}


def run(sizes: Sequence[int] = SIZES, kept: Path = KEPT) -> dict[str, Any]:
    """Fit each part, measure it on the tune half; the whole corpus is the shipped model. Each point is written as soon as it is known."""
    items, tune = train.corpus(), sets.dev("tune")
    shuffled = random.Random(measures.SEED).sample(items, len(items))  # one order: every part holds the smaller ones
    found: dict[str, Any] = {"corpus_sha256": models.hash_of(train.CORPUS.glob("*.jsonl")), "seed": measures.SEED, "points": []}
    for size in [*(s for s in sizes if s < len(items)), len(items)]:
        started = time.monotonic()
        tagger = Tagger.load() if size == len(items) else fitted(shuffled[:size])
        sheets = measures.sheets(tune, judged(tagger, tune))
        point = {name: round(measures.interval(score, sheets[task]).value, 4) for name, (task, score) in TASKS.items()}
        found["points"].append({"items": size} | point)
        kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        sys.stderr.write(f"{size} items, {time.monotonic() - started:.0f} s: {point}\n")
    return found


def fitted(items: Sequence[Any]) -> Tagger:
    """A tagger with models of these items only, in hundredths like the shipped ones."""
    names, idf, outputs, weights, bias = train.fit(items)
    with tempfile.TemporaryDirectory() as folder:
        models.save(Path(folder), names=names, idf=idf, outputs=outputs, weights=weights, bias=bias, about={})
        return Tagger.load(Path(folder))


def gain(points: Sequence[dict[str, float]], name: str) -> float:
    """What another 500 items brought at the end: the slope of the last three points by least squares."""
    last = points[-3:]
    middle = sum(p["items"] for p in last) / len(last)
    spread = sum((p["items"] - middle) ** 2 for p in last)
    return 500 * sum((p["items"] - middle) * p[name] for p in last) / spread
