"""Stories of the newsroom: its items with their texts in the order of time, straight into the index, against what is true of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from crawlers.stories.index import StoryIndex
from monitor.demo.newsroom import items as newsroom
from monitor.records import Placement
from monitor.text import clean
from tests.bars import Row


def placed() -> dict[str, Placement]:
    """Where the index puts each item when all arrive as they were published."""
    index = StoryIndex(timedelta(days=7))
    return {row["id"]: _put(index, row) for row in newsroom._rows()}


def _put(index: StoryIndex, row: Mapping[str, Any]) -> Placement:
    text = clean("\n".join([row["lead"], *row["body"]]))
    at = datetime.fromisoformat(row["published_at"])
    return index.place(id=row["id"], title=clean(row["title"]), text=text, published_at=at, source_id=row["outlet"])


def b_cubed(said: Mapping[str, str], true: Mapping[str, str], *, over: Collection[str]) -> tuple[float, float, float]:
    """B-cubed precision, recall and F1 of two clusterings (Bagga and Baldwin 1998), averaged over some of the items."""
    said_groups, true_groups = defaultdict(set), defaultdict(set)
    for item in true:
        said_groups[said[item]].add(item)
        true_groups[true[item]].add(item)
    common = {i: len(said_groups[said[i]] & true_groups[true[i]]) for i in over}
    precision = sum(common[i] / len(said_groups[said[i]]) for i in over) / len(over)
    recall = sum(common[i] / len(true_groups[true[i]]) for i in over) / len(over)
    return precision, recall, 2 * precision * recall / (precision + recall)


def rows() -> list[Row]:
    """All items, and those of stories with more than one."""
    said = {i: p.story_id for i, p in placed().items()}
    true = {i: str(t["story"]) for i, t in newsroom.truth().items()}
    size = Counter(true.values())
    found = []
    for what, over, bar in (
        ("all items", set(true), 0.95),
        ("items of stories with several", {i for i, story in true.items() if size[story] > 1}, 0.0),
    ):
        precision, recall, f1 = b_cubed(said, true, over=over)
        measured = f"{f1:.3f} (precision {precision:.3f}, recall {recall:.3f})"
        found.append(Row(what=f"newsroom stories, B-cubed F1, {what}", bar=str(bar or ""), goal="0.98", measured=measured, met=f1 >= bar))
    return found


if __name__ == "__main__":
    for row in rows():
        print(row.what, row.measured)
