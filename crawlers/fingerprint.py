"""Near copies of a text: hashed syllable trigrams, compared exactly on the few candidates that share a rare one."""

from __future__ import annotations

import re
import unicodedata
import zlib

import numpy as np
from numpy.typing import NDArray

from monitor.text import syllables

Prints = NDArray[np.uint32]

COPY_JACCARD = 0.14  #: share of common trigrams from which two texts are copies (30 % of the words edited leave 0.14 to 0.25)
COPY_CONTAINMENT = 0.42  #: the same for a copy that was cut or padded
_FULL, _TINY = 60, 25  #: trigrams; below _FULL chance and quotation weigh more, so more must be common
_TINY_EXTRA = 0.3
_KEYS = 10
_MARKS = re.compile("[\u0300-\u036f]+")


def fingerprint(view: str) -> Prints:
    """Return the sorted, distinct hashes of the syllable trigrams of a text in its `plain` view, tone marks and punctuation aside."""
    bare = _MARKS.sub("", unicodedata.normalize("NFD", view.replace("đ", "d")))
    words = [zlib.crc32(s.encode("utf-8", "replace")) for s in syllables(bare)]
    if len(words) < 3:
        return np.empty(0, dtype=np.uint32)
    a = np.array(words, dtype=np.uint64)
    mixed = (a[:-2] * np.uint64(0x9E3779B1)) ^ (a[1:-1] * np.uint64(0x85EBCA77)) ^ (a[2:] * np.uint64(0xC2B2AE3D27D4EB4F))
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def keys(prints: Prints) -> list[int]:
    """The smallest hashes: two copies very likely share one, two other texts very likely none."""
    return [int(h) for h in prints[:_KEYS]]


def likeness(one: Prints, other: Prints) -> tuple[float, float]:
    """Return (Jaccard, containment in the smaller text), each 0…1."""
    if not len(one) or not len(other):
        return 0.0, 0.0
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    at = np.minimum(large.searchsorted(small), len(large) - 1)
    common = int(np.count_nonzero(large[at] == small))
    return common / (len(one) + len(other) - common), common / min(len(one), len(other))


def is_copy(one: Prints, other: Prints) -> bool:
    """True when one text is the other one reprinted: up to about 30 % edited, cut to a third, or padded."""
    jaccard, containment = likeness(one, other)
    size = min(len(one), len(other))
    extra = _TINY_EXTRA * min(max(_FULL - size, 0) / (_FULL - _TINY), 1.0)
    return size > 0 and (jaccard >= COPY_JACCARD + extra or containment >= COPY_CONTAINMENT + extra)
