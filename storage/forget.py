"""Taking an item out on request, everywhere: its rows, its words in the index, what it left elsewhere; digests keep it out for good."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, or_, select, update

from monitor.figures import Forgotten
from monitor.records import Article, LedgerState
from storage import search, traces
from storage.articles import PURGED
from storage.columns import AnyRow
from storage.database import upsert
from storage.errors import StorageError
from storage.ledger import key_of
from storage.schema import article_versions, articles, forgotten, ledger, quarantine, raw_bodies
from storage.traces import chunked, found

REASON = "đã xóa theo yêu cầu"
MARK = f"({REASON})"
LEAST = 8  #: characters of a text to look for; fewer would take out what nobody meant
_BATCH = 2_000  # articles whose traces are looked for in one walk through the messages
_TAG = re.compile(r"<[^>]*>")
_EMPTIED: dict[str, Any] = {
    "url": "", "canonical_url": "", "guid": "", "guid_key": "", "title": "", "summary_html": "", "published_raw": "", "voice": "",
    "said": "",
    "state": LedgerState.FAILED, "reason": REASON, "retry_at": None, "article_id": None,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Items:
    """What a request means: articles and entries of the ledger that are one item or several."""

    articles: frozenset[str]  #: ids
    entries: frozenset[str]  #: keys of the ledger
    addresses: frozenset[str] = frozenset()  #: as asked for, known or not


def meant(conn: Connection, what: str, also: Iterable[str] = ()) -> Items:
    """The items that an address (`what`, with other spellings of it in `also`) or a text means; nothing is changed.

    A text means every item that says it in a headline, a text, an older version or an entry, letter case and spaces aside.

    Raises:
        StorageError: the text is too short.
    """
    what = what.strip()
    if re.match(r"https?://\S+$", what, re.IGNORECASE):
        addresses = frozenset((what, *also)) - {""}
        return _whole(conn, *_at(conn, addresses), addresses)
    wanted = _spoken(what)
    if len(wanted) < LEAST:
        raise StorageError(f"“{what}” quá ngắn: cần địa chỉ bài viết, hoặc ít nhất {LEAST} ký tự của tiêu đề hay nội dung.")
    return _whole(conn, *_saying(conn, wanted))


def of_keys(conn: Connection, keys: Collection[str]) -> Items:
    """The items behind digests."""
    ids = {row.id for row in found(conn, select(articles.c.id), articles.c.id, keys)}
    return _whole(conn, ids, {row.key for row in found(conn, select(ledger.c.key), ledger.c.key, keys)})


def headlines(conn: Connection, items: Items) -> list[str]:
    """What the articles are called, newest first."""
    rows = found(conn, select(articles.c.position, articles.c.title), articles.c.id, items.articles)
    return [row.title for row in sorted(rows, reverse=True)]


def remove(conn: Connection, items: Items, *, keys: Collection[str] = (), who: str, now: datetime) -> Forgotten:
    """Take the items out; what comes under their digests, or under `keys`, is never collected again."""
    listed = found(conn, select(ledger), ledger.c.key, items.entries)
    addresses = {*items.addresses, *(row.url for row in listed), *(row.canonical_url for row in listed)}
    titles = [row.title for row in listed]
    messages = 0
    for ids in chunked(sorted(items.articles), _BATCH) if items.articles else [[]]:
        rows = found(conn, select(articles), articles.c.id, ids)
        left = traces.left_by(conn, rows, addresses, titles)
        addresses |= left.addresses
        _remove_rows(conn, rows)
        messages += traces.erase(conn, left, MARK)
    for chunk in chunked(items.entries):
        conn.execute(update(ledger).where(ledger.c.key.in_(chunk)).values(**_EMPTIED, updated_at=now))
    for addressed in chunked(addresses):
        conn.execute(delete(quarantine).where(quarantine.c.url.in_(addressed)))
    gone = {*keys, *items.articles, *items.entries, *map(key_of, addresses - {""})}
    _keep_out(conn, gone, who, now)
    return Forgotten(articles=len(items.articles), addresses=len(items.entries), messages=messages, keys=tuple(sorted(gone)))


def keys(conn: Connection) -> set[str]:
    """The digests of everything that was taken out: addresses and articles."""
    return set(conn.execute(select(forgotten.c.key)).scalars())


def refuses(conn: Connection, article: Article, entry_url: str, now: datetime) -> bool:
    """True when an article was taken out (perhaps while it was being fetched, or it came under another address): it is not stored again."""
    known = {article.id, key_of(article.canonical_url), key_of(entry_url)}
    who = conn.execute(select(forgotten.c.who).where(forgotten.c.key.in_(known)).limit(1)).scalar()
    if who is None:
        return False
    _keep_out(conn, [key_of(entry_url)], who, now)
    conn.execute(update(ledger).where(ledger.c.key == key_of(entry_url)).values(**_EMPTIED, updated_at=now))
    return True


def _at(conn: Connection, addresses: Collection[str]) -> tuple[set[str], set[str]]:
    digests = {key_of(address) for address in addresses}

    def here(table: Table, key: Any) -> Any:
        return or_(key.in_(digests), table.c.url.in_(addresses), table.c.canonical_url.in_(addresses))

    ids = set(conn.execute(select(articles.c.id).where(here(articles, articles.c.id))).scalars())
    ids |= set(conn.execute(select(raw_bodies.c.article_id).where(raw_bodies.c.url.in_(addresses))).scalars())
    return ids, set(conn.execute(select(ledger.c.key).where(here(ledger, ledger.c.key))).scalars())


def _saying(conn: Connection, wanted: str) -> tuple[set[str], set[str]]:
    """The articles and entries that say `wanted`. Read through one by one: the index knows words, not letters."""
    told = select(articles.c.id, articles.c.title, articles.c.text)
    edited = select(articles.c.id, article_versions.c.title, article_versions.c.text).join(articles)
    listed = select(ledger.c.key, ledger.c.title, ledger.c.summary_html).where(ledger.c.canonical_url != "")

    def saying(query: Any) -> set[str]:
        rows = conn.execute(query.execution_options(yield_per=500))
        return {key for key, title, text in rows if wanted in _spoken(f"{title}\n{text}")}

    def entries() -> set[str]:
        rows = conn.execute(listed.execution_options(yield_per=500))
        return {key for key, title, said in rows if wanted in _spoken(f"{title}\n{html.unescape(_TAG.sub(' ', said))}")}

    return saying(told) | saying(edited), entries()


def _spoken(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def _whole(conn: Connection, ids: set[str], entries: set[str], addresses: frozenset[str] = frozenset()) -> Items:
    """With the articles that the entries became, the entries that led to the articles, and their twins by guid and headline."""
    while True:
        rows = found(conn, select(ledger), ledger.c.key, entries)
        became = {row.article_id for row in rows} - {None}
        led = found(conn, select(ledger), ledger.c.article_id, ids | became)
        more = {row.key for row in (*led, *_twins(conn, [*rows, *led]))} - entries
        known = {row.id for row in found(conn, select(articles.c.id), articles.c.id, became - ids)}
        if not more and known <= ids:
            return Items(articles=frozenset(ids), entries=frozenset(entries), addresses=addresses)
        ids, entries = ids | known, entries | more


def _twins(conn: Connection, rows: Sequence[AnyRow]) -> list[AnyRow]:
    """The same item at another address, as the ledger tells it: one source, guid and headline, and one of the two is a duplicate."""
    guids = {(row.source_id, row.guid_key, traces.view(row.title)): row.state for row in rows if row.guid_key}
    others = found(conn, select(ledger), ledger.c.guid_key, {guid for _, guid, _ in guids})
    states = ((other, guids.get((other.source_id, other.guid_key, traces.view(other.title)))) for other in others)
    return [other for other, state in states if state and LedgerState.DUPLICATE in (state, other.state)]


def _remove_rows(conn: Connection, rows: Sequence[AnyRow]) -> None:
    """Articles with versions, labels, pages and words in the index. The daily counts stay: they are figures of what was published."""
    for row in rows:
        if row.title != PURGED:
            search.leave(conn, row.position, row.title, row.text)
    for chunk in chunked(rows):
        conn.execute(delete(raw_bodies).where(raw_bodies.c.article_id.in_([row.id for row in chunk])))
        conn.execute(delete(articles).where(articles.c.seq.in_([row.seq for row in chunk])))


def _keep_out(conn: Connection, digests: Iterable[str], who: str, now: datetime) -> None:
    rows = [{"key": key, "at": now, "who": who} for key in sorted(digests)]
    if rows:
        conn.execute(upsert(conn.dialect.name, forgotten).on_conflict_do_nothing(index_elements=["key"]), rows)
