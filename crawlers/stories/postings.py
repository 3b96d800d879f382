"""Which of the newest items hold a hash. What is kept depends on the items alone, not on the order in which they came."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

When = tuple[float, str]  #: the moment of an item and its id


class Postings:
    """An inverted index from hashes to items; of each hash only the newest items are kept."""

    def __init__(self, newest: int) -> None:
        self._newest = newest
        self._held: dict[int, When | list[When]] = {}  # nearly every hash stands in one item only: then no list

    def __len__(self) -> int:
        return len(self._held)

    def add(self, keys: Iterable[int], item: When) -> None:
        """Let the keys lead to an item."""
        for key in keys:
            held = self._held.setdefault(key, item)
            if held is item:
                continue
            if isinstance(held, tuple):
                self._held[key] = [min(held, item), max(held, item)]
            else:
                insort(held, item)
                if len(held) > self._newest:
                    del held[0]

    def remove(self, keys: Iterable[int], item: When) -> None:
        """Let the keys no longer lead to an item."""
        for key in keys:
            held = self._held.get(key)
            if held == item:
                del self._held[key]
            elif isinstance(held, list):
                at = bisect_left(held, item)
                if at < len(held) and held[at] == item:
                    del held[at]
                if len(held) == 1:
                    self._held[key] = held[0]

    def tally(self, keys: Iterable[int], weights: Iterable[float]) -> dict[str, float]:
        """The items that some of the keys lead to, with the weights of those keys added up."""
        found: dict[str, float] = {}
        held_by = self._held.get
        for key, weight in zip(keys, weights, strict=False):
            held = held_by(key)
            if held is None:
                continue
            for _, id in held if isinstance(held, list) else (held,):
                found[id] = found.get(id, 0.0) + weight
        return found
