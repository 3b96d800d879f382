"""Tags one article: read it once, score it once, let every tagger say its labels. Pure, no network, milliseconds.

read → lexicon votes, places → features → scores → relevance, place, scope → (when relevant) topic … case_class
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from classifiers import models
from classifiers.features import Evidence, look
from classifiers.sentences import Sentences
from monitor import plugins
from monitor.records import Label, Tags, Tier

ALWAYS = ("relevance", "place", "scope")  #: said of every item
WHEN_RELEVANT = ("topic", "bottleneck", "sentiment", "signal", "case_class")  #: said of relevant items, or of all with the gate open
OUTPUTS = {"relevance:no": ""}  #: labels whose model output has another name, or that no sentence argues for
PACKAGE = "classifiers.taggers"


class SecondReader(Protocol):
    """Another opinion on the same evidence (classifiers.embeddings)."""

    def read_again(self, evidence: Evidence) -> Evidence:
        """The evidence with its scores reconsidered."""


TagFunction = Callable[[Evidence], tuple[Label, ...]]


class Tagger:
    """All taggers with their models. Thread-safe: nothing changes after loading."""

    second: SecondReader | None = None  #: looks again at what is uncertain; set once, before the first article

    def __init__(self, found: models.Models, *, always: Sequence[str] = ALWAYS, when_relevant: Sequence[str] = WHEN_RELEVANT) -> None:
        self._models = found
        self._always = _functions(always)
        self._when_relevant = _functions(when_relevant)

    @classmethod
    def load(cls, models_dir: Path | None = None) -> Tagger:
        """The tagger with the models of a folder (the shipped ones by default). Raises BrokenModel when they do not fit the manifest."""
        tagger = cls(models.load(models_dir))
        tagger.tag(article_id="", title="", text="")  # reads lexicon and gazetteer now, not during the first article
        return tagger

    @property
    def version(self) -> str:
        """name@hash of the weights."""
        return self._models.version

    def tag(
        self,
        *,
        article_id: str,
        title: str,
        text: str,
        tier: Tier | None = None,
        ward: str | None = None,
        outlet: str = "",
        open_gate: bool = False,
    ) -> Tags:
        """Every label of one item. `ward`: slug of the ward whose own portal printed it; `open_gate`: all labels even when not relevant."""
        evidence = self.read(title, text, tier=tier, ward=ward)
        tags = self._tags(article_id, evidence, open_gate)
        if self.second is not None and tags.values("uncertain"):
            tags = self._tags(article_id, self.second.read_again(evidence), open_gate)
        return tags

    def _tags(self, article_id: str, evidence: Evidence, open_gate: bool) -> Tags:
        labels = _said(self._always, evidence)
        tags = Tags(article_id=article_id, labels=labels)
        if tags.relevant or open_gate:
            tags = dataclasses.replace(tags, labels=labels + _said(self._when_relevant, evidence))
            if evidence.passage.long:
                tags = dataclasses.replace(tags, labels=tuple(self._placed(tags.labels, evidence)))
        return tags

    def _placed(self, labels: Sequence[Label], evidence: Evidence) -> Iterator[Label]:
        """The labels of a long article, those that a model set with the sentence that decided them."""
        sentences = Sentences(evidence.passage, self._models)
        for label in labels:
            output = OUTPUTS.get(f"{label.kind}:{label.value}", f"{label.kind}:{label.value}")
            found = sentences.deciding(output) if label.why and output in evidence.scores else ""
            yield dataclasses.replace(label, why=(*label.why, f"câu “{found}”")) if found else label

    def read(self, title: str, text: str, *, tier: Tier | None = None, ward: str | None = None) -> Evidence:
        """One item as the taggers see it: read and scored."""
        seen = look(title, text, tier, ward)
        row = self._models.row(seen)

        def explain(output: str, sign: int) -> tuple[str, ...]:
            return self._models.reasons(row, output, seen, sign=sign)

        return dataclasses.replace(seen, scores=self._models.scores(row), explain=explain, model=self._models.version)


def _functions(names: Sequence[str]) -> tuple[TagFunction, ...]:
    return tuple(plugins.load(PACKAGE, name, "tag") for name in names)


def _said(taggers: Sequence[TagFunction], evidence: Evidence) -> tuple[Label, ...]:
    return tuple(label for tag in taggers for label in tag(evidence))
