"""The full-text index: what a query means, and how one article enters or leaves the index on either engine.

Both views of the text (with and without diacritics) are made here in Python and split into the same words, so that SQLite FTS5
and PostgreSQL tsvector find the same articles. The index keeps no text, only words and `position`s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection, text

from monitor.text import fold, plain

MAX_TERMS = 16  #: of one query; more is not a question but an attack
MAX_WORDS = 32  #: of one phrase

_WORD = re.compile(r"[^\W_]{1,100}")  # bounded, as a tsvector lexeme is; a longer run becomes several words in text and query alike
_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')
_EPOCH = datetime(2010, 1, 1, tzinfo=UTC)
_SEQ_BITS = 31
_MOST_SECONDS = (1 << 32) - 1  # 136 years before and after, or 64 bits would not hold a position

Phrase = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Query:
    """What a person asked for: phrases that must all occur. Match objects for either engine are written by `expression`."""

    phrases: tuple[Phrase, ...]
    marked: bool  #: typed with diacritics

    def folded(self) -> Query:
        """The same question, asked without diacritics."""
        return Query(phrases=tuple(tuple(bare(word) for word in p) for p in self.phrases), marked=False)


def words(view: str) -> list[str]:
    """The words of a `plain` or `fold` view, as both engines index them."""
    return _WORD.findall(view)


@lru_cache(65_536)
def bare(word: str) -> str:
    """One word of a `plain` view without diacritics. Cached: Vietnamese has some 7,000 syllables, and every text repeats them."""
    return fold(word)


def parse(query: str) -> Query | None:
    """Read a query: words are all required, "a phrase" stands together. None when it holds no word at all. Never raises."""
    view = plain(query[:1000])
    phrases = [tuple(words(quoted or single))[:MAX_WORDS] for quoted, single in _TERM.findall(view)]
    kept = tuple(p for p in phrases if p)[:MAX_TERMS]
    if not kept:
        return None
    asked = Query(phrases=kept, marked=any(bare(w) != w for p in kept for w in p))
    return asked if asked.marked else asked.folded()


def expression(query: Query, *, sqlite: bool) -> str:
    """The query in the engine's own syntax; only words of letters and digits, each quoted, so nothing can be injected."""
    if not query.marked:
        return _joined([(p,) for p in query.phrases], "folded", sqlite)
    # Texts that were written without diacritics are meant too: "chuyển đổi" also finds "chuyen doi", but not "chuyện dối".
    bare = query.folded().phrases
    return _joined([(p,) if p == b else (p, b) for p, b in zip(query.phrases, bare, strict=True)], "plain", sqlite)


def column(query: Query) -> str:
    """The index column that `expression` speaks about."""
    return "plain" if query.marked else "folded"


def _joined(groups: Sequence[tuple[Phrase, ...]], name: str, sqlite: bool) -> str:
    if sqlite:
        return " AND ".join("(" + " OR ".join(f'{name} : "{" ".join(p)}"' for p in group) + ")" for group in groups)
    return " & ".join("(" + " | ".join("(" + " <-> ".join(f"'{w}'" for w in p) + ")" for p in group) + ")" for group in groups)


def position(published_at: datetime, seq: int) -> int:
    """One integer that orders articles by second of publication, then by arrival; unique.

    It is the row number inside the index, so "newest first" is the order in which the index is read and nothing is ever ranked.
    """
    seconds = (published_at - _EPOCH) // timedelta(seconds=1)
    return (max(-_MOST_SECONDS, min(seconds, _MOST_SECONDS)) << _SEQ_BITS) | (seq & ((1 << _SEQ_BITS) - 1))


def enter(conn: Connection, at: int, title: str, body: str) -> None:
    """Put one article into the index at position `at`."""
    marked, folded = _views(title, body)
    if conn.dialect.name == "sqlite":
        row = {"at": at, "plain": " ".join(marked), "folded": " ".join(folded)}
        conn.execute(_SQLITE_ENTER, row)
    else:
        conn.execute(_POSTGRES_ENTER, {"at": at, "plain": _vector(marked), "folded": _vector(folded)})


def leave(conn: Connection, at: int, title: str, body: str) -> None:
    """Take one article out; `title` and `body` must be those it was entered with."""
    if conn.dialect.name == "sqlite":
        marked, folded = _views(title, body)
        conn.execute(_SQLITE_LEAVE, {"at": at, "plain": " ".join(marked), "folded": " ".join(folded)})
    else:
        conn.execute(_POSTGRES_LEAVE, {"at": at})


def empty(conn: Connection) -> None:
    """Forget everything, before the index is built anew."""
    conn.execute(text("INSERT INTO coverage_index (coverage_index) VALUES ('delete-all')") if conn.dialect.name == "sqlite"
                 else text("DELETE FROM coverage_index"))  # fmt: skip


def merge(conn: Connection, *, first: bool) -> bool:
    """Do a part of what takes words that left out of the index's pages; False when nothing is left to do.

    FTS5 only notes what left until its parts are merged. PostgreSQL's autovacuum does the same by itself.
    """
    if conn.dialect.name != "sqlite":
        return False
    driver = conn.connection.dbapi_connection
    assert driver is not None
    before = driver.total_changes
    conn.execute(_SQLITE_MERGE, {"pages": -_MERGED_PAGES if first else _MERGED_PAGES})
    return bool(driver.total_changes - before >= 2)  # the number that FTS5 documents for "some work was done"


_MERGED_PAGES = 500  # of one transaction: other writers wait no longer than that takes
_SQLITE_MERGE = text("INSERT INTO coverage_index (coverage_index, rank) VALUES ('merge', :pages)")
_SQLITE_ENTER = text("INSERT INTO coverage_index (rowid, plain, folded) VALUES (:at, :plain, :folded)")
_SQLITE_LEAVE = text("INSERT INTO coverage_index (coverage_index, rowid, plain, folded) VALUES ('delete', :at, :plain, :folded)")
_POSTGRES_ENTER = text(
    "INSERT INTO coverage_index (position, plain, folded) VALUES (:at, CAST(:plain AS tsvector), CAST(:folded AS tsvector))"
)
_POSTGRES_LEAVE = text("DELETE FROM coverage_index WHERE position = :at")


def _views(title: str, body: str) -> tuple[list[str], list[str]]:
    marked = words(plain(f"{title}\n{body}"))
    return marked, [bare(word) for word in marked]


def _vector(found: Sequence[str]) -> str:
    """A tsvector literal: our own words with their places, so that no server-side parser or locale has a say."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(found[:16_383], 1):
        spots = places.setdefault(word, [])
        if len(spots) < 255:  # the most that PostgreSQL keeps of one word
            spots.append(place)
    return " ".join(f"'{word}':{','.join(map(str, spots))}" for word, spots in places.items())
