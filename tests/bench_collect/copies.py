"""Near-duplicates a second against datasketch's MinHashLSH, as its users use it: 128 permutations, the same three-syllable shingles.

Each side takes the syllables of a text (splitting it into them is common to both and not counted), makes its sketch, asks for what it
may be a copy of and adds it to what is known; ours also compares exactly. Texts are made up: half are new, half are one of the last
thousand with a tenth to a third of the words edited.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from itertools import islice
from typing import Any

from crawlers.stories import fingerprint
from crawlers.stories.copies import Copies
from crawlers.stories.syllables import Syllable, tokens
from tests.bars import Row
from tests.bench_collect.window import articles
from tests.evaluate_collect.copies import SHARES, edited

_TEXTS, _TURN = 6_000, 250
_THRESHOLD = 0.15  #: of datasketch: what 30 % edits leave


def _texts() -> list[tuple[str, int | None]]:
    """Texts, each with the number of the one it was made from."""
    draw, found = random.Random(5), list[tuple[str, int | None]]()
    words = [word for _, text in islice(articles(9), 200) for word in text.split()]
    fresh = articles(8)
    for number in range(_TEXTS):
        original = draw.randrange(max(0, number - 1000), number) if number and draw.random() < 0.5 else None
        if original is not None and found[original][1] is None:
            found.append((edited(found[original][0], draw.choice(SHARES), words, draw), original))
        else:
            found.append((next(fresh)[1], None))
    return found


def _ours() -> Callable[[int, list[Syllable]], Iterable[str]]:
    copies = Copies()

    def place(number: int, syllables: list[Syllable]) -> Iterable[str]:
        prints = fingerprint.of_tokens(syllables)
        found = copies.find(prints)
        copies.add((float(number), str(number)), prints)
        return found

    return place


def _datasketch() -> Callable[[int, list[Syllable]], Iterable[str]]:
    from datasketch import MinHash, MinHashLSH  # only here: the bench is its only user

    known: Any = MinHashLSH(threshold=_THRESHOLD, num_perm=128)

    def place(number: int, syllables: list[Syllable]) -> Iterable[str]:
        said = [syllable.word for syllable in syllables if syllable.word]
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(said[at : at + 3]).encode() for at in range(len(said) - 2)])
        found: Iterable[str] = known.query(sketch)
        known.insert(str(number), sketch, check_duplication=False)
        return found

    return place


def rows() -> list[Row]:
    """Both over the same texts, taking turns so that a busy machine hits both alike."""
    texts = _texts()
    split = [tokens(text) for text, _ in texts]
    sides = (_ours(), _datasketch())
    spent, hits = [0.0, 0.0], [0, 0]
    for first in range(0, _TEXTS, _TURN):
        for which, place in enumerate(sides):
            start = time.process_time()
            found = [set(place(number, split[number])) for number in range(first, first + _TURN)]
            spent[which] += time.process_time() - start
            hits[which] += sum(str(texts[first + n][1]) in ids for n, ids in enumerate(found))
    ours, theirs = (_TEXTS / s for s in spent)
    copies = sum(original is not None for _, original in texts)
    said = (
        f"{ours / theirs:.1f}× ({ours:,.0f} and {theirs:,.0f} docs/s; recall {hits[0] / copies:.3f} and {hits[1] / copies:.3f}; "
        f"datasketch {metadata.version('datasketch')})"
    )
    return [Row(what="near-duplicates, docs/s against datasketch MinHashLSH", bar="2×", goal="3×", measured=said, met=ours >= 2 * theirs)]


if __name__ == "__main__":
    for row in rows():
        print(row.what, row.measured)
