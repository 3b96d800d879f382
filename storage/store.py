"""The store: every change that the house makes to its database, beside every question (storage.reader); one transaction per call.

Calls block; the service makes them from one writer thread. Every failure of the database is a StorageError, one sentence.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.figures import (
    Answer,
    Forgotten,
    Promotion,
    Quarantined,
    Recorded,
    Sample,
    SampleItem,
    SourceChange,
    Stream,
)
from monitor.records import (
    Article,
    Case,
    Delivery,
    Entry,
    Label,
    LedgerState,
    Message,
    PageFailure,
    RawItem,
    Source,
    SourceState,
    Tags,
)
from storage import (
    articles,
    backup,
    cases,
    corrections,
    forget,
    ledger,
    migrate,
    outbox,
    promotions,
    quarantine,
    retention,
    samples,
    search,
    sources,
    voices,
)
from storage import raw as pages
from storage.forget import Items
from storage.reader import Reader


class Store(Reader):
    """The coverage database, to be asked and to be changed."""

    # ---- the database itself

    def upgrade(self) -> None:
        """Create the tables or bring them up to date."""
        migrate.upgrade(self._db)

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

    def put_source(self, source: Source, *, who: str, now: datetime) -> SourceChange | None:
        """Add or change a source of the register, or list it again; None when nothing differs."""
        with self._db.write() as conn:
            return sources.put(conn, source, now, who)

    def save_source_state(self, state: SourceState) -> None:
        """Remember what a reading left behind."""
        self.save_source_states([state])

    def save_source_states(self, states: Sequence[SourceState]) -> None:
        """Remember what many readings left behind."""
        with self._db.write() as conn:
            sources.save_states(conn, states)

    def beat(self, now: datetime, what: str) -> None:
        """Write down that `what` is alive."""
        with self._db.write() as conn:
            sources.beat(conn, now, what)

    # ---- the ledger

    def enter(self, entries: Sequence[Entry], now: datetime, *, first_reading: bool = False, own: Collection[str] = ()) -> int:
        """Write down the entries that were not known; return how many are new. Edited ones wait again.

        `own`: the canonical URLs that lie on the source's own site; those that another's source offered first become its own.
        """
        with self._db.write() as conn:
            return ledger.enter(conn, entries, now, first_reading=first_reading, own=own)

    def mark(
        self, canonical_url: str, state: LedgerState, *, reason: str = "", retry_at: datetime | None = None,
        article_id: str | None = None, now: datetime,
    ) -> None:  # fmt: skip
        """Move a discovered URL into `state` and count the attempt."""
        with self._db.write() as conn:
            ledger.mark(conn, canonical_url, state, reason=reason, retry_at=retry_at, article_id=article_id, now=now)

    # ---- the weekly hand check

    def draw_sample(self, week: str, items: Sequence[SampleItem], now: datetime) -> Sample:
        """Keep what was drawn for an ISO week ("2026-W47"); refused when it has its sample already."""
        with self._db.write() as conn:
            return samples.draw(conn, week, items, now)

    def answer_sample(self, week: str, items: Sequence[SampleItem]) -> Sample:
        """Keep what a person found for some items of a sample."""
        with self._db.write() as conn:
            return samples.answer(conn, week, items)

    # ---- quarantine

    def put_in_quarantine(self, item: Quarantined) -> None:
        """Write down bytes that were stopped; seen again, they count."""
        with self._db.write() as conn:
            quarantine.put(conn, item)

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
            articles.correct(conn, article_id, {label.kind: (label,)}, now)

    def touch(self, article_id: str, now: datetime) -> None:
        """Remember that an article was seen again."""
        with self._db.write() as conn:
            articles.touch(conn, article_id, now)

    # ---- learning from corrections

    def offer(self, account: str, article_id: str, stream: Stream, now: datetime) -> bool:
        """Write down that an article is put before an account; False when it was before."""
        with self._db.write() as conn:
            return corrections.offer(conn, account, article_id, stream, now)

    def record(self, answers: Sequence[Answer], *, account: str, model: str, per_day: int, now: datetime) -> Recorded:
        """Write down what an account says of articles, and set their labels, within its cap of corrections a local day.

        Raises:
            StorageError: there is no such article.
        """
        with self._db.write() as conn:
            return corrections.record(conn, answers, account=account, model=model, per_day=per_day, now=now)

    def promote(
        self, *, version: str, role: str, parent: str, after: int, learned: int, figures: Mapping[str, object],
        manifest: Mapping[str, object], weights: bytes, now: datetime,
    ) -> Promotion:  # fmt: skip
        """Take a new model into use, in place of the row `after` (0: none) that it was compared with; see storage.promotions."""
        with self._db.write() as conn:
            return promotions.promote(
                conn, version=version, role=role, parent=parent, after=after, corrections=learned, figures=figures, manifest=manifest,
                blob=weights, now=now,
            )  # fmt: skip

    def roll_back_model(self, *, role: str, shipped: str, now: datetime) -> Promotion:
        """Go back to the model before the one in use, at last to the shipped one, as a new row."""
        with self._db.write() as conn:
            return promotions.roll_back(conn, role=role, shipped=shipped, now=now)

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

    # ---- stories and cases

    def press(self, case_id: str, action: str, *, who: str, at: datetime) -> tuple[Case, bool]:
        """Do what a person asked by a button (ack, answered, irrelevant); False when somebody was first."""
        with self._db.write() as conn:
            return cases.press(conn, case_id, action, who=who, at=at)

    # ---- the outbox

    def owe(self, deliveries: Sequence[Delivery], now: datetime) -> int:
        """Write messages down as owed; return how many are new."""
        with self._db.write() as conn:
            return outbox.owe(conn, deliveries, now)

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

    def resend(self, delivery_id: str, now: datetime) -> None:
        """Owe a dead message again."""
        with self._db.write() as conn:
            outbox.resend(conn, delivery_id, now)
