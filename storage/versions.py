"""What an article said before its outlet edited it, and what each edit changed."""

from __future__ import annotations

import difflib
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, insert, select

from monitor.figures import Version
from monitor.records import Article
from storage.columns import AnyRow
from storage.schema import article_versions, articles

_MOST_PAIRS = 250_000  #: lines of one text times lines of the other; beyond, who wrote it wants to keep us busy


def keep(conn: Connection, old: AnyRow, new: Article, now: datetime) -> None:
    """Keep the words of `old`, a row of `articles`, which `new` replaces, with what it changes."""
    said = {"title": old.title, "text": old.text, "content_hash": old.content_hash, "published_at": old.published_at}
    changed = diff(f"{old.title}\n{old.text}", f"{new.title}\n{new.text}")
    conn.execute(insert(article_versions), said | {"article": old.seq, "version": old.version, "replaced_at": now, "diff": changed})


def listed(conn: Connection, article_id: str) -> list[Version]:
    """What an article said before, oldest first."""
    kept = article_versions.c
    query = select(kept.version, kept.title, kept.text, kept.replaced_at, kept.diff).join(articles, articles.c.seq == kept.article)
    rows = conn.execute(query.where(articles.c.id == article_id).order_by(kept.version))
    return [Version(version=r.version, title=r.title, text=r.text, replaced_at=r.replaced_at, diff=r.diff) for r in rows]


def diff(before: str, after: str) -> str:
    """What changed, line by line: "- " before a line that went, "+ " before one that came; lines that stayed are not repeated."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) * len(new) > _MOST_PAIRS:
        gone, come = set(old) - set(new), set(new) - set(old)
        return "\n".join([*(f"- {line}" for line in old if line in gone), *(f"+ {line}" for line in new if line in come)])
    lines = islice(difflib.unified_diff(old, new, n=0, lineterm=""), 2, None)  # the first two name files
    return "\n".join(f"{line[0]} {line[1:]}" for line in lines if line[0] != "@")
