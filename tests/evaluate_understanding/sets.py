"""The labelled items that the labels are held against: real headlines (../shared, two halves), the newsroom, the frozen set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifiers import train
from classifiers.evaluate import DEV, items_of
from classifiers.lexicon import FILES
from monitor.demo.newsroom import items as newsroom_items

ROOT = Path(__file__).resolve().parents[2]
FROZEN = FILES / "frozen.jsonl"
WARDS = ROOT / "tests/data/wards"

Item = dict[str, Any]


def lines(path: Path) -> list[Item]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def dev(half: str) -> list[Item]:
    """Real headlines of one half. Raises MonitorError when ../shared is not there."""
    return items_of(ROOT / DEV, half)


def newsroom() -> list[Item]:
    """The newsroom's items with what is true of them, their outlet's tier and ward beside it, as the service knows them."""
    outlets = {o.id: o for o in newsroom_items.outlets()}
    truth = newsroom_items.truth()
    found = []
    for row in newsroom_items._rows():
        outlet = outlets[row["outlet"]]
        text = "\n".join([row["lead"], *row["body"]])
        found.append(truth[row["id"]] | {"title": row["title"], "text": text, "tier": outlet.tier, "ward": outlet.ward})
    return found


def frozen() -> list[Item]:
    """Items of one writer that nothing was ever fitted on, their kind of source known as in training."""
    return [i | {"tier": train._TIERS.get(i["style"])} for i in lines(FROZEN)]


def words(items: Sequence[Item]) -> int:
    """Syllables of the titles and texts together."""
    return sum(len(f"{i['title']} {i['text']}".split()) for i in items)
