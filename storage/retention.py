"""What `monitor purge` takes out: pages as fetched, words of posts and what tells voices apart, when their time is over. Counts stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, or_, select, update

from storage import search, traces, voices
from storage.articles import PURGED
from storage.columns import LOCAL
from storage.schema import article_versions, articles, labels, ledger, quarantine, raw_bodies, sources
from storage.traces import chunked

_BATCH = 2_000  #: posts of one transaction
#: What people write: posts, and reflections gathered by hand.
_SOCIAL = select(sources.c.id).where(or_(sources.c.tier.in_(("social", "forum")), sources.c.kind.in_(("forum", "manual"))))


def pages(conn: Connection, now: datetime, *, press: int, social: int) -> tuple[int, int]:
    """Take out pages older than so many days; return how many of the press and how many of people."""
    gone = []
    for from_people, days in ((False, press), (True, social)):
        old = (raw_bodies.c.social.is_(from_people), raw_bodies.c.fetched_at < now - timedelta(days=days))
        gone.append(conn.execute(delete(raw_bodies).where(*old)).rowcount)
    return gone[0], gone[1]


def posts(conn: Connection, now: datetime, *, days: int) -> tuple[int, int]:
    """Take the words out of posts first seen more than so many days ago, and of what they left elsewhere; labels and counts stay.

    One call does a part: repeat it until no post is left. Returns how many posts and messages lost their words.
    """
    begin = now - timedelta(days=days)
    due = (articles.c.source_id.in_(_SOCIAL), articles.c.first_seen_at < begin, articles.c.title != PURGED)
    rows = conn.execute(select(articles).where(*due).order_by(articles.c.position).limit(_BATCH)).all()
    left = traces.left_by(conn, rows)
    for row in rows:
        search.leave(conn, row.position, row.title, row.text)
    for chunk in chunked(row.seq for row in rows):
        conn.execute(delete(article_versions).where(article_versions.c.article.in_(chunk)))
        conn.execute(update(labels).where(labels.c.article.in_(chunk)).values(why=[]))
        conn.execute(update(articles).where(articles.c.seq.in_(chunk)).values(title=PURGED, text=PURGED, story_why=""))
    wordy = or_(ledger.c.title != "", ledger.c.summary_html != "")  # also of entries that never became a post of their own
    old = (ledger.c.source_id.in_(_SOCIAL), ledger.c.first_seen_at < begin, wordy)
    conn.execute(update(ledger).where(*old).values(title="", summary_html=""))
    return len(rows), traces.erase(conn, left, PURGED) if rows else 0


def stopped(conn: Connection, now: datetime, *, days: int) -> int:
    """Take out what was last stopped more than so many days ago; return how much."""
    return conn.execute(delete(quarantine).where(quarantine.c.last_at < now - timedelta(days=days))).rowcount


def end_voices(conn: Connection, now: datetime, *, months: int) -> tuple[int, int]:
    """Take out secrets and pseudonyms older than so many months before this one; return how many secrets and pseudonyms."""
    local = now.astimezone(LOCAL)
    count = local.year * 12 + local.month - 1 - months
    begin = datetime(count // 12, count % 12 + 1, 1, tzinfo=LOCAL)
    return voices.end(conn, f"{begin:%Y-%m}", begin)
