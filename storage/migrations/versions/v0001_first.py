"""The first schema: sources, ledger, articles with their labels, cases, outbox, counts; the full-text index and the views."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: view, kind of count, column of its own
VIEWS = (("v_daily", "all", ""), ("v_daily_topic", "topic", "d.value AS topic, "), ("v_daily_ward", "ward", "d.value AS ward, "))
OPEN = "status IN ('pending', 'leased')"


def upgrade() -> None:
    create_reading_tables()
    create_coverage_tables()
    create_case_tables()
    create_index()
    create_views()


def must(name: str, kind: sa.types.TypeEngine | None = None, **more: object) -> sa.Column:
    return sa.Column(name, kind if kind is not None else sa.Text(), nullable=False, **more)


def may(name: str, kind: sa.types.TypeEngine | None = None) -> sa.Column:
    return sa.Column(name, kind if kind is not None else sa.Text())


def moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def number() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def json() -> sa.types.TypeEngine:
    return sa.JSON().with_variant(JSONB(), "postgresql")


def key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def create_reading_tables() -> None:
    op.create_table(
        "sources", must("id"), must("name"), must("kind"), must("url"), must("homepage"), must("tier"), may("ward"), may("unit"),
        must("every", sa.Integer()), must("access_basis"), must("enabled", sa.Boolean()), must("reason"), must("listed", sa.Boolean()),
        must("updated_at", moment()), key("sources", "id"),
    )  # fmt: skip
    op.create_table(
        "source_states", must("source_id"), may("etag"), may("last_modified"), may("body_hash"), must("read_before", sa.Boolean()),
        may("last_read_at", moment()), may("last_ok_at", moment()), may("last_new_at", moment()), must("failures", sa.Integer()),
        must("reason"), may("next_due_at", moment()), key("source_states", "source_id"),
    )  # fmt: skip
    op.create_table(
        "ledger", must("key"), must("guid_key"), must("source_id"), must("canonical_url"), must("url"), must("guid"), must("title"),
        must("summary_html"), must("published_raw"), must("complete", sa.Boolean()), must("first_reading", sa.Boolean()),
        must("line", sa.Integer()), must("state"), must("reason"), must("attempts", sa.Integer()), may("retry_at", moment()),
        may("article_id"), must("first_seen_at", moment()), must("updated_at", moment()), key("ledger", "key"),
    )  # fmt: skip
    op.create_index("ix_ledger_guid", "ledger", ["source_id", "guid_key"])
    op.create_index("ix_ledger_state", "ledger", ["source_id", "state"])
    op.create_table("beats", must("what"), must("at", moment()), key("beats", "what"))
    op.create_table("counters", must("name"), must("value", number()), key("counters", "name"))


def create_coverage_tables() -> None:
    op.create_table("stories", must("id"), must("title"), must("first_published_at", moment()), must("last_published_at", moment()),
                    key("stories", "id"))  # fmt: skip
    op.create_table(
        "articles", must("seq", number(), autoincrement=False), must("id"), must("position", number()), must("source_id"),
        must("published_at", moment()), must("published_from"), must("published_raw"), must("first_seen_at", moment()),
        must("last_seen_at", moment()), must("content_hash"), must("version", sa.Integer()), must("partial", sa.Boolean()),
        must("story_id"), may("duplicate_of"), must("relevant", sa.Boolean()), must("hanoi", sa.Boolean()), may("sentiment"),
        may("case_class"), may("severity"), must("url"), must("canonical_url"), must("story_why"), must("title"), must("text"),
        key("articles", "seq"), sa.UniqueConstraint("id", name="uq_articles_id"),
        sa.UniqueConstraint("position", name="uq_articles_position"),
    )  # fmt: skip
    op.create_index("ix_articles_story", "articles", ["story_id", "position"])
    op.create_index("ix_articles_week", "articles", ["relevant", "position", "story_id", "source_id", "severity", "case_class"])
    of_article = {"ondelete": "CASCADE"}
    op.create_table(
        "article_versions", must("article", number(), autoincrement=False), must("version", sa.Integer(), autoincrement=False),
        must("title"), must("text"), must("content_hash"), must("published_at", moment()), must("replaced_at", moment()),
        key("article_versions", "article", "version"),
        sa.ForeignKeyConstraint(["article"], ["articles.seq"], name="fk_article_versions_article", **of_article),
    )  # fmt: skip
    op.create_table(
        "labels", must("article", number(), autoincrement=False), must("kind"), must("value"), must("score", sa.Float()),
        must("why", json()), must("model"), must("corrected", sa.Boolean()), key("labels", "article", "kind", "value"),
        sa.ForeignKeyConstraint(["article"], ["articles.seq"], name="fk_labels_article", **of_article),
    )  # fmt: skip
    op.create_index("ix_labels_value", "labels", ["kind", "value", "article"])
    op.create_table(
        "daily_counts", must("day", sa.Date()), must("kind"), must("value"), must("source_id"), must("relevant", sa.Boolean()),
        must("hanoi", sa.Boolean()), must("sentiment"), must("articles", sa.Integer()),
        key("daily_counts", "day", "kind", "value", "source_id", "relevant", "hanoi", "sentiment"),
    )  # fmt: skip


def create_case_tables() -> None:
    op.create_table(
        "cases", must("id"), must("number", sa.Integer()), must("story_id"), must("case_class"), must("severity"), must("state"),
        may("unit"), must("topics", json()), must("wards", json()), must("title"), must("url"), must("why", json()),
        must("opened_at", moment()), must("updated_at", moment()), must("revision", sa.Integer()), key("cases", "id"),
        sa.UniqueConstraint("number", name="uq_cases_number"),
    )  # fmt: skip
    op.create_index("ix_cases_story", "cases", ["story_id"])
    op.create_index("ix_cases_state", "cases", ["state", "opened_at"])
    op.create_table(
        "case_events", must("case_id"), must("number", sa.Integer(), autoincrement=False), must("at", moment()), must("action"),
        must("who"), must("detail"), key("case_events", "case_id", "number"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_events_case_id"),
    )  # fmt: skip
    op.create_table(
        "outbox", must("id"), must("kind"), may("case_id"), must("channel"), must("recipient"), must("message", json()),
        must("due_at", moment()), must("priority", sa.Integer()), must("status"), must("attempts", sa.Integer()),
        may("leased_until", moment()), may("sent_at", moment()), may("remote_id"), must("error"), must("owed_at", moment()),
        key("outbox", "id"), sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_outbox_case_id"),
    )  # fmt: skip
    op.create_index("ix_outbox_open", "outbox", ["priority", "due_at"], sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN))
    op.create_index("ix_outbox_status", "outbox", ["status", "due_at"])


def create_index() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Contentless: the words and their places, not a third copy of the text. The views are folded already.
        op.execute("CREATE VIRTUAL TABLE coverage_index USING fts5(plain, folded, content='', columnsize=0, "
                   "tokenize='unicode61 remove_diacritics 0')")  # fmt: skip
        return
    op.create_table("coverage_index", must("position", number(), autoincrement=False), must("plain", TSVECTOR()),
                    must("folded", TSVECTOR()), key("coverage_index", "position"))  # fmt: skip
    op.create_index("ix_coverage_plain", "coverage_index", ["plain"], postgresql_using="gin")
    op.create_index("ix_coverage_folded", "coverage_index", ["folded"], postgresql_using="gin")


def create_views() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    local = "datetime(a.published_at, '+7 hours')" if sqlite else "a.published_at AT TIME ZONE 'Asia/Ho_Chi_Minh'"
    joined = "group_concat(l.value, ', ')" if sqlite else "string_agg(l.value, ', ' ORDER BY l.value)"
    op.execute(COVERAGE.replace("<local>", local).replace("<joined>", joined))
    for view, kind, value in VIEWS:
        op.execute(DAILY.replace("<view>", view).replace("<kind>", kind).replace("<value>", value))


COVERAGE = """
CREATE VIEW v_coverage AS
SELECT a.id, <local> AS published_local, a.source_id, coalesce(s.name, a.source_id) AS outlet, s.tier, a.title, a.url,
       a.relevant, a.hanoi, a.sentiment, a.case_class, a.severity,
       (SELECT <joined> FROM labels l WHERE l.article = a.seq AND l.kind = 'topic') AS topics,
       (SELECT <joined> FROM labels l WHERE l.article = a.seq AND l.kind = 'ward') AS wards,
       a.story_id, a.duplicate_of, a.version, c.number AS case_number, c.state AS case_state
FROM articles a
LEFT JOIN sources s ON s.id = a.source_id
LEFT JOIN cases c ON a.story_id <> '' AND c.number = (SELECT max(n.number) FROM cases n WHERE n.story_id = a.story_id)
"""

DAILY = """
CREATE VIEW <view> AS
SELECT d.day, <value>d.source_id, coalesce(s.name, d.source_id) AS outlet, s.tier, d.relevant, d.hanoi, d.sentiment, d.articles
FROM daily_counts d
LEFT JOIN sources s ON s.id = d.source_id
WHERE d.kind = '<kind>' AND d.articles > 0
"""
