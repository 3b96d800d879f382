"""The register of sources with its history, what the last readings left behind, and the service's heartbeat."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, null, select, update

from monitor.figures import SourceChange
from monitor.records import Source, SourceState
from storage.columns import AnyRow, to_json
from storage.counters import next_number
from storage.database import upsert
from storage.errors import StorageError
from storage.schema import beats, source_changes, source_states, sources

CONFIG, SHIPPED = "config.yaml", "danh mục kèm phần mềm"  #: who declared a source
_FIELDS = [f.name for f in dataclasses.fields(Source)]
_USUAL = {f.name: f.default for f in dataclasses.fields(Source) if f.default is not dataclasses.MISSING} | {"options": {}}
_STATE = [f.name for f in dataclasses.fields(SourceState)]


def sync(conn: Connection, declared: Sequence[Source], now: datetime, shipped: Collection[str]) -> None:
    """Apply the lines of the files that are new or have changed since they were applied last; what a command changed stays otherwise.

    A source that no file declares any more stays, unlisted (its coverage still needs a name), unless a command added it.
    """
    stored = {row.id: row for row in conn.execute(select(sources)).all()}
    for source in declared:
        line, row = _line(source), stored.pop(source.id, None)
        if row is None or row.declared != line:
            _apply(conn, row, line | {"listed": True}, now, SHIPPED if source.id in shipped else CONFIG, declared=line)
    for row in stored.values():
        if row.listed and row.declared is not None:
            _apply(conn, row, {"listed": False}, now, CONFIG, declared=null())


def put(conn: Connection, source: Source, now: datetime, who: str) -> SourceChange | None:
    """Add or change a source, or list it again; None when nothing differs."""
    row = conn.execute(select(sources).where(sources.c.id == source.id)).one_or_none()
    return _apply(conn, row, _line(source) | {"listed": True}, now, who)


def listed(conn: Connection) -> list[Source]:
    """The listed sources by id."""
    rows = conn.execute(select(sources).where(sources.c.listed.is_(True)))
    return sorted(map(_source, rows), key=lambda source: source.id)  # here: PostgreSQL would sort "_" by its locale


def get(conn: Connection, source_id: str) -> Source | None:
    """The listed source of that id."""
    row = conn.execute(select(sources).where(sources.c.id == source_id, sources.c.listed.is_(True))).one_or_none()
    return None if row is None else _source(row)


def changes(conn: Connection, source_id: str | None, limit: int) -> list[SourceChange]:
    """The history of one source or of all, newest first."""
    query = select(source_changes).order_by(source_changes.c.number.desc()).limit(limit)
    rows = conn.execute(query if source_id is None else query.where(source_changes.c.source_id == source_id))
    return [SourceChange(source_id=r.source_id, at=r.at, who=r.who, what={n: (v[0], v[1]) for n, v in r.what.items()}) for r in rows]


def state(conn: Connection, source_id: str) -> SourceState | None:
    """What one source's last readings left behind; None before the first."""
    row = conn.execute(select(source_states).where(source_states.c.source_id == source_id)).mappings().one_or_none()
    return None if row is None else SourceState(**row)


def states(conn: Connection) -> dict[str, SourceState]:
    """What every source's last readings left behind, by source id."""
    return {row["source_id"]: SourceState(**row) for row in conn.execute(select(source_states)).mappings()}


def save_states(conn: Connection, left: Sequence[SourceState]) -> None:
    """Remember what readings left behind."""
    if not left:
        return
    new = upsert(conn.dialect.name, source_states)
    changed = {name: new.excluded[name] for name in _STATE if name != "source_id"}
    rows = [{name: getattr(one, name) for name in _STATE} for one in left]
    conn.execute(new.on_conflict_do_update(index_elements=["source_id"], set_=changed), rows)


def beat(conn: Connection, now: datetime, what: str) -> None:
    """Write down that `what` is alive."""
    new = upsert(conn.dialect.name, beats)
    conn.execute(new.on_conflict_do_update(index_elements=["what"], set_={"at": new.excluded["at"]}), {"what": what, "at": now})


def last_beat(conn: Connection, what: str | None = None) -> datetime | None:
    """The latest heartbeat of `what`, or of anything."""
    query = select(func.max(beats.c.at))
    return conn.execute(query if what is None else query.where(beats.c.what == what)).scalar()


def _apply(
    conn: Connection, row: AnyRow | None, values: Mapping[str, Any], now: datetime, who: str, **declared: Any
) -> SourceChange | None:
    """Write `values` over the row and the difference into the history; `declared` goes in either way."""
    if row is None:
        what = {name: (None, value) for name, value in values.items() if name not in ("id", "listed") and value != _USUAL.get(name)}
        conn.execute(insert(sources), {"declared": null()} | dict(values) | declared | {"updated_at": now})
    else:
        what = {name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value}
        if what or declared:
            conn.execute(update(sources).where(sources.c.id == row.id).values(dict(values) | declared | {"updated_at": now}))
    if not what:
        return None
    change = SourceChange(source_id=values["id"] if row is None else row.id, at=now, who=who, what=what)
    number = next_number(conn, "source_change")
    conn.execute(insert(source_changes), dataclasses.asdict(change) | {"number": number})
    return change


def _line(source: Source) -> dict[str, Any]:
    """The source as the database gives it back, so that only real differences count."""
    try:
        line: dict[str, Any] = json.loads(to_json({n: getattr(source, n) for n in _FIELDS} | {"options": dict(source.options)}))
    except (TypeError, ValueError) as error:
        raise StorageError(f"Nguồn {source.id}: khóa options chỉ nhận chữ, số, đúng/sai và danh sách của chúng ({error})") from error
    return line


def _source(row: AnyRow) -> Source:
    return Source(**{name: getattr(row, name) for name in _FIELDS})
