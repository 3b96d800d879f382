"""The month's secret from which pseudonyms are made. It is never backed up, and with it goes every way back to the names."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from storage.database import upsert
from storage.schema import articles, ledger, voice_keys


def key(conn: Connection, month: str) -> bytes | None:
    """The secret of a month ("2026-11"); None when it was never needed."""
    found = conn.execute(select(voice_keys.c.secret).where(voice_keys.c.month == month)).scalar()
    return None if found is None else bytes.fromhex(found)


def make(conn: Connection, month: str, secret: bytes) -> bytes:
    """Give a month `secret`, unless somebody was first; return the one it has."""
    insert = upsert(conn.dialect.name, voice_keys).on_conflict_do_nothing(index_elements=["month"])
    conn.execute(insert, {"month": month, "secret": secret.hex()})
    found = key(conn, month)
    assert found is not None
    return found


def end(conn: Connection, month: str, begin: datetime) -> tuple[int, int]:
    """Take out what tells voices apart before a month, which begins at `begin`; return how many secrets and pseudonyms went."""
    secrets = conn.execute(delete(voice_keys).where(voice_keys.c.month < month)).rowcount
    ended = 0
    for table in (ledger, articles):
        ended += conn.execute(update(table).where(table.c.voice != "", table.c.first_seen_at < begin).values(voice="")).rowcount
    return secrets, ended
