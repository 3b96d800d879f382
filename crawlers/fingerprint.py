"""Near copies of a text: hashed syllable trigrams, compared exactly on the few candidates that share a rare one."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from monitor.text import fold, syllables

Prints = NDArray[np.uint32]

MAX_CHARS = 9_000  #: of a text; a copy shows itself well before that
MIN_TRIGRAMS = 25  #: shorter texts are copies only when nearly equal
COPY_JACCARD = 0.16  #: share of common trigrams from which two texts are copies (30 % of the words edited leave about 0.2)
COPY_CONTAINMENT = 0.42  #: the same for a copy that was cut or padded
SHORT_JACCARD = 0.4
_KEYS = 10


def fingerprint(text: str) -> Prints:
    """Return the sorted, distinct hashes of the text's syllable trigrams, case, tone marks and punctuation aside."""
    words = [zlib.crc32(s.encode("utf-8", "replace")) for s in syllables(fold(text[:MAX_CHARS]))]
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
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common), common / min(len(one), len(other))


def is_copy(one: Prints, other: Prints) -> bool:
    """True when one text is the other one reprinted: up to about 30 % edited, cut to a third, or padded."""
    jaccard, containment = likeness(one, other)
    if min(len(one), len(other)) < MIN_TRIGRAMS:
        return jaccard >= SHORT_JACCARD
    return jaccard >= COPY_JACCARD or containment >= COPY_CONTAINMENT
