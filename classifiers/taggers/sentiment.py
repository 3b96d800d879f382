"""The tone toward the authorities' policy, programme or service, as an ordinary reader takes it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from classifiers.features import Evidence
from classifiers.thresholds import threshold, unsure
from monitor.records import Label

KIND = "sentiment"
TONES = ("neg", "neu", "pos")
_NAMES = {"neg": "tiêu cực", "neu": "trung lập", "pos": "tích cực"}


def tag(evidence: Evidence) -> tuple[Label, ...]:
    """sentiment of the likeliest tone, and sentiment_score for all three (they sum to 1); uncertain sentiment when two are near."""
    shares = probabilities(evidence)
    best = max(TONES, key=lambda tone: shares[tone])
    why = evidence.explain(f"sentiment:{best}", 1) or evidence.found(f"sentiment.{best}")
    scores = tuple(Label(kind="sentiment_score", value=tone, score=shares[tone], model=evidence.model) for tone in TONES)
    doubt = unsure(KIND, shares[best], "sắc thái chưa rõ: " + _near(shares), evidence.model)
    return (Label(kind=KIND, value=best, score=shares[best], why=why, model=evidence.model), *scores, *doubt)


def _near(shares: Mapping[str, float]) -> str:
    first, second = sorted(TONES, key=lambda tone: -shares[tone])[:2]
    return f"{_NAMES[first]} {shares[first]:.0%}, {_NAMES[second]} {shares[second]:.0%}"


def probabilities(evidence: Evidence) -> dict[str, float]:
    """The share of each tone, from the three models and their offsets."""
    raw = {tone: evidence.score(f"{KIND}:{tone}") + threshold(KIND, tone) for tone in TONES}
    top = max(raw.values())
    weights = {tone: math.exp(value - top) for tone, value in raw.items()}
    return {tone: weight / sum(weights.values()) for tone, weight in weights.items()}
