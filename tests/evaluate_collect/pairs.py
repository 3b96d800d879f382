"""Pairs of items, told apart or joined: our own (tests/data/pairs) and, where ../shared lies, real ones. With intervals."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from crawlers.stories.index import StoryIndex
from tests.bars import Row

OWN = Path(__file__).parents[1] / "data/pairs"
REAL = Path(__file__).resolve().parents[3] / "shared/data/dev_pairs.jsonl"
_START = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
_DRAWS = 2_000


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def share(hits: list[bool]) -> float:
    """The part that is true."""
    return sum(hits) / len(hits)


def interval(hits: list[bool]) -> str:
    """The share with its 95 % bootstrap interval."""
    draw = random.Random(1)
    drawn = sorted(share(draw.choices(hits, k=len(hits))) for _ in range(_DRAWS))
    return f"{share(hits):.3f} [{drawn[_DRAWS // 40]:.2f}, {drawn[-_DRAWS // 40]:.2f}]"


def notices() -> list[tuple[dict[str, str], dict[str, str]]]:
    """Two notices of one template about different things: another ward, day, number or event."""
    filled = [
        [{part: notice[part].format(**slots) for part in ("title", "text")} for slots in notice["variants"]]
        for notice in lines(OWN / "notices.jsonl")
    ]
    return [pair for same in filled for pair in combinations(same, 2)]


def own_pairs() -> tuple[list[bool], list[bool]]:
    """Each of our pairs alone: (joined) of one event told twice, (kept apart) of the others and of the notices."""
    joined, apart = [], []
    for pair in lines(OWN / "stories.jsonl"):
        together = _together(pair["a"], pair["b"], timedelta(hours=pair["hours"]))
        (joined if pair["label"] == "same_story" else apart).append(together == (pair["label"] == "same_story"))
    apart += [not _together(a, b, timedelta(hours=2)) for a, b in notices()]
    return joined, apart


def _together(a: dict[str, str], b: dict[str, str], gap: timedelta) -> bool:
    index = StoryIndex(timedelta(days=7))
    index.place(id="a", title=a["title"], text=a["text"], published_at=_START, source_id="a")
    return index.place(id="b", title=b["title"], text=b["text"], published_at=_START + gap, source_id="b").story_id == "a"


def real_pairs(*, stream: bool) -> tuple[list[bool], list[bool]]:
    """The real pairs, each alone or all items in one stream by date: (joined) of the same story, (kept apart) of the others."""
    pairs = lines(REAL)
    if stream:
        index = StoryIndex(timedelta(days=7))
        items = {item["id"]: item for pair in pairs for item in (pair["a"], pair["b"])}
        placed = {item["id"]: _put(index, item) for item in sorted(items.values(), key=lambda item: str(item["date"]))}
        together = [placed[pair["a"]["id"]] == placed[pair["b"]["id"]] for pair in pairs]
    else:
        together = []
        for pair in pairs:
            index = StoryIndex(timedelta(days=7))
            together.append(_put(index, pair["a"]) == _put(index, pair["b"]))
    same = [pair["label"] == "same_story" for pair in pairs]
    return [t for t, s in zip(together, same, strict=True) if s], [not t for t, s in zip(together, same, strict=True) if not s]


def _put(index: StoryIndex, item: dict[str, Any]) -> str:
    at = datetime.fromisoformat(item["date"]).replace(tzinfo=UTC)
    text = f"{item['title']}. {item['summary']}"
    return index.place(id=item["id"], title=item["title"], text=text, published_at=at, source_id=item["outlet"]).story_id


def rows() -> list[Row]:
    """Our pairs always, the real ones where they are."""
    measured: Iterable[tuple[str, Callable[[], tuple[list[bool], list[bool]]]]] = [("our own pairs", own_pairs)]
    if REAL.is_file():
        measured = [
            *measured,
            ("real pairs, each alone", lambda: real_pairs(stream=False)),
            ("real pairs, in one stream", lambda: real_pairs(stream=True)),
        ]
    found = []
    for name, measure in measured:
        joined, apart = measure()
        met = share(joined) >= 0.75 and share(apart) >= 0.92
        said = f"{interval(joined)} of {len(joined)} / {interval(apart)} of {len(apart)}"
        found.append(
            Row(what=f"{name}: same story joined / others kept apart", bar="0.75 / 0.92", goal="0.90 / 0.95", measured=said, met=met)
        )
    return found


if __name__ == "__main__":
    for row in rows():
        print(row.what, row.measured)
