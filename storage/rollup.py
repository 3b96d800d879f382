"""The daily counts behind the digest: what one article adds to them, and how a change is booked."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from functools import cache

from sqlalchemy import Connection, Executable

from monitor.records import Tags
from storage.columns import local_day
from storage.database import upsert
from storage.schema import daily_counts

#: day, kind, value, source, relevant, hanoi, sentiment
Cell = tuple[date, str, str, str, bool, bool, str]
COUNTED_KINDS = ("topic", "ward")
_COLUMNS = ("day", "kind", "value", "source_id", "relevant", "hanoi", "sentiment")


def cells(tags: Tags, source_id: str, published_at: datetime) -> Counter[Cell]:
    """What an article counts for."""
    first = tags.first("sentiment")
    rest = (source_id, tags.relevant, tags.hanoi, first.value if first else "")
    day = local_day(published_at)
    counted: Counter[Cell] = Counter({(day, "all", "", *rest): 1})
    for kind in COUNTED_KINDS:
        for value in set(tags.values(kind)):
            counted[(day, kind, value, *rest)] += 1
    return counted


def book(conn: Connection, *, before: Counter[Cell], after: Counter[Cell]) -> None:
    """Change the counts from what the article counted for to what it counts for now."""
    change = {cell: after[cell] - before[cell] for cell in before.keys() | after.keys()}
    # Sorted, so that two writers on PostgreSQL take the row locks in the same order.
    rows = [dict(zip(_COLUMNS, cell, strict=True)) | {"articles": n} for cell, n in sorted(change.items()) if n]
    if not rows:
        return
    conn.execute(_added(conn.dialect.name), rows)


@cache
def _added(dialect: str) -> Executable:
    insert = upsert(dialect, daily_counts)
    return insert.on_conflict_do_update(index_elements=_COLUMNS, set_={"articles": daily_counts.c.articles + insert.excluded.articles})
