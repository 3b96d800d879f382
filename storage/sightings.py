"""Sightings: which source offered which URL, and when first. From them: how much a source brings, and what one path misses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, and_, func, select

from monitor.figures import SeenCounts, TwoPaths
from storage.columns import AnyRow
from storage.database import upsert
from storage.schema import sightings, sources

WEEKS = 8  #: of history
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
_s = sightings.c


def note(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write sightings down; those known stay as they were."""
    if rows:
        conn.execute(_ignoring(conn.dialect.name), rows)


def seen_counts(conn: Connection, now: datetime) -> dict[str, SeenCounts]:
    """What each source of the register newly offered in the last day, and in the same 24 hours of up to `WEEKS` weeks before.

    First readings are not counted: they bring what had piled up. Weeks before a source was read are left out.
    """

    # One look into the index for every source and day: only the days that are counted are read, however long the archive.
    def end_of(order: ColumnElement[Any]) -> ColumnElement[Any]:
        return select(_s.at).where(_s.source_id == sources.c.id, _s.at <= now).order_by(order).limit(1).scalar_subquery()

    def within_day(end: datetime) -> ColumnElement[Any]:
        new = and_(_s.source_id == sources.c.id, _s.at > end - _DAY, _s.at <= end, _s.first_reading.is_(False))
        return select(func.count()).where(new).scalar_subquery()

    ends = [now - _WEEK * week for week in range(WEEKS + 1)]
    query = select(sources.c.id, end_of(_s.at).label("first"), end_of(_s.at.desc()).label("last"), *map(within_day, ends))
    return {row.id: _counts(row, now, ends) for row in conn.execute(query)}


def two_paths(
    conn: Connection, outlets: Sequence[tuple[str, Collection[str], Collection[str]]], since: datetime, until: datetime
) -> list[TwoPaths]:
    """For each (outlet, sources of one path, sources of the other): of the URLs that either offered first within [since, until), which did.

    Only while both were read, and without what a first reading brought: a sitemap's backlog says nothing of the feed beside it.
    The other path may come later, also after `until`.
    """
    return [_compared(conn, name, set(first), set(second), since, until) for name, first, second in outlets]


def _compared(conn: Connection, outlet: str, first: set[str], second: set[str], since: datetime, until: datetime) -> TwoPaths:
    since = max(since, *(_begun(conn, path) or until for path in (first, second)))
    within = select(_s.key).where(_s.source_id.in_(first | second), _s.at >= since, _s.at < until)
    query = select(sightings).where(_s.key.in_(within), _s.source_id.in_(first | second)).order_by(_s.at, _s.first_reading)
    offered: dict[str, list[AnyRow]] = defaultdict(list)
    for row in conn.execute(query):
        offered[row.key].append(row)
    fair = [{r.source_id for r in rows} for rows in offered.values() if rows[0].at >= since and not rows[0].first_reading]
    return TwoPaths(
        outlet=outlet,
        first=sum(not ids.isdisjoint(first) for ids in fair),
        second=sum(not ids.isdisjoint(second) for ids in fair),
        both=sum(not ids.isdisjoint(first) and not ids.isdisjoint(second) for ids in fair),
    )


def _begun(conn: Connection, path: Collection[str]) -> datetime | None:
    """When a path brought something for the first time. One look into the index a source: min() would read them all."""
    first = select(_s.at).order_by(_s.at).limit(1)
    found = (conn.execute(first.where(_s.source_id == source_id)).scalar() for source_id in path)
    return min((at for at in found if at is not None), default=None)


def _counts(row: AnyRow, now: datetime, ends: Sequence[datetime]) -> SeenCounts:
    if row.first is None:
        return SeenCounts()
    day, *before = row[3:]
    history = tuple(n for n, end in zip(before, ends[1:], strict=True) if row.first <= end - _DAY)
    return SeenCounts(day=day, history=history, hours=(now - row.last) / timedelta(hours=1))


@cache
def _ignoring(dialect: str) -> Executable:
    return upsert(dialect, sightings).on_conflict_do_nothing()
