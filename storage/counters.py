"""Numbers given out in order, by name, inside the transaction that uses them."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, Executable

from storage.database import upsert
from storage.schema import counters


def next_number(conn: Connection, name: str) -> int:
    """The next number of that name, from 1. A transaction that fails gives its number back."""
    return int(conn.execute(_raised(conn.dialect.name), {"name": name, "value": 1}).scalar_one())


@cache
def _raised(dialect: str) -> Executable:
    insert = upsert(dialect, counters)
    return insert.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1}).returning(counters.c.value)
