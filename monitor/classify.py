"""`monitor classify` as a function: what one item is about, how it speaks, what the rules make of it. No database, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from alerts import rules
from classifiers.tag import Tagger
from monitor.app import declared, tagger_of
from monitor.config import Config
from monitor.records import Article, Decision, Spread, Tags
from monitor.text import clean


def classify(
    items: Iterable[Mapping[str, Any]], *, config: Config | None = None, tagger: Tagger | None = None, open_gate: bool = False
) -> Iterator[dict[str, Any]]:
    """Classify items one by one, in their order.

    Args:
        items: mappings with `id` (text), `title` and `text` (any text, cleaned and capped here); optional `source`: the id of a source
            of the configuration, or an outlet's name. Other keys are ignored.
        config: whose rules decide class and severity, whose sources give tier and ward; default: one without rules or sources.
        tagger: the models; default: those of `config.models_dir`, else the shipped ones.
        open_gate: every tag of every item, whatever its relevance.

    Yields:
        One mapping an item, with the keys of docs/JSON_LINES.md: `relevant` (bool), `relevant_score` (0..1, calibrated), `band`
        (drop, review, accept), `hanoi`, `wards`, `topics` (id, score 0..1, why), `bottlenecks`, `sentiment` (neg, neu, pos or None),
        `sentiment_scores` (0..1, they sum to 1), `signals`, `class`, `severity` (S0 … S4 or None), `uncertain` (tasks a person should
        look at), `why` (Vietnamese, what moved the decision most), `reasons` (the same for every tag: "kind:value" → why).

    Raises:
        BrokenModel: the models do not fit their manifest.
        KeyError: an item has no `id`.
    """
    settings = config or Config()
    model = tagger or tagger_of(settings)
    sources = {s.id: s for s in declared(settings)}
    for item in items:
        source = sources.get(str(item.get("source", "")))
        title, text = clean(str(item.get("title") or "")), clean(str(item.get("text") or ""))
        tags = model.tag(
            article_id=str(item["id"]), title=title, text=text, tier=source.tier if source else None, ward=source.ward if source else None,
            outlet=source.name if source else str(item.get("source", "")), open_gate=open_gate,
        )  # fmt: skip
        decision = _decide_alone(title, text, tags, settings) if tags.relevant or open_gate else None
        yield _line(tags, decision)


def _line(tags: Tags, decision: Decision | None) -> dict[str, Any]:
    relevance, band = tags.first("relevance"), tags.first("band")
    sentiment = tags.first("sentiment")
    return {
        "id": tags.article_id,
        "relevant": tags.relevant,
        "relevant_score": round(relevance.score, 4) if relevance else 0.0,
        "band": band.value if band else "drop",
        "hanoi": tags.hanoi,
        "wards": list(tags.values("ward")),
        "topics": [{"id": x.value, "score": round(x.score, 4), "why": list(x.why)} for x in tags.all("topic")],
        "bottlenecks": list(tags.values("bottleneck")),
        "sentiment": sentiment.value if sentiment else None,
        "sentiment_scores": {x.value: round(x.score, 4) for x in tags.all("sentiment_score")},
        "signals": list(tags.values("signal")),
        "class": decision.case_class if decision else None,
        "severity": decision.severity if decision else None,
        "uncertain": sorted(tags.values("uncertain")),
        "why": _why(tags, decision),
        "reasons": {f"{x.kind}:{x.value}": list(x.why) for x in tags.labels if x.why},
    }


def _decide_alone(title: str, text: str, tags: Tags, settings: Config) -> Decision:
    """Class and severity of this item alone: no source, no spread, as if it concerned our city."""
    never = datetime(2000, 1, 1, tzinfo=UTC)  # no rule looks at the hour
    article = Article(
        id=tags.article_id, source_id="", url="", canonical_url="", title=title, text=text,
        published_at=never, published_from="none", first_seen_at=never, content_hash="",
    )  # fmt: skip
    alone = Spread(articles=1, outlets=1)
    return rules.decide(article, tags, source=None, spread=alone, prior=None, rules=settings.rules, adjustments=settings.adjustments)


def _why(tags: Tags, decision: Decision | None) -> list[str]:
    reasons = [reason for kind in ("relevance", "hanoi", "sentiment") for label in tags.all(kind)[:1] for reason in label.why]
    return reasons + (list(decision.why) if decision else [])
