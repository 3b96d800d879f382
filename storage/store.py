"""The store: every question and every change that the house has for its database, one transaction per call.

Calls block; the service makes them from one writer thread. Every failure of the database is a StorageError, one sentence.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from monitor.figures import (
    CoverageRow,
    DigestFigures,
    Forgotten,
    LedgerRow,
    Pulse,
    Quarantined,
    RawBody,
    Sample,
    SampleItem,
    SearchFilters,
    SeenCounts,
    SourceChange,
    TwoPaths,
    Version,
)
from monitor.records import (
    Article,
    Case,
    CaseState,
    Delivery,
    DeliveryStatus,
    Entry,
    Label,
    LedgerState,
    Message,
    PageFailure,
    RawItem,
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
    coverage,
    figures,
    forget,
    ledger,
    migrate,
    outbox,
    pulse,
    quarantine,
    retention,
    samples,
    search,
    sightings,
    sources,
    versions,
    voices,
)
from storage import raw as pages
from storage.articles import Past
from storage.cases import CaseEvent
from storage.database import BUSY_SECONDS, Database
from storage.forget import Items


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
        """Write one snapshot into a file; return how many rows. The service may go on meanwhile.

        Pages as fetched and what tells voices apart stay out, see storage.backup.
        """
        self.check_version()
        with self._db.read() as conn:
            return backup.write(conn, path, migrate.head())

    def restore(self, path: Path, *, forgotten: Collection[str] = (), now: datetime | None = None) -> int:
        """Fill an empty base from a backup of either engine, all or nothing; return how many rows.

        `forgotten`: digests of what was taken out since (`now` is when they are applied); what this base knows of is added.
        """
        self.upgrade()
        with self._db.write() as conn:
            keys = {*forgotten, *forget.keys(conn)}
            rows = backup.read(conn, path, migrate.head())
            if keys:
                forget.remove(conn, forget.of_keys(conn, keys), keys=keys, who="khôi phục", now=now or datetime.now(UTC))
        self._scrub()
        return rows

    def reindex(self) -> int:
        """Build the full-text index anew; return how many articles it holds."""
        with self._db.write() as conn:
            return articles.reindex(conn)

    def _scrub(self) -> None:
        """Take words that were removed out of the files too: a SQLite index and the log beside the base still hold them."""
        first, more = True, True
        while more:  # in short transactions, so that the service is not kept waiting
            with self._db.write() as conn:
                first, more = False, search.merge(conn, first=first)
        self._db.flush()

    # ---- sources and the service

    def sync_sources(self, declared: Sequence[Source], now: datetime, *, shipped: Collection[str] = ()) -> None:
        """Bring the register up to what the files declare; what a command changed stays until the file's line changes.

        `shipped`: ids of the lines that came with the program.
        """
        with self._db.write() as conn:
            sources.sync(conn, declared, now, shipped)

    def sources(self) -> list[Source]:
        """The register: every listed source, by id."""
        with self._db.read() as conn:
            return sources.listed(conn)

    def source(self, source_id: str) -> Source | None:
        """The listed source of that id."""
        with self._db.read() as conn:
            return sources.get(conn, source_id)

    def put_source(self, source: Source, *, who: str, now: datetime) -> SourceChange | None:
        """Add or change a source of the register, or list it again; None when nothing differs."""
        with self._db.write() as conn:
            return sources.put(conn, source, now, who)

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

    def save_source_state(self, state: SourceState) -> None:
        """Remember what a reading left behind."""
        self.save_source_states([state])

    def save_source_states(self, states: Sequence[SourceState]) -> None:
        """Remember what many readings left behind."""
        with self._db.write() as conn:
            sources.save_states(conn, states)

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

    def pulse(self, now: datetime) -> Pulse:
        """A few numbers that say whether the desk lives."""
        with self._db.read() as conn:
            return pulse.take(conn, now)

    # ---- the ledger

    def enter(self, entries: Sequence[Entry], now: datetime, *, first_reading: bool = False, own: Collection[str] = ()) -> int:
        """Write down the entries that were not known; return how many are new. Edited ones wait again.

        `own`: the canonical URLs that lie on the source's own site; those that another's source offered first become its own.
        """
        with self._db.write() as conn:
            return ledger.enter(conn, entries, now, first_reading=first_reading, own=own)

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

    def draw_sample(self, week: str, items: Sequence[SampleItem], now: datetime) -> Sample:
        """Keep what was drawn for an ISO week ("2026-W47"); refused when it has its sample already."""
        with self._db.write() as conn:
            return samples.draw(conn, week, items, now)

    def sample(self, week: str) -> Sample | None:
        """The sample of an ISO week."""
        with self._db.read() as conn:
            return samples.get(conn, week)

    def samples(self) -> list[Sample]:
        """All samples, newest first."""
        with self._db.read() as conn:
            return samples.newest(conn)

    def answer_sample(self, week: str, items: Sequence[SampleItem]) -> Sample:
        """Keep what a person found for some items of a sample."""
        with self._db.write() as conn:
            return samples.answer(conn, week, items)

    def find_item(self, *, url_key: str, title: str, day: date) -> tuple[str, str] | None:
        """(article id, "địa chỉ" or "tiêu đề"): by canonical URL, else by the same headline within three days of `day`."""
        with self._db.read() as conn:
            return samples.find(conn, url_key, title, day)

    # ---- quarantine

    def put_in_quarantine(self, item: Quarantined) -> None:
        """Write down bytes that were stopped; seen again, they count."""
        with self._db.write() as conn:
            quarantine.put(conn, item)

    def quarantined(self, limit: int = 50) -> list[Quarantined]:
        """What was stopped, the last seen first."""
        with self._db.read() as conn:
            return quarantine.newest(conn, limit)

    def quarantine_hashes(self) -> set[str]:
        """The hashes of all bytes in quarantine."""
        with self._db.read() as conn:
            return quarantine.hashes(conn)

    # ---- articles

    def save(
        self, article: Article, tags: Tags, *, case: Case | None = None, deliveries: Sequence[Delivery] = (),
        entry_url: str | None = None, failure: PageFailure | None = None, raw: RawItem | None = None, social: bool = False, now: datetime,
    ) -> Case | None:  # fmt: skip
        """Store an article with its labels, its case and the messages owed, and settle its ledger entry: all, or nothing.

        Repeating it changes nothing. `failure`: the page could not be read, the article is the feed's own text; the entry
        waits for another try if there is one. `raw`: the page as fetched; `social`: people wrote it, so it is kept for a shorter
        time. Returns the case as stored, with its number. What was forgotten is not stored again.
        """
        state = LedgerState.KEPT if tags.relevant else LedgerState.OFF_TOPIC
        url = entry_url or article.canonical_url
        with self._db.write() as conn:
            if forget.refuses(conn, article, url, now):
                return None
            articles.save(conn, article, tags, now)
            if raw is not None:
                pages.keep(conn, article.id, raw, social=social)
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

    # ---- people's data

    def voice_key(self, month: str) -> bytes:
        """The secret of a month ("2026-11") that makes pseudonyms: drawn at random when first asked for, then the same."""
        with self._db.read() as conn:
            known = voices.key(conn, month)
        if known is not None:
            return known
        with self._db.write() as conn:
            return voices.make(conn, month, secrets.token_bytes(32))

    def purge(
        self, now: datetime, *, raw_press: int, raw_social: int, social_text: int, quarantine: int, voice_months: int
    ) -> dict[str, int]:
        """Take out what is older than so many days (`voice_months`: past months); return how many of each went, by name."""
        gone = dict.fromkeys(("posts", "messages"), 0)
        with self._db.write() as conn:
            gone["raw_press"], gone["raw_social"] = retention.pages(conn, now, press=raw_press, social=raw_social)
            gone["quarantine"] = retention.stopped(conn, now, days=quarantine)
            gone["voice_keys"], gone["voices"] = retention.end_voices(conn, now, months=voice_months)
        more = True
        while more:  # in parts, so that the service is not kept waiting
            with self._db.write() as conn:
                posts, messages = retention.posts(conn, now, days=social_text)
            gone["posts"] += posts
            gone["messages"] += messages
            more = posts > 0
        if any(gone.values()):
            self._scrub()
        return gone

    def to_forget(self, what: str, *, also: Sequence[str] = ()) -> tuple[list[str], int]:
        """(headlines of the articles, number of addresses) that `forget` would take out; nothing is changed."""
        with self._db.read() as conn:
            items = forget.meant(conn, what, also)
            return forget.headlines(conn, items), len(items.entries)

    def forget(self, what: str, *, also: Sequence[str] = (), who: str, now: datetime) -> Forgotten:
        """Take out everywhere what an address (`also`: other spellings of it) or a text means, for good; see storage.forget.

        Raises:
            StorageError: the text is too short.
        """
        with self._db.read() as conn:  # reading through every text takes longer than writers should wait
            items = forget.meant(conn, what, also)
        return self._forget(items, (), who, now)

    def forget_keys(self, keys: Collection[str], *, who: str, now: datetime) -> Forgotten:
        """The same for what has these digests: what was forgotten in another copy of the base."""
        with self._db.read() as conn:
            items = forget.of_keys(conn, keys)
        return self._forget(items, keys, who, now)

    def _forget(self, items: Items, keys: Collection[str], who: str, now: datetime) -> Forgotten:
        with self._db.write() as conn:
            gone = forget.remove(conn, items, keys=keys, who=who, now=now)
        self._scrub()
        return gone

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

    def group(self, now: datetime, *, above: int, compose: Callable[[Sequence[Delivery]], Message]) -> int:
        """Make one list (`compose` writes it) of the alerts due for one recipient beyond the `above` most severe; return how many."""
        with self._db.write() as conn:
            return outbox.group(conn, now, above=above, compose=compose)

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
