"""The tables. A change here needs a migration beside it; a test compares the two on both engines."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, false, text

from storage.columns import Json, Number, SafeText, UtcDateTime

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"}
)
_KEY = Text  # ids, slugs and hashes
# A server_default is for rows that were there before the column was.

#: The register, as files declare it and commands change it. Sources that left it stay, not `listed`: their coverage still needs a name.
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
    Column("subject", SafeText, nullable=False, server_default=text("''")),
    Column("reach", _KEY, nullable=False, server_default="unknown"),
    Column("official", Boolean, nullable=False, server_default=false()),
    Column("notes", SafeText, nullable=False, server_default=text("''")),
    Column("options", Json, nullable=False, server_default="{}"),
    Column("declared", Json),  # the source as its file last declared it; null: a command added it
)

#: The history of the register; only ever added to.
source_changes = Table(
    "source_changes",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("source_id", _KEY, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("who", SafeText, nullable=False),
    Column("what", Json, nullable=False),
    Index("ix_source_changes_source", "source_id", "number"),
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
    Column("failure", _KEY, nullable=False, server_default=text("''")),
    Column("failing_since", UtcDateTime),
    Column("rate", Float),
)

#: Bytes that were stopped by a limit or that no encoding fits: their hash, not their words.
quarantine = Table(
    "quarantine",
    metadata,
    Column("body_hash", _KEY, primary_key=True),
    Column("source_id", _KEY, primary_key=True),
    Column("url", SafeText, nullable=False),
    Column("reason", SafeText, nullable=False),
    Column("size", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("times", Integer, nullable=False),
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
    Column("voice", _KEY, nullable=False, server_default=text("''")),
    Column("said", _KEY, nullable=False, server_default=text("''")),  # digest of summary and date: another one is an edit
    Index("ix_ledger_guid", "source_id", "guid_key"),
    Index("ix_ledger_state", "source_id", "state"),
    Index("ix_ledger_article", "article_id", sqlite_where=text("article_id IS NOT NULL"), postgresql_where=text("article_id IS NOT NULL")),
    # "what waits" must not grow with the archive
    Index("ix_ledger_waiting", "source_id", sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'")),
)

#: Which sources offered a URL, and when each did so first: two paths to one outlet measure what a single one misses.
sightings = Table(
    "sightings",
    metadata,
    Column("key", _KEY, primary_key=True),  # of the ledger
    Column("source_id", _KEY, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("first_reading", Boolean, nullable=False),
    Column("own", Boolean, nullable=False),  # it lies on the source's own site
    Index("ix_sightings_source", "source_id", "at", "first_reading"),
)

#: What was taken out on request, as digests: it is never collected again.
forgotten = Table("forgotten", metadata, Column("key", _KEY, primary_key=True), Column("at", UtcDateTime, nullable=False),
                  Column("who", SafeText, nullable=False))  # fmt: skip

#: The month's secret from which pseudonyms are made; with it goes every way back to them.
voice_keys = Table("voice_keys", metadata, Column("month", _KEY, primary_key=True), Column("secret", _KEY, nullable=False))

#: The weekly hand check of recall (R1): what a person found elsewhere, and whether the base has it.
sample_items = Table(
    "sample_items",
    metadata,
    Column("week", _KEY, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("outlet", SafeText, nullable=False),
    Column("day", Date, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("title", SafeText, nullable=False),
    Column("found", Boolean),
    Column("article_id", _KEY),
    Column("how", SafeText, nullable=False),
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
    Column("voice", _KEY, nullable=False, server_default=text("''")),
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
    Column("diff", SafeText, nullable=False, server_default=text("''")),  # what the next version changed, line by line
)

#: Pages as fetched (compressed), for a limited time: provenance. Posts are kept as they were masked.
raw_bodies = Table(
    "raw_bodies",
    metadata,
    Column("article_id", _KEY, primary_key=True),
    Column("source_id", _KEY, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("charset", _KEY),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("social", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_raw_bodies_fetched", "fetched_at"),
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
    Column("grouped_in", _KEY),  # the message that tells this one too
    # "what is owed" must not grow with the archive of sent messages
    Index("ix_outbox_open", "priority", "due_at", sqlite_where=text("status IN ('pending', 'leased')"),
          postgresql_where=text("status IN ('pending', 'leased')")),
    Index("ix_outbox_status", "status", "due_at"),
)  # fmt: skip

beats = Table("beats", metadata, Column("what", _KEY, primary_key=True), Column("at", UtcDateTime, nullable=False))

#: What people said of labels; triggers refuse any change. It holds ids and values, never words of an article: forgetting one leaves it.
corrections = Table(
    "corrections",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("article_id", _KEY, nullable=False),
    Column("field", _KEY, nullable=False),
    Column("old", Json, nullable=False),
    Column("new", Json, nullable=False),
    Column("account", _KEY, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("model", _KEY, nullable=False),
    Column("stream", _KEY, nullable=False),
    Index("ix_corrections_article", "article_id", "field", "number"),
    Index("ix_corrections_account", "account", "at"),
)

#: Which article was put before which account, and why; only ever added to.
offers = Table(
    "offers",
    metadata,
    Column("account", _KEY, primary_key=True),
    Column("article_id", _KEY, primary_key=True),
    Column("stream", _KEY, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_offers_article", "article_id", "stream"),
)

#: Models taken into use, the last row counts; only ever added to. Without weights: the model shipped with the program.
models = Table(
    "models",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("version", _KEY, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("role", _KEY, nullable=False),
    Column("parent", _KEY, nullable=False),
    Column("action", _KEY, nullable=False),
    Column("corrections", Integer, nullable=False),
    Column("figures", Json, nullable=False),
    Column("manifest", Json, nullable=False),
    Column("weights", LargeBinary),
)

#: Numbers given out in order, without gaps, the same on both engines and kept by a backup.
counters = Table("counters", metadata, Column("name", _KEY, primary_key=True), Column("value", Number, nullable=False))
