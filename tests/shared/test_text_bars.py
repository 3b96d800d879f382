"""Measures extraction, dates and stories on the shared material; nothing of it is copied here."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawlers.stories.index import StoryIndex
from monitor.records import Placement
from tests.bench_collect import extraction as bench
from tests.evaluate_collect import dates as wanted_dates
from tests.evaluate_collect import extraction, pages

DATA = Path(__file__).resolve().parents[3] / "shared/data"

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not DATA.is_dir(), reason="../shared is not here")]


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def test_extraction_benchmark() -> None:
    texts = {key: extraction.read(body, extraction.truth()[key]["url"]) for key, body in extraction.bodies().items()}
    assert extraction.f1(texts) >= 0.965  # the bar is 0.955


def test_extraction_is_faster_than_the_library_it_falls_back_on() -> None:
    _, _, ratio = bench.against_trafilatura(rounds=1)
    assert ratio >= 1.3


def test_the_recorded_page() -> None:
    page = pages.recorded()
    assert page.rouge >= 0.97
    assert page.title
    assert page.date


def test_every_date_of_the_replay() -> None:
    assert wanted_dates.wrong_in_replay() == []


def _put(index: StoryIndex, item: dict[str, Any]) -> Placement:
    at = datetime.fromisoformat(item["date"]).replace(tzinfo=UTC)
    text = f"{item['title']}. {item['summary']}"
    return index.place(id=item["id"], title=item["title"], text=text, published_at=at, source_id=item["outlet"])


def _rates(joined: list[bool], labels: list[str]) -> tuple[float, float]:
    same = [j for j, label in zip(joined, labels, strict=True) if label == "same_story"]
    other = [j for j, label in zip(joined, labels, strict=True) if label != "same_story"]
    return sum(same) / len(same), 1 - sum(other) / len(other)


@pytest.mark.parametrize("stream", ["each pair alone", "all pairs in one"])
def test_pairs_of_real_items(stream: str) -> None:
    pairs = _lines("dev_pairs.jsonl")
    joined = []
    if stream == "each pair alone":
        for pair in pairs:
            index = StoryIndex(timedelta(days=7))
            joined.append(_put(index, pair["a"]).story_id == _put(index, pair["b"]).story_id)
    else:
        index = StoryIndex(timedelta(days=7))
        items = {item["id"]: item for pair in pairs for item in (pair["a"], pair["b"])}
        placed = {item["id"]: _put(index, item) for item in sorted(items.values(), key=lambda item: str(item["date"]))}
        joined = [placed[pair["a"]["id"]].story_id == placed[pair["b"]["id"]].story_id for pair in pairs]
    together, apart = _rates(joined, [pair["label"] for pair in pairs])
    print(f"{stream}: joined {together:.3f}, kept apart {apart:.3f}")
    assert together >= 0.75
    assert apart >= 0.92
