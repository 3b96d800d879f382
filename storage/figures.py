"""The figures of one period for the digest: sums from the daily counts, lists from the articles of the period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from monitor.figures import CaseFigures, Counts, DayCount, DigestFigures, GroupCount, SilentSource, StoryFigures
from monitor.records import CaseState, Sentiment
from storage import cases as case_rows
from storage.columns import LOCAL, AnyRow
from storage.coverage import first_position
from storage.schema import articles, cases, daily_counts, source_states, sources

_SENTIMENTS: tuple[Sentiment, ...] = ("neg", "neu", "pos")
_MOST_MODELS = 20
_UNANSWERED = (CaseState.NEW.value, CaseState.ACKNOWLEDGED.value)
_d = daily_counts.c


def period(conn: Connection, start: datetime, end: datetime, *, now: datetime, top: int) -> DigestFigures:
    """Everything that the digest says of [start, end), which must be local midnights.

    Raises:
        ValueError: start or end is not midnight at +07:00.
    """
    first, last = _midnight(start), _midnight(end)
    counts = _counts(conn, first, last)
    found = _cases(conn, start, end)
    return DigestFigures(
        start=first,
        end=last,
        total=counts.total,
        relevant=counts.relevant,
        hanoi=counts.hanoi,
        by_sentiment=counts.by_sentiment,
        previous=_counts(conn, first - (last - first), first),
        by_topic=_groups(conn, "topic", first, last),
        by_ward=_groups(conn, "ward", first, last),
        top_stories=_stories(conn, start, end, top),
        cases=found,
        outcomes={state: sum(f.case.state is state for f in found) for state in CaseState},
        good_models=_stories(conn, start, end, _MOST_MODELS, articles.c.case_class == "positive_model"),
        silent_sources=_silent(conn, start, now),
        by_day=_days(conn, first, last),
    )


def _midnight(moment: datetime) -> date:
    local = moment.astimezone(LOCAL)
    if local.time() != time():
        raise ValueError(f"{moment} is not midnight at +07:00")
    return local.date()


def _within(first: date, last: date) -> ColumnElement[bool]:
    return and_(_d.day >= first, _d.day < last)


def _counts(conn: Connection, first: date, last: date) -> Counts:
    query = (
        select(_d.relevant, _d.hanoi, _d.sentiment, func.sum(_d.articles).label("n"))
        .where(_within(first, last), _d.kind == "all")
        .group_by(_d.relevant, _d.hanoi, _d.sentiment)
    )
    rows = conn.execute(query).all()
    return Counts(
        total=sum(int(r.n) for r in rows),
        relevant=sum(int(r.n) for r in rows if r.relevant),
        hanoi=sum(int(r.n) for r in rows if r.relevant and r.hanoi),
        by_sentiment={s: sum(int(r.n) for r in rows if r.relevant and r.sentiment == s) for s in _SENTIMENTS},
    )


def _groups(conn: Connection, kind: str, first: date, last: date) -> tuple[GroupCount, ...]:
    total = func.sum(_d.articles)
    negative = func.sum(_d.articles).filter(_d.sentiment == "neg")
    query = (
        select(_d.value, total.label("n"), negative.label("negative"))
        .where(_within(first, last), _d.kind == kind, _d.relevant.is_(True))
        .group_by(_d.value)
        .having(total > 0)
        .order_by(total.desc(), _d.value)
    )
    return tuple(GroupCount(id=r.value, articles=int(r.n), negative=int(r.negative or 0)) for r in conn.execute(query))


def _days(conn: Connection, first: date, last: date) -> tuple[DayCount, ...]:
    query = (
        select(_d.day, _d.sentiment, func.sum(_d.articles).label("n"))
        .where(_within(first, last), _d.kind == "all", _d.relevant.is_(True))
        .group_by(_d.day, _d.sentiment)
    )
    found = {(r.day, r.sentiment): int(r.n) for r in conn.execute(query)}
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    return tuple(DayCount(day=d, neg=found.get((d, "neg"), 0), neu=found.get((d, "neu"), 0), pos=found.get((d, "pos"), 0)) for d in days)


def _stories(conn: Connection, start: datetime, end: datetime, limit: int, *more: ColumnElement[bool]) -> tuple[StoryFigures, ...]:
    outlets, worst = func.count(articles.c.source_id.distinct()), func.max(articles.c.severity)
    # An article without a story is a story of its own.
    story = func.coalesce(func.nullif(articles.c.story_id, ""), articles.c.id)
    grouped = (
        select(func.min(articles.c.position).label("first"), outlets.label("outlets"), func.count().label("n"), worst.label("worst"))
        .where(
            articles.c.relevant.is_(True), articles.c.position >= first_position(start), articles.c.position < first_position(end), *more
        )
        .group_by(story)
        .order_by(outlets.desc(), func.count().desc(), func.coalesce(worst, "").desc(), func.min(articles.c.position).desc())
        .limit(limit)
    )
    counted = conn.execute(grouped).all()
    shown = _firsts(conn, [r.first for r in counted])
    return tuple(_story(r, shown[r.first]) for r in counted)


def _firsts(conn: Connection, positions: Sequence[int]) -> dict[int, AnyRow]:
    query = select(articles, sources.c.name.label("outlet")).outerjoin(sources, sources.c.id == articles.c.source_id)
    return {row.position: row for row in conn.execute(query.where(articles.c.position.in_(positions)))}


def _story(counted: AnyRow, first: AnyRow) -> StoryFigures:
    return StoryFigures(
        story_id=first.story_id,
        title=first.title,
        url=first.url,
        outlet=first.outlet or first.source_id,
        outlets=counted.outlets,
        articles=counted.n,
        published_at=first.published_at,
        sentiment=first.sentiment,
        severity=counted.worst,
    )


def _cases(conn: Connection, start: datetime, end: datetime) -> tuple[CaseFigures, ...]:
    opened = and_(cases.c.opened_at >= start, cases.c.opened_at < end)
    left = and_(cases.c.opened_at < start, cases.c.state.in_(_UNANSWERED))
    query = select(cases).where(or_(opened, left)).order_by(cases.c.severity.desc(), cases.c.number)
    return tuple(CaseFigures(case=case_rows.record(row), outlet=_first_outlet(conn, row.story_id)) for row in conn.execute(query).all())


def _first_outlet(conn: Connection, story_id: str) -> str:
    query = (
        select(func.coalesce(sources.c.name, articles.c.source_id))
        .select_from(articles.outerjoin(sources, sources.c.id == articles.c.source_id))
        .where(articles.c.story_id == story_id)
        .order_by(articles.c.position)
        .limit(1)
    )
    return conn.execute(query).scalar() or ""


def _silent(conn: Connection, start: datetime, now: datetime) -> tuple[SilentSource, ...]:
    state = source_states.c
    query = (
        select(sources.c.id, sources.c.name, state.failures, state.reason, state.last_new_at)
        .outerjoin(source_states, state.source_id == sources.c.id)
        .where(sources.c.enabled.is_(True), sources.c.listed.is_(True))
        .where(or_(state.failures > 0, state.last_new_at.is_(None), state.last_new_at < start))
        .order_by(sources.c.name)
    )
    return tuple(SilentSource(id=r.id, name=r.name, reason=_why_silent(r, now), last_new_at=r.last_new_at) for r in conn.execute(query))


def _why_silent(row: AnyRow, now: datetime) -> str:
    if row.failures:
        return f"lỗi {row.failures} lần liên tiếp: {row.reason}"
    if row.last_new_at is None:
        return "chưa có bài nào"
    return f"không có bài mới đã {(now - row.last_new_at).days} ngày"
