"""What people say of labels: which articles they may be asked about, what they answered, and what can be learned from it.

Rows are only ever added. They hold ids and values, never words of an article.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

from sqlalchemy import Connection, exists, func, insert, select, text

from monitor.figures import Answer, Correction, Field, Lesson, Recorded, Stream, Unchecked
from monitor.records import Label, Tags
from storage import articles as stored
from storage.columns import LOCAL, AnyRow
from storage.counters import next_number
from storage.database import upsert
from storage.errors import StorageError
from storage.schema import articles, corrections, labels, offers, sources
from storage.traces import chunked

FIELDS: tuple[Field, ...] = get_args(Field)
PERSON = "người"  #: stands where a label names its model
_WHY = "người trực đã xem"
_LOCK = 57_2027  # any number, the same for every process


def unchecked(conn: Connection, account: str, most: int) -> list[Unchecked]:
    """The newest `most` articles with words of their own that this account was not asked about and nobody has judged."""
    asked = exists().where(offers.c.article_id == articles.c.id, offers.c.account == account)
    judged = exists().where(corrections.c.article_id == articles.c.id)
    query = select(articles.c.seq, articles.c.id).where(
        ~asked, ~judged, articles.c.title != stored.PURGED, articles.c.duplicate_of.is_(None)
    )
    rows = conn.execute(query.order_by(articles.c.position.desc()).limit(most)).all()
    said = _labels(conn, [row.seq for row in rows])
    streams: dict[str, set[str]] = {}
    for chunk in chunked(row.id for row in rows):
        for article_id, stream in conn.execute(select(offers.c.article_id, offers.c.stream).where(offers.c.article_id.in_(chunk))):
            streams.setdefault(article_id, set()).add(stream)
    return [
        Unchecked(
            article_id=row.id, tags=Tags(article_id=row.id, labels=tuple(said.get(row.seq, ()))), drawn="random" in streams.get(row.id, ()),
            chosen=bool(streams.get(row.id, set()) - {"random"}),
        )
        for row in rows
    ]  # fmt: skip


def offer(conn: Connection, account: str, article_id: str, stream: Stream, now: datetime) -> bool:
    """Write down that an article is put before an account; False when it was before."""
    row = {"account": account, "article_id": article_id, "stream": stream, "at": now}
    statement = upsert(conn.dialect.name, offers).on_conflict_do_nothing(index_elements=["account", "article_id"])
    return conn.execute(statement.returning(offers.c.article_id), row).scalar() is not None


def record(conn: Connection, answers: Sequence[Answer], *, account: str, model: str, per_day: int, now: datetime) -> Recorded:
    """Write answers down and set the labels of their articles, in order, up to `per_day` corrections of this account in the local day.

    An answer is written whole or not at all. What the account said of a field before is not written again.

    Raises:
        StorageError: there is no such article.
    """
    if conn.dialect.name != "sqlite":  # where a second writer does not wait by itself, both would count before either has written
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    left = per_day - today(conn, account, now)
    written: list[Correction] = []
    refused = known = 0
    for answer in answers:
        said = _said_before(conn, answer.article_id, account)
        new = {field: values for field, values in answer.values.items() if said.get(field) != values}
        if not new:
            known += 1
        elif refused or len(new) > left:
            refused += 1
        else:
            left -= len(new)
            rows = _rows(conn, answer.article_id, new, account, model, now)
            for row in rows:
                numbered = Correction(number=next_number(conn, "correction"), **row)
                conn.execute(insert(corrections), row | {"number": numbered.number, "old": list(row["old"]), "new": list(row["new"])})
                written.append(numbered)
            stored.correct(conn, answer.article_id, {field: _as_labels(field, values) for field, values in new.items()}, now)
    return Recorded(corrections=tuple(written), refused=refused, known=known)


def today(conn: Connection, account: str, now: datetime) -> int:
    """How many corrections the account made in the local day of `now`."""
    begin = now.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
    day = (corrections.c.at >= begin, corrections.c.at < begin + timedelta(days=1))
    return int(conn.execute(select(func.count()).select_from(corrections).where(corrections.c.account == account, *day)).scalar_one())


def listed(conn: Connection, article_id: str | None = None) -> list[Correction]:
    """All corrections, or those of one article, in order."""
    query = select(corrections).order_by(corrections.c.number)
    return [_correction(row) for row in conn.execute(query if article_id is None else query.where(corrections.c.article_id == article_id))]


def lessons(conn: Connection) -> list[Lesson]:
    """What can be learned: every corrected article that still has its words, with the latest correction of each field, oldest first."""
    latest: dict[str, dict[str, Correction]] = {}
    drawn = set(conn.execute(select(offers.c.article_id).where(offers.c.stream == "random")).scalars())
    for one in listed(conn):
        latest.setdefault(one.article_id, {})[one.field] = one
        if one.stream == "random":
            drawn.add(one.article_id)
    columns = (articles.c.id, articles.c.story_id, articles.c.title, articles.c.text, sources.c.tier)
    query = select(*columns).select_from(articles.outerjoin(sources, sources.c.id == articles.c.source_id))
    rows = {
        r.id: r for chunk in chunked(latest) for r in conn.execute(query.where(articles.c.id.in_(chunk), articles.c.title != stored.PURGED))
    }
    of_test = _stories(conn, drawn)
    return [
        Lesson(
            article_id=i, story_id=rows[i].story_id, title=rows[i].title, text=rows[i].text, tier=rows[i].tier or "national",
            corrections=tuple(of.values()), test=i in drawn or rows[i].story_id in of_test, drawn=i in drawn,
        )
        for i, of in latest.items() if i in rows
    ]  # fmt: skip


def _stories(conn: Connection, ids: Iterable[str]) -> set[str]:
    """The stories of articles: reprints of what is measured with must not be learned either."""
    return {s for chunk in chunked(ids) for s in conn.execute(select(articles.c.story_id).where(articles.c.id.in_(chunk))).scalars() if s}


def _rows(
    conn: Connection, article_id: str, new: Mapping[Field, tuple[str, ...]], account: str, model: str, now: datetime
) -> list[dict[str, Any]]:  # fmt: skip
    tags = stored.tags_of(conn, article_id)
    if not tags.labels and stored.get(conn, article_id) is None:
        raise StorageError(f"Không có bài mã {article_id} trong cơ sở dữ liệu")
    offered = conn.execute(select(offers.c.stream).where(offers.c.account == account, offers.c.article_id == article_id)).scalar()
    common = {"article_id": article_id, "account": account, "at": now, "model": model, "stream": offered or "other"}
    return [common | {"field": field, "old": current(tags, field), "new": values} for field, values in new.items()]


def current(tags: Tags, field: Field) -> tuple[str, ...]:
    """What the labels say of a field, as an answer would."""
    if field == "hanoi":
        return ("yes",) if tags.hanoi else ("no",)
    return tuple(sorted(tags.values(field))) if field in ("topic", "ward") else tags.values(field)[:1]


def _as_labels(field: Field, values: tuple[str, ...]) -> tuple[Label, ...]:
    kept = () if field == "hanoi" and values == ("no",) else values  # a place that is none has no label
    return tuple(Label(kind=field, value=value, score=1.0, why=(_WHY,), model=PERSON) for value in kept)


def _said_before(conn: Connection, article_id: str, account: str) -> dict[str, tuple[str, ...]]:
    """What stands of each field, where this account was the last to say it."""
    query = select(corrections.c.field, corrections.c.new, corrections.c.account).where(corrections.c.article_id == article_id)
    last = {row.field: row for row in conn.execute(query.order_by(corrections.c.number))}
    return {field: tuple(row.new) for field, row in last.items() if row.account == account}


def _labels(conn: Connection, seqs: Sequence[int]) -> dict[int, list[Label]]:
    found: dict[int, list[Label]] = {}
    for chunk in chunked(seqs):
        query = select(labels.c.article, labels.c.kind, labels.c.value, labels.c.score, labels.c.model).where(labels.c.article.in_(chunk))
        for row in conn.execute(query):
            found.setdefault(row.article, []).append(Label(kind=row.kind, value=row.value, score=row.score, model=row.model))
    return found


def _correction(row: AnyRow) -> Correction:
    return Correction(
        number=row.number, article_id=row.article_id, field=row.field, old=tuple(row.old), new=tuple(row.new), account=row.account,
        at=row.at, model=row.model, stream=row.stream,
    )  # fmt: skip
