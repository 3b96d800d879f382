"""Sources as config declares them, what their last readings left behind, and the service's heartbeat."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from monitor.records import Source, SourceState
from storage.database import upsert
from storage.schema import beats, source_states, sources

_FIELDS = [f.name for f in dataclasses.fields(Source) if f.name != "options"]
_STATE = [f.name for f in dataclasses.fields(SourceState)]


def sync(conn: Connection, declared: Sequence[Source], now: datetime) -> None:
    """Write the declared sources down. Those no longer declared stay, unlisted: their coverage still needs a name."""
    conn.execute(update(sources).values(listed=False))
    insert = upsert(conn.dialect.name, sources)
    changed = {name: insert.excluded[name] for name in (*_FIELDS, "listed", "updated_at") if name != "id"}
    rows = [{name: getattr(s, name) for name in _FIELDS} | {"listed": True, "updated_at": now} for s in declared]
    if rows:
        conn.execute(insert.on_conflict_do_update(index_elements=["id"], set_=changed), rows)


def states(conn: Connection) -> dict[str, SourceState]:
    """What every source's last readings left behind, by source id."""
    return {row["source_id"]: SourceState(**row) for row in conn.execute(select(source_states)).mappings()}


def save_state(conn: Connection, state: SourceState) -> None:
    """Remember what a reading left behind."""
    insert = upsert(conn.dialect.name, source_states)
    changed = {name: insert.excluded[name] for name in _STATE if name != "source_id"}
    conn.execute(insert.on_conflict_do_update(index_elements=["source_id"], set_=changed), {n: getattr(state, n) for n in _STATE})


def beat(conn: Connection, now: datetime, what: str) -> None:
    """Write down that `what` is alive."""
    insert = upsert(conn.dialect.name, beats)
    conn.execute(insert.on_conflict_do_update(index_elements=["what"], set_={"at": insert.excluded["at"]}), {"what": what, "at": now})


def last_beat(conn: Connection, what: str | None = None) -> datetime | None:
    """The latest heartbeat of `what`, or of anything."""
    query = select(func.max(beats.c.at))
    return conn.execute(query if what is None else query.where(beats.c.what == what)).scalar()
