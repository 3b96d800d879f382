"""Collection at full strength: the register with its history, sightings, quarantine, samples, raw bodies, what was forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations.versions.v0001_first import json, key, may, moment, must, number

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WAITS, LED_TO = "state = 'waiting'", "article_id IS NOT NULL"


def upgrade() -> None:
    extend_tables()
    create_reading_tables()
    create_people_tables()
    fill_from_what_is_there()
    create_view()


def added(name: str, kind: sa.types.TypeEngine | None = None, default: str | sa.ColumnElement[bool] = "") -> sa.Column:
    """A column for rows that are there already. Its default stays, on both engines: SQLite could only drop it by copying the table."""
    return must(name, kind, server_default=default)


def extend_tables() -> None:
    for table, columns in {
        "sources": [added("subject"), added("reach", None, "unknown"), added("official", sa.Boolean(), sa.false()), added("notes"),
                    added("options", json(), "{}"), may("declared", json())],
        "source_states": [added("failure"), may("failing_since", moment()), may("rate", sa.Float())],
        "ledger": [added("voice"), added("said")],
        "articles": [added("voice")],
        "article_versions": [added("diff")],
        "outbox": [may("grouped_in")],
    }.items():  # fmt: skip
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_ledger_waiting", "ledger", ["source_id"], sqlite_where=sa.text(WAITS), postgresql_where=sa.text(WAITS))
    op.create_index("ix_ledger_article", "ledger", ["article_id"], sqlite_where=sa.text(LED_TO), postgresql_where=sa.text(LED_TO))


def create_reading_tables() -> None:
    op.create_table(
        "source_changes", must("number", number(), autoincrement=False), must("source_id"), must("at", moment()), must("who"),
        must("what", json()), key("source_changes", "number"),
    )  # fmt: skip
    op.create_index("ix_source_changes_source", "source_changes", ["source_id", "number"])
    op.create_table(
        "quarantine", must("body_hash"), must("source_id"), must("url"), must("reason"), must("size", sa.Integer()),
        must("first_at", moment()), must("last_at", moment()), must("times", sa.Integer()), key("quarantine", "body_hash", "source_id"),
    )  # fmt: skip
    op.create_table(
        "sightings", must("key"), must("source_id"), must("at", moment()), must("first_reading", sa.Boolean()),
        must("own", sa.Boolean()), key("sightings", "key", "source_id"),
    )  # fmt: skip
    op.create_index("ix_sightings_source", "sightings", ["source_id", "at", "first_reading"])
    op.create_table(
        "sample_items", must("week"), must("number", sa.Integer(), autoincrement=False), must("drawn_at", moment()), must("outlet"),
        must("day", sa.Date()), must("url"), must("title"), may("found", sa.Boolean()), may("article_id"), must("how"),
        key("sample_items", "week", "number"),
    )  # fmt: skip


def create_people_tables() -> None:
    op.create_table("forgotten", must("key"), must("at", moment()), must("who"), key("forgotten", "key"))
    op.create_table("voice_keys", must("month"), must("secret"), key("voice_keys", "month"))
    op.create_table(
        "raw_bodies", must("article_id"), must("source_id"), must("url"), may("charset"), must("fetched_at", moment()),
        must("social", sa.Boolean()), must("body", sa.LargeBinary()), key("raw_bodies", "article_id"),
    )  # fmt: skip
    op.create_index("ix_raw_bodies_fetched", "raw_bodies", ["fetched_at"])


def fill_from_what_is_there() -> None:
    op.execute("UPDATE sources SET official = true WHERE tier IN ('official', 'ward')")
    # Not null: every source there is came from a file. Equal to no line of one: the next start applies them all.
    op.execute("UPDATE sources SET declared = '{}'")
    # own: what is stored already changes hands no more.
    op.execute("INSERT INTO sightings (key, source_id, at, first_reading, own) "
               "SELECT key, source_id, first_seen_at, first_reading, true FROM ledger")  # fmt: skip


def create_view() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    local = "datetime(<at>, '+7 hours')" if sqlite else "<at> AT TIME ZONE 'Asia/Ho_Chi_Minh'"
    ok, new = (local.replace("<at>", f"t.{column}") for column in ("last_ok_at", "last_new_at"))
    op.execute(SOURCES.replace("<ok>", ok).replace("<new>", new))


SOURCES = """
CREATE VIEW v_sources AS
SELECT s.id, s.name AS outlet, s.kind, s.tier, s.subject, s.reach, s.official, s.ward, s.unit, s.access_basis, s.enabled, s.reason,
       s.notes, <ok> AS last_ok_local, <new> AS last_new_local, coalesce(t.failures, 0) AS failures
FROM sources s
LEFT JOIN source_states t ON t.source_id = s.id
WHERE s.listed
"""
