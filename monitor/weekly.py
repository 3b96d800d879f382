"""The weekly digest: figures from storage, the letter from alerts, owed through the same outbox, once per week and recipient."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import structlog

from alerts import digest, outgoing, routing
from classifiers import key_phrases
from monitor.app import App
from monitor.errors import ParseError
from monitor.records import Message

log = structlog.get_logger()

HANOI = timezone(timedelta(hours=7), "+07")
CATCH_UP_WEEKS = 4  #: digests of older weeks interest nobody any more


def week_bounds(week: str) -> tuple[datetime, datetime]:
    """Start and end (exclusive), UTC, of an ISO week such as "2026-W47": Monday 00:00 to Monday 00:00 in Hà Nội.

    Raises:
        ValueError: not an ISO week.
    """
    year, _, number = week.partition("-W")
    monday = date.fromisocalendar(int(year), int(number), 1)
    start = datetime.combine(monday, time(), HANOI).astimezone(UTC)
    return start, start + timedelta(days=7)


def last_whole_week(now: datetime) -> str:
    """The ISO week that ended most recently before `now`, by the calendar of Hà Nội."""
    year, number, _ = (now.astimezone(HANOI) - timedelta(days=7)).isocalendar()
    return f"{year}-W{number:02d}"


def due_week(now: datetime, *, weekday: int, hour: int) -> str | None:
    """The week whose digest should have gone out by `now`, or None before this week's hour (last week's one is over by then)."""
    local = now.astimezone(HANOI)
    due = datetime.combine(local.date() - timedelta(days=local.isoweekday() - weekday), time(hour), HANOI)
    return last_whole_week(now) if local >= due else None


async def compose(app: App, week: str) -> Message:
    """The digest of one ISO week."""
    start, end = week_bounds(week)
    now = app.clock()
    figures = await app.db(app.store.week_figures, start, end, now=now, top=app.config.digest.top_stories)
    phrases = await _key_phrases(app, [story.title for story in figures.top_stories])
    return await app.think(digest.compose, figures, week=week, office=app.config.office, key_phrases=phrases, now=now, names=app.names)


async def _key_phrases(app: App, titles: list[str]) -> tuple[str, ...]:
    """What the titles speak of. underthesea runs in the sandbox: some texts make it take gigabytes or never end."""
    try:
        return await app.tools.sandbox.run(key_phrases.of_titles, titles)
    except ParseError as error:
        log.warning("key_phrases_failed", reason=str(error))
        return ()


async def owe(app: App, week: str) -> int:
    """Owe the digest of `week` to every recipient that has not had it; return how many messages are new."""
    recipients = _recipients(app)
    deliveries = outgoing.digest_deliveries(await compose(app, week), week=week, recipients=recipients, now=app.clock())
    return await app.db(app.store.owe, deliveries, app.clock())


async def owe_if_due(app: App) -> None:
    """Owe what is due: the last week's digest to everybody who lacks it, and whole weeks that a longer downtime skipped.

    Repeating it owes nothing twice. A week in which the desk did not run yet has no digest.
    """
    week = due_week(app.clock(), weekday=app.config.digest.weekday, hour=app.config.digest.hour)
    since = await app.db(app.store.running_since)
    if week is None or since is None:
        return
    wanted = {outgoing.digest_id(week, recipient) for recipient, _ in _recipients(app)}
    for past in reversed(weeks_until(week, CATCH_UP_WEEKS)):
        had = await app.db(app.store.digests_of, past)
        complete = had >= wanted if past == week else bool(had) or not wanted
        if not complete and since < week_bounds(past)[1]:
            log.info("digest_owed", week=past, messages=await owe(app, past))


def weeks_until(week: str, count: int) -> list[str]:
    """`week` and the weeks before it, newest first, `count` in all."""
    start, _ = week_bounds(week)
    return [last_whole_week(start - timedelta(days=7 * (n - 1))) for n in range(count)]


def _recipients(app: App) -> list[routing.Told]:
    return routing.reachable([(r, "") for r in app.config.digest.recipients], set(app.channels))
