"""Near copies of a text: hashed syllable trigrams, compared exactly on the few candidates that share one of the smallest."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from crawlers.stories.syllables import Syllable, tokens

Prints = NDArray[np.uint32]

COPY_JACCARD = 0.14  #: share of common trigrams from which two texts are copies (30 % of the words edited leave 0.14 to 0.25)
COPY_CONTAINMENT = 0.42  #: the same for a copy that was cut or padded
_FULL, _TINY = 60, 25  #: trigrams; below _FULL chance and quotation weigh more, so more must be common
_TINY_EXTRA = 0.3


def of_tokens(printed: Iterable[Syllable]) -> Prints:
    """Return the sorted, distinct hashes of the trigrams of syllables, tone marks and punctuation aside."""
    return of_codes([token.bare for token in printed if token.bare])


def of_codes(codes: list[int]) -> Prints:
    """The same from the hashes of the syllables."""
    if len(codes) < 3:
        return np.empty(0, dtype=np.uint32)
    a = np.array(codes, dtype=np.uint64)
    mixed = (a[:-2] * np.uint64(0x9E3779B1)) ^ (a[1:-1] * np.uint64(0x85EBCA77)) ^ (a[2:] * np.uint64(0xC2B2AE3D27D4EB4F))
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    found = (mixed >> np.uint64(32)).astype(np.uint32)
    found.sort()
    first = np.ones(len(found), dtype=np.bool_)
    np.not_equal(found[1:], found[:-1], out=first[1:])
    prints: Prints = found[first]
    return prints


def fingerprint(text: str) -> Prints:
    """The fingerprint of a text as printed."""
    return of_tokens(tokens(text))


def likeness(one: Prints, other: Prints) -> tuple[float, float]:
    """Return (Jaccard, containment in the smaller text), each 0…1."""
    if not len(one) or not len(other):
        return 0.0, 0.0
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    common = int(np.count_nonzero(large.take(large.searchsorted(small), mode="clip") == small))
    return common / (len(one) + len(other) - common), common / len(small)


def is_copy(one: Prints, other: Prints) -> bool:
    """True when one text is the other one reprinted: up to about 30 % edited, cut to a third, or padded."""
    return is_reprint(likeness(one, other), min(len(one), len(other)))


def is_reprint(alike: tuple[float, float], size: int) -> bool:
    """The same from the likeness of two texts and the size of the smaller one."""
    jaccard, containment = alike
    extra = _TINY_EXTRA * min(max(_FULL - size, 0) / (_FULL - _TINY), 1.0)
    return size > 0 and (jaccard >= COPY_JACCARD + extra or containment >= COPY_CONTAINMENT + extra)
