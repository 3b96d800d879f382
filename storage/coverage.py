"""Reading the coverage: search with filters, newest first, and how far a story has travelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, String, exists, func, select, text
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table

from monitor.figures import CoverageRow, SearchFilters
from monitor.records import SEVERITIES, Article, Spread, Tags
from storage.columns import AnyRow
from storage.schema import articles, labels, sources
from storage.search import Query, column, expression, parse, position

EXCERPT = 240  # characters
_CHUNK = 500  # values in one IN (…)
_WITH_SOURCE = articles.outerjoin(sources, sources.c.id == articles.c.source_id)
#: on SQLite the FTS5 table, whose row number is the position; on PostgreSQL a table of two tsvectors
_INDEX = sql_table("coverage_index", sql_column("rowid", BigInteger), sql_column("position", BigInteger))
_SHOWN = (
    articles.c.seq,
    articles.c.id,
    articles.c.source_id,
    articles.c.title,
    articles.c.url,
    articles.c.published_at,
    articles.c.relevant,
    articles.c.hanoi,
    articles.c.sentiment,
    articles.c.case_class,
    articles.c.severity,
    articles.c.story_id,
    articles.c.duplicate_of,
    func.substr(articles.c.text, 1, EXCERPT, type_=String()).label("excerpt"),
    sources.c.name.label("outlet"),
    sources.c.tier,
)


def search(conn: Connection, query: str, filters: SearchFilters, limit: int, offset: int) -> list[CoverageRow]:
    """The articles that hold every word and "phrase" of `query` and pass the filters, newest first. Any input is safe.

    Typed with diacritics it means exactly these words (or texts written without any); only when nothing holds them, the
    words without diacritics. Typed without diacritics it finds both. An empty query lists everything that passes.
    """
    if not query.strip():
        return rows_at(conn, _page(conn, _listed(filters), articles.c.position, limit, offset))
    asked = parse(query)
    if asked is None:
        return []
    key = _key(conn)
    if asked.marked and not _page(conn, _matching(conn, asked, filters), key, 1, 0):
        asked = asked.folded()
    return rows_at(conn, _page(conn, _matching(conn, asked, filters), key, limit, offset))


def rows_at(conn: Connection, positions: Sequence[int]) -> list[CoverageRow]:
    """The articles at these positions, newest first."""
    found: list[AnyRow] = []
    for start in range(0, len(positions), _CHUNK):
        query = select(*_SHOWN).select_from(_WITH_SOURCE).where(articles.c.position.in_(positions[start : start + _CHUNK]))
        found += conn.execute(query.order_by(articles.c.position.desc())).all()
    places = _places(conn, [row.seq for row in found])
    return [_row(row, places.get(row.seq, [])) for row in found]


def spread(conn: Connection, story_id: str, including: Article | None, tags: Tags | None) -> Spread:
    """How far a story has travelled, counting `including` (with `tags`) as well, although it is not stored yet."""
    columns = (articles.c.id, articles.c.source_id, articles.c.published_at, articles.c.voice, sources.c.name, sources.c.official)
    query = select(*columns).select_from(_WITH_SOURCE).where(articles.c.story_id == story_id).order_by(articles.c.position)
    rows = conn.execute(query).all()
    told = [_Telling(r.published_at, r.source_id, r.name or r.source_id, bool(r.official), r.voice) for r in rows]
    if including is not None and including.id not in {r.id for r in rows}:
        told.append(_telling(conn, including))
    if not told:
        return Spread(articles=0, outlets=0)
    first = min(told, key=lambda telling: telling.at)
    return Spread(
        articles=len(told),
        outlets=len({telling.source_id for telling in told}),
        wards=_wards(conn, story_id, tags),
        first_outlet=first.outlet,
        first_published_at=first.at,
        official=any(telling.official for telling in told),
        voices=len({telling.voice for telling in told} - {""}),
    )


class _Telling(NamedTuple):
    """One article as its story's spread counts it."""

    at: datetime
    source_id: str
    outlet: str
    official: bool
    voice: str


def _telling(conn: Connection, article: Article) -> _Telling:
    outlet = conn.execute(select(sources.c.name, sources.c.official).where(sources.c.id == article.source_id)).one_or_none()
    name, official = (outlet.name, outlet.official) if outlet else (article.source_id, False)
    return _Telling(article.published_at, article.source_id, name, official, article.voice)


def _wards(conn: Connection, story_id: str, tags: Tags | None) -> tuple[str, ...]:
    query = select(labels.c.value).distinct().join(articles, articles.c.seq == labels.c.article)
    found = set(conn.execute(query.where(articles.c.story_id == story_id, labels.c.kind == "ward")).scalars())
    return tuple(sorted(found | set(tags.values("ward") if tags else ())))


def _key(conn: Connection) -> ColumnElement[int]:
    return _INDEX.c.rowid if conn.dialect.name == "sqlite" else _INDEX.c.position


def _page(conn: Connection, query: Select[Any], key: ColumnElement[int], limit: int, offset: int) -> list[int]:
    return list(conn.execute(query.order_by(key.desc()).limit(limit).offset(offset)).scalars())


def _listed(filters: SearchFilters) -> Select[Any]:
    return select(articles.c.position).where(*_period(articles.c.position, filters), *_conditions(filters))


def _matching(conn: Connection, asked: Query, filters: SearchFilters) -> Select[Any]:
    """Positions found in the index. The index leads and is read newest first, so it stops at the limit: the other conditions
    stand in an EXISTS, or the planner of SQLite might ask the index once for every article that passes them.
    """
    key, sqlite = _key(conn), conn.dialect.name == "sqlite"
    match = "coverage_index MATCH :match" if sqlite else f"coverage_index.{column(asked)} @@ CAST(:match AS tsquery)"
    query = select(key).select_from(_INDEX).where(text(match).bindparams(match=expression(asked, sqlite=sqlite)), *_period(key, filters))
    conditions = _conditions(filters)
    return query.where(exists(1).where(articles.c.position == key, *conditions)) if conditions else query


def _period(key: ColumnElement[int], filters: SearchFilters) -> list[ColumnElement[bool]]:
    found = []
    if filters.since is not None:
        found.append(key >= first_position(filters.since))
    if filters.until is not None:
        found.append(key < first_position(filters.until))
    return found


def first_position(moment: datetime) -> int:
    """The lowest position of anything published at `moment` or later."""
    whole = moment.replace(microsecond=0)
    return position(whole if whole == moment else whole + timedelta(seconds=1), 0)


def _conditions(filters: SearchFilters) -> list[ColumnElement[bool]]:
    equal = {
        articles.c.sentiment: filters.sentiment,
        articles.c.case_class: filters.case_class,
        articles.c.source_id: filters.outlet,
        articles.c.story_id: filters.story,
    }
    found = [where == value for where, value in equal.items() if value is not None]
    if filters.severity is not None:
        found.append(articles.c.severity.in_(_levels(filters.severity)))
    if filters.tier is not None:
        found.append(articles.c.source_id.in_(select(sources.c.id).where(sources.c.tier == filters.tier)))
    for kind, value in (("topic", filters.topic), ("ward", filters.ward)):
        if value is not None:
            found.append(articles.c.seq.in_(select(labels.c.article).where(labels.c.kind == kind, labels.c.value == value)))
    if filters.relevant is not None:
        found.append(articles.c.relevant.is_(filters.relevant))
    return found


def _levels(severity: str) -> list[str]:
    level = severity.removesuffix("+")
    return [s for s in SEVERITIES if s >= level] if severity.endswith("+") else [level]


def _places(conn: Connection, seqs: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for start in range(0, len(seqs), _CHUNK):
        query = select(labels.c.article, labels.c.kind, labels.c.value).order_by(labels.c.score.desc(), labels.c.value)
        chosen = query.where(labels.c.article.in_(seqs[start : start + _CHUNK]), labels.c.kind.in_(("topic", "ward")))
        for seq, kind, value in conn.execute(chosen):
            found.setdefault(seq, []).append((kind, value))
    return found


def _row(row: AnyRow, places: Sequence[tuple[str, str]]) -> CoverageRow:
    return CoverageRow(
        article_id=row.id,
        source_id=row.source_id,
        outlet=row.outlet or row.source_id,
        tier=row.tier or "national",
        title=row.title,
        url=row.url,
        published_at=row.published_at,
        relevant=row.relevant,
        hanoi=row.hanoi,
        sentiment=row.sentiment,
        case_class=row.case_class,
        severity=row.severity,
        topics=tuple(value for kind, value in places if kind == "topic"),
        wards=tuple(value for kind, value in places if kind == "ward"),
        story_id=row.story_id,
        duplicate_of=row.duplicate_of,
        excerpt=row.excerpt,
    )
