"""Everything that is measured, in one record: each set judged once, its spoiled copies, the baselines beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from classifiers.tag import Tagger
from monitor.text import fold
from tests.evaluate_understanding import baselines, measures, sets, spellings, wards
from tests.evaluate_understanding.measures import Sheet
from tests.evaluate_understanding.sets import Item
from tests.evaluate_understanding.verdicts import Verdict, judged

#: The copies a set is judged on again, through the same tagger.
COPIES: dict[str, Callable[[str], str]] = {
    "no diacritics": fold,
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "old tone marks": spellings.old_tones,
    "ALL CAPS": str.upper,
}


@dataclass(frozen=True)
class Run:
    """One set of items with what was said of them."""

    name: str
    items: Sequence[Item]
    verdicts: Sequence[Verdict]

    @cached_property
    def sheets(self) -> dict[str, Sheet]:
        """Its tasks."""
        return measures.sheets(self.items, self.verdicts)

    def same(self, other: Run) -> float:
        """The share of items of which the other run says exactly the same."""
        return sum(a == b for a, b in zip(self.verdicts, other.verdicts, strict=True)) / len(self.items)


@dataclass(frozen=True)
class Measured:
    """One evaluation. `head`: the set that the bars are judged on."""

    head: Run
    others: tuple[Run, ...]
    copies: tuple[Run, ...]  #: of the head
    rivals: tuple[Run, ...]  #: baselines on the head's items
    newsroom: Run
    wards: dict[str, Sheet]
    spelt: spellings.Recognised

    @property
    def shown(self) -> tuple[Run, ...]:
        """The sets side by side, the head first."""
        return (self.head, *self.others)


def measure(tagger: Tagger, *, tune_only: bool, say: Callable[[str], None] = lambda _: None) -> Measured:
    """Judge everything. With `tune_only` the report half is not even read."""
    say("headlines…")
    tune = Run("tune", found := sets.dev("tune"), judged(tagger, found))
    head = tune
    if not tune_only:
        head = Run("report", found := sets.dev("report"), judged(tagger, found))
    say("newsroom, frozen set…")
    newsroom = Run("newsroom", found := sets.newsroom(), judged(tagger, found))
    frozen = Run("frozen", found := sets.frozen(), judged(tagger, found))
    say("copies…")
    copies = tuple(Run(name, head.items, judged(tagger, head.items, change)) for name, change in COPIES.items())
    say("baselines…")
    rivals = [
        Run("keywords alone", head.items, baselines.keywords(head.items)),
        Run("majority", head.items, baselines.majority(head.items, tune.items)),
    ]
    if old := baselines.previous(head.items):
        rivals.insert(0, Run("previous model", head.items, old))
    say("wards, spellings…")
    others = (newsroom, frozen) if head is tune else (tune, newsroom, frozen)
    return Measured(head, others, copies, tuple(rivals), newsroom, wards.measured(tagger), spellings.measured())
