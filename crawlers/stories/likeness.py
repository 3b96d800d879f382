"""How much speaks for two items telling one story: a sum of weighted evidence, many earlier items at once.

The weights are those of a logistic regression (tests/shared/fit_likeness.py fits and prints them); above zero one story is likelier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crawlers.stories import features
from crawlers.stories.features import Codes, Features

Table = NDArray[np.float64]
Floats = NDArray[np.float32]
Marks = NDArray[np.uint8]

_SLOT_BITS = 20
MAX_DAYS = 4.0
_USUAL = 80  #: features of a headline and its summary


class Rarity:
    """In how many items each feature stands; hashes that share a slot only blur it."""

    def __init__(self) -> None:
        self._counts = np.zeros(1 << _SLOT_BITS, dtype=np.int32)
        self._items = 0

    def add(self, codes: Codes) -> None:
        """Count an item."""
        self._counts[_slots(codes)] += 1
        self._items += 1

    def remove(self, codes: Codes) -> None:
        """Take an item out of the count."""
        self._counts[_slots(codes)] -= 1
        self._items -= 1

    def of(self, codes: Codes, marks: Marks) -> Floats:
        """The information in each feature: the logarithm of how rare it is, at least 0."""
        known = np.float32(features.PRIOR_ITEMS + self._items)
        found: Floats = np.log(known / (features.MARK_PRIORS[marks] + self._counts[_slots(codes)].astype(np.float32)))
        return np.maximum(found, np.float32(0))


def _slots(codes: Codes) -> Codes:
    slots: Codes = codes >> np.uint32(32 - _SLOT_BITS)
    return slots


@dataclass(frozen=True, slots=True)
class Weighed:
    """A new item with the rarity that its features have now."""

    found: Features
    rarity: Floats
    strength: Floats  #: weight × rarity
    title: Floats  #: strength of what stands in the headline, as shares of one

    @classmethod
    def of(cls, found: Features, rarity: Rarity) -> Weighed:
        """Weigh an item against all that are counted."""
        rare = rarity.of(found.codes, found.marks)
        strength = features.MARK_WEIGHTS[found.marks] * rare
        title = strength * features.MARK_IN_TITLE[found.marks]
        return cls(found, rare, strength, title / (title.sum() or np.float32(1)))


#: what is told of a pair, in this order
EVIDENCE = ("titles", "words", "names", "numbers", "title_phrases", "other_days", "other_wards", "other_provinces", "size", "days")
_WEIGHTS = np.array((8.78, 1.32, 0.53, 1.05, -0.59, -1.16, -1.10, -1.63, -2.65, -2.10))
_INTERCEPT = -7.8  #: a little below the fitted one: a wrong join hides a new event, a missed one shows it twice


def score(evidence: Table) -> Table:
    """The log-odds that each pair tells one story."""
    found: Table = evidence @ _WEIGHTS + _INTERCEPT
    return found


def evidence(item: Weighed, others: Sequence[Features], days: Sequence[float], other_wards: Sequence[bool], rarity: Rarity) -> Table:
    """What speaks for and against each of the others: one row for each, columns as in EVIDENCE. All are compared in one go."""
    mine, count = item.found, len(others)
    sizes = np.array([len(other.codes) for other in others], dtype=np.intp)
    if not len(mine.codes) or not sizes.sum():
        return np.zeros((count, len(EVIDENCE)))
    codes = np.concatenate([other.codes for other in others])
    marks = np.concatenate([other.marks for other in others])
    owners = np.repeat(np.arange(count), sizes)
    at = mine.codes.searchsorted(codes)
    held = np.flatnonzero(mine.codes.take(at, mode="clip") == codes)
    at, owner, rare = at[held], owners[held], item.rarity[at[held]]

    def total(of: Floats, whose: NDArray[np.intp] = owner) -> Table:
        return np.bincount(whose, of, count).astype(np.float64)

    my_marks, their_marks = mine.marks[at], marks[held]
    mine_sort, their_sort = features.MARK_SORTS[my_marks], features.MARK_SORTS[their_marks]
    both_titles = features.MARK_IN_TITLE[my_marks] & features.MARK_IN_TITLE[their_marks] & (mine_sort >= features.LOOSE_PHRASE)
    named = (mine_sort == features.NAME_WORD) | (their_sort == features.NAME_WORD)
    numbers = (mine_sort == features.NUMBER_WORD) | (mine_sort == features.CODE_WORD)
    in_title = np.flatnonzero(features.MARK_IN_TITLE[marks])
    strength = features.MARK_WEIGHTS[marks[in_title]] * rarity.of(codes[in_title], marks[in_title])
    said = np.zeros(len(codes), dtype=np.bool_)
    said[held] = True
    theirs = total(strength * said[in_title], owners[in_title]) / np.maximum(total(strength, owners[in_title]), 1e-9)
    my_day, their_day = features.MARK_SORTS[mine.marks] == features.DAY_WORD, features.MARK_SORTS[marks] == features.DAY_WORD
    same_day, dated = total(mine_sort == features.DAY_WORD), np.bincount(owners, their_day, count)
    columns = (
        (total(item.title[at]) + theirs) / 2,
        *(np.log1p(total(rare * which)) for which in (mine_sort == features.WORD, named, numbers, both_titles)),
        my_day.any() * (dated > 0) * (same_day == 0),
        np.array(other_wards),
        [bool(mine.provinces and other.provinces and not mine.provinces & other.provinces) for other in others],
        np.log(np.clip(sizes, 1, len(mine.codes)) / _USUAL),
        np.minimum(days, MAX_DAYS),
    )
    return np.column_stack(columns).astype(np.float64)
