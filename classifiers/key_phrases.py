"""What the week's titles talk about: their noun phrases, those of several titles first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from classifiers.vietnamese import noun_phrases
from monitor.text import plain

MOST = 8
_EMPTY = frozenset(("người dân", "thành phố", "việt nam", "hà nội", "năm nay", "bạn đọc", "nhiều người", "tp hcm", "cả nước", "sáng nay"))


def of_titles(titles: Sequence[str]) -> tuple[str, ...]:
    """The key phrases of some titles, most frequent first, then in order of appearance; the same titles always give the same."""
    count: Counter[str] = Counter()
    written: dict[str, str] = {}
    for title in titles[:200]:
        for phrase in {plain(p): p for p in noun_phrases(title)}.items():
            if phrase[0] not in _EMPTY:
                count[phrase[0]] += 1
                written.setdefault(*phrase)
    ranked = sorted(count, key=lambda p: (-count[p], list(written).index(p)))
    return tuple(written[p] for p in ranked[:MOST])
