"""The ledger: every URL ever discovered, in exactly one state, with its attempts and the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, literal, or_, select, update

from monitor.records import Entry, LedgerState, PageFailure, Waiting
from monitor.text import plain
from storage.columns import AnyRow, storable
from storage.errors import StorageError
from storage.schema import articles, ledger

_CHUNK = 400  # keys in one IN (…)


def key_of(value: str) -> str:
    """A short digest of a URL or guid, however long it is."""
    return hashlib.blake2b(value.encode("utf-8", "ignore"), digest_size=16).hexdigest()


def enter(conn: Connection, entries: Iterable[Entry], now: datetime, *, first_reading: bool = False) -> int:
    """Write down the entries that were not known; return how many are new.

    A known URL whose own source prints another title now is waiting again: the article was edited. A new URL under a known
    guid and the same title is the same item moved: a duplicate. The guid alone decides nothing, feeds reuse guids.
    """
    fresh = {key_of(e.canonical_url): e for e in reversed(list(entries))}
    known = {row.key: row for row in _rows(conn, ledger.c.key, list(fresh))}
    twins = _twins(conn, [e for key, e in fresh.items() if key not in known])
    rows = []
    for line, (key, entry) in enumerate(reversed(list(fresh.items()))):
        if key in known:
            _reopen_if_edited(conn, known[key], entry, now)
            continue
        twin = twins.get((entry.source_id, key_of(entry.guid), plain(entry.title))) if entry.guid else None
        rows.append(_row(key, entry, twin, now) | {"first_reading": first_reading, "line": line})
        if entry.guid:
            twins.setdefault((entry.source_id, key_of(entry.guid), plain(entry.title)), (entry.canonical_url, None))
    if rows:
        conn.execute(insert(ledger), rows)
    return len(rows)


def sources_waiting(conn: Connection, now: datetime) -> list[str]:
    """The sources that have entries due to be fetched."""
    due = or_(ledger.c.retry_at.is_(None), ledger.c.retry_at <= now)
    query = select(ledger.c.source_id).distinct().where(ledger.c.state == LedgerState.WAITING, due)
    return sorted(conn.execute(query).scalars())


def waiting(conn: Connection, source_ids: Sequence[str], now: datetime) -> list[Waiting]:
    """The entries of these sources that are due to be fetched, in the order of discovery."""
    query = (
        select(ledger)
        .where(ledger.c.source_id.in_(source_ids), ledger.c.state == LedgerState.WAITING)
        .where(or_(ledger.c.retry_at.is_(None), ledger.c.retry_at <= now))
        .order_by(ledger.c.first_seen_at, ledger.c.line.desc(), ledger.c.key)  # feeds print the newest first; who was first matters
    )
    return [Waiting(entry=_entry(row), first_reading=row.first_reading, attempts=row.attempts) for row in conn.execute(query)]


def mark(
    conn: Connection,
    canonical_url: str,
    state: LedgerState,
    *,
    reason: str,
    retry_at: datetime | None,
    article_id: str | None,
    now: datetime,
) -> None:
    """Move a URL into `state` and count the attempt.

    Raises:
        StorageError: the URL was never discovered.
    """
    key = key_of(canonical_url)
    if state is LedgerState.DUPLICATE and article_id is not None:
        state = _own_state(conn, key, article_id) or state
    values: dict[str, Any] = {"state": state, "reason": reason, "retry_at": retry_at, "updated_at": now, "attempts": ledger.c.attempts + 1}
    if article_id is not None:
        values["article_id"] = article_id
    if state is not LedgerState.WAITING:
        values["summary_html"] = ""  # forum and video entries carry whole texts; the article has them now
    if conn.execute(update(ledger).where(ledger.c.key == key).values(values)).rowcount == 0:
        raise StorageError(f"Địa chỉ chưa có trong sổ thu thập: {canonical_url}")


def settle(
    conn: Connection, canonical_url: str, state: LedgerState, *, failure: PageFailure | None, source_id: str, article_id: str, now: datetime
) -> None:
    """End a URL as the article it became, or, when only the feed's own text was to be had, let its page be tried again.

    A URL that was saved without being discovered is written down too.
    """
    values: dict[str, Any] = {"state": state, "reason": "", "retry_at": None, "article_id": article_id, "updated_at": now}
    if failure is not None:
        values |= {"reason": failure.reason, "retry_at": failure.retry_at}
    if failure is not None and failure.retry_at is not None:
        values["state"] = LedgerState.WAITING
    else:
        values["summary_html"] = ""
    key = key_of(canonical_url)
    done = conn.execute(update(ledger).where(ledger.c.key == key).values(**values, attempts=ledger.c.attempts + 1))
    if done.rowcount == 0:
        entry = Entry(source_id=source_id, url=canonical_url, canonical_url=canonical_url)
        conn.execute(insert(ledger), [_row(key, entry, None, now) | values | {"attempts": 1}])


def counts(conn: Connection, source_id: str | None) -> dict[str, int]:
    """How many URLs are in each state; the sum is every URL discovered."""
    query = select(ledger.c.state, func.count().label("n")).group_by(ledger.c.state)
    if source_id is not None:
        query = query.where(ledger.c.source_id == source_id)
    found = {row.state: row.n for row in conn.execute(query)}
    return {state.value: found.get(state.value, 0) for state in LedgerState}


def _own_state(conn: Connection, key: str, article_id: str) -> LedgerState | None:
    """The state of a URL whose own article was read again unchanged: as before, not a duplicate of itself."""
    kept = case((articles.c.relevant, literal(LedgerState.KEPT.value)), else_=literal(LedgerState.OFF_TOPIC.value))
    query = select(kept).select_from(ledger).join(articles, articles.c.id == ledger.c.article_id)
    found = conn.execute(query.where(ledger.c.key == key, ledger.c.article_id == article_id)).scalar()
    return LedgerState(found) if found else None


def _reopen_if_edited(conn: Connection, row: AnyRow, entry: Entry, now: datetime) -> None:
    edited = entry.title and row.title and plain(storable(entry.title)) != plain(row.title)
    if not edited or row.source_id != entry.source_id or row.state == LedgerState.WAITING:
        return
    again = {"state": LedgerState.WAITING, "reason": "tiêu đề đã đổi", "attempts": 0, "retry_at": None, "updated_at": now}
    conn.execute(update(ledger).where(ledger.c.key == row.key).values(again | _words(entry)))


def _twins(conn: Connection, entries: Sequence[Entry]) -> dict[tuple[str, str, str], tuple[str, str | None]]:
    """(source, guid, title) → (URL, article) of what the ledger has under the guids of these entries."""
    rows = _rows(conn, ledger.c.guid_key, [key_of(e.guid) for e in entries if e.guid])
    return {(row.source_id, row.guid_key, plain(row.title)): (row.canonical_url, row.article_id) for row in rows}


def _rows(conn: Connection, column: Any, keys: Sequence[str]) -> Iterator[AnyRow]:
    for start in range(0, len(keys), _CHUNK):
        yield from conn.execute(select(ledger).where(column.in_(keys[start : start + _CHUNK]))).all()


def _row(key: str, entry: Entry, twin: tuple[str, str | None] | None, now: datetime) -> dict[str, Any]:
    state: Mapping[str, Any] = {"state": LedgerState.WAITING, "reason": "", "article_id": None}
    if twin is not None:
        state = {"state": LedgerState.DUPLICATE, "reason": f"cùng mã guid và tiêu đề với {twin[0]}", "article_id": twin[1]}
    return {
        "key": key,
        "guid_key": key_of(entry.guid) if entry.guid else "",
        "source_id": entry.source_id,
        "canonical_url": entry.canonical_url,
        "guid": entry.guid,
        "first_reading": False,
        "line": 0,
        "attempts": 0,
        "retry_at": None,
        "first_seen_at": now,
        "updated_at": now,
        **_words(entry),
        **state,
    }


def _words(entry: Entry) -> dict[str, Any]:
    return {
        "url": entry.url,
        "title": entry.title,
        "summary_html": entry.summary_html,
        "published_raw": entry.published_raw,
        "complete": entry.complete,
    }


def _entry(row: AnyRow) -> Entry:
    return Entry(
        source_id=row.source_id,
        url=row.url,
        canonical_url=row.canonical_url,
        title=row.title,
        summary_html=row.summary_html,
        published_raw=row.published_raw,
        guid=row.guid,
        complete=row.complete,
    )
