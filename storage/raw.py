"""Pages as they were fetched, compressed: where an article's words come from. Kept for a limited time and never backed up."""

from __future__ import annotations

import zlib

from sqlalchemy import Connection, select

from monitor.figures import RawBody
from monitor.records import RawItem
from storage.database import upsert
from storage.schema import raw_bodies


def keep(conn: Connection, article_id: str, item: RawItem, *, social: bool) -> None:
    """Keep the page of an article in place of an earlier one. `social`: people wrote it, so it is kept for a shorter time."""
    values = {
        "source_id": item.source_id,
        "url": item.url,
        "charset": item.charset,
        "fetched_at": item.fetched_at,
        "social": social,
        "body": zlib.compress(item.body, 6),
    }
    insert = upsert(conn.dialect.name, raw_bodies).on_conflict_do_update(index_elements=["article_id"], set_=values)
    conn.execute(insert, values | {"article_id": article_id})


def get(conn: Connection, article_id: str) -> RawBody | None:
    """The page of an article; None when it was not kept, or no longer."""
    row = conn.execute(select(raw_bodies).where(raw_bodies.c.article_id == article_id)).one_or_none()
    if row is None:
        return None
    return RawBody(url=row.url, charset=row.charset, fetched_at=row.fetched_at, body=zlib.decompress(row.body))
