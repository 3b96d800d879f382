"""Which of the 20 task groups is it about? At most three, each with its own threshold."""

from __future__ import annotations

from classifiers.features import Evidence, odds
from classifiers.thresholds import threshold, unsure
from monitor.records import Label

KIND = "topic"
MOST = 3


def tag(evidence: Evidence) -> tuple[Label, ...]:
    """topic <id>, strongest first. The score is the probability moved so that 0,5 is its threshold. Uncertain when none is clear."""
    over = sorted(((score(evidence, topic), topic) for topic in topics(evidence)), reverse=True)
    chosen = [(margin, topic) for margin, topic in over[:MOST] if margin >= 0]
    labels = tuple(Label(kind=KIND, value=t, score=odds(m), why=_why(evidence, t), model=evidence.model) for m, t in chosen)
    surest = odds(over[0][0]) if over else 0.0
    return (*labels, *unsure(KIND, surest, "không chủ đề nào nổi rõ", evidence.model))


def topics(evidence: Evidence) -> tuple[str, ...]:
    """The topics something was learned for."""
    return tuple(output.partition(":")[2] for output in evidence.scores if output.startswith("topic:"))


def score(evidence: Evidence, topic: str) -> float:
    """Log-odds above the topic's threshold."""
    return evidence.score(f"topic:{topic}") - threshold("topics", topic)


def _why(evidence: Evidence, topic: str) -> tuple[str, ...]:
    return evidence.explain(f"topic:{topic}", 1) or evidence.found(f"topic.{topic}")
