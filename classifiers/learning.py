"""Learning from corrections: which of them teach, the refit, and whether the new model is worse than the old one.

The corrected articles are added to the shipped corpus as items that teach only the fields that a person judged.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifiers import models, promoted, scores, train
from classifiers.lexicon import FILES
from classifiers.tag import Tagger
from classifiers.train import JUDGED
from monitor.figures import Correction, Lesson
from monitor.records import Tags, Tier

FROZEN = FILES / "frozen.jsonl"  #: items that no model is ever trained on
LEAST_TEST = 30  #: items of the random stream from which it has a say
METRICS = ("relevant_f1", "sentiment_macro", "topics_micro", "class_macro")
#: Fields that a model learns; places are rules, severity follows from rules
TAUGHT = frozenset({"relevance", "sentiment", "topic", "class"})
_STYLES: Mapping[Tier, str] = {"ward": "ward_portal", "official": "city_portal", "forum": "forum", "social": "comment"}
_TEST_FIELDS = frozenset({"relevance", "hanoi", "sentiment", "topic", "class"})

Item = Mapping[str, Any]
Measured = Mapping[str, float | None]  #: by metric; None: the items cannot tell


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained on and what is measured with."""

    items: tuple[Item, ...]  #: to be added to the corpus
    corrections: int  #: that they hold
    last: int  #: number of the newest of them
    left_out: Mapping[str, int]  #: corrections beyond an account's share, by account
    test: tuple[Item, ...]  #: the random stream


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A refitted model, not in use yet."""

    tagger: Tagger
    manifest: Mapping[str, Any]
    weights: bytes


def plan(lessons: Sequence[Lesson], *, share: float) -> Plan:
    """Sort the lessons: the random stream and its stories are measured with, of the rest no account gets more than `share`."""
    mine = sorted((c for lesson in lessons if not lesson.test for c in lesson.corrections if c.field in TAUGHT), key=lambda c: c.number)
    allowed = within_share(Counter(c.account for c in mine), share)
    used: set[int] = set()
    left = dict(allowed)
    for one in reversed(mine):  # the newest first
        if left[one.account] > 0:
            left[one.account] -= 1
            used.add(one.number)
    items = [item_of(lesson, [c for c in lesson.corrections if c.number in used]) for lesson in lessons if not lesson.test]
    counted = Counter(c.account for c in mine)
    return Plan(
        items=tuple(i for i in items if i[JUDGED]), corrections=len(used), last=max(used, default=0),
        left_out={account: counted[account] - allowed[account] for account in sorted(counted) if counted[account] > allowed[account]},
        test=tuple(_tests(lessons)),
    )  # fmt: skip


def within_share(counted: Mapping[str, int], share: float) -> dict[str, int]:
    """How many of each account's corrections may be used, so that none makes up more than `share` of all that are used."""
    allowed = dict(counted)
    while share < 1:
        total = sum(allowed.values())
        account = max(allowed, key=lambda a: (allowed[a], a), default=None)
        if account is None or allowed[account] <= share * total + 1e-9:
            break
        allowed[account] = min(allowed[account] - 1, int(share / (1 - share) * (total - allowed[account]) + 1e-9))
    return allowed


def item_of(lesson: Lesson, corrections: Sequence[Correction]) -> dict[str, Any]:
    """A corrected article as an item of the corpus that teaches what these corrections say."""
    said = {c.field: c.new for c in corrections}
    first = {field: next(iter(said.get(field, ())), None) for field in ("relevance", "hanoi", "sentiment", "class", "severity")}
    return {
        "id": lesson.article_id,
        "style": _STYLES.get(lesson.tier, "press"),
        "title": lesson.title,
        "text": lesson.text,
        "relevant": first["relevance"] != "no",  # who judges a tone or a topic takes the item for relevant
        "hanoi": first["hanoi"] == "yes",
        "wards": list(said.get("ward", ())),
        "topics": list(said.get("topic", ())),
        "sentiment": first["sentiment"],
        "class": first["class"],
        "severity": first["severity"],
        "signals": [],
        JUDGED: sorted(said),
    }


def _tests(lessons: Sequence[Lesson]) -> list[Item]:
    """The items of the random stream that were judged whole."""
    found: list[Item] = []
    for lesson in (one for one in lessons if one.drawn):
        item = item_of(lesson, lesson.corrections)
        if "relevance" in item[JUDGED] and (not item["relevant"] or set(item[JUDGED]) >= _TEST_FIELDS):
            found.append(item)
    return found


def refit(items: Sequence[Item], plan: Plan, *, corpus: Path = train.CORPUS) -> Candidate:
    """Fit a model from the items of a corpus and the corrections; `corpus` is the folder they were read from, for the manifest."""
    names, idf, outputs, weights, bias = train.fit([*items, *plan.items])
    about = train.about(len(items), corpus, len(names)) | {
        "corrections": {"used": plan.corrections, "items": len(plan.items), "last": plan.last}
    }
    with tempfile.TemporaryDirectory(prefix="coverage-desk-") as name:
        folder = Path(name)
        models.save(folder, names=names, idf=idf, outputs=outputs, weights=weights, bias=bias, about=about)
        manifest = json.loads((folder / models.MANIFEST).read_text(encoding="utf-8"))
        blob = (folder / models.WEIGHTS).read_bytes()
    return Candidate(tagger=promoted.opened(manifest, blob), manifest=manifest, weights=blob)


def learned_already(plan: Plan, manifest: Mapping[str, Any], corpus: Path = train.CORPUS) -> bool:
    """True when the model of a manifest was fitted from the same corpus and the same corrections."""
    same = {"used": plan.corrections, "items": len(plan.items), "last": plan.last}
    digest = models.hash_of(corpus.glob("*.jsonl"))
    return manifest.get("corrections") == same and dict(manifest.get("corpus") or {}).get("sha256") == digest


def frozen() -> list[dict[str, Any]]:
    """The items that no model is ever trained on."""
    return [json.loads(line) for line in FROZEN.read_text(encoding="utf-8").splitlines() if line.strip()]


def measure(tagger: Tagger, items: Sequence[Item]) -> Measured:
    """The four metrics of a model on some items: those of classifiers.scores, but of any items, however few of a kind there are."""
    tags = scores.tagged(tagger, items)
    ours = [(i, t) for i, t in zip(items, tags, strict=True) if i["relevant"]]
    classes = Counter(i["class"] for i, _ in ours if i["class"])
    frequent = sorted(c for c, n in classes.items() if n >= scores.LEAST_OF_CLASS)
    topics = [(set(i["topics"]), set(t.values("topic"))) for i, t in ours]
    return {
        "relevant_f1": _f1([i["relevant"] for i in items], [t.relevant for t in tags], True),
        "sentiment_macro": _macro([(i["sentiment"], t) for i, t in ours], "sentiment", scores.SENTIMENTS),
        "topics_micro": _ratio(sum(len(a & b) for a, b in topics), sum(len(a) + len(b) for a, b in topics)),
        "class_macro": _macro([(i["class"], t) for i, t in ours], "class", frequent),
    }


def worse(new: Measured, old: Measured, tolerance: float) -> list[str]:
    """The metrics that fell by more than the tolerance."""
    found = []
    for metric in METRICS:
        now, before = new[metric], old[metric]
        if before is not None and (now is None or now < before - tolerance - 1e-9):
            found.append(metric)
    return found


def _macro(ours: Sequence[tuple[str | None, Tags]], kind: str, values: Sequence[str]) -> float | None:
    judged = [(true, next(iter(t.values(kind)), "")) for true, t in ours if true is not None]
    if not judged or not values:
        return None
    each = [_f1([a for a, _ in judged], [b for _, b in judged], value) for value in values]
    return sum(f or 0.0 for f in each) / len(values)


def _f1(true: Sequence[object], said: Sequence[object], value: object) -> float | None:
    hits = sum(a == b == value for a, b in zip(true, said, strict=True))
    return _ratio(hits, sum(a == value for a in true) + sum(b == value for b in said))


def _ratio(hits: int, both: int) -> float | None:
    return 2 * hits / both if both else None
