"""Which of the five bottlenecks of the city does it touch? Phrases only: there are too few examples to learn from."""

from __future__ import annotations

import math

from classifiers.features import Evidence
from classifiers.lexicon import taxonomy
from monitor.records import Label


def tag(evidence: Evidence) -> tuple[Label, ...]:
    """bottleneck <id> for each whose phrases stand in the text."""
    labels = []
    for entry in taxonomy()["bottlenecks"]:
        group = f"bottleneck.{entry['id']}"
        weight = evidence.votes.sum(group)
        if weight >= 0.9:
            score = 1 - math.exp(-weight)
            labels.append(Label(kind="bottleneck", value=entry["id"], score=score, why=evidence.found(group), model="lexicon@1"))
    return tuple(labels)
