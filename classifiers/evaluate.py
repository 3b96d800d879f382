"""`python -m classifiers.evaluate --suggest`: the thresholds that do best on the tune half of ../shared/data/dev_headlines.jsonl.

Measuring only; the report half is never looked at for a choice. The evaluation itself is `make evaluate` (tests/evaluate_understanding).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from classifiers.features import Evidence
from classifiers.scores import LEAST_OF_CLASS, Item
from classifiers.tag import Tagger
from classifiers.taggers import case_class, relevance, sentiment, topic
from monitor.errors import MonitorError
from monitor.text import clean

DEV = Path("../shared/data/dev_headlines.jsonl")


def items_of(path: Path = DEV, half: str | None = None) -> list[dict[str, Any]]:
    """The labelled headlines, of one half or all. Raises MonitorError when the file is not there."""
    if not path.is_file():
        raise MonitorError(f"{path}: không có tập đo; lệnh này chỉ chạy được cạnh thư mục ../shared.")
    items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    items = [i | {"text": i["summary"]} for i in items]
    return [i for i in items if half is None or i["half"] == half]


def suggest(items: Sequence[Item], evidence: Sequence[Evidence]) -> dict[str, Any]:
    """Thresholds that do best on these items (the tune half)."""
    truth = np.array([i["relevant"] for i in items])
    scores = np.array([relevance.mixed(e) for e in evidence])
    accept = _best(lambda t: float(f1_score(truth, scores >= t)), np.arange(-1.5, 2.6, 0.1))
    review = float(np.quantile(scores[truth], 0.025))
    ours = [(i, e) for i, e in zip(items, evidence, strict=True) if i["relevant"]]
    return {
        "relevance": {"accept": round(accept, 2), "review": round(min(review, accept - 0.5), 2)},
        "topics": {"default": round(_best(lambda t: _topic_micro(ours, t), np.arange(-1.5, 1.6, 0.1)), 2)},
        "sentiment": _tone_offsets(ours),
        "classes": {"tone": round(_best(lambda t: _class_macro(ours, t), np.arange(0.0, 1.6, 0.1)), 2)},
    }


def _best(score: Callable[[float], float], grid: Sequence[float] | np.ndarray[Any, Any]) -> float:
    """The middle of the best stretch of a grid: a plateau is safer than a peak."""
    values = np.array([score(float(t)) for t in grid])
    smooth = np.convolve(np.pad(values, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    return float(np.asarray(grid)[int(np.argmax(smooth))])


def _topic_micro(ours: Sequence[tuple[Item, Evidence]], moved: float) -> float:
    hits = true = said = 0
    for item, evidence in ours:
        over = sorted(((evidence.score(f"topic:{t}") - moved, t) for t in topic.topics(evidence)), reverse=True)
        chosen = {t for margin, t in over[: topic.MOST] if margin >= 0}
        hits, true, said = hits + len(chosen & set(item["topics"])), true + len(item["topics"]), said + len(chosen)
    return 2 * hits / max(1, true + said)


def _tone_offsets(ours: Sequence[tuple[Item, Evidence]]) -> dict[str, float]:
    true = [i["sentiment"] for i, _ in ours]
    raw = np.array([[e.score(f"sentiment:{t}") for t in sentiment.TONES] for _, e in ours])
    steps = np.arange(-1, 1.1, 0.25)

    def macro(neg: float, pos: float) -> float:
        said = [sentiment.TONES[k] for k in (raw + np.array([neg, 0.0, pos])).argmax(axis=1)]
        return float(f1_score(true, said, average="macro"))

    best = max((macro(neg, pos), neg, pos) for neg in steps for pos in steps)
    return {"neg": float(best[1]), "neu": 0.0, "pos": float(best[2])}


def _class_macro(ours: Sequence[tuple[Item, Evidence]], tone: float) -> float:
    true, said = [], []
    for item, evidence in ours:
        shares = case_class.probabilities(evidence, tone)
        true.append(item["class"])
        said.append(max(shares, key=lambda c: shares[c]))
    frequent = sorted(c for c in set(true) if true.count(c) >= LEAST_OF_CLASS)
    return float(f1_score(true, said, labels=frequent, average="macro", zero_division=0))


def main(arguments: Sequence[str]) -> int:
    """Print the thresholds; nothing is changed."""
    if list(arguments) != ["--suggest"]:
        sys.stderr.write("Dùng: python -m classifiers.evaluate --suggest (gợi ý ngưỡng). Đo chất lượng: make evaluate.\n")
        return 2
    tagger, tune = Tagger.load(), items_of(half="tune")
    evidence = [tagger.read(clean(i["title"]), clean(i["text"])) for i in tune]
    sys.stdout.write(json.dumps(suggest(tune, evidence), ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
