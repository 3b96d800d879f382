"""Which sentence of a long article decided a label: the alert and the reader want to see the place, not only the words."""

from __future__ import annotations

import unicodedata
from functools import cached_property

from classifiers.models import Models
from classifiers.vietnamese import Passage

LONGEST = 220  #: characters shown of one sentence


class Sentences:
    """The sentences of one passage, each scored by its own words."""

    def __init__(self, passage: Passage, models: Models) -> None:
        self._passage, self._models = passage, models

    def deciding(self, output: str) -> str:
        """The sentence that speaks most for an output, verbatim; "" for a short text or when none does."""
        pulls = self._models.pulls(self._passage, output) if self._passage.long else {}
        best = max(pulls, key=pulls.__getitem__, default=-1)
        return self._text(best) if best >= 0 and pulls[best] > 0 else ""

    def _text(self, sentence: int) -> str:
        """One sentence of the body, verbatim."""
        after = min((number for number in self._starts if number > sentence), default=-1)
        return _cut(" ".join(self._whole[self._starts[sentence] : self._starts.get(after)].split()))

    @cached_property
    def _whole(self) -> str:
        return unicodedata.normalize("NFKC", self._passage.body)  # what the offsets count in

    @cached_property
    def _starts(self) -> dict[int, int]:
        """Where each sentence of the body begins."""
        return {mark.sentence: mark.start for mark in reversed(self._passage.syllables) if mark.part}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"
