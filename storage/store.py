"""The store: every question and every change that the house has for its database, one transaction per call.

Calls block; the service makes them from one writer thread. Every failure of the database is a StorageError, one sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from monitor.figures import CoverageRow, DigestFigures, SearchFilters
from monitor.records import (
    Article,
    Case,
    CaseState,
    Delivery,
    DeliveryStatus,
    Entry,
    Label,
    LedgerState,
    PageFailure,
    Source,
    SourceState,
    Spread,
    Tags,
    Waiting,
)
from storage import articles, backup, cases, coverage, figures, ledger, migrate, outbox, sources
from storage.articles import Past
from storage.cases import CaseEvent
from storage.database import BUSY_SECONDS, Database


class Store:
    """The coverage database. `url` is SQLAlchemy's: sqlite:///file or postgresql://user:password@host/name."""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._db = Database(url, busy_seconds=busy_seconds)

    # ---- the database itself

    def upgrade(self) -> None:
        """Create the tables or bring them up to date."""
        migrate.upgrade(self._db)

    def check_version(self) -> None:
        """Raise StorageError when the schema is not that of this code."""
        migrate.check_version(self._db)

    def close(self) -> None:
        """Close all connections."""
        self._db.close()

    def backup(self, path: Path) -> int:
        """Write one snapshot of everything into a file; return how many rows. The service may go on meanwhile."""
        self.check_version()
        with self._db.read() as conn:
            return backup.write(conn, path, migrate.head())

    def restore(self, path: Path) -> int:
        """Fill an empty base from a backup of either engine, all or nothing; return how many rows."""
        self.upgrade()
        with self._db.write() as conn:
            return backup.read(conn, path, migrate.head())

    def reindex(self) -> int:
        """Build the full-text index anew; return how many articles it holds."""
        with self._db.write() as conn:
            return articles.reindex(conn)

    # ---- sources and the service

    def sync_sources(self, declared: Sequence[Source], now: datetime) -> None:
        """Write down the sources that config declares."""
        with self._db.write() as conn:
            sources.sync(conn, declared, now)

    def source_states(self) -> dict[str, SourceState]:
        """What the last readings left behind, by source id."""
        with self._db.read() as conn:
            return sources.states(conn)

    def save_source_state(self, state: SourceState) -> None:
        """Remember what a reading left behind."""
        with self._db.write() as conn:
            sources.save_state(conn, state)

    def running_since(self) -> datetime | None:
        """When the first article was seen; None before."""
        with self._db.read() as conn:
            return articles.first_seen(conn)

    def beat(self, now: datetime, what: str) -> None:
        """Write down that `what` is alive."""
        with self._db.write() as conn:
            sources.beat(conn, now, what)

    def last_beat(self, what: str | None = None) -> datetime | None:
        """The latest heartbeat of `what`, or of anything."""
        with self._db.read() as conn:
            return sources.last_beat(conn, what)

    # ---- the ledger

    def enter(self, entries: Sequence[Entry], now: datetime, *, first_reading: bool = False) -> int:
        """Write down the entries that were not known; return how many are new. Edited ones wait again."""
        with self._db.write() as conn:
            return ledger.enter(conn, entries, now, first_reading=first_reading)

    def waiting(self, source_id: str, now: datetime) -> list[Waiting]:
        """The entries of a source that are due to be fetched."""
        with self._db.read() as conn:
            return ledger.waiting(conn, [source_id], now)

    def sources_waiting(self, now: datetime) -> list[str]:
        """The sources that have entries due to be fetched, without being read again."""
        with self._db.read() as conn:
            return ledger.sources_waiting(conn, now)

    def mark(
        self, canonical_url: str, state: LedgerState, *, reason: str = "", retry_at: datetime | None = None,
        article_id: str | None = None, now: datetime,
    ) -> None:  # fmt: skip
        """Move a discovered URL into `state` and count the attempt."""
        with self._db.write() as conn:
            ledger.mark(conn, canonical_url, state, reason=reason, retry_at=retry_at, article_id=article_id, now=now)

    def ledger_counts(self, source_id: str | None = None) -> dict[str, int]:
        """How many URLs are in each state; the sum is every URL discovered."""
        with self._db.read() as conn:
            return ledger.counts(conn, source_id)

    # ---- articles

    def save(
        self, article: Article, tags: Tags, *, case: Case | None = None, deliveries: Sequence[Delivery] = (),
        entry_url: str | None = None, failure: PageFailure | None = None, now: datetime,
    ) -> Case | None:  # fmt: skip
        """Store an article with its labels, its case and the messages owed, and settle its ledger entry: all, or nothing.

        Repeating it changes nothing. `failure`: the page could not be read, the article is the feed's own text; the entry
        waits for another try if there is one. Returns the case as stored, with its number.
        """
        state = LedgerState.KEPT if tags.relevant else LedgerState.OFF_TOPIC
        with self._db.write() as conn:
            articles.save(conn, article, tags, now)
            url = entry_url or article.canonical_url
            ledger.settle(conn, url, state, failure=failure, source_id=article.source_id, article_id=article.id, now=now)
            stored = None if case is None else cases.save(conn, case, now)
            number = stored.number if stored else 0
            outbox.owe(conn, [replace(d, message=d.message.numbered(number)) for d in deliveries], now)
        return stored

    def correct(self, article_id: str, label: Label, now: datetime) -> None:
        """Put a person's label in place of the machine's of the same kind; later tagging does not undo it."""
        with self._db.write() as conn:
            articles.correct(conn, article_id, label, now)

    def touch(self, article_id: str, now: datetime) -> None:
        """Remember that an article was seen again."""
        with self._db.write() as conn:
            articles.touch(conn, article_id, now)

    def article(self, article_id: str) -> Article | None:
        """The article of that id."""
        with self._db.read() as conn:
            return articles.get(conn, article_id)

    def tags(self, article_id: str) -> Tags:
        """The labels of an article, corrections included."""
        with self._db.read() as conn:
            return articles.tags_of(conn, article_id)

    def versions(self, article_id: str) -> list[tuple[int, str, str, datetime]]:
        """(version, title, text, replaced at) of what an article said before, oldest first."""
        with self._db.read() as conn:
            return articles.versions(conn, article_id)

    def has_article(self, article_id: str) -> bool:
        """True when the article is stored."""
        return self.content_hash(article_id) is not None

    def content_hash(self, article_id: str) -> str | None:
        """The hash of an article's stored content, if it is stored."""
        with self._db.read() as conn:
            return articles.content_hash(conn, article_id)

    def recent(self, since: datetime) -> Iterator[Past]:
        """The articles published since, oldest first, read a page at a time."""
        with self._db.read() as conn:
            yield from articles.recent(conn, since)

    # ---- stories and cases

    def spread(self, story_id: str, *, including: Article | None = None, tags: Tags | None = None) -> Spread:
        """How far a story has travelled; `including` counts an article that is not stored yet."""
        with self._db.read() as conn:
            return coverage.spread(conn, story_id, including, tags)

    def story_so_far(self, article: Article, tags: Tags) -> tuple[Spread, Case | None]:
        """How far an article's story has travelled, this article included, and its newest case: one snapshot."""
        with self._db.read() as conn:
            return coverage.spread(conn, article.story_id, article, tags), cases.of_story(conn, article.story_id)

    def case_of_story(self, story_id: str) -> Case | None:
        """The newest case of a story."""
        with self._db.read() as conn:
            return cases.of_story(conn, story_id)

    def case(self, key: str | int) -> Case | None:
        """The case of that number or id."""
        with self._db.read() as conn:
            return cases.find(conn, key)

    def cases(self, *, states: Collection[CaseState] | None = None, since: datetime | None = None) -> list[Case]:
        """The cases in any of `states`, opened since, newest first."""
        with self._db.read() as conn:
            return cases.listed(conn, states, since)

    def case_events(self, case_id: str) -> list[CaseEvent]:
        """What happened to a case, in order."""
        with self._db.read() as conn:
            return cases.events(conn, case_id)

    def press(self, case_id: str, action: str, *, who: str, at: datetime) -> tuple[Case, bool]:
        """Do what a person asked by a button (ack, answered, irrelevant); False when somebody was first."""
        with self._db.write() as conn:
            return cases.press(conn, case_id, action, who=who, at=at)

    # ---- the outbox

    def owe(self, deliveries: Sequence[Delivery], now: datetime) -> int:
        """Write messages down as owed; return how many are new."""
        with self._db.write() as conn:
            return outbox.owe(conn, deliveries, now)

    def digests_of(self, week: str) -> set[str]:
        """The ids of the digests of an ISO week ("2026-W47") that were ever owed."""
        with self._db.read() as conn:
            return outbox.digests_of(conn, week)

    def claim(self, now: datetime, lease: timedelta, limit: int, channels: Sequence[str]) -> list[Delivery]:
        """Lease messages that are due on these channels, the most severe first."""
        with self._db.write() as conn:
            return outbox.claim(conn, now, lease, limit, channels)

    def sent(self, delivery_id: str, remote_id: str, now: datetime) -> None:
        """The channel confirmed a message."""
        with self._db.write() as conn:
            outbox.sent(conn, delivery_id, remote_id, now)

    def failed(self, delivery_id: str, error: str, *, retry_at: datetime | None, now: datetime) -> None:
        """The channel did not take a message: due again at `retry_at`, or dead when there is none."""
        with self._db.write() as conn:
            outbox.failed(conn, delivery_id, error, retry_at=retry_at)

    def told(self, case_id: str, channel: str, recipient: str) -> bool:
        """True when a message of that case was owed to that recipient."""
        with self._db.read() as conn:
            return outbox.told(conn, case_id, channel, recipient)

    def resend(self, delivery_id: str, now: datetime) -> None:
        """Owe a dead message again."""
        with self._db.write() as conn:
            outbox.resend(conn, delivery_id, now)

    def deliveries(self, *, status: DeliveryStatus | None = None) -> list[Delivery]:
        """The messages in one status, or all."""
        with self._db.read() as conn:
            return outbox.listed(conn, status)

    def delivery_counts(self) -> dict[str, int]:
        """How many messages are in each status."""
        with self._db.read() as conn:
            return outbox.counts(conn)

    # ---- the coverage

    def search(self, query: str, filters: SearchFilters | None = None, limit: int = 50, offset: int = 0) -> list[CoverageRow]:
        """Find articles by words, "phrases" and filters, newest first; see storage.coverage.search."""
        with self._db.read() as conn:
            return coverage.search(conn, query, filters or SearchFilters(), limit, offset)

    def week_figures(self, start: datetime, end: datetime, *, now: datetime, top: int = 8) -> DigestFigures:
        """The figures of [start, end), local midnights; `now` only words how long a source has been silent."""
        with self._db.read() as conn:
            return figures.period(conn, start, end, now=now, top=top)
