"""Numbers given out in order, by name, inside the transaction that uses them."""

from __future__ import annotations

from sqlalchemy import Connection

from storage.database import upsert
from storage.schema import counters


def next_number(conn: Connection, name: str) -> int:
    """The next number of that name, from 1. A transaction that fails gives its number back."""
    insert = upsert(conn, counters)
    raised = insert.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    return int(conn.execute(raised.returning(counters.c.value), {"name": name, "value": 1}).scalar_one())
