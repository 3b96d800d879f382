"""What the program says of an item, as `monitor classify --open-gate` would print it, with the scores behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from alerts import rules
from classifiers.tag import Tagger
from monitor.config import Config
from monitor.config_file import load
from monitor.records import Article, Decision, Spread, Tags
from monitor.text import clean
from tests.evaluate_understanding.sets import ROOT, Item

_NOW = datetime(2026, 11, 21, tzinfo=UTC)  #: rules look at no clock here; a record needs a moment


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One item's labels. Scores of 1 where only the label is known (baselines)."""

    relevant: bool
    band: str = "accept"
    likely: float = 1.0  #: probability of being relevant
    hanoi: bool
    wards: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    first_topic: str | None = None  #: the strongest
    topic_share: float = 0.5  #: its score; half where no topic is said
    sentiment: str | None
    sentiment_share: float = 1.0
    first_class: str | None = None  #: the tagger's own word
    class_share: float = 1.0
    case_class: str | None  #: what the rules make of it: the word that `monitor classify` prints
    severity: str | None = None
    unsure: frozenset[str] = frozenset()  #: what the program leaves to a person: relevance, sentiment, topic, class

    @property
    def found(self) -> bool:
        """Relevant, or in the band that a person looks through."""
        return self.relevant or self.band == "review"


@lru_cache(maxsize=1)
def settings() -> Config:
    """The configuration of the office, for its rules."""
    return load(ROOT / "config.yaml")


def judged(tagger: Tagger, items: Sequence[Item], change: Callable[[str], str] = lambda text: text) -> list[Verdict]:
    """Every item's verdict, the gate open; `change` spoils title and text first."""
    return [verdict(_tags(tagger, item, change), item) for item in items]


def _tags(tagger: Tagger, item: Item, change: Callable[[str], str]) -> Tags:
    return tagger.tag(
        article_id=str(item["id"]), title=change(clean(item["title"])), text=change(clean(item["text"])),
        tier=item.get("tier"), ward=item.get("ward"), open_gate=True,
    )  # fmt: skip


def verdict(tags: Tags, item: Mapping[str, Any]) -> Verdict:
    """The labels and their scores in one record."""
    relevance, tone, topic, first = (tags.first(kind) for kind in ("relevance", "sentiment", "topic", "class"))
    decision = alone(item, tags)
    return Verdict(
        relevant=tags.relevant, band=(tags.values("band") or ("drop",))[0], likely=relevance.score if relevance else 0.0,
        hanoi=tags.hanoi, wards=frozenset(tags.values("ward")), topics=frozenset(tags.values("topic")),
        first_topic=topic.value if topic else None, topic_share=topic.score if topic else 0.5,
        sentiment=tone.value if tone else None, sentiment_share=tone.score if tone else 0.0,
        first_class=first.value if first else None, class_share=first.score if first else 0.0,
        case_class=decision.case_class, severity=decision.severity, unsure=frozenset(tags.values("uncertain")),
    )  # fmt: skip


def alone(item: Mapping[str, Any], tags: Tags) -> Decision:
    """Class and severity of this item alone, as `monitor classify` decides them: no source, no spread, as if it concerned our city."""
    article = Article(
        id=str(item["id"]), source_id="", url="", canonical_url="", title=clean(item["title"]), text=clean(item["text"]),
        published_at=_NOW, published_from="none", first_seen_at=_NOW, content_hash="",
    )  # fmt: skip
    spread = Spread(articles=1, outlets=1)
    office = settings()
    return rules.decide(article, tags, source=None, spread=spread, prior=None, rules=office.rules, adjustments=office.adjustments)


def read_back(printed: Iterable[Mapping[str, Any]]) -> list[Verdict]:
    """Verdicts from the lines that `monitor classify --open-gate` prints, of whatever version."""
    return [
        Verdict(
            relevant=line["relevant"], band=line["band"], likely=line["relevant_score"], hanoi=line["hanoi"],
            wards=frozenset(line["wards"]), topics=frozenset(t["id"] for t in line["topics"]), sentiment=line["sentiment"],
            first_class=line["class"], case_class=line["class"], severity=line["severity"],
        )
        for line in printed
    ]  # fmt: skip
