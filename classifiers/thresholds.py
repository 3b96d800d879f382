"""The settings of data/thresholds.yaml: where scores become labels."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from classifiers.lexicon import FILES, read_yaml


@lru_cache(maxsize=1)
def _settings() -> dict[str, Any]:
    return read_yaml(FILES / "thresholds.yaml")


def threshold(section: str, name: str) -> float:
    """One threshold; the section's default when the name has none of its own."""
    own = _settings()[section]
    return float(own.get(name, own.get("default", 0.0)))
