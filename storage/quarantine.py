"""Quarantine: bytes that were stopped, as their hash. The same bytes of the same source are not parsed a second time."""

from __future__ import annotations

import dataclasses

from sqlalchemy import Connection, select

from monitor.figures import Quarantined
from storage.database import upsert
from storage.schema import quarantine

_SHOWN = [f.name for f in dataclasses.fields(Quarantined)]


def put(conn: Connection, item: Quarantined) -> None:
    """Write down what was stopped; seen again, it counts."""
    new = upsert(conn.dialect.name, quarantine)
    latest = {name: new.excluded[name] for name in ("url", "reason", "size", "last_at")}
    again = latest | {"times": quarantine.c.times + new.excluded["times"]}
    conn.execute(new.on_conflict_do_update(index_elements=["body_hash", "source_id"], set_=again), dataclasses.asdict(item))


def newest(conn: Connection, limit: int) -> list[Quarantined]:
    """What was stopped, the last seen first."""
    c = quarantine.c
    rows = conn.execute(select(*(c[n] for n in _SHOWN)).order_by(c.last_at.desc(), c.body_hash, c.source_id).limit(limit))
    return [Quarantined(**row) for row in rows.mappings()]


def hashes(conn: Connection) -> set[str]:
    """The hashes of all bytes in quarantine."""
    return set(conn.execute(select(quarantine.c.body_hash).distinct()).scalars())
