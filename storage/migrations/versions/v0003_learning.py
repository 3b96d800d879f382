"""Learning from corrections: what people said of labels, what they were asked, the models in use. Triggers keep the three as written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.migrations.versions.v0001_first import json, key, may, moment, must, number

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("corrections", "offers", "models")


def upgrade() -> None:
    op.create_table(
        "corrections", must("number", number(), autoincrement=False), must("article_id"), must("field"), must("old", json()),
        must("new", json()), must("account"), must("at", moment()), must("model"), must("stream"), key("corrections", "number"),
    )  # fmt: skip
    op.create_index("ix_corrections_article", "corrections", ["article_id", "field", "number"])
    op.create_index("ix_corrections_account", "corrections", ["account", "at"])
    op.create_table(
        "offers", must("account"), must("article_id"), must("stream"), must("at", moment()), key("offers", "account", "article_id"),
    )  # fmt: skip
    op.create_index("ix_offers_article", "offers", ["article_id", "stream"])
    op.create_table(
        "models", must("number", number(), autoincrement=False), must("version"), must("made_at", moment()), must("role"), must("parent"),
        must("action"), must("corrections", sa.Integer()), must("figures", json()), must("manifest", json()),
        may("weights", sa.LargeBinary()), key("models", "number"),
    )  # fmt: skip
    refuse_changes()


def refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for what in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
                )
        for table in ("corrections", "models"):  # REPLACE is no DELETE to a trigger
            held = f"EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number)"  # noqa: S608  # names of our own
            aborted = f"SELECT RAISE(ABORT, 'rows of {table} are only ever added')"
            op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {held} BEGIN {aborted}; END")
        return
    op.execute(
        "CREATE FUNCTION only_added() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION only_added()")
