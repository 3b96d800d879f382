from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pytest

from classifiers.gazetteer import gazetteer
from classifiers.lexicon import taxonomy
from classifiers.train import corpus
from classifiers.vietnamese import read
from monitor.records import CaseClass

DEV = Path(__file__).parents[3] / "shared/data/dev_headlines.jsonl"
TOO_ALIKE = 0.5  #: Jaccard of three-syllable shingles


def shingles(title: str, text: str) -> frozenset[str]:
    words = read(title, text).folded
    return frozenset(" ".join(words[i : i + 3]) for i in range(len(words) - 2))


def alike(left: Sequence[tuple[str, frozenset[str]]], right: Sequence[tuple[str, frozenset[str]]]) -> list[tuple[str, str]]:
    holders: dict[str, list[int]] = defaultdict(list)
    for at, (_, found) in enumerate(right):
        for shingle in found:
            holders[shingle].append(at)
    pairs = []
    for name, mine in left:
        shared: dict[int, int] = defaultdict(int)
        for shingle in mine:
            for at in holders.get(shingle, ()):
                shared[at] += 1
        for at, count in shared.items():
            other, theirs = right[at]
            if other != name and count / len(mine | theirs) >= TOO_ALIKE:
                pairs.append((name, other))
    return pairs


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    return corpus()


def test_no_item_is_nearly_another(items: list[dict[str, Any]]) -> None:
    mine = [(i["id"], shingles(i["title"], i["text"])) for i in items]
    assert alike(mine, mine) == []


def test_ids_are_unique(items: list[dict[str, Any]]) -> None:
    assert len({i["id"] for i in items}) == len(items)


def test_labels_are_of_the_one_vocabulary(items: list[dict[str, Any]]) -> None:
    topics, bottlenecks = {t["id"] for t in taxonomy()["topics"]}, {b["id"] for b in taxonomy()["bottlenecks"]}
    wards = set(gazetteer().ward_names)
    for item in items:
        assert set(item["topics"]) <= topics, item["id"]
        assert set(item["bottlenecks"]) <= bottlenecks, item["id"]
        assert set(item["wards"]) <= wards, item["id"]
        assert item["sentiment"] in (("neg", "neu", "pos") if item["relevant"] else (None,)), item["id"]
        assert item["class"] in (get_args(CaseClass) if item["relevant"] else (None,)), item["id"]


def test_every_topic_has_enough_items(items: list[dict[str, Any]]) -> None:
    few = {t["id"] for t in taxonomy()["topics"] if sum(t["id"] in i["topics"] for i in items) < 15}
    assert few == set()


@pytest.mark.shared
def test_no_item_is_a_headline_of_the_dev_set(items: list[dict[str, Any]]) -> None:
    if not DEV.is_file():
        pytest.skip("../shared is not here")
    dev = [json.loads(line) for line in DEV.read_text(encoding="utf-8").splitlines()]
    theirs = [(d["id"], shingles(d["title"], d["summary"])) for d in dev]
    titles = [(d["id"], shingles(d["title"], "")) for d in dev]
    assert alike([(i["id"], shingles(i["title"], i["text"])) for i in items], theirs) == []
    assert alike([(i["id"], shingles(i["title"], "")) for i in items if len(i["title"].split()) > 5], titles) == []
