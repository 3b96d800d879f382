"""The data that walks through the house: frozen, keyword-only records, plain Python, aware UTC.

One article walks Source → Entry → RawItem → Article → Tags → Case → Alert → Delivery.
Local time (+07:00) appears only where a person reads. The vocabulary of every field is in docs/GLOSSARY.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Tier = Literal["national", "city", "province", "official", "ward", "social", "forum", "foreign"]
Reach = Literal["unknown", "small", "medium", "large"]  #: as the office declares it: under 10,000 readers a day, under 100,000, more
Severity = Literal["S0", "S1", "S2", "S3", "S4"]
Sentiment = Literal["neg", "neu", "pos"]
Band = Literal["drop", "review", "accept"]
CaseClass = Literal[
    "misinformation",
    "unverified_claim",
    "wrong_figure",
    "fraud_impersonation",
    "data_leak",
    "outage_surge",
    "service_feedback",
    "press_criticism",
    "information_gap",
    "official_contradiction",
    "positive_model",
    "routine",
]

SEVERITIES: tuple[Severity, ...] = ("S0", "S1", "S2", "S3", "S4")

#: Where "now" comes from; the demo and the tests pass a frozen one. Returns an aware UTC datetime.
Clock = Callable[[], datetime]


class LedgerState(StrEnum):
    """The one state every discovered URL ends in."""

    WAITING = "waiting"  #: discovered, not fetched yet (or to be tried again at `retry_at`)
    KEPT = "kept"  #: stored as a relevant article
    OFF_TOPIC = "off_topic"  #: read, judged not relevant; stored without tags
    DUPLICATE = "duplicate"  #: a twin of an article already stored (same canonical URL)
    FAILED = "failed"  #: given up, with the reason


class DeliveryStatus(StrEnum):
    """The life of one owed message."""

    PENDING = "pending"  #: owed, to be sent at `due_at`
    LEASED = "leased"  #: a sender holds it until `leased_until`
    SENT = "sent"  #: the channel confirmed it
    GROUPED = "grouped"  #: told as a line of another message, because too many were due at once
    DEAD = "dead"  #: refused for good or out of attempts; visible, can be re-sent


class CaseState(StrEnum):
    """What became of a case."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"  #: somebody of the team took it
    ANSWERED = "answered"  #: the office has replied
    NOT_RELEVANT = "not_relevant"  #: a person judged that it needs no answer


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place that is read on a schedule. Declared in config, never guessed; it names a channel, never a person."""

    id: str
    name: str
    kind: str  #: the collector's name: feed, sitemap, listing …
    url: str
    tier: Tier
    every: int = 0  #: seconds between two readings; 0: as often as it has news, within the bounds of its tier
    homepage: str = ""
    subject: str = ""  #: what it writes about, in the office's words
    reach: Reach = "unknown"
    official: bool = False  #: run by an authority
    ward: str | None = None  #: slug, for ward portals
    unit: str | None = None  #: id of the unit that runs it, for official sources
    access_basis: str = "public feed"  #: public feed, sitemap, listing page, API with the office's key, manual
    enabled: bool = True
    reason: str = ""  #: why it is disabled
    notes: str = ""
    options: Mapping[str, object] = field(default_factory=dict)  #: what its collector understands (selectors, encoding …)


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """What the last readings of a source left behind."""

    source_id: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    read_before: bool = False  #: False until the first successful reading
    last_read_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: int = 0  #: consecutive
    failure: str = ""  #: kind of the last one: hard, soft, temporary, empty, parse, hostile, off
    failing_since: datetime | None = None
    reason: str = ""  #: of the last failure
    rate: float | None = None  #: new items an hour, newer hours weigh more; None until measured
    next_due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a feed, a sitemap or a listing page: the promise of an article."""

    source_id: str
    url: str  #: absolute, http or https, as published
    canonical_url: str
    title: str = ""
    summary_html: str = ""
    published_raw: str = ""  #: the date as printed
    guid: str = ""
    complete: bool = False  #: the entry itself carries the whole text (forum and video feeds): no page fetch
    voice: str = ""  #: who speaks, of posts only: the name as read until `crawlers.people.protect` made it this month's pseudonym


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One reading of a source: the entries found and the validators to send next time."""

    entries: tuple[Entry, ...] = ()
    unchanged: bool = False  #: 304, or the same body as last time
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An entry of the ledger that is to be fetched now."""

    entry: Entry
    first_reading: bool  #: it was found in its source's first reading
    attempts: int  #: how often it was tried before


@dataclass(frozen=True, kw_only=True)
class PageFailure:
    """Why an entry's page could not be read, and when it is tried again (None: never)."""

    reason: str
    retry_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RawItem:
    """The page of an entry as fetched, untouched: provenance."""

    source_id: str
    url: str  #: after redirects
    body: bytes
    charset: str | None  #: from the Content-Type header
    fetched_at: datetime
    entry: Entry


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """What extraction read from a page."""

    title: str
    text: str
    published_at: datetime | None
    published_from: str  #: jsonld | meta | time | url | feed | sitemap | text | none
    canonical_url: str
    partial: bool  #: only the feed's own text, or a page that yielded too little
    notes: tuple[str, ...] = ()  #: what had to be done to read it, for the log: "utf-8; tcvn3 repaired", "mojibake", "no article found"


@dataclass(frozen=True, kw_only=True)
class Article:
    """One item of coverage; a public post is one too."""

    id: str  #: hex digest of the canonical URL
    source_id: str
    url: str
    canonical_url: str
    title: str
    text: str
    published_at: datetime
    published_from: str
    published_raw: str = ""
    first_seen_at: datetime
    content_hash: str
    partial: bool = False
    story_id: str = ""
    duplicate_of: str | None = None  #: id of the article it reprints
    story_why: str = ""  #: why it was put into its story, in Vietnamese
    voice: str = ""  #: this month's pseudonym of who speaks: tells distinct voices within one story apart, and nothing else


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where clustering put an item."""

    story_id: str
    duplicate_of: str | None
    why: str  #: in Vietnamese


@dataclass(frozen=True, kw_only=True)
class Label:
    """One tag with its evidence. A new tagger needs no new column, field or rule syntax."""

    kind: str  #: relevance, hanoi, ward, topic, bottleneck, sentiment, signal, class, severity …
    value: str
    score: float  #: 0..1
    why: tuple[str, ...] = ()  #: what moved it most, readable, in Vietnamese
    model: str = ""  #: name@version of what set it


@dataclass(frozen=True, kw_only=True)
class Tags:
    """Every label of one article."""

    article_id: str
    labels: tuple[Label, ...] = ()

    def all(self, kind: str) -> tuple[Label, ...]:
        """The labels of one kind, strongest first."""
        return tuple(sorted((x for x in self.labels if x.kind == kind), key=lambda x: -x.score))

    def values(self, kind: str) -> tuple[str, ...]:
        """The values of one kind, strongest first."""
        return tuple(x.value for x in self.all(kind))

    def first(self, kind: str) -> Label | None:
        """The strongest label of one kind, if any."""
        found = self.all(kind)
        return found[0] if found else None

    @property
    def relevant(self) -> bool:
        """True when the relevance label says yes."""
        label = self.first("relevance")
        return label is not None and label.value == "yes"

    @property
    def hanoi(self) -> bool:
        """True when the item concerns Hà Nội."""
        return bool(self.values("hanoi"))


@dataclass(frozen=True, kw_only=True)
class Document:
    """The official document behind a fact. A missing number or date stays None and is shown as "chưa có số"."""

    number: str | None
    date: date | None
    issuer: str
    section: str


@dataclass(frozen=True, kw_only=True)
class TalkingPoint:
    """An official sentence the team may use, with its document and its approval."""

    id: str
    topics: tuple[str, ...]
    text: str
    document: Document
    valid_from: date | None
    valid_until: date | None
    audience: tuple[str, ...] = ()
    do_not_say: str = ""
    approved: bool = False
    phrases: tuple[str, ...] = ()  #: words of the press that this sentence answers; without them only the text's own words count


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How far a story has travelled."""

    articles: int
    outlets: int
    wards: tuple[str, ...] = ()
    first_outlet: str = ""
    first_published_at: datetime | None = None
    official: bool = False  #: an official source tells it too
    voices: int = 0  #: distinct people among its posts


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the rules say of one article within its story."""

    case_class: CaseClass
    severity: Severity
    why: tuple[str, ...]  #: rule by rule, readable, in Vietnamese
    rule: str  #: id of the rule that matched


@dataclass(frozen=True, kw_only=True)
class Case:
    """A story that somebody must answer."""

    id: str
    number: int  #: the short number people say aloud; 0 until stored
    story_id: str
    case_class: CaseClass
    severity: Severity
    state: CaseState
    unit: str | None
    topics: tuple[str, ...]
    wards: tuple[str, ...]
    title: str
    url: str
    why: tuple[str, ...]
    opened_at: datetime
    updated_at: datetime
    revision: int = 1  #: rises with every message that is owed for it


@dataclass(frozen=True, kw_only=True)
class Alert:
    """What we decided to say about a case: everything a channel needs to write its message."""

    case: Case
    article: Article
    outlet: str
    tier: Tier
    passage: str  #: verbatim
    points: tuple[TalkingPoint, ...]
    spread: Spread
    unit_name: str
    topic_names: tuple[str, ...]
    ward_names: tuple[str, ...]
    note: str = ""  #: e.g. "đơn vị chưa cấu hình"


#: Stands in a message for the number of a case that is not stored yet: storage, which assigns the number, fills it in (`Message.numbered`).
CASE_NUMBER_SLOT = "\ue000"


@dataclass(frozen=True, kw_only=True)
class Message:
    """A rendered message: what a channel sends, word for word."""

    subject: str
    text: str
    html: str | None = None
    images: Mapping[str, bytes] = field(default_factory=dict)  #: cid → PNG
    buttons: tuple[tuple[str, str], ...] = ()  #: (label, callback data ≤ 64 bytes)

    def numbered(self, number: int) -> Message:
        """The message with the case's number where its slot stood."""
        shown = str(number) if number else "mới"
        html = self.html.replace(CASE_NUMBER_SLOT, shown) if self.html else self.html
        return replace(
            self, subject=self.subject.replace(CASE_NUMBER_SLOT, shown), text=self.text.replace(CASE_NUMBER_SLOT, shown), html=html
        )


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message owed to one recipient on one channel: a row of the outbox, the text as sent."""

    id: str  #: alert|digest|notice : subject : channel : recipient : revision
    kind: Literal["alert", "digest", "notice"]  #: a notice tells the operators about the service itself
    case_id: str | None
    channel: str
    recipient: str
    message: Message
    due_at: datetime
    priority: int = 0  #: higher goes first; 0–4 as the severity
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    leased_until: datetime | None = None
    sent_at: datetime | None = None
    remote_id: str | None = None
    error: str = ""
