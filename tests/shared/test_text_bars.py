"""Measures extraction, dates and stories on the shared material; nothing of it is copied here."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import trafilatura

from crawlers import dates
from crawlers.extract import extract_page
from crawlers.stories import StoryIndex
from monitor.records import Extracted, Placement

DATA = Path(__file__).resolve().parents[3] / "shared/data"
NOW = datetime(2026, 11, 21, tzinfo=UTC)

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not DATA.is_dir(), reason="../shared is not here")]


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def _page(body: bytes, url: str) -> Extracted:
    return extract_page(body, None, url, entry_title="", entry_summary_html="", entry_published_raw="", now=NOW)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3))) if words else Counter()


def test_extraction_benchmark() -> None:
    truth = json.loads((DATA / "extraction_benchmark/ground-truth.json").read_text(encoding="utf-8"))
    bodies = {key: gzip.decompress((DATA / f"extraction_benchmark/html/{key}.html.gz").read_bytes()) for key in truth}
    start = time.process_time()
    texts = {key: _page(body, truth[key]["url"]).text for key, body in bodies.items()}
    ours = time.process_time() - start
    start = time.process_time()
    for body in bodies.values():
        trafilatura.extract(body.decode("utf-8", "replace"))
    default = time.process_time() - start
    precisions, recalls = [], []
    for key, page in truth.items():
        wanted, got = _shingles(page["articleBody"]), _shingles(texts[key])
        common = (wanted & got).total()
        precisions += [common / got.total()] if got else []
        recalls += [common / wanted.total()] if wanted else []
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    f1 = 2 * precision * recall / (precision + recall)
    print(f"extraction F1 {f1:.4f}, {len(truth) / ours:.0f} pages/s; trafilatura default {len(truth) / default:.0f} pages/s")
    assert f1 >= 0.955
    assert ours <= default


def test_the_recorded_page() -> None:
    folder = DATA / "article_fixture"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["V1"]
    url = next(iter(json.loads((folder / "meta.json").read_text(encoding="utf-8")).values()))["url"]
    got = _page(gzip.decompress((folder / "page.html.gz").read_bytes()), url)
    paragraphs = [p for section in expected["body"]["sections"] for p in section["headline"] + section["paragraphs"]]
    assert _rouge_l("\n".join(expected["body"]["summary"] + paragraphs), got.text) >= 0.97
    assert got.title == expected["title"]
    assert got.published_at == datetime.fromisoformat(expected["publishing_date"])
    assert not got.partial


def _rouge_l(wanted: str, got: str) -> float:
    a, b = re.findall(r"\w+", wanted.lower()), re.findall(r"\w+", got.lower())
    row = [0] * (len(b) + 1)
    for word in a:
        new = [0]
        for j, other in enumerate(b):
            new.append(row[j] + 1 if word == other else max(row[j + 1], new[j]))
        row = new
    precision, recall = row[-1] / len(b), row[-1] / len(a)
    return 2 * precision * recall / (precision + recall)


def test_every_date_of_the_replay() -> None:
    wrong = []
    for item in _lines("replay_items.jsonl"):
        raw = item["published"].replace("\u202f", " ")
        if raw.endswith(("AM", "PM")):
            expected = datetime.strptime(raw, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=dates.LOCAL)
        else:
            expected = parsedate_to_datetime(re.sub(r"\+07(:00)?$", "+0700", raw))
        if dates.parse(item["published"], NOW) != expected:
            wrong.append(item["published"])
    assert wrong == []


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
