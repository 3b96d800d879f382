"""A first word on the kind of case (fraud, leak, criticism, routine …); alerts.rules has the last."""

from __future__ import annotations

import math

from classifiers.features import Evidence
from classifiers.thresholds import threshold, unsure
from monitor.records import Label

KIND = "class"
_GRAVE = ("data_leak", "fraud_impersonation", "outage_surge")
NEAR = 0.5  #: how near to the likeliest share a grave class must come
#: The tone a class goes with: criticism is not praise. Classes not named go with any tone.
_TONE = {
    "press_criticism": ("neg",),
    "service_feedback": ("neg",),
    "outage_surge": ("neg",),
    "positive_model": ("pos",),
    "routine": ("neu", "pos"),
}


def tag(evidence: Evidence) -> tuple[Label, ...]:
    """class of the likeliest, its score the share among all classes, its reasons beside it; uncertain class when none stands out."""
    shares = probabilities(evidence)
    if not shares:
        return ()
    best, score = max(shares.items(), key=lambda pair: pair[1])
    if score < threshold("unsure", KIND):  # in doubt between a complaint and harm, a person should look at the harm
        grave = max(_GRAVE, key=lambda name: shares.get(name, 0.0))
        if shares.get(grave, 0.0) >= NEAR * score:
            best, score = grave, shares[grave]
    label = Label(kind=KIND, value=best, score=score, why=evidence.explain(f"{KIND}:{best}", 1), model=evidence.model)
    return (label, *unsure(KIND, score, "nhiều loại gần ngang nhau", evidence.model))


def probabilities(evidence: Evidence, tone: float | None = None) -> dict[str, float]:
    """The share of each class: the class models, moved by the tone (by default as far as the thresholds say)."""
    weight = threshold("classes", "tone") if tone is None else tone
    raw = {
        output.partition(":")[2]: value + weight * _fits(evidence, output.partition(":")[2])
        for output, value in evidence.scores.items()
        if output.startswith("class:")
    }
    if not raw:
        return {}
    top = max(raw.values())
    weights = {name: math.exp(value - top) for name, value in raw.items()}
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


def _fits(evidence: Evidence, name: str) -> float:
    """How much better the class's tone stands than the best other one, in log-odds."""
    tones = _TONE.get(name)
    if tones is None:
        return 0.0
    own = max(evidence.score(f"sentiment:{tone}") for tone in tones)
    other = max((evidence.score(f"sentiment:{tone}") for tone in ("neg", "neu", "pos") if tone not in tones), default=own)
    return max(-4.0, min(4.0, own - other))
