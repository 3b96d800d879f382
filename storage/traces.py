"""What items left elsewhere: titles of stories and cases, messages, hand checks. Finding it, and putting a mark in its place."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, delete, select, update

from monitor.records import DeliveryStatus
from monitor.text import plain
from storage.articles import PURGED
from storage.columns import AnyRow
from storage.schema import article_versions, articles, case_events, cases, ledger, outbox, raw_bodies, sample_items, stories
from storage.search import words

T = TypeVar("T")
RUN = 6  #: so many words in the same order, in a message about the same story, are the item's own
_CHUNK = 400  # values in one IN (…)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_UNSENT = (DeliveryStatus.PENDING, DeliveryStatus.LEASED)


@dataclass(frozen=True, kw_only=True)
class Traces:
    """By what some items are recognised elsewhere."""

    ids: frozenset[str]  #: of the articles
    addresses: frozenset[str]
    titles: frozenset[str]  #: as `view` shows them
    stories: frozenset[str]
    runs: frozenset[int]  #: every `RUN` words in a row, hashed, of the items whose story is a case

    def quoted_in(self, text: str) -> bool:
        """True when `text`, which is about one of the stories, says a title or enough words in a row of an item."""
        said = view(text)
        titled = any(f" {title} " in f" {said} " for title in self.titles if " " in title)
        return titled or not self.runs.isdisjoint(_runs(said))

    def addressed_in(self, text: str) -> bool:
        """True when `text`, plain or markup, names an address of an item."""
        found = _ADDRESS.findall(text)
        return not self.addresses.isdisjoint((*found, *map(html.unescape, found)))


def left_by(conn: Connection, rows: Sequence[AnyRow], addresses: Iterable[str] = (), titles: Iterable[str] = ()) -> Traces:
    """What these articles (rows of `articles`) left, beside what else is known of them."""
    ids, told = [row.id for row in rows], {row.story_id for row in rows} - {""}
    with_case = {row.story_id for row in found(conn, select(cases.c.story_id), cases.c.story_id, told)}
    edited = select(article_versions.c.title, article_versions.c.text, articles.c.story_id).join(articles)
    said = [*rows, *found(conn, edited, article_versions.c.article, [row.seq for row in rows])]
    said = [row for row in said if row.title != PURGED]
    listed = found(conn, select(ledger.c.url, ledger.c.canonical_url, ledger.c.title), ledger.c.article_id, ids)
    fetched = found(conn, select(raw_bodies.c.url), raw_bodies.c.article_id, ids)
    known = chain(addresses, (row.url for row in chain(rows, listed, fetched)), (row.canonical_url for row in chain(rows, listed)))
    return Traces(
        ids=frozenset(ids),
        addresses=frozenset(known) - {""},
        titles=frozenset(map(view, chain(titles, (row.title for row in chain(said, listed))))) - {""},
        stories=frozenset(told),
        runs=frozenset(chain.from_iterable(_runs(view(f"{row.title}\n{row.text}")) for row in said if row.story_id in with_case)),
    )


def erase(conn: Connection, traces: Traces, mark: str) -> int:
    """Put the next article of the same story, or `mark`, in the place of what the items left; return how many messages were emptied.

    The articles themselves must be gone, or have lost their words, already.
    """
    _erase_stories(conn, traces, mark)
    about = _erase_cases(conn, traces, mark)
    _erase_samples(conn, traces, mark)
    return _erase_messages(conn, traces, about, mark)


def view(text: str) -> str:
    """The words of a text with one space between them, as two spellings of one headline are compared."""
    return " ".join(words(plain(text)))


def found(conn: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[object]) -> list[AnyRow]:
    """The rows of `query` whose `column` is one of `values`, however many there are."""
    return [row for chunk in chunked(values) for row in conn.execute(query.where(column.in_(chunk)))]


def chunked(values: Iterable[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """`values` in lists that one statement takes."""
    left = iter(values)
    while chunk := list(islice(left, size)):
        yield chunk


def _runs(said: str) -> Iterator[int]:
    split = said.split(" ")
    return (hash(tuple(split[at : at + RUN])) for at in range(len(split) - RUN + 1))


def _next(conn: Connection, story_id: str) -> AnyRow | None:
    """The first article of a story that still has words."""
    query = select(articles.c.title, articles.c.url).where(articles.c.story_id == story_id, articles.c.title != PURGED)
    return conn.execute(query.order_by(articles.c.position).limit(1)).first()


def _erase_stories(conn: Connection, traces: Traces, mark: str) -> None:
    for row in found(conn, select(stories.c.id, stories.c.title), stories.c.id, traces.stories):
        if conn.execute(select(articles.c.seq).where(articles.c.story_id == row.id).limit(1)).first() is None:
            conn.execute(delete(stories).where(stories.c.id == row.id))
        elif view(row.title) in traces.titles:
            after = _next(conn, row.id)
            conn.execute(update(stories).where(stories.c.id == row.id).values(title=after.title if after else mark))


def _erase_cases(conn: Connection, traces: Traces, mark: str) -> set[str]:
    """Take the items' words out of the cases and their record; return the ids of the cases about their stories."""
    rows = {row.id: row for row in found(conn, select(cases), cases.c.story_id, traces.stories)}
    rows |= {row.id: row for row in found(conn, select(cases), cases.c.url, traces.addresses)}
    for row in rows.values():
        if row.url in traces.addresses or view(row.title) in traces.titles:
            after = _next(conn, row.story_id) if row.story_id else None
            shown = {"title": after.title, "url": after.url} if after else {"title": mark, "url": ""}
            conn.execute(update(cases).where(cases.c.id == row.id).values(**shown, why=[]))
    for event in found(conn, select(case_events).where(case_events.c.detail != ""), case_events.c.case_id, rows):
        if traces.quoted_in(event.detail) or traces.addressed_in(event.detail):
            this = (case_events.c.case_id == event.case_id, case_events.c.number == event.number)
            conn.execute(update(case_events).where(*this).values(detail=mark))
    return set(rows)


def _erase_samples(conn: Connection, traces: Traces, mark: str) -> None:
    """Whether the base had the item stays: it is a part of a count."""
    for row in conn.execute(select(sample_items)).all():
        if row.url in traces.addresses or row.article_id in traces.ids or view(row.title) in traces.titles:
            this = (sample_items.c.week == row.week, sample_items.c.number == row.number)
            conn.execute(update(sample_items).where(*this).values(url="", title=mark, article_id=None))


def _erase_messages(conn: Connection, traces: Traces, about: Collection[str], mark: str) -> int:
    """Empty the messages that carry the items' words or address. What was not sent yet is dead; a sent one keeps only the mark."""
    query = select(outbox.c.id, outbox.c.case_id, outbox.c.message, outbox.c.grouped_in)
    hit: set[str] = set()
    within: set[str] = set()
    for row in conn.execute(query.execution_options(yield_per=_CHUNK)):
        parts = [row.message["subject"], row.message["text"], row.message["html"] or ""]
        if any(traces.addressed_in(part) or (row.case_id in about and traces.quoted_in(part)) for part in parts):
            hit.add(row.id)
            within |= {row.grouped_in} - {None}
    hit |= within
    emptied: dict[str, object] = {"subject": mark, "text": mark, "html": None, "images": {}, "buttons": []}
    unsent: set[str] = set()
    for chunk in chunked(sorted(hit)):
        these = outbox.c.id.in_(chunk)
        unsent |= set(conn.execute(select(outbox.c.id).where(these, outbox.c.status.in_(_UNSENT))).scalars())
        conn.execute(update(outbox).where(these).values(message=emptied))
        conn.execute(update(outbox).where(these, outbox.c.status.in_(_UNSENT)).values(status=DeliveryStatus.DEAD, leased_until=None))
    _ungroup(conn, unsent, hit)
    return len(hit)


def _ungroup(conn: Connection, lists: Collection[str], hit: Collection[str]) -> None:
    """The messages that a list would have told are owed again when the list will never be sent; those emptied themselves are dead."""
    for row in found(conn, select(outbox.c.id), outbox.c.grouped_in, lists):
        status = DeliveryStatus.DEAD if row.id in hit else DeliveryStatus.PENDING
        conn.execute(update(outbox).where(outbox.c.id == row.id).values(status=status, grouped_in=None))
