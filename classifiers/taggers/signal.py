"""Signs that the alert rules ask for: fraud, leak, outage, complaint, criticism, question, figure, denial …"""

from __future__ import annotations

import math

from classifiers.features import Evidence, odds
from classifiers.lexicon import lexicon
from classifiers.thresholds import threshold
from monitor.records import Label

KIND = "signal"
_PREFIX = "signal."
#: Signs that silence or lower a case: the model alone is never enough for them, a phrase must stand in the text
_NEEDS_PHRASE = frozenset(("denial", "resolved"))


def tag(evidence: Evidence) -> tuple[Label, ...]:
    """signal <id>: model and phrases averaged where a model was learned, phrases alone elsewhere."""
    labels = []
    for group in lexicon().groups:
        if not group.startswith(_PREFIX):
            continue
        name = group.removeprefix(_PREFIX)
        score = strength(evidence, name)
        if score >= threshold("signals", name) and (name not in _NEEDS_PHRASE or evidence.votes.of(group)):
            why = evidence.found(group) or evidence.explain(f"{KIND}:{name}", 1)
            labels.append(Label(kind=KIND, value=name, score=score, why=why, model=evidence.model))
    return tuple(labels)


def strength(evidence: Evidence, name: str) -> float:
    """0..1 how surely the sign is there."""
    said = 1 - math.exp(-evidence.votes.sum(_PREFIX + name))
    learned = f"{KIND}:{name}"
    if learned not in evidence.scores:
        return said
    return 0.65 * odds(evidence.score(learned)) + 0.35 * said
