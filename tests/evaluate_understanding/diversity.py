"""How varied the corpus is, beside real headlines: distinct n-grams, self-similarity, openings; what it is made of; near-copies."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from classifiers.vietnamese import read
from monitor.text import plain, syllables
from tests.evaluate_understanding.sets import Item

TOO_ALIKE = 0.5  #: Jaccard of three-syllable shingles
TOKENS = 10_000
SAMPLES = 20  #: random samples that a figure is the mean of
ALIKE_SAMPLE = 400  #: items compared with each other: the nearest of many is nearer, so both sides take as many
OPENING = 2
_ROWS = 500  #: compared at a time, to bound memory

Named = tuple[str, frozenset[str]]


def shingles(title: str, text: str) -> frozenset[str]:
    """The folded three-syllable runs of an item."""
    words = read(title, text).folded
    return frozenset(" ".join(words[i : i + 3]) for i in range(len(words) - 2))


def alike(left: Sequence[Named], right: Sequence[Named], least: float = TOO_ALIKE) -> list[tuple[str, str]]:
    """The pairs of different ids whose shingles overlap by at least so much."""
    at = {shingle: column for column, shingle in enumerate(sorted(frozenset[str]().union(*(f for _, f in (*left, *right)))))}
    mine, theirs = _table([f for _, f in left], at), _table([f for _, f in right], at)
    sizes, others = np.diff(mine.indptr), np.diff(theirs.indptr)
    pairs = []
    for start in range(0, len(left), _ROWS):
        shared = (mine[start : start + _ROWS] @ theirs.T).tocoo()
        jaccard = shared.data / (sizes[start + shared.row] + others[shared.col] - shared.data)
        near = jaccard >= least
        pairs += [(left[start + row][0], right[column][0]) for row, column in zip(shared.row[near], shared.col[near], strict=True)]
    return [(name, other) for name, other in pairs if name != other]


def _table(bags: Sequence[frozenset[str]], at: Mapping[str, int]) -> csr_matrix:
    """Each bag a row of ones."""
    columns = [at[word] for bag in bags for word in sorted(bag)]
    ends = np.cumsum([0, *(len(bag) for bag in bags)])
    return csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(bags), len(at)))


def tokens(item: Item) -> list[str]:
    """The syllables of an item as written, lower case."""
    return syllables(plain(f"{item['title']} . {item['text']}"))


def distinct(items: Sequence[Item], seed: int) -> tuple[float, float, float]:
    """Distinct 1-, 2- and 3-grams in 10,000 tokens of whole items drawn at random, the mean of several samples."""
    chance = random.Random(seed)
    read_once = [tokens(i) for i in items]
    counted = []
    for _ in range(SAMPLES):
        room, grams = TOKENS, (set[tuple[str, ...]](), set[tuple[str, ...]](), set[tuple[str, ...]]())
        for words in chance.sample(read_once, len(read_once)):
            words = words[:room]
            room -= len(words)
            for size, found in enumerate(grams, 1):
                found.update(tuple(words[i : i + size]) for i in range(len(words) - size + 1))
            if not room:
                break
        counted.append([len(g) for g in grams])
    one, two, three = np.mean(counted, axis=0)
    return float(one), float(two), float(three)


def self_similarity(items: Sequence[Item], seed: int) -> float:
    """The mean Jaccard of each item's syllables with those of the item nearest to it, in samples of equal size."""
    chance = random.Random(seed)
    bags = [frozenset(tokens(i)) for i in items]
    return float(np.mean([_nearest(chance.sample(bags, min(ALIKE_SAMPLE, len(bags)))).mean() for _ in range(SAMPLES)]))


def _nearest(bags: Sequence[frozenset[str]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    table = _table(bags, {word: at for at, word in enumerate(sorted(frozenset[str]().union(*bags)))})
    shared = (table @ table.T).toarray()
    sizes = np.array([len(b) for b in bags], dtype=float)
    jaccard = shared / np.maximum(sizes[:, None] + sizes[None, :] - shared, 1)
    np.fill_diagonal(jaccard, 0)
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = jaccard.max(axis=1)
    return found


def openings(items: Sequence[Item], seed: int) -> float:
    """The share of titles (else texts) whose first two words also open another of the sample."""
    chance = random.Random(seed)
    starts = [tuple(plain(i["title"] or i["text"]).split()[:OPENING]) for i in items]
    shares = []
    for _ in range(SAMPLES):
        count = Counter(chance.sample(starts, min(ALIKE_SAMPLE, len(starts))))
        shares.append(sum(n for n in count.values() if n > 1) / sum(count.values()))
    return float(np.mean(shares))


def made_of(items: Sequence[Item]) -> dict[str, Counter[str]]:
    """How many items of each writer, style, way of typing, tone, class, severity, topic, and kind of hardness."""
    relevant = [i for i in items if i["relevant"]]
    return {
        "writer": Counter(i["id"][0] for i in items),
        "style": Counter(i["style"] for i in items),
        "typed": Counter(i["typed"] or "as print does" for i in items),
        "sentiment": Counter(i["sentiment"] for i in relevant),
        "class": Counter(i["class"] for i in relevant),
        "severity": Counter(i["severity"] for i in relevant),
        "topic": Counter(t for i in relevant for t in i["topics"]),
        "hard": Counter(i["hard"] for i in items if i["hard"]),
    }


def hard_negatives(items: Sequence[Item]) -> float:
    """The share of items that are not ours and, by their writer's word, look like it for a named reason (`other` is none)."""
    return sum(not i["relevant"] and i["hard"] not in (None, "other") for i in items) / len(items)
