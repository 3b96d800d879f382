"""The settings of data/thresholds.yaml: where scores become labels, and where the program had better ask a person."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from classifiers.lexicon import FILES, read_yaml
from monitor.records import Label


@lru_cache(maxsize=1)
def _settings() -> dict[str, Any]:
    return read_yaml(FILES / "thresholds.yaml")


def threshold(section: str, name: str) -> float:
    """One threshold; the section's default when the name has none of its own."""
    own = _settings()[section]
    return float(own.get(name, own.get("default", 0.0)))


def unsure(task: str, score: float, why: str, model: str) -> tuple[Label, ...]:
    """The label `uncertain <task>` ("cần người xem") when a probability lies under the task's bound, else nothing."""
    if score >= threshold("unsure", task):
        return ()
    return (Label(kind="uncertain", value=task, score=1.0 - score, why=(why,), model=model),)
