"""What is asked of the coverage base, and what it answers: searches, counts, the figures of the digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from monitor.records import Case, CaseClass, CaseState, LedgerState, Sentiment, Severity, Source, SourceState, Tags, Tier


@dataclass(frozen=True, kw_only=True)
class SearchFilters:
    """What a search of the coverage is limited to; None means any. Times are aware."""

    since: datetime | None = None  #: published at or after
    until: datetime | None = None  #: published before
    topic: str | None = None
    ward: str | None = None  #: slug
    sentiment: str | None = None
    case_class: str | None = None
    severity: str | None = None  #: "S2" is that level, "S2+" that level and above
    outlet: str | None = None  #: source id
    tier: str | None = None
    story: str | None = None  #: story id
    relevant: bool | None = None  #: True: relevant ones only


@dataclass(frozen=True, kw_only=True)
class CoverageRow:
    """One article as search, exports and the digest show it."""

    article_id: str
    source_id: str
    outlet: str  #: name of the source
    tier: Tier
    title: str
    url: str
    published_at: datetime
    relevant: bool
    hanoi: bool
    sentiment: Sentiment | None
    case_class: CaseClass | None
    severity: Severity | None
    topics: tuple[str, ...] = ()  #: strongest first
    wards: tuple[str, ...] = ()
    story_id: str = ""
    duplicate_of: str | None = None
    excerpt: str = ""  #: the first words of the text


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Articles published within one period. Reprints count: each is one item of coverage."""

    total: int = 0  #: everything that was read
    relevant: int = 0
    hanoi: int = 0  #: relevant and about Hà Nội
    by_sentiment: Mapping[Sentiment, int] = field(default_factory=dict)  #: of the relevant ones; every key present


@dataclass(frozen=True, kw_only=True)
class GroupCount:
    """Relevant articles on one topic or ward."""

    id: str
    articles: int
    negative: int


@dataclass(frozen=True, kw_only=True)
class DayCount:
    """Relevant articles of one local day."""

    day: date
    neg: int
    neu: int
    pos: int


@dataclass(frozen=True, kw_only=True)
class StoryFigures:
    """One story in figures, shown by its first relevant article of the period."""

    story_id: str
    title: str
    url: str
    outlet: str  #: name of the source
    outlets: int
    articles: int
    published_at: datetime
    sentiment: Sentiment | None
    severity: Severity | None  #: the highest of its articles


@dataclass(frozen=True, kw_only=True)
class CaseFigures:
    """A case of the period with the outlet that told it first."""

    case: Case
    outlet: str


@dataclass(frozen=True, kw_only=True)
class SilentSource:
    """An enabled source that fails, or brought nothing new in the period."""

    id: str
    name: str
    reason: str  #: in Vietnamese
    last_new_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DigestFigures:
    """Everything the digest says, counted in the coverage base. Days are local (+07:00)."""

    start: date  #: the first day
    end: date  #: the day after the last
    total: int
    relevant: int
    hanoi: int
    by_sentiment: Mapping[Sentiment, int]  #: of the relevant ones; every key present
    previous: Counts  #: the same figures of the period before, of the same length
    by_topic: tuple[GroupCount, ...] = ()  #: most articles first
    by_ward: tuple[GroupCount, ...] = ()  #: most articles first
    top_stories: tuple[StoryFigures, ...] = ()  #: most outlets first
    cases: tuple[CaseFigures, ...] = ()  #: opened in the period, or opened before and still unanswered; worst first
    outcomes: Mapping[CaseState, int] = field(default_factory=dict)  #: of `cases`; every key present
    good_models: tuple[StoryFigures, ...] = ()  #: stories of class positive_model
    silent_sources: tuple[SilentSource, ...] = ()
    by_day: tuple[DayCount, ...] = ()  #: every day of the period, also empty ones
    key_phrases: tuple[tuple[str, int], ...] = ()  #: (phrase, articles); storage leaves it to who composes


HealthState = Literal["healthy", "new", "quiet", "empty", "failing", "blocked", "dead", "off"]


@dataclass(frozen=True, kw_only=True)
class SeenCounts:
    """What a source newly offered, counted over the last day and over the same hours of the weeks before."""

    day: int = 0  #: new URLs in the last 24 hours
    history: tuple[int, ...] = ()  #: of the same 24 hours one, two, three … weeks before, as far as it was read then
    hours: float = 0.0  #: hours since its last new URL


@dataclass(frozen=True, kw_only=True)
class SourceHealth:
    """How a source does, in plain words."""

    source: Source
    last: SourceState | None
    state: HealthState
    reason: str  #: in Vietnamese
    seen: int  #: new URLs in the last 24 hours
    expected: float | None  #: by its own rhythm; None without history
    ledger: Mapping[str, int] = field(default_factory=dict)  #: URLs by state


@dataclass(frozen=True, kw_only=True)
class TwoPaths:
    """One outlet read over two paths (a feed and a listing or sitemap): what each brought within a period."""

    outlet: str
    first: int  #: URLs seen over the first path
    second: int
    both: int


@dataclass(frozen=True, kw_only=True)
class SampleItem:
    """One item of the weekly hand check: found by a person elsewhere, looked up in the base."""

    number: int
    outlet: str
    day: date
    url: str = ""
    title: str = ""
    found: bool | None = None  #: None: not looked up yet
    article_id: str | None = None
    how: str = ""  #: how it was recognised: address, headline


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One weekly hand check."""

    week: str  #: 2026-W47
    drawn_at: datetime
    items: tuple[SampleItem, ...] = ()

    @property
    def checked(self) -> int:
        """How many items a person has filled in."""
        return sum(item.found is not None for item in self.items)

    @property
    def found(self) -> int:
        """How many of those the base has."""
        return sum(item.found is True for item in self.items)


@dataclass(frozen=True, kw_only=True)
class Quarantined:
    """Bytes of a source that were stopped: what they were, not what they said."""

    body_hash: str
    source_id: str
    url: str
    reason: str
    size: int  #: bytes
    first_at: datetime
    last_at: datetime
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class SourceChange:
    """One entry in the history of a source of the register."""

    source_id: str
    at: datetime
    who: str  #: config.yaml, the shipped register, or the role that gave the command
    what: Mapping[str, tuple[object, object]]  #: field → (before, after)


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """One discovered URL as the ledger shows it."""

    url: str  #: canonical
    source_id: str
    state: LedgerState
    reason: str
    attempts: int
    retry_at: datetime | None
    article_id: str | None
    first_seen_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class RawBody:
    """The page of an article as it was fetched; kept for a limited time."""

    url: str  #: after redirects
    charset: str | None  #: from the Content-Type header
    fetched_at: datetime
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Version:
    """What an article said before its outlet edited it."""

    version: int  #: from 1
    title: str
    text: str
    replaced_at: datetime
    diff: str  #: what the next version changed: lines "- …" and "+ …"


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What a request to forget took out."""

    articles: int
    addresses: int  #: of the ledger
    messages: int  #: of the outbox
    keys: tuple[str, ...]  #: digests of what is never collected again


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """A few numbers of one moment that say whether the desk lives."""

    articles: int  #: in the base
    stored: int  #: ever; only rises
    hour: int  #: new URLs in the last hour, without first readings
    day: int  #: … in the last 24 hours
    due: int  #: entries that wait and could be taken now
    owed_since: datetime | None  #: since when the longest owed message is due; None: none is
    quarantined: int
    size: int  #: bytes of the database


Field = Literal[
    "relevance", "hanoi", "sentiment", "topic", "class", "severity", "ward"
]  #: what a person may correct; also the label's kind
Stream = Literal["uncertain", "random", "disagree", "other"]  #: why an item was offered; other: nobody offered it


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One field of one article as a person sees it; old and new are alike when the machine was right."""

    number: int
    article_id: str
    field: Field
    old: tuple[str, ...]
    new: tuple[str, ...]
    account: str  #: a role or an account, never a citizen's name
    at: datetime
    model: str  #: version in use when it was made
    stream: Stream


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one person says of one article: the values of the fields that were looked at (none: an empty tuple)."""

    article_id: str
    values: Mapping[Field, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What became of some answers."""

    corrections: tuple[Correction, ...]
    refused: int  #: answers beyond the day's cap; nothing of them was written
    known: int  #: answers that say nothing but what the account has said before


@dataclass(frozen=True, kw_only=True)
class Unchecked:
    """An article that one account may be asked about."""

    article_id: str
    tags: Tags
    drawn: bool  #: offered to somebody in the random stream: no other stream may have it
    chosen: bool  #: offered to somebody in another stream: the random one may not have it


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One article with the latest correction of each field."""

    article_id: str
    story_id: str
    title: str
    text: str
    tier: Tier
    corrections: tuple[Correction, ...]
    test: bool  #: it, or another article of its story, stands in the random stream: never trained on
    drawn: bool = False  #: it was drawn by lot itself: measured with, whoever had the last word on it


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """A model taken into use: by retraining, or by going back to an earlier one."""

    number: int
    version: str
    made_at: datetime
    role: str
    parent: str  #: version in use before the model was first promoted; where a rollback leads
    action: Literal["retrain", "rollback"]
    corrections: int  #: how many it learned from
    figures: Mapping[str, object]  #: how it and its parent did when it was promoted
    manifest: Mapping[str, object]  #: empty: the shipped model
