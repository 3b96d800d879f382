"""What is asked of the coverage base, and what it answers: searches, counts, the figures of the digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from monitor.records import Case, CaseClass, CaseState, Sentiment, Severity, Tier


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
