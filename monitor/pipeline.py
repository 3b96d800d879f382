"""The only place that orders the stages. One article walks down this list and never back:

    collect(source)
      crawlers    discover(source, state) → entries          304 or the same body: stop
      crawlers    protect(entries)                           posts: people's data masked before anything is stored
      storage     ledger: every URL is written down before anything is fetched
      take(entry)                                            every entry that waits; catch_up() takes what a crash left
        crawlers    fetch → RawItem, extract → Article       a page that fails: the feed's own text, and tried again
      keep(article)
        classifiers tag → Tags
        crawlers    place → story                            from here to save one article at a time
        alerts      judge: decide → Decision, may_alert or why not, points, case, route, render → [Delivery]
        storage     save                                     ONE transaction: coverage and the messages owed, or nothing
    deliver()
      storage     claim (lease) → channel.send → sent | failed
    weekly()
      storage     week_figures → alerts.digest.compose → the same outbox

A crash anywhere: entries still waiting are fetched again, owed messages are sent again.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from alerts import outgoing
from crawlers import collect as crawl
from crawlers import people
from crawlers.door.guard import Refused
from crawlers.sources import rhythm
from monitor.app import App
from monitor.errors import FetchError, HostileError, MonitorError, ParseError, SendError
from monitor.figures import Quarantined
from monitor.records import (
    Article,
    Delivery,
    Entry,
    LedgerState,
    PageFailure,
    RawItem,
    Reading,
    Source,
    SourceState,
    Waiting,
)
from monitor.verdict import judge
from storage.store import Store

log = structlog.get_logger()

RETRY_PAGE = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))  #: pauses; the last one repeats
#: how often a page is tried again, by kind of failure (rhythm.kind_of): feeds run ahead of their pages, servers are down for days
TRIES = {"temporary": 16, "soft": 6, "hard": 2, "parse": 4, "empty": 4, "hostile": 0, "off": 0, "ours": 7}
CLAIM_SIZE = 20
READ_AHEAD = 4  #: entries of one source that are read while an earlier one is kept; the host's own pace still holds
MANY_STATES = 200  #: unchanged readings that are written down in one go


@dataclass(kw_only=True)
class Tally:
    """What one pass did; `monitor once --json` prints it."""

    sources: int = 0
    fetched: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    discovered: int = 0
    articles: int = 0
    relevant: int = 0
    stories: int = 0
    cases: int = 0
    alerts: int = 0
    deliveries: dict[str, int] = field(default_factory=lambda: {"sent": 0, "pending": 0, "dead": 0})


async def once(app: App, *, only_due: bool = True) -> Tally:
    """One pass over the due sources, then deliver what is owed."""
    tally = Tally()
    now = app.clock()
    due = [s for s in app.sources if s.enabled and not (only_due and rhythm.resting(app.states.get(s.id), now))]
    gate = asyncio.Semaphore(app.config.fetch.concurrency)

    async def one(source: Source) -> None:
        async with gate:
            await collect(app, source, tally)

    await asyncio.gather(*(one(s) for s in due))
    await save_states(app)
    await catch_up(app, tally)
    await deliver_all(app)
    counts = await app.db(app.store.delivery_counts)
    tally.deliveries = {key: counts.get(key, 0) for key in ("sent", "pending", "dead")}
    return tally


async def collect(app: App, source: Source, tally: Tally | None = None) -> Tally:
    """Read one source and take in every article it newly offers. A failing source is marked with its reason, never raised."""
    tally = tally if tally is not None else Tally()
    tally.sources += 1
    state = app.states.get(source.id) or SourceState(source_id=source.id)
    bounds = getattr(app.config.rhythm, source.tier)
    try:
        reading = await crawl.discover(source, state, app.tools)
    except MonitorError as error:
        tally.failed.append({"source": source.id, "reason": str(error)})
        await _quarantined(app, source, error)
        app.states[source.id] = rhythm.after_failure(state, source, error, app.clock(), bounds)
        await app.db(app.store.save_source_state, app.states[source.id])
        log.warning("source_failed", source=source.id, reason=str(error))
        return tally
    tally.fetched += 1
    new = 0 if reading.unchanged else await enter(app, source, reading, first_reading=not state.read_before)
    tally.discovered += new
    app.states[source.id] = rhythm.after_reading(state, source, reading, new, app.clock(), bounds)
    if reading.unchanged and not state.failures:
        app.unsaved[source.id] = app.states[source.id]  # losing it costs one reading
    else:
        app.unsaved.pop(source.id, None)
        await app.db(app.store.save_source_state, app.states[source.id])
    if len(app.unsaved) >= MANY_STATES:
        await save_states(app)
    if state.failures:
        log.info("source_recovered", source=source.id, failures=state.failures, since=str(state.failing_since))
    taken = await take_waiting(app, source, tally) if new or not reading.unchanged else 0
    log.info("source_read", source=source.id, discovered=new, taken=taken, unchanged=reading.unchanged)
    return tally


async def enter(app: App, source: Source, reading: Reading, *, first_reading: bool) -> int:
    """Write a reading's entries into the ledger, people's data masked before; return how many are new."""
    entries = reading.entries
    if people.is_people(source):
        key = await app.db(app.store.voice_key, people.month(app.clock()))
        entries = await app.think(people.protect, entries, source, key)
    own = crawl.own_urls(source, entries)
    return await app.db(app.store.enter, entries, app.clock(), first_reading=first_reading, own=own)


async def save_states(app: App) -> None:
    """Save what unchanged readings left behind, in one transaction."""
    unsaved, app.unsaved = app.unsaved, {}
    if unsaved:
        await app.db(app.store.save_source_states, list(unsaved.values()))


async def _quarantined(app: App, source: Source, error: MonitorError) -> None:
    """Write down the hash of bytes that had to be stopped: they are not parsed a second time."""
    if not isinstance(error, HostileError) or not error.body_hash:
        return
    now = app.clock()
    app.tools.quarantined.add(error.body_hash)
    row = Quarantined(
        body_hash=error.body_hash, source_id=source.id, url=error.url, reason=str(error), size=error.size, first_at=now, last_at=now
    )
    await app.db(app.store.put_in_quarantine, row)


async def take_waiting(app: App, source: Source, tally: Tally, *, complete: bool = False) -> int:
    """Take every entry of a source that is due (or only those that need no page); return how many there were.

    The next pages are read while one is kept.
    """
    async with app.taking[source.id]:
        due = await app.db(app.store.waiting, source.id, app.clock())
        due = [one for one in due if one.entry.complete] if complete else due
        reading = [asyncio.ensure_future(_read(app, source, one)) for one in due[:READ_AHEAD]]
        try:
            for number, one in enumerate(due):
                page = reading[number]
                await asyncio.wait({page})
                if number + READ_AHEAD < len(due):
                    reading.append(asyncio.ensure_future(_read(app, source, due[number + READ_AHEAD])))
                await _take_safely(app, source, one, page, tally)
        finally:
            for page in reading:
                page.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
        return len(due)


async def _take_safely(app: App, source: Source, waiting: Waiting, page: asyncio.Future[Read], tally: Tally) -> None:
    """Take one entry; a mistake of ours on it must not hold up all that wait behind it."""
    try:
        await take(app, source, waiting, page.result(), tally)
    except MonitorError:  # the database or the sandbox is gone: everything stays waiting
        raise
    except Exception:
        log.exception("entry_failed", source=source.id, url=waiting.entry.url)
        reason = "lỗi của chương trình khi xử lý mục này, xem nhật ký"
        again = app.clock() + timedelta(days=1) if waiting.attempts < TRIES["ours"] else None  # perhaps mended by then
        state = LedgerState.WAITING if again else LedgerState.FAILED
        await app.db(app.store.mark, waiting.entry.canonical_url, state, reason=reason, retry_at=again, now=app.clock())


async def catch_up(app: App, tally: Tally | None = None) -> Tally:
    """Take what earlier readings left: a page to be tried again, or all that was waiting when the process died."""
    tally = tally if tally is not None else Tally()
    waiting = [app.source(source_id) for source_id in await app.db(app.store.sources_waiting, app.clock())]
    gate = asyncio.Semaphore(app.config.fetch.concurrency)

    async def one(source: Source) -> None:
        async with gate:
            await take_waiting(app, source, tally)

    await asyncio.gather(*(one(s) for s in waiting if s is not None and not app.taking[s.id].locked()))
    return tally


@dataclass(frozen=True, kw_only=True)
class Read:
    """What reading one entry gave: an article, or the reason why there is none."""

    article: Article | None = None
    raw: RawItem | None = None  #: the page it was read from
    failure: PageFailure | None = None  #: the page could not be read; an article beside it is the feed's own text


async def _read(app: App, source: Source, waiting: Waiting) -> Read:
    """Fetch and extract one entry. A page that fails leaves the feed's own text, and is tried again."""
    entry = waiting.entry
    try:
        page = None if entry.complete else await crawl.fetch(entry, source, app.tools)
        article = await crawl.extract(page or entry, source, app.tools)
        return Read(article=article, raw=_as_kept(page or _as_received(app, entry), article, source))
    except Refused as error:  # the address itself is hostile: it must not stand as a link in anybody's message
        return Read(failure=PageFailure(reason=str(error), retry_at=None))
    except (FetchError, ParseError) as error:
        await _quarantined(app, source, error)
        failure = _page_failure(error, waiting.attempts, app.clock())
    try:
        return Read(article=await crawl.extract(entry, source, app.tools), failure=failure)
    except ParseError:  # the feed says nothing either
        return Read(failure=failure)


async def take(app: App, source: Source, waiting: Waiting, read: Read, tally: Tally) -> None:
    """Keep what reading an entry gave, or write down why it gave nothing."""
    entry = waiting.entry
    if read.article is not None:
        raw = read.raw
        await keep(app, source, entry, read.article, tally, first_reading=waiting.first_reading, failure=read.failure, raw=raw)
        return
    assert read.failure is not None
    state = LedgerState.WAITING if read.failure.retry_at else LedgerState.FAILED
    reason, retry_at = read.failure.reason, read.failure.retry_at
    await app.db(app.store.mark, entry.canonical_url, state, reason=reason, retry_at=retry_at, now=app.clock())


def _as_kept(raw: RawItem, article: Article, source: Source) -> RawItem:
    """What is kept of a page: of a source in which people speak nothing but the masked words."""
    if not people.is_people(source):
        return raw
    body = f"{article.title}\n{article.text}".encode("utf-8", "replace")
    return dataclasses.replace(raw, url=article.url, body=body, charset="utf-8")


def _as_received(app: App, entry: Entry) -> RawItem:
    """A complete entry as its own provenance; of posts it is masked already."""
    body = entry.summary_html.encode("utf-8", "replace")
    return RawItem(source_id=entry.source_id, url=entry.url, body=body, charset="utf-8", fetched_at=app.clock(), entry=entry)


def _page_failure(error: MonitorError, attempts: int, now: datetime) -> PageFailure:
    """When a failing page is tried again: for a fortnight while its server has trouble, less often the surer the refusal is."""
    kind = rhythm.kind_of(error)
    retry_at = now + RETRY_PAGE[min(attempts, len(RETRY_PAGE) - 1)] if attempts < TRIES[kind] else None
    return PageFailure(reason=str(error), retry_at=retry_at)


async def keep(
    app: App, source: Source, entry: Entry, article: Article, tally: Tally, *, first_reading: bool, failure: PageFailure | None = None,
    raw: RawItem | None = None,
) -> None:  # fmt: skip
    """Tag, cluster, judge and save one article; what is known unchanged is only noted in the ledger.

    `raw` is kept for a while beside an article that is relevant: the others are only counted.
    """
    tags = await app.think(
        app.tagger.tag,
        article_id=article.id,
        title=article.title,
        text=article.text,
        tier=source.tier,
        ward=source.ward,
        outlet=source.name,
    )
    async with app.order:
        known = await app.db(app.store.article, article.id)
        if known is not None and (known.content_hash == article.content_hash or (article.partial and known.title == article.title)):
            await app.db(_note_known, app.store, entry, article, failure, app.clock())
            return
        if known is not None:
            tags = await app.db(app.store.as_corrected, tags)  # an edit must not alert on what a person has judged
        article = await _placed(app, article, known)
        spread, prior = await app.db(app.store.story_so_far, article, tags)
        verdict = await app.think(judge, app, source, article, tags, spread, prior, first_reading=first_reading, now=app.clock())
        saved = await app.db(
            app.store.save, article, verdict.tags, case=verdict.case, deliveries=verdict.owed,
            entry_url=entry.canonical_url, failure=failure, raw=raw if tags.relevant else None, social=people.is_people(source),
            now=app.clock(),
        )  # fmt: skip
    if known is None:
        tally.articles += 1
        tally.relevant += tags.relevant
        tally.stories += tags.relevant and spread.articles == 1
    tally.cases += verdict.case is not None and prior is None
    tally.alerts += bool(verdict.owed)
    if verdict.owed and saved:
        log.info("alert_owed", case=saved.number, severity=saved.severity, case_class=saved.case_class, story=saved.story_id)


def _note_known(store: Store, entry: Entry, article: Article, failure: PageFailure | None, now: datetime) -> None:
    """The URL leads to an article that is stored already: a duplicate (storage knows when it is the article's own URL)."""
    state = LedgerState.WAITING if failure and failure.retry_at else LedgerState.DUPLICATE
    store.mark(
        entry.canonical_url, state, reason=failure.reason if failure else "", retry_at=failure.retry_at if failure else None,
        article_id=article.id, now=now,
    )  # fmt: skip


async def _placed(app: App, article: Article, known: Article | None) -> Article:
    """The article in its story: where an edited one already stands, else where clustering puts it."""
    if known is not None:
        return dataclasses.replace(
            article, story_id=known.story_id, duplicate_of=known.duplicate_of, story_why=known.story_why, first_seen_at=known.first_seen_at
        )
    placed = await app.think(
        app.stories.place,
        id=article.id,
        title=article.title,
        text=article.text,
        published_at=article.published_at,
        source_id=article.source_id,
    )
    return dataclasses.replace(article, story_id=placed.story_id, duplicate_of=placed.duplicate_of, story_why=placed.why)


async def deliver(app: App, channels: Sequence[str] | None = None) -> int:
    """Send what is due, the most severe first; return how many messages were tried."""
    lease = timedelta(seconds=app.config.schedule.lease)
    await app.db(app.store.group, app.clock(), above=app.config.alerting.group_above, compose=outgoing.grouped)
    claimed = await app.db(app.store.claim, app.clock(), lease, CLAIM_SIZE, sorted(app.channels) if channels is None else channels)
    by_channel: dict[str, list[Delivery]] = {}
    for delivery in claimed:
        by_channel.setdefault(delivery.channel, []).append(delivery)
    await asyncio.gather(*(_send_in_order(app, queue) for queue in by_channel.values()))
    return len(claimed)


async def deliver_all(app: App) -> None:
    """Deliver until nothing is due."""
    while await deliver(app):
        pass


async def _send_in_order(app: App, queue: Sequence[Delivery]) -> None:
    for delivery in queue:
        await _send(app, delivery)


async def _send(app: App, delivery: Delivery) -> None:
    try:
        remote_id = await app.channels[delivery.channel].send(delivery.message, delivery.recipient, repeated=outgoing.repeated(delivery))
    except SendError as error:
        retry_at = outgoing.retry_at(attempts=delivery.attempts, most=app.config.schedule.max_attempts, error=error, now=app.clock())
        await app.db(app.store.failed, delivery.id, str(error), retry_at=retry_at, now=app.clock())
        log.warning("delivery_failed", delivery=delivery.id, reason=str(error), retry_at=str(retry_at), dead=retry_at is None)
    except Exception as error:  # a mistake of ours on one message must not hold up all that wait behind it
        log.exception("delivery_broken", delivery=delivery.id)
        failure = SendError(f"lỗi của chương trình khi gửi ({type(error).__name__}), xem nhật ký")
        retry_at = outgoing.retry_at(attempts=delivery.attempts, most=app.config.schedule.max_attempts, error=failure, now=app.clock())
        await app.db(app.store.failed, delivery.id, str(failure), retry_at=retry_at, now=app.clock())
    else:
        await app.db(app.store.sent, delivery.id, remote_id, app.clock())
