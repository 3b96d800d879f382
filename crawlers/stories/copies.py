"""Finds the earlier texts that a text is a copy of: an inverted index of each text's smallest trigram hashes, then exact comparison."""

from __future__ import annotations

import heapq
from itertools import repeat

from crawlers.stories.fingerprint import Prints, is_reprint, likeness
from crawlers.stories.postings import Postings, When

_KEPT = 16  #: smallest hashes of a text that lead to it: none of them survives 30 % edits once in three hundred times
_ASKED = 48  #: smallest hashes of a new text that are looked up; more, for it may be longer or shorter
_NEWEST = 12  #: texts kept per hash: one reprint leads to the original as well as forty
_CANDIDATES = 4


class Copies:
    """The fingerprints of texts. Not thread-safe."""

    def __init__(self) -> None:
        self._prints: dict[str, Prints] = {}
        self._postings = Postings(_NEWEST)

    def __len__(self) -> int:
        return len(self._prints)

    def add(self, item: When, prints: Prints) -> None:
        """Remember a text."""
        self._prints[item[1]] = prints
        self._postings.add(prints[:_KEPT].tolist(), item)

    def remove(self, item: When) -> None:
        """Forget a text."""
        self._postings.remove(self._prints.pop(item[1])[:_KEPT].tolist(), item)

    def find(self, prints: Prints) -> dict[str, float]:
        """The ids of the texts that this one is a copy of, with the share of wording that both have, 0…1 (containment)."""
        shared = self._postings.tally(prints[:_ASKED].tolist(), repeat(1.0))
        found: dict[str, float] = {}
        for id in heapq.nsmallest(_CANDIDATES, shared, key=lambda id: (-shared[id], id)):
            alike = likeness(prints, self._prints[id])
            if is_reprint(alike, min(len(prints), len(self._prints[id]))):
                found[id] = alike[1]
        return found
