"""The only place that orders the stages. One article walks down this list and never back:

    collect(source)
      crawlers    discover(source, state) → entries          304 or the same body: stop
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

from alerts import outgoing, routing, rules, talking_points
from crawlers import collect as crawl
from crawlers.guard import Refused
from monitor.app import App
from monitor.records import (
    SEVERITIES,
    Article,
    Case,
    CaseState,
    Decision,
    Delivery,
    Entry,
    FetchError,
    LedgerState,
    MonitorError,
    PageFailure,
    ParseError,
    Reading,
    SendError,
    Severity,
    Source,
    SourceState,
    Spread,
    Tags,
    TalkingPoint,
    Waiting,
)
from storage.store import Store

log = structlog.get_logger()

RETRY_PAGE = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))  #: pauses before a failing page is tried again
CLAIM_SIZE = 20


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
    states = await app.db(app.store.source_states)
    now = app.clock()
    due = [s for s in app.sources if s.enabled and (not only_due or _due(states.get(s.id), now))]
    gate = asyncio.Semaphore(app.config.fetch.concurrency)

    async def one(source: Source) -> None:
        async with gate:
            await collect(app, source, tally)

    await asyncio.gather(*(one(s) for s in due))
    await catch_up(app, tally)
    await deliver_all(app)
    counts = await app.db(app.store.delivery_counts)
    tally.deliveries = {key: counts.get(key, 0) for key in ("sent", "pending", "dead")}
    return tally


def _due(state: SourceState | None, now: datetime) -> bool:
    return state is None or state.next_due_at is None or state.next_due_at <= now or state.next_due_at > now + timedelta(days=1)


def backs_off(state: SourceState, source: Source, now: datetime) -> bool:
    """True while a failing source rests, although its interval has passed. The tolerance is the interval's jitter."""
    early = timedelta(seconds=source.every / 2)
    return state.failures > 0 and state.next_due_at is not None and now + early < state.next_due_at <= now + timedelta(days=1)


async def collect(app: App, source: Source, tally: Tally | None = None) -> Tally:
    """Read one source and take in every article it newly offers. A failing source is marked with its reason, never raised."""
    tally = tally if tally is not None else Tally()
    tally.sources += 1
    states = await app.db(app.store.source_states)
    state = states.get(source.id) or SourceState(source_id=source.id)
    try:
        reading = await crawl.discover(source, state, app.tools)
    except MonitorError as error:
        tally.failed.append({"source": source.id, "reason": str(error)})
        await app.db(app.store.save_source_state, _failed(state, source, str(error), error, app.clock()))
        log.warning("source_failed", source=source.id, reason=str(error))
        return tally
    tally.fetched += 1
    new = await app.db(app.store.enter, reading.entries, app.clock(), first_reading=not state.read_before)
    tally.discovered += new
    await app.db(app.store.save_source_state, _read(state, source, reading, new, app.clock()))
    taken = await take_waiting(app, source, tally)
    log.info("source_read", source=source.id, discovered=new, taken=taken, unchanged=reading.unchanged)
    return tally


async def take_waiting(app: App, source: Source, tally: Tally) -> int:
    """Take every entry of a source that is due; return how many there were."""
    async with app.taking[source.id]:
        due = await app.db(app.store.waiting, source.id, app.clock())
        for one in due:
            try:
                await take(app, source, one, tally)
            except MonitorError:  # the database or the sandbox is gone: everything stays waiting
                raise
            except Exception:  # a mistake of ours on one entry must not hold up all that wait behind it
                log.exception("entry_failed", source=source.id, url=one.entry.url)
                reason = "lỗi của chương trình khi xử lý mục này, xem nhật ký"
                await app.db(app.store.mark, one.entry.canonical_url, LedgerState.FAILED, reason=reason, now=app.clock())
        return len(due)


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


def _read(state: SourceState, source: Source, reading: Reading, new: int, now: datetime) -> SourceState:
    if not reading.unchanged:
        state = dataclasses.replace(state, etag=reading.etag, last_modified=reading.last_modified, body_hash=reading.body_hash)
    return dataclasses.replace(
        state,
        read_before=True,
        last_read_at=now,
        last_ok_at=now,
        last_new_at=now if new else state.last_new_at,
        failures=0,
        reason="",
        next_due_at=now + timedelta(seconds=source.every),
    )


def _failed(state: SourceState, source: Source, reason: str, error: MonitorError, now: datetime) -> SourceState:
    """A failing source backs off (doubling, at most a day) and is never given up."""
    failures = state.failures + 1
    pause = min(source.every * 2 ** min(failures - 1, 8), 86_400)
    if isinstance(error, FetchError) and error.retry_after:
        pause = max(pause, error.retry_after)
    return dataclasses.replace(
        state, last_read_at=now, failures=failures, reason=reason, next_due_at=now + timedelta(seconds=min(pause, 86_400))
    )


async def take(app: App, source: Source, waiting: Waiting, tally: Tally) -> None:
    """Fetch and extract one entry, then keep it. A page that fails leaves the feed's own text and is tried again."""
    entry = waiting.entry
    again: PageFailure | None = None
    try:
        article = await crawl.article(entry, source, app.tools)
    except Refused as error:  # the address itself is hostile: it must not stand as a link in anybody's message
        await app.db(app.store.mark, entry.canonical_url, LedgerState.FAILED, reason=str(error), now=app.clock())
        return
    except (FetchError, ParseError) as error:
        again = _page_failure(error, waiting.attempts, app.clock())
        try:
            article = await crawl.article_from_entry(entry, source, app.tools)
        except ParseError:  # the feed says nothing either
            state = LedgerState.WAITING if again.retry_at else LedgerState.FAILED
            await app.db(app.store.mark, entry.canonical_url, state, reason=again.reason, retry_at=again.retry_at, now=app.clock())
            return
    await keep(app, source, entry, article, tally, first_reading=waiting.first_reading, failure=again)


def _page_failure(error: MonitorError, attempts: int, now: datetime) -> PageFailure:
    """When a failing page is tried again: never when it is gone or not to be read, or was tried often enough."""
    hopeless = isinstance(error, FetchError) and error.kind == "hard"
    retry_at = None if hopeless or attempts >= len(RETRY_PAGE) else now + RETRY_PAGE[attempts]
    return PageFailure(reason=str(error), retry_at=retry_at)


async def keep(
    app: App, source: Source, entry: Entry, article: Article, tally: Tally, *, first_reading: bool, failure: PageFailure | None = None
) -> None:
    """Tag, cluster, judge and save one article; what is known unchanged is only noted in the ledger."""
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
        article = await _placed(app, article, known)
        spread, prior = await app.db(app.store.story_so_far, article, tags)
        verdict = await app.think(judge, app, source, article, tags, spread, prior, first_reading=first_reading, now=app.clock())
        saved = await app.db(
            app.store.save, article, verdict.tags, case=verdict.case, deliveries=verdict.owed,
            entry_url=entry.canonical_url, failure=failure, now=app.clock(),
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


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What follows from one article within its story."""

    tags: Tags  #: with class and severity as decided
    case: Case | None = None
    owed: tuple[Delivery, ...] = ()


def judge(
    app: App, source: Source, article: Article, tags: Tags, spread: Spread, prior: Case | None, *, first_reading: bool, now: datetime
) -> Verdict:
    """Decide without touching anything: class and severity, whether it may alert, the case, the messages owed."""
    if not tags.relevant:
        return Verdict(tags=tags)
    config = app.config
    decision = rules.decide(article, tags, source=source, spread=spread, prior=prior, rules=config.rules, adjustments=config.adjustments)
    points: tuple[TalkingPoint, ...] = ()
    if decision.severity != "S0":  # nothing to answer, nothing to say
        text = f"{article.title}\n{article.text}"
        points = talking_points.choose(app.points, topics=tags.values("topic"), text=text, on=now.date(), limit=config.alerting.max_points)
        decision = rules.with_fact(decision, points)
    decided = rules.tagged(tags, decision)
    if rules.may_alert(article, tags, source, first_reading=first_reading, now=now, config=config.alerting):
        return Verdict(tags=decided)
    case = case_after(app, article, tags, decision, prior, now)
    if case is None or not _raised(case, prior, config.alerting.min_severity):
        return Verdict(tags=decided, case=case)
    recipients = routing.reachable(routing.route(case, config.routes, config.units), set(app.channels))
    owed = outgoing.deliveries(
        case=case, article=article, source=source, tags=decided, spread=spread, points=points, recipients=recipients,
        units=config.units, now=now, names=app.names, quiet=config.alerting.quiet_hours,
    )  # fmt: skip
    return Verdict(tags=decided, case=case, owed=tuple(owed))


def case_after(app: App, article: Article, tags: Tags, decision: Decision, prior: Case | None, now: datetime) -> Case | None:
    """The case after this article: a new one, the prior one grown or raised, or None when there is nothing to answer."""
    if prior is None:
        return None if decision.severity == "S0" else outgoing.new_case(article, tags, decision, now, units=app.config.units)
    if prior.state is CaseState.NOT_RELEVANT:
        return None
    return outgoing.grown_case(prior, article, tags, decision, now)


def _raised(case: Case, prior: Case | None, least: Severity) -> bool:
    """People are told of a new case and of a raised level, from `least` up."""
    rank = SEVERITIES.index
    return rank(case.severity) >= rank(least) and (prior is None or rank(case.severity) > rank(prior.severity))


async def deliver(app: App, channels: Sequence[str] | None = None) -> int:
    """Send what is due, the most severe first; return how many messages were tried."""
    lease = timedelta(seconds=app.config.schedule.lease)
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
