"""The reading side of the store: every question that the house has for its database, one snapshot per call."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from monitor.figures import (
    Correction,
    CoverageRow,
    DigestFigures,
    LedgerRow,
    Lesson,
    Promotion,
    Pulse,
    Quarantined,
    RawBody,
    Sample,
    SearchFilters,
    SeenCounts,
    SourceChange,
    TwoPaths,
    Unchecked,
    Version,
)
from monitor.records import (
    Article,
    Case,
    CaseState,
    Delivery,
    DeliveryStatus,
    LedgerState,
    Source,
    SourceState,
    Spread,
    Tags,
    Waiting,
)
from storage import (
    articles,
    backup,
    cases,
    corrections,
    coverage,
    figures,
    forget,
    ledger,
    migrate,
    outbox,
    promotions,
    pulse,
    quarantine,
    samples,
    sightings,
    sources,
    versions,
)
from storage import raw as pages
from storage.articles import Past
from storage.cases import CaseEvent
from storage.database import BUSY_SECONDS, Database


class Reader:
    """The coverage database, to be asked. `url` is SQLAlchemy's: sqlite:///file or postgresql://user:password@host/name."""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._db = Database(url, busy_seconds=busy_seconds)

    # ---- the database itself

    def check_version(self) -> None:
        """Raise StorageError when the schema is not that of this code."""
        migrate.check_version(self._db)

    def close(self) -> None:
        """Close all connections."""
        self._db.close()

    def backup(self, path: Path) -> int:
        """Write one snapshot into a file; return how many rows. The service may go on meanwhile.

        Pages as fetched and what tells voices apart stay out, see storage.backup.
        """
        self.check_version()
        with self._db.read() as conn:
            return backup.write(conn, path, migrate.head())

    # ---- sources and the service

    def sources(self) -> list[Source]:
        """The register: every listed source, by id."""
        with self._db.read() as conn:
            return sources.listed(conn)

    def source(self, source_id: str) -> Source | None:
        """The listed source of that id."""
        with self._db.read() as conn:
            return sources.get(conn, source_id)

    def source_changes(self, source_id: str | None = None, limit: int = 50) -> list[SourceChange]:
        """The history of one source of the register, or of all, newest first."""
        with self._db.read() as conn:
            return sources.changes(conn, source_id, limit)

    def source_state(self, source_id: str) -> SourceState | None:
        """What the last readings of one source left behind; None before the first."""
        with self._db.read() as conn:
            return sources.state(conn, source_id)

    def source_states(self) -> dict[str, SourceState]:
        """What the last readings left behind, by source id."""
        with self._db.read() as conn:
            return sources.states(conn)

    def running_since(self) -> datetime | None:
        """When the first article was seen; None before."""
        with self._db.read() as conn:
            return articles.first_seen(conn)

    def last_beat(self, what: str | None = None) -> datetime | None:
        """The latest heartbeat of `what`, or of anything."""
        with self._db.read() as conn:
            return sources.last_beat(conn, what)

    def pulse(self, now: datetime) -> Pulse:
        """A few numbers that say whether the desk lives."""
        with self._db.read() as conn:
            return pulse.take(conn, now)

    # ---- the ledger

    def waiting(self, source_id: str, now: datetime) -> list[Waiting]:
        """The entries of a source that are due to be fetched."""
        with self._db.read() as conn:
            return ledger.waiting(conn, [source_id], now)

    def sources_waiting(self, now: datetime) -> list[str]:
        """The sources that have entries due to be fetched, without being read again."""
        with self._db.read() as conn:
            return ledger.sources_waiting(conn, now)

    def ledger_counts(self, source_id: str | None = None) -> dict[str, int]:
        """How many URLs are in each state; the sum is every URL discovered."""
        with self._db.read() as conn:
            return ledger.counts(conn, source_id)

    def ledger_by_source(self) -> dict[str, dict[str, int]]:
        """The same for every source that has URLs."""
        with self._db.read() as conn:
            return ledger.by_source(conn)

    def ledger_rows(self, *, state: LedgerState | None = None, source_id: str | None = None, limit: int = 50) -> list[LedgerRow]:
        """The URLs of one state and one source, or of any, the last changed first."""
        with self._db.read() as conn:
            return ledger.newest(conn, state, source_id, limit)

    def seen_counts(self, now: datetime) -> dict[str, SeenCounts]:
        """What each source of the register newly offered in the last day and in the same hours of the weeks before."""
        with self._db.read() as conn:
            return sightings.seen_counts(conn, now)

    def two_paths(
        self, outlets: Sequence[tuple[str, Collection[str], Collection[str]]], since: datetime, until: datetime
    ) -> list[TwoPaths]:  # fmt: skip
        """What each of two paths brought of the URLs of an outlet; given (outlet, ids of one path, ids of the other)."""
        with self._db.read() as conn:
            return sightings.two_paths(conn, outlets, since, until)

    # ---- the weekly hand check

    def sample(self, week: str) -> Sample | None:
        """The sample of an ISO week."""
        with self._db.read() as conn:
            return samples.get(conn, week)

    def samples(self) -> list[Sample]:
        """All samples, newest first."""
        with self._db.read() as conn:
            return samples.newest(conn)

    def find_item(self, *, url_key: str, title: str, day: date) -> tuple[str, str] | None:
        """(article id, "địa chỉ" or "tiêu đề"): by canonical URL, else by the same headline within three days of `day`."""
        with self._db.read() as conn:
            return samples.find(conn, url_key, title, day)

    # ---- quarantine

    def quarantined(self, limit: int = 50) -> list[Quarantined]:
        """What was stopped, the last seen first."""
        with self._db.read() as conn:
            return quarantine.newest(conn, limit)

    def quarantine_hashes(self) -> set[str]:
        """The hashes of all bytes in quarantine."""
        with self._db.read() as conn:
            return quarantine.hashes(conn)

    # ---- articles

    def article(self, article_id: str) -> Article | None:
        """The article of that id."""
        with self._db.read() as conn:
            return articles.get(conn, article_id)

    def tags(self, article_id: str) -> Tags:
        """The labels of an article, corrections included."""
        with self._db.read() as conn:
            return articles.tags_of(conn, article_id)

    def as_corrected(self, tags: Tags) -> Tags:
        """What the machine says of an article that is stored already, with the last word where people have had it."""
        with self._db.read() as conn:
            return articles.as_corrected(conn, tags)

    def raw(self, article_id: str) -> RawBody | None:
        """The page of an article as it was fetched; None when it was not kept, or no longer."""
        with self._db.read() as conn:
            return pages.get(conn, article_id)

    def versions(self, article_id: str) -> list[Version]:
        """What an article said before its edits, oldest first, each with what the next one changed."""
        with self._db.read() as conn:
            return versions.listed(conn, article_id)

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

    # ---- learning from corrections

    def unchecked(self, account: str, most: int) -> list[Unchecked]:
        """The newest articles that this account was not asked about and nobody has judged."""
        with self._db.read() as conn:
            return corrections.unchecked(conn, account, most)

    def corrections(self, article_id: str | None = None) -> list[Correction]:
        """All corrections, or those of one article, in order."""
        with self._db.read() as conn:
            return corrections.listed(conn, article_id)

    def corrections_today(self, account: str, now: datetime) -> int:
        """How many corrections an account made in the local day."""
        with self._db.read() as conn:
            return corrections.today(conn, account, now)

    def lessons(self) -> list[Lesson]:
        """What can be learned from the corrections, and what is only measured with."""
        with self._db.read() as conn:
            return corrections.lessons(conn)

    def promotions(self) -> list[Promotion]:
        """The models ever taken into use, oldest first; the last one counts."""
        with self._db.read() as conn:
            return promotions.listed(conn)

    def promoted(self) -> Promotion | None:
        """The model in use; None: the one shipped with the program."""
        with self._db.read() as conn:
            return promotions.head(conn)

    def model_weights(self, number: int) -> bytes | None:
        """The weights of a promotion; None: those of the shipped model."""
        with self._db.read() as conn:
            return promotions.weights(conn, number)

    # ---- people's data

    def to_forget(self, what: str, *, also: Sequence[str] = ()) -> tuple[list[str], int]:
        """(headlines of the articles, number of addresses) that `forget` would take out; nothing is changed."""
        with self._db.read() as conn:
            items = forget.meant(conn, what, also)
            return forget.headlines(conn, items), len(items.entries)

    def forgotten_keys(self) -> set[str]:
        """The digests of the addresses and articles that were forgotten."""
        with self._db.read() as conn:
            return forget.keys(conn)

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

    # ---- the outbox

    def digests_of(self, week: str) -> set[str]:
        """The ids of the digests of an ISO week ("2026-W47") that were ever owed."""
        with self._db.read() as conn:
            return outbox.digests_of(conn, week)

    def told(self, case_id: str, channel: str, recipient: str) -> bool:
        """True when a message of that case was owed to that recipient."""
        with self._db.read() as conn:
            return outbox.told(conn, case_id, channel, recipient)

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
