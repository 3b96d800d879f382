"""Vietnamese names of the vocabulary's ids, for people to read."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml


@lru_cache
def names() -> dict[str, str]:
    """Name by id: topics, bottlenecks, and wards by slug ("phường Bồ Đề")."""
    data = resources.files("classifiers") / "data"
    taxonomy = yaml.safe_load((data / "taxonomy.yaml").read_text(encoding="utf-8"))
    wards = yaml.safe_load((data / "wards.yaml").read_text(encoding="utf-8"))["wards"]
    found = {entry["id"]: entry["vi"] for kind in ("topics", "bottlenecks") for entry in taxonomy[kind]}
    return found | {ward["slug"]: f"{ward['type']} {ward['name']}" for ward in wards}
