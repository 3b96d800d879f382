"""Articles with their versions and labels. Every write also keeps the index, the story and the daily counts true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable, bindparam, delete, func, insert, select, update

from monitor.records import Article, Label, Tags
from storage import rollup, search, versions
from storage.columns import AnyRow, storable
from storage.counters import next_number
from storage.database import upsert
from storage.errors import StorageError
from storage.schema import articles, corrections, labels, stories

#: Stands for the words of a post whose time is over. It is not in the index, and no later reading brings the words back.
PURGED = "(đã xóa theo thời hạn lưu giữ)"
_WHEN_RELEVANT = frozenset({"topic", "bottleneck", "sentiment", "sentiment_score", "signal", "class", "severity", "uncertain"})
_PAGE = 500  # rows read at a time when the past is walked
# Statements of every save are built once: building them costs more than running them.
_BY_ID = select(articles).where(articles.c.id == bindparam("id"))
_JUDGED = select(corrections.c.field).distinct().where(corrections.c.article_id == bindparam("id"))
_LABELS = select(labels).where(labels.c.article == bindparam("seq")).order_by(labels.c.kind, labels.c.score.desc(), labels.c.value)


class Past(NamedTuple):
    """What the story index wants to know of a stored article."""

    article_id: str
    source_id: str
    title: str
    text: str
    published_at: datetime
    story_id: str
    duplicate_of: str | None


def save(conn: Connection, article: Article, tags: Tags, now: datetime) -> None:
    """Insert or update an article. Another `content_hash` keeps the old title and text as a version; the same one changes only labels."""
    row = conn.execute(_BY_ID, {"id": article.id}).one_or_none()
    if row is None:
        seq = _insert(conn, article, tags, now)
        _write_labels(conn, seq, tags, ())
        rollup.book(conn, before=Counter(), after=rollup.cells(tags, article.source_id, article.published_at))
    elif row.title == PURGED:
        touch(conn, article.id, now)
    else:
        old = _labels(conn, row.seq)
        kinds = _judged(conn, article.id) | {label.kind for label, corrected in old if corrected}
        tags = _with_corrections(tags, old, kinds)
        published_at = _update(conn, row, article, tags, now)
        if tags.labels != tuple(label for label, _ in old):
            conn.execute(delete(labels).where(labels.c.article == row.seq))
            _write_labels(conn, row.seq, tags, kinds)
        before = rollup.cells(_tags(article.id, old), row.source_id, row.published_at)
        rollup.book(conn, before=before, after=rollup.cells(tags, row.source_id, published_at))
    _enter_story(conn, article)


def correct(conn: Connection, article_id: str, said: Mapping[str, Sequence[Label]], now: datetime) -> None:
    """Replace what the machine said of some kinds by what a person says (nothing: no such label); tagging again does not undo it.

    Raises:
        StorageError: there is no such article.
    """
    row = conn.execute(_BY_ID, {"id": article_id}).one_or_none()
    if row is None:
        raise StorageError(f"Không có bài mã {article_id} trong cơ sở dữ liệu")
    old = _labels(conn, row.seq)
    corrected = {x.kind for x, by_person in old if by_person} | said.keys()
    kept = (*(x for x, _ in old if x.kind not in said), *(label for labels in said.values() for label in labels))
    tags = _settled(Tags(article_id=article_id, labels=kept), corrected)
    conn.execute(delete(labels).where(labels.c.article == row.seq))
    _write_labels(conn, row.seq, tags, corrected)
    conn.execute(update(articles).where(articles.c.seq == row.seq).values(**_strongest(tags), last_seen_at=now))
    before = rollup.cells(_tags(article_id, old), row.source_id, row.published_at)
    rollup.book(conn, before=before, after=rollup.cells(tags, row.source_id, row.published_at))


def as_corrected(conn: Connection, tags: Tags) -> Tags:
    """What the machine says of an article that is stored already, with the last word where people have had it."""
    row = conn.execute(_BY_ID, {"id": tags.article_id}).one_or_none()
    if row is None:
        return tags
    old = _labels(conn, row.seq)
    return _with_corrections(tags, old, _judged(conn, tags.article_id) | {label.kind for label, corrected in old if corrected})


def get(conn: Connection, article_id: str) -> Article | None:
    """The article of that id."""
    row = conn.execute(_BY_ID, {"id": article_id}).one_or_none()
    return None if row is None else _article(row)


def tags_of(conn: Connection, article_id: str) -> Tags:
    """The labels of an article, corrections included; none when it is unknown."""
    seq = conn.execute(select(articles.c.seq).where(articles.c.id == article_id)).scalar()
    return Tags(article_id=article_id) if seq is None else _tags(article_id, _labels(conn, seq))


def content_hash(conn: Connection, article_id: str) -> str | None:
    """The hash of the stored content; None when the article is unknown."""
    return conn.execute(select(articles.c.content_hash).where(articles.c.id == article_id)).scalar()


def first_seen(conn: Connection) -> datetime | None:
    """When the first article was seen."""
    found: datetime | None = conn.execute(select(func.min(articles.c.first_seen_at))).scalar()
    return found


def recent(conn: Connection, since: datetime) -> Iterator[Past]:
    """The articles published since, oldest first, a page at a time."""
    at = search.position(since, 0) - 1
    columns = [articles.c[name] for name in Past._fields if name != "article_id"]
    query = select(articles.c.position, articles.c.id, *columns).order_by(articles.c.position).limit(_PAGE)
    while page := conn.execute(query.where(articles.c.position > at)).all():
        yield from (Past(*row[1:]) for row in page)
        at = page[-1].position


def touch(conn: Connection, article_id: str, now: datetime) -> None:
    """Remember that the article was seen again."""
    conn.execute(update(articles).where(articles.c.id == article_id).values(last_seen_at=now))


def reindex(conn: Connection) -> int:
    """Build the full-text index anew from the stored texts; return how many articles it holds."""
    search.empty(conn)
    at, total = None, 0
    query = select(articles.c.position, articles.c.title, articles.c.text).order_by(articles.c.position).limit(_PAGE)
    query = query.where(articles.c.title != PURGED)
    while page := conn.execute(query if at is None else query.where(articles.c.position > at)).all():
        for row in page:
            search.enter(conn, row.position, row.title, row.text)
        at, total = page[-1].position, total + len(page)
    return total


def _insert(conn: Connection, article: Article, tags: Tags, now: datetime) -> int:
    seq = next_number(conn, "article")
    at = search.position(article.published_at, seq)
    values = _values(article) | _strongest(tags)
    conn.execute(
        insert(articles),
        values | {"seq": seq, "id": article.id, "position": at, "source_id": article.source_id, "url": article.url, "version": 1,
                  "canonical_url": article.canonical_url, "first_seen_at": article.first_seen_at, "last_seen_at": now,
                  "voice": article.voice},
    )  # fmt: skip
    search.enter(conn, at, storable(article.title), storable(article.text))
    return seq


def _update(conn: Connection, row: AnyRow, article: Article, tags: Tags, now: datetime) -> datetime:
    """Bring the row up to date and return its time of publication. Source, address and first sight stay those of the first report."""
    values = _strongest(tags) | {"last_seen_at": now, "story_id": article.story_id, "story_why": article.story_why}
    if article.content_hash == row.content_hash:
        conn.execute(update(articles).where(articles.c.seq == row.seq).values(values))
        return row.published_at  # type: ignore[no-any-return]  # Row is untyped
    versions.keep(conn, row, article, now)
    at = search.position(article.published_at, row.seq)
    search.leave(conn, row.position, row.title, row.text)
    search.enter(conn, at, storable(article.title), storable(article.text))
    values |= _values(article) | {"position": at, "version": row.version + 1}
    conn.execute(update(articles).where(articles.c.seq == row.seq).values(values))
    return article.published_at


def _values(article: Article) -> dict[str, Any]:
    return {
        "published_at": article.published_at,
        "published_from": article.published_from,
        "published_raw": article.published_raw,
        "content_hash": article.content_hash,
        "partial": article.partial,
        "story_id": article.story_id,
        "duplicate_of": article.duplicate_of,
        "story_why": article.story_why,
        "title": article.title,
        "text": article.text,
    }


def _strongest(tags: Tags) -> dict[str, Any]:
    first = {kind: tags.first(kind) for kind in ("sentiment", "class", "severity")}
    value = {kind: label.value if label else None for kind, label in first.items()}
    return {
        "relevant": tags.relevant,
        "hanoi": tags.hanoi,
        "sentiment": value["sentiment"],
        "case_class": value["class"],
        "severity": value["severity"],
    }


def _judged(conn: Connection, article_id: str) -> set[str]:
    """The kinds that people have judged; of some they said that there is no such label, so no row of `labels` can tell."""
    return set(conn.execute(_JUDGED, {"id": article_id}).scalars())


def _with_corrections(tags: Tags, old: list[tuple[Label, bool]], kinds: Collection[str]) -> Tags:
    kept = tuple(label for label, corrected in old if corrected)
    return _settled(Tags(article_id=tags.article_id, labels=(*(x for x in tags.labels if x.kind not in kinds), *kept)), kinds)


def _settled(tags: Tags, corrected: Collection[str]) -> Tags:
    """Without the machine's doubt about what a person has decided; what a person calls irrelevant carries no more than its place."""
    left = [x for x in tags.labels if not (x.kind == "uncertain" and x.value in corrected)]
    if "relevance" in corrected:
        left = [x for x in left if x.kind != "band" and (tags.relevant or x.kind not in _WHEN_RELEVANT)]
    return Tags(article_id=tags.article_id, labels=tuple(left))


def _write_labels(conn: Connection, seq: int, tags: Tags, corrected: Collection[str]) -> None:
    strongest = {(label.kind, label.value): label for label in sorted(tags.labels, key=lambda x: x.score)}
    rows = [
        {"article": seq, "kind": x.kind, "value": x.value, "score": x.score, "why": list(x.why), "model": x.model,
         "corrected": x.kind in corrected}
        for x in strongest.values()
    ]  # fmt: skip
    if rows:
        conn.execute(insert(labels), rows)


def _labels(conn: Connection, seq: int) -> list[tuple[Label, bool]]:
    rows = conn.execute(_LABELS, {"seq": seq})
    return [(Label(kind=r.kind, value=r.value, score=r.score, why=tuple(r.why), model=r.model), r.corrected) for r in rows]


def _tags(article_id: str, stored: list[tuple[Label, bool]]) -> Tags:
    return Tags(article_id=article_id, labels=tuple(label for label, _ in stored))


def _enter_story(conn: Connection, article: Article) -> None:
    if not article.story_id:
        return
    row = {"id": article.story_id, "title": article.title, "first_published_at": article.published_at,
           "last_published_at": article.published_at}  # fmt: skip
    conn.execute(_grown(conn.dialect.name), row)


@cache
def _grown(dialect: str) -> Executable:
    new = upsert(dialect, stories)
    known, latest = stories.c.last_published_at, new.excluded.last_published_at
    # max(a, b) is spelled differently on the two engines; a condition says it on both.
    return new.on_conflict_do_update(index_elements=["id"], set_={"last_published_at": latest}, where=known < latest)


def _article(row: AnyRow) -> Article:
    return Article(
        id=row.id,
        source_id=row.source_id,
        url=row.url,
        canonical_url=row.canonical_url,
        title=row.title,
        text=row.text,
        published_at=row.published_at,
        published_from=row.published_from,
        published_raw=row.published_raw,
        first_seen_at=row.first_seen_at,
        content_hash=row.content_hash,
        partial=row.partial,
        story_id=row.story_id,
        duplicate_of=row.duplicate_of,
        story_why=row.story_why,
        voice=row.voice,
    )
