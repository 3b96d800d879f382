"""The ledger: every URL ever discovered, in exactly one state, with its attempts and the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    bindparam,
    case,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from monitor.figures import LedgerRow
from monitor.records import Entry, LedgerState, PageFailure, Waiting
from monitor.text import plain
from storage import sightings, takeover
from storage.columns import AnyRow, storable
from storage.errors import StorageError
from storage.schema import articles, forgotten, ledger
from storage.schema import sightings as seen

LONGEST_WAIT = timedelta(days=1)  #: no entry waits longer to be tried again
_REREAD_EVERY = timedelta(hours=6)  # some feeds print another summary at every request
_EDITED_WITHIN = timedelta(days=7)
_CHUNK = 400  # keys in one IN (…)
_TOLD = {"summary_html": "", "voice": ""}  # forum and video entries carry whole texts; the article has them now
# The literal lets both engines use the index of what waits.
_WAITS = ledger.c.state == literal_column("'waiting'")
_SHOWN = (ledger.c.canonical_url.label("url"), ledger.c.source_id, ledger.c.state, ledger.c.reason, ledger.c.attempts,
          ledger.c.retry_at, ledger.c.article_id, ledger.c.first_seen_at, ledger.c.updated_at)  # fmt: skip
# Statements of every reading are built once: building them costs more than running them.
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_KNOWN = (
    select(
        ledger.c.key,
        ledger.c.source_id,
        ledger.c.state,
        ledger.c.title,
        ledger.c.article_id,
        ledger.c.said,
        ledger.c.updated_at,
        ledger.c.first_seen_at,
        seen.c.at.label("offered"),
    )
    .outerjoin(seen, (seen.c.key == ledger.c.key) & (seen.c.source_id == bindparam("source")))
    .where(ledger.c.key.in_(_KEYS))
)
_FORGOTTEN = select(forgotten.c.key).where(forgotten.c.key.in_(_KEYS))
_OWNED = (  # on the site of the source that has them now
    select(ledger.c.key).join(seen, (seen.c.key == ledger.c.key) & (seen.c.source_id == ledger.c.source_id))
    .where(ledger.c.key.in_(_KEYS), seen.c.own.is_(True))
)  # fmt: skip
_GUIDS = select(ledger.c.guid_key, ledger.c.title, ledger.c.canonical_url, ledger.c.article_id).where(
    ledger.c.source_id == bindparam("source"), ledger.c.guid_key.in_(_KEYS)
)


def key_of(value: str) -> str:
    """A short digest of a URL or guid, however long it is."""
    return hashlib.blake2b(value.encode("utf-8", "ignore"), digest_size=16).hexdigest()


def enter(conn: Connection, entries: Iterable[Entry], now: datetime, *, first_reading: bool = False, own: Collection[str] = ()) -> int:
    """Write down the entries that were not known, and who offered them; return how many are new. What was forgotten stays out.

    A known URL whose own source prints another title now is waiting again: the article was edited. A new URL under a known
    guid and the same title is the same item moved: a duplicate. The guid alone decides nothing, feeds reuse guids.
    `own` are the canonical URLs on the source's own site: found by a stranger first, they become its own.
    """
    by_source: dict[str, list[Entry]] = {}
    for entry in entries:
        by_source.setdefault(entry.source_id, []).append(entry)
    mine = frozenset(own)
    return sum(_enter(conn, source_id, some, now, first_reading, mine) for source_id, some in by_source.items())


def _enter(conn: Connection, source_id: str, entries: list[Entry], now: datetime, first_reading: bool, own: Collection[str]) -> int:
    fresh = {key_of(e.canonical_url): e for e in reversed(entries)}
    known = {row.key: row for row in _chunked(conn, _KNOWN, list(fresh), source=source_id)}
    edited = [key for key, row in known.items() if _is_edited(row, fresh[key], now)]
    strange = [key for key, row in known.items() if row.source_id != source_id and fresh[key].canonical_url in own]
    new = [key for key in fresh if key not in known]
    gone = {row.key for row in _chunked(conn, _FORGOTTEN, new + edited + strange)}
    for key in edited:
        if key not in gone:
            _reopen(conn, key, fresh[key], now)
    offered = [key for key in fresh if key not in gone and (key not in known or known[key].offered is None)]
    sightings.note(conn, [{"key": key, "source_id": source_id, "at": now, "first_reading": first_reading,
                           "own": fresh[key].canonical_url in own} for key in offered])  # fmt: skip
    owned = {row.key for row in _chunked(conn, _OWNED, strange)}
    for key in strange:
        if key not in gone and key not in owned:
            _claim(conn, known[key], fresh[key], now)
    return _insert(conn, {key: fresh[key] for key in reversed(fresh) if key not in known and key not in gone}, now, first_reading)


def _insert(conn: Connection, fresh: Mapping[str, Entry], now: datetime, first_reading: bool) -> int:
    twins = _twins(conn, fresh.values())
    rows = []
    for line, (key, entry) in enumerate(fresh.items()):
        name = (key_of(entry.guid), plain(entry.title)) if entry.guid else None
        rows.append(_row(key, entry, twins.get(name) if name else None, now) | {"first_reading": first_reading, "line": line})
        if name:
            twins.setdefault(name, (entry.canonical_url, None))
    if rows:
        conn.execute(insert(ledger), rows)
    return len(rows)


def sources_waiting(conn: Connection, now: datetime) -> list[str]:
    """The sources that have entries due to be fetched."""
    return sorted(conn.execute(select(ledger.c.source_id).distinct().where(_WAITS, _is_due(now))).scalars())


def waiting(conn: Connection, source_ids: Sequence[str], now: datetime) -> list[Waiting]:
    """The entries of these sources that are due to be fetched, in the order of discovery."""
    query = (
        select(ledger)
        .where(ledger.c.source_id.in_(source_ids), _WAITS, _is_due(now))
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
        if key == article_id:
            takeover.bring_home(conn, key, now)
        state = _own_state(conn, key, article_id) or state
    values: dict[str, Any] = {"state": state, "reason": reason, "retry_at": retry_at, "updated_at": now, "attempts": ledger.c.attempts + 1}
    if article_id is not None:
        values["article_id"] = article_id
    if state is not LedgerState.WAITING:
        values |= _TOLD
    known = conn.execute(select(ledger.c.canonical_url).where(ledger.c.key == key)).scalar()
    if known is None:
        raise StorageError(f"Địa chỉ chưa có trong sổ thu thập: {canonical_url}")
    if known:  # emptied when it was forgotten while it was being fetched: it stays as it is
        conn.execute(update(ledger).where(ledger.c.key == key).values(values))


def settle(
    conn: Connection, canonical_url: str, state: LedgerState, *, failure: PageFailure | None, source_id: str, article_id: str, now: datetime
) -> None:
    """End a URL as the article it became, or, when only the feed's own text was to be had, let its page be tried again.

    A URL that was saved without being discovered is written down too. One that changed hands since it was given out to be
    fetched takes the article along.
    """
    values: dict[str, Any] = {"state": state, "reason": "", "retry_at": None, "article_id": article_id, "updated_at": now}
    if failure is not None:
        values |= {"reason": failure.reason, "retry_at": failure.retry_at}
    if failure is not None and failure.retry_at is not None:
        values["state"] = LedgerState.WAITING
    else:
        values |= _TOLD
    key = key_of(canonical_url)
    change = update(ledger).where(ledger.c.key == key).values(**values, attempts=ledger.c.attempts + 1)
    owner = conn.execute(change.returning(ledger.c.source_id)).scalar()
    if owner is None:
        entry = Entry(source_id=source_id, url=canonical_url, canonical_url=canonical_url)
        conn.execute(insert(ledger), [_row(key, entry, None, now) | values | {"attempts": 1}])
    elif owner != source_id:
        takeover.move(conn, article_id, source_id, owner)


def counts(conn: Connection, source_id: str | None) -> dict[str, int]:
    """How many URLs are in each state; the sum is every URL discovered."""
    query = select(ledger.c.state, func.count().label("n")).group_by(ledger.c.state)
    if source_id is not None:
        query = query.where(ledger.c.source_id == source_id)
    return _every_state({row.state: row.n for row in conn.execute(query)})


def by_source(conn: Connection) -> dict[str, dict[str, int]]:
    """The same for every source that has URLs."""
    query = select(ledger.c.source_id, ledger.c.state, func.count().label("n")).group_by(ledger.c.source_id, ledger.c.state)
    found: dict[str, dict[str, int]] = {}
    for row in conn.execute(query):
        found.setdefault(row.source_id, {})[row.state] = row.n
    return {source_id: _every_state(found[source_id]) for source_id in sorted(found)}


def newest(conn: Connection, state: LedgerState | None, source_id: str | None, limit: int) -> list[LedgerRow]:
    """The URLs of a state and a source, or of any, the last changed first."""
    query = select(*_SHOWN).order_by(ledger.c.updated_at.desc(), ledger.c.key).limit(limit)
    if state is not None:
        query = query.where(ledger.c.state == state)
    if source_id is not None:
        query = query.where(ledger.c.source_id == source_id)
    return [LedgerRow(**{**row, "state": LedgerState(row["state"])}) for row in conn.execute(query).mappings()]


def _own_state(conn: Connection, key: str, article_id: str) -> LedgerState | None:
    """The state of a URL whose own article was read again unchanged: as before, not a duplicate of itself."""
    kept = case((articles.c.relevant, literal(LedgerState.KEPT.value)), else_=literal(LedgerState.OFF_TOPIC.value))
    query = select(kept).select_from(ledger).join(articles, articles.c.id == ledger.c.article_id)
    found = conn.execute(query.where(ledger.c.key == key, ledger.c.article_id == article_id)).scalar()
    return LedgerState(found) if found else None


def _is_edited(row: AnyRow, entry: Entry, now: datetime) -> bool:
    """True when the source says something else of the article now: another headline, or another summary or date."""
    if row.source_id != entry.source_id or row.state == LedgerState.WAITING or not (entry.title and row.title):
        return False
    if entry.title != row.title and plain(storable(entry.title)) != plain(row.title):
        return True
    quiet = row.updated_at + _REREAD_EVERY <= now <= row.first_seen_at + _EDITED_WITHIN
    return bool(row.said) and row.said != _said(entry) and quiet


def _reopen(conn: Connection, key: str, entry: Entry, now: datetime) -> None:
    again = {"state": LedgerState.WAITING, "reason": "nguồn đã sửa mục này", "attempts": 0, "retry_at": None, "updated_at": now}
    conn.execute(update(ledger).where(ledger.c.key == key).values(again | _words(entry)))


def _claim(conn: Connection, row: AnyRow, entry: Entry, now: datetime) -> None:
    """Give a URL, and the article it became, to the source on whose site it lies. What failed under the stranger is tried again."""
    values = {"source_id": entry.source_id, "guid": entry.guid, "guid_key": _guid_key(entry), "title": entry.title, "updated_at": now}
    if row.state in (LedgerState.WAITING, LedgerState.FAILED):
        values |= _words(entry)
    if row.state == LedgerState.FAILED:
        values |= {"state": LedgerState.WAITING, "reason": "nguồn của chính báo cũng đăng", "attempts": 0, "retry_at": None}
    conn.execute(update(ledger).where(ledger.c.key == row.key).values(values))
    conn.execute(update(seen).where(seen.c.key == row.key, seen.c.source_id == entry.source_id).values(own=True))
    if row.article_id is not None and row.state != LedgerState.DUPLICATE:
        takeover.move(conn, row.article_id, row.source_id, entry.source_id)
    elif row.article_id == row.key:
        takeover.bring_home(conn, row.key, now)


def _twins(conn: Connection, entries: Collection[Entry]) -> dict[tuple[str, str], tuple[str, str | None]]:
    """(guid, title) → (URL, article) of what the ledger has of the same source under the guids of these entries."""
    with_guid = [e for e in entries if e.guid]
    if not with_guid:
        return {}
    rows = _chunked(conn, _GUIDS, [key_of(e.guid) for e in with_guid], source=with_guid[0].source_id)
    return {(row.guid_key, plain(row.title)): (row.canonical_url, row.article_id) for row in rows}


def _chunked(conn: Connection, query: Executable, keys: Sequence[str], **more: str) -> Iterator[AnyRow]:
    for start in range(0, len(keys), _CHUNK):
        yield from conn.execute(query, {"keys": keys[start : start + _CHUNK], **more})


def _every_state(found: Mapping[str, int]) -> dict[str, int]:
    return {state.value: found.get(state.value, 0) for state in LedgerState}


def _is_due(now: datetime) -> ColumnElement[bool]:
    # Later than that was written by a clock that stood in the future.
    return or_(ledger.c.retry_at.is_(None), ledger.c.retry_at <= now, ledger.c.retry_at > now + LONGEST_WAIT)


def _guid_key(entry: Entry) -> str:
    return key_of(entry.guid) if entry.guid else ""


def _row(key: str, entry: Entry, twin: tuple[str, str | None] | None, now: datetime) -> dict[str, Any]:
    state: Mapping[str, Any] = {"state": LedgerState.WAITING, "reason": "", "article_id": None}
    if twin is not None:
        state = {"state": LedgerState.DUPLICATE, "reason": f"cùng mã guid và tiêu đề với {twin[0]}", "article_id": twin[1]}
    return {
        "key": key,
        "guid_key": _guid_key(entry),
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
        "voice": entry.voice,
        "said": _said(entry),
    }


def _said(entry: Entry) -> str:
    """A digest of what the source says of an article beside its headline; the words themselves are dropped when it is settled."""
    return key_of(f"{entry.summary_html}\n{entry.published_raw}") if entry.summary_html or entry.published_raw else ""


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
        voice=row.voice,
    )
