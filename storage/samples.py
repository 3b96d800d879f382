"""The weekly hand check of recall: what was drawn, what a person found elsewhere, and whether the base has it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from monitor.figures import Sample, SampleItem, SearchFilters
from monitor.text import fold
from storage import coverage
from storage.columns import LOCAL, AnyRow, local_day
from storage.errors import StorageError
from storage.ledger import key_of
from storage.schema import articles, ledger, sample_items
from storage.search import words

WITHIN = timedelta(days=3)  #: how far apart the days of one headline may be
_MOST_HITS = 200
_ANSWER = ("url", "title", "found", "article_id", "how")
_FIELDS = [f.name for f in dataclasses.fields(SampleItem)]


def draw(conn: Connection, week: str, items: Sequence[SampleItem], now: datetime) -> Sample:
    """Keep what was drawn for a week.

    Raises:
        StorageError: that week has its sample already, or nothing was drawn.
    """
    if get(conn, week):
        raise StorageError(f"Tuần {week} đã có mẫu kiểm tra; mỗi tuần chỉ bốc một lần để kết quả không bị chọn lựa.")
    if not items:
        raise StorageError(f"Tuần {week} không có mục nào để bốc mẫu.")
    conn.execute(insert(sample_items), [dataclasses.asdict(item) | {"week": week, "drawn_at": now} for item in items])
    return _kept(conn, week)


def get(conn: Connection, week: str) -> Sample | None:
    """The sample of a week."""
    found = _read(conn, week)
    return found[0] if found else None


def newest(conn: Connection) -> list[Sample]:
    """All samples, newest week first."""
    return _read(conn, None)


def answer(conn: Connection, week: str, items: Sequence[SampleItem]) -> Sample:
    """Keep what a person found for some of the items; what was drawn (number, outlet, day) stays.

    Raises:
        StorageError: that week has no sample, or no item of that number.
    """
    sample = get(conn, week)
    if sample is None:
        raise StorageError(f"Tuần {week} chưa có mẫu kiểm tra; hãy bốc mẫu trước.")
    unknown = sorted({item.number for item in items} - {item.number for item in sample.items})
    if unknown:
        raise StorageError(f"Mẫu tuần {week} không có mục số {', '.join(map(str, unknown))}.")
    if items:
        at = (sample_items.c.week == bindparam("of_week")) & (sample_items.c.number == bindparam("of_number"))
        rows = [{name: getattr(i, name) for name in _ANSWER} | {"of_week": week, "of_number": i.number} for i in items]
        conn.execute(update(sample_items).where(at), rows)
    return _kept(conn, week)


def find(conn: Connection, url_key: str, title: str, day: date) -> tuple[str, str] | None:
    """(article, "địa chỉ" or "tiêu đề"): by canonical URL, else by the same headline, diacritics aside, within `WITHIN`."""
    key = key_of(url_key)
    led_to = select(ledger.c.article_id).where(ledger.c.key == key).scalar_subquery()
    known = conn.execute(select(articles.c.id).where(or_(articles.c.id == key, articles.c.id == led_to)).limit(1)).scalar()
    if known is not None:
        return known, "địa chỉ"
    wanted = words(fold(title))
    since, until = (datetime.combine(d, time(), LOCAL) for d in (day - WITHIN, day + WITHIN + timedelta(days=1)))
    asked = '"' + title.replace('"', " ") + '"'
    hits = coverage.search(conn, asked, SearchFilters(since=since, until=until), _MOST_HITS, 0) if wanted else []
    same = [hit for hit in hits if words(fold(hit.title)) == wanted]
    if not same:
        return None
    return min(same, key=lambda hit: abs(local_day(hit.published_at) - day)).article_id, "tiêu đề"


def _kept(conn: Connection, week: str) -> Sample:
    (sample,) = _read(conn, week)
    return sample


def _read(conn: Connection, week: str | None) -> list[Sample]:
    query = select(sample_items).order_by(sample_items.c.week.desc(), sample_items.c.number)
    rows = conn.execute(query if week is None else query.where(sample_items.c.week == week)).all()
    return [_sample(of_week, list(group)) for of_week, group in groupby(rows, key=lambda row: row.week)]


def _sample(week: str, rows: list[AnyRow]) -> Sample:
    items = tuple(SampleItem(**{name: getattr(row, name) for name in _FIELDS}) for row in rows)
    return Sample(week=week, drawn_at=rows[0].drawn_at, items=items)
