"""The tables. A change here needs a migration beside it; a test compares the two on both engines."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, Integer, MetaData, Table, Text, text

from storage.columns import Json, Number, SafeText, UtcDateTime

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"}
)
_KEY = Text  # ids, slugs and hashes

#: As config last declared them. Rows of sources that left config stay (`listed` false): their coverage still needs a name.
sources = Table(
    "sources",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("name", SafeText, nullable=False),
    Column("kind", _KEY, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("homepage", SafeText, nullable=False),
    Column("tier", _KEY, nullable=False),
    Column("ward", _KEY),
    Column("unit", _KEY),
    Column("every", Integer, nullable=False),
    Column("access_basis", SafeText, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("reason", SafeText, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

source_states = Table(
    "source_states",
    metadata,
    Column("source_id", _KEY, primary_key=True),
    Column("etag", SafeText),
    Column("last_modified", SafeText),
    Column("body_hash", SafeText),
    Column("read_before", Boolean, nullable=False),
    Column("last_read_at", UtcDateTime),
    Column("last_ok_at", UtcDateTime),
    Column("last_new_at", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("reason", SafeText, nullable=False),
    Column("next_due_at", UtcDateTime),
)

#: Every URL ever discovered, in exactly one state. Keys are digests: URLs and guids may be longer than an index takes.
ledger = Table(
    "ledger",
    metadata,
    Column("key", _KEY, primary_key=True),
    Column("guid_key", _KEY, nullable=False),
    Column("source_id", _KEY, nullable=False),
    Column("canonical_url", SafeText, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("guid", SafeText, nullable=False),
    Column("title", SafeText, nullable=False),
    Column("summary_html", SafeText, nullable=False),
    Column("published_raw", SafeText, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("first_reading", Boolean, nullable=False),
    Column("line", Integer, nullable=False),  # its place in the reading that found it
    Column("state", _KEY, nullable=False),
    Column("reason", SafeText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", UtcDateTime),
    Column("article_id", _KEY),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_ledger_guid", "source_id", "guid_key"),
    Index("ix_ledger_state", "source_id", "state"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("title", SafeText, nullable=False),
    Column("first_published_at", UtcDateTime, nullable=False),
    Column("last_published_at", UtcDateTime, nullable=False),
)

#: relevant … severity repeat the strongest label of their kind, for filters and figures; `labels` is the truth.
articles = Table(
    "articles",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("id", _KEY, nullable=False, unique=True),
    #: see storage.search.position: one integer that orders by time of publication
    Column("position", Number, nullable=False, unique=True),
    Column("source_id", _KEY, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("published_from", _KEY, nullable=False),
    Column("published_raw", SafeText, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("content_hash", _KEY, nullable=False),
    Column("version", Integer, nullable=False),
    Column("partial", Boolean, nullable=False),
    Column("story_id", _KEY, nullable=False),
    Column("duplicate_of", _KEY),
    Column("relevant", Boolean, nullable=False),
    Column("hanoi", Boolean, nullable=False),
    Column("sentiment", _KEY),
    Column("case_class", _KEY),
    Column("severity", _KEY),
    Column("url", SafeText, nullable=False),
    Column("canonical_url", SafeText, nullable=False),
    Column("story_why", SafeText, nullable=False),
    Column("title", SafeText, nullable=False),
    Column("text", SafeText, nullable=False),
    Index("ix_articles_story", "story_id", "position"),
    Index("ix_articles_week", "relevant", "position", "story_id", "source_id", "severity", "case_class"),
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article", Number, ForeignKey("articles.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", SafeText, nullable=False),
    Column("text", SafeText, nullable=False),
    Column("content_hash", _KEY, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("replaced_at", UtcDateTime, nullable=False),
)

labels = Table(
    "labels",
    metadata,
    Column("article", Number, ForeignKey("articles.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("kind", _KEY, primary_key=True),
    Column("value", _KEY, primary_key=True),
    Column("score", Float, nullable=False),
    Column("why", Json, nullable=False),
    Column("model", SafeText, nullable=False),
    Column("corrected", Boolean, nullable=False),  # set by a person: tagging again does not change this kind
    Index("ix_labels_value", "kind", "value", "article"),
)

#: The rollup. kind "all" counts every article once; "topic" and "ward" once per value.
daily_counts = Table(
    "daily_counts",
    metadata,
    Column("day", Date, primary_key=True),  # local (+07:00)
    Column("kind", _KEY, primary_key=True),
    Column("value", _KEY, primary_key=True),
    Column("source_id", _KEY, primary_key=True),
    Column("relevant", Boolean, primary_key=True),
    Column("hanoi", Boolean, primary_key=True),
    Column("sentiment", _KEY, primary_key=True),  # "" when there is none
    Column("articles", Integer, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("story_id", _KEY, nullable=False),
    Column("case_class", _KEY, nullable=False),
    Column("severity", _KEY, nullable=False),
    Column("state", _KEY, nullable=False),
    Column("unit", _KEY),
    Column("topics", Json, nullable=False),
    Column("wards", Json, nullable=False),
    Column("title", SafeText, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("why", Json, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_cases_story", "story_id"),
    Index("ix_cases_state", "state", "opened_at"),
)

#: What happened to a case and who did it; only ever added to.
case_events = Table(
    "case_events",
    metadata,
    Column("case_id", _KEY, ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("action", _KEY, nullable=False),
    Column("who", SafeText, nullable=False),
    Column("detail", SafeText, nullable=False),
)

#: Messages owed, the text as sent.
outbox = Table(
    "outbox",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("kind", _KEY, nullable=False),
    Column("case_id", _KEY, ForeignKey("cases.id")),
    Column("channel", _KEY, nullable=False),
    Column("recipient", SafeText, nullable=False),
    Column("message", Json, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", _KEY, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("remote_id", SafeText),
    Column("error", SafeText, nullable=False),
    Column("owed_at", UtcDateTime, nullable=False),
    # "what is owed" must not grow with the archive of sent messages
    Index("ix_outbox_open", "priority", "due_at", sqlite_where=text("status IN ('pending', 'leased')"),
          postgresql_where=text("status IN ('pending', 'leased')")),
    Index("ix_outbox_status", "status", "due_at"),
)  # fmt: skip

beats = Table("beats", metadata, Column("what", _KEY, primary_key=True), Column("at", UtcDateTime, nullable=False))

#: Numbers given out in order, without gaps, the same on both engines and kept by a backup.
counters = Table("counters", metadata, Column("name", _KEY, primary_key=True), Column("value", Number, nullable=False))
