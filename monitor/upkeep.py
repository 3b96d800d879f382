"""What the service does for itself: tells the operators of sources that fall silent or come back, and takes out what is kept no longer."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import structlog

from alerts import notices, routing
from monitor import standing
from monitor.app import App, take_model
from monitor.figures import HealthState
from monitor.records import Delivery

log = structlog.get_logger()

PURGE_EVERY = timedelta(hours=24)
TROUBLE: frozenset[HealthState] = frozenset({"quiet", "empty", "blocked", "dead"})  #: a single failure is none yet

Noticed = dict[str, tuple[HealthState, datetime]]  #: by source id: its state when last looked at, and since when


async def tell_of_sources(app: App, before: Noticed) -> Noticed:
    """Owe one notice on every source that fell into trouble or came out of it; return what is known of each now."""
    now = app.clock()
    counts, ledger = await app.db(app.store.seen_counts, now), await app.db(app.store.ledger_by_source)
    found = standing.judged(app.sources, app.states, counts, ledger, now)
    unknown: tuple[HealthState, datetime] = ("healthy", now)
    news = [(h, before.get(h.source.id, unknown)) for h in found]
    news = [(h, (state, since)) for h, (state, since) in news if _is_news(h.state, state)]
    if news:
        await _owe(app, [(h, state) for h, (state, _) in news], {h.source.id: now - since for h, (_, since) in news})
    return {h.source.id: before.get(h.source.id, unknown) if _stays(h.state, before.get(h.source.id)) else (h.state, now) for h in found}


def _stays(state: HealthState, known: tuple[HealthState, datetime] | None) -> bool:
    """True when nothing changed, or a source in trouble merely fails now and then: only reading well again ends its trouble."""
    return known is not None and (state == known[0] or state == "failing")


def _is_news(now: HealthState, before: HealthState) -> bool:
    return (now in TROUBLE and now != before) or (now == "healthy" and before in TROUBLE)


async def _owe(app: App, news: list[notices.News], lasted: dict[str, timedelta]) -> None:
    now = app.clock()
    message = notices.sources_notice(news, lasted=lasted)
    recipients = routing.reachable([(r, "") for r in app.config.operations.recipients], set(app.channels))
    # the same news is owed once a day, however often the service starts
    subject = hashlib.blake2b(repr([(h.source.id, h.state) for h, _ in news]).encode(), digest_size=8).hexdigest()
    owed = [
        Delivery(
            id=f"notice:{now:%Y-%m-%d}-{subject}:{r.channel}:{r.to}:1", kind="notice", case_id=None, channel=r.channel, recipient=r.to,
            message=message, due_at=now,
        )
        for r, _ in recipients
    ]  # fmt: skip
    await app.db(app.store.owe, owed, now)
    log.info("sources_changed", changed={h.source.id: h.state for h, _ in news}, told=len(owed))


async def purge_if_due(app: App) -> None:
    """Once a day take out what is kept no longer."""
    now = app.clock()
    last = await app.db(app.store.last_beat, "purge")
    if last is not None and timedelta(0) <= now - last < PURGE_EVERY:
        return
    keep = app.config.retention
    gone = await app.db(
        app.store.purge, now, raw_press=keep.raw_press, raw_social=keep.raw_social, social_text=keep.social_text,
        quarantine=keep.quarantine, voice_months=keep.voice_months,
    )  # fmt: skip
    await app.db(app.store.beat, now, "purge")
    log.info("purged", **gone)


async def refresh_register(app: App) -> set[str]:
    """Take over what commands changed in the database meanwhile: sources, and items to be forgotten. Return the ids that changed."""
    before = {s.id: s for s in app.sources}
    app.sources = tuple(await app.db(app.store.sources))
    for key in await app.db(app.store.forgotten_keys):
        app.stories.forget(key)
    after = {s.id: s for s in app.sources}
    return {i for i in before.keys() | after.keys() if before.get(i) != after.get(i)}


async def refresh_model(app: App) -> bool:
    """Take over the model that `monitor retrain` or `monitor model rollback` put into use meanwhile; True when it changed."""
    return await take_model(app)
