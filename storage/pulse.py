"""The pulse of the desk: the few numbers that an operator and a monitoring system look at, all of one moment and cheap to ask for."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, or_, select, text

from monitor.figures import Pulse
from monitor.records import DeliveryStatus, LedgerState
from storage.schema import articles, counters, ledger, outbox, quarantine, sightings, sources

_OPEN = outbox.c.status.in_([DeliveryStatus.PENDING.value, DeliveryStatus.LEASED.value])
_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


def take(conn: Connection, now: datetime) -> Pulse:
    """Count; what a source offered in its first reading is not news."""
    due = or_(ledger.c.retry_at.is_(None), ledger.c.retry_at <= now)
    row = conn.execute(
        select(
            select(func.count()).select_from(articles).scalar_subquery().label("articles"),
            select(counters.c.value).where(counters.c.name == "article").scalar_subquery().label("stored"),
            _new_since(now - timedelta(hours=1), now).label("hour"),
            _new_since(now - timedelta(days=1), now).label("day"),
            _waiting(due).label("due"),
            select(func.min(outbox.c.due_at)).where(_OPEN, outbox.c.due_at <= now).scalar_subquery().label("owed_since"),
            select(func.count()).select_from(quarantine).scalar_subquery().label("quarantined"),
        )
    ).one()
    hour, day, waiting = (int(n) for n in (row.hour, row.day, row.due))  # PostgreSQL sums to Decimal
    return Pulse(
        articles=row.articles, stored=row.stored or 0, hour=hour, day=day, due=waiting, owed_since=row.owed_since,
        quarantined=row.quarantined, size=int(conn.execute(text(_SIZE[conn.dialect.name])).scalar_one()),
    )  # fmt: skip


def _new_since(since: datetime, now: datetime) -> ColumnElement[int]:
    """New URLs of all sources, one look into the index for each."""
    c = sightings.c
    of_source = select(func.count()).where(c.source_id == sources.c.id, c.at > since, c.at <= now, c.first_reading.is_(False))
    return select(func.coalesce(func.sum(of_source.scalar_subquery()), 0)).select_from(sources).scalar_subquery()


def _waiting(due: ColumnElement[bool]) -> ColumnElement[int]:
    of_source = select(func.count()).where(ledger.c.source_id == sources.c.id, ledger.c.state == LedgerState.WAITING, due)
    return select(func.coalesce(func.sum(of_source.scalar_subquery()), 0)).select_from(sources).scalar_subquery()
