"""An article that a stranger offered first goes over to the source on whose site it lies, with all that counts it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from monitor.records import LedgerState
from storage import rollup
from storage.articles import tags_of
from storage.schema import articles, ledger, raw_bodies, sightings


def move(conn: Connection, article_id: str, before: str, after: str) -> None:
    """Give an article of source `before` to source `after`, in the daily counts too; nothing happens when it is another's."""
    mine = (articles.c.id == article_id) & (articles.c.source_id == before)
    published_at = conn.execute(select(articles.c.published_at).where(mine)).scalar()
    if published_at is None:
        return
    conn.execute(update(articles).where(mine).values(source_id=after))
    conn.execute(update(raw_bodies).where(raw_bodies.c.article_id == article_id).values(source_id=after))
    tags = tags_of(conn, article_id)
    rollup.book(conn, before=rollup.cells(tags, before, published_at), after=rollup.cells(tags, after, published_at))


def bring_home(conn: Connection, key: str, now: datetime) -> None:
    """The article at the URL `key` was stored under another URL (an aggregator's redirect): when the URL is offered by the source on
    whose site it lies, the article becomes that source's, and the other URL a duplicate.
    """
    offered_at_home = (sightings.c.key == ledger.c.key) & (sightings.c.source_id == ledger.c.source_id) & sightings.c.own
    row = conn.execute(
        select(ledger.c.source_id, ledger.c.canonical_url, articles.c.relevant, articles.c.source_id.label("stranger"))
        .join(articles, articles.c.id == ledger.c.key)
        .join(sightings, offered_at_home)
        .where(ledger.c.key == key, ledger.c.source_id != articles.c.source_id)
    ).one_or_none()
    if row is None:
        return
    move(conn, key, row.stranger, row.source_id)
    elsewhere = (ledger.c.article_id == key) & (ledger.c.key != key) & ledger.c.state.in_((LedgerState.KEPT, LedgerState.OFF_TOPIC))
    twin = {"state": LedgerState.DUPLICATE, "reason": f"cùng bài với {row.canonical_url}", "updated_at": now}
    conn.execute(update(ledger).where(elsewhere).values(twin))
    state = LedgerState.KEPT if row.relevant else LedgerState.OFF_TOPIC
    conn.execute(update(ledger).where(ledger.c.key == key).values(article_id=key, state=state, reason=""))
