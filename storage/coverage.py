"""Reading the coverage: search with filters, newest first, and how far a story has travelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, String, bindparam, func, literal_column, select, text

from monitor.records import SEVERITIES, Article, CoverageRow, SearchFilters, Spread, Tags
from storage.schema import articles, labels, sources
from storage.search import Query, column, expression, parse, position

EXCERPT = 240  # characters
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
        return _rows(conn, _page(_filtered(select(*_SHOWN).select_from(_WITH_SOURCE), filters), limit, offset))
    asked = parse(query)
    if asked is None:
        return []
    if asked.marked and not conn.execute(_page(_matching(conn, asked, filters), 1, 0)).first():
        asked = asked.folded()
    return _rows(conn, _page(_matching(conn, asked, filters), limit, offset))


def spread(conn: Connection, story_id: str, including: Article | None, tags: Tags | None) -> Spread:
    """How far a story has travelled, counting `including` (with `tags`) as well, although it is not stored yet."""
    told = conn.execute(
        select(articles.c.id, articles.c.source_id, articles.c.published_at, sources.c.name, sources.c.tier)
        .select_from(_WITH_SOURCE)
        .where(articles.c.story_id == story_id)
        .order_by(articles.c.position)
    ).all()
    tellings = [(r.published_at, r.source_id, r.name or r.source_id, r.tier) for r in told]
    if including is not None and including.id not in {r.id for r in told}:
        outlet = conn.execute(select(sources.c.name, sources.c.tier).where(sources.c.id == including.source_id)).one_or_none()
        name, tier = (outlet.name, outlet.tier) if outlet else (including.source_id, None)
        tellings.append((including.published_at, including.source_id, name, tier))
    if not tellings:
        return Spread(articles=0, outlets=0)
    first = min(tellings, key=lambda telling: telling[0])
    return Spread(
        articles=len(tellings),
        outlets=len({source_id for _, source_id, _, _ in tellings}),
        wards=_wards(conn, story_id, tags),
        first_outlet=first[2],
        first_published_at=first[0],
        official=any(tier == "official" for *_, tier in tellings),
    )


_WITH_SOURCE = articles.outerjoin(sources, sources.c.id == articles.c.source_id)


def _wards(conn: Connection, story_id: str, tags: Tags | None) -> tuple[str, ...]:
    query = select(labels.c.value).distinct().join(articles, articles.c.seq == labels.c.article)
    found = set(conn.execute(query.where(articles.c.story_id == story_id, labels.c.kind == "ward")).scalars())
    return tuple(sorted(found | set(tags.values("ward") if tags else ())))


def _matching(conn: Connection, asked: Query, filters: SearchFilters) -> Select[Any]:
    """Articles found through the index. On SQLite the index leads (CROSS JOIN fixes the order): it is read newest first and
    stops at the limit; left to itself the planner may ask the index once per article. PostgreSQL's planner weighs both ways.
    """
    sqlite = conn.dialect.name == "sqlite"
    if sqlite:
        found = text("coverage_index CROSS JOIN articles ON articles.position = coverage_index.rowid "
                     "LEFT JOIN sources ON sources.id = articles.source_id")  # fmt: skip
        match: ColumnElement[bool] = literal_column("coverage_index").op("MATCH")(bindparam("match", expression(asked, sqlite=True)))
    else:
        found = text("coverage_index JOIN articles ON articles.position = coverage_index.position "
                     "LEFT JOIN sources ON sources.id = articles.source_id")  # fmt: skip
        match = literal_column(f"coverage_index.{column(asked)}").op("@@")(
            literal_column("CAST(:match AS tsquery)").bindparams(match=expression(asked, sqlite=False))
            if False
            else func.cast_tsquery(bindparam("match", expression(asked, sqlite=False)))
        )
    return _filtered(select(*_SHOWN).select_from(found).where(match), filters, _key(sqlite))


def _key(sqlite: bool) -> ColumnElement[int]:
    return literal_column("coverage_index.rowid" if sqlite else "coverage_index.position")
