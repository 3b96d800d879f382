"""The extraction benchmark of ../shared, measured as its README says: F1 over four-word shingles of 181 recorded pages."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from crawlers.pages.extract import extract_page
from tests.bars import Row, table

BENCHMARK = Path(__file__).resolve().parents[3] / "shared/data/extraction_benchmark"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ABSENT = "not measured: ../shared is not here"


@lru_cache
def truth() -> dict[str, dict[str, str]]:
    """What stands on each page, by id."""
    found: dict[str, dict[str, str]] = json.loads((BENCHMARK / "ground-truth.json").read_text(encoding="utf-8"))
    return found


def bodies() -> dict[str, bytes]:
    """The pages as recorded, by id."""
    return {key: gzip.decompress((BENCHMARK / f"html/{key}.html.gz").read_bytes()) for key in truth()}


def read(body: bytes, url: str) -> str:
    """The text our extraction finds, without help from a feed."""
    return extract_page(body, None, url, entry_title="", entry_summary_html="", entry_published_raw="", now=NOW).text


def f1(texts: dict[str, str]) -> float:
    """F1 of mean precision and mean recall."""
    precisions, recalls = [], []
    for key, page in truth().items():
        wanted, got = _shingles(page["articleBody"]), _shingles(texts[key])
        common = (wanted & got).total()
        precisions += [common / got.total()] if got else []
        recalls += [common / wanted.total()] if wanted else []
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return 2 * precision * recall / (precision + recall)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3))) if words else Counter()


def rows() -> list[Row]:
    """The rows of the table."""
    what = "`extraction_benchmark`, 181 pages: F1"
    if not BENCHMARK.is_dir():
        return [Row(what=what, bar="0.955", goal="0.970", measured=ABSENT, met=False)]
    found = f1({key: read(body, truth()[key]["url"]) for key, body in bodies().items()})
    return [Row(what=what, bar="0.955", goal="0.970", measured=f"{found:.4f}", met=found >= 0.955)]


if __name__ == "__main__":
    print(table(rows()))
