"""The cost of one item when 100,000 articles stand in the window, against 10,000: processor time and memory. Takes about three minutes."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import psutil

from crawlers.stories.index import StoryIndex
from tests.bars import Row

_START = datetime(2026, 7, 20, tzinfo=UTC)
_WINDOW = timedelta(days=7)
_SMALL, _LARGE, _PROBES = 10_000, 100_000, 2_000
_TAIL = 0.66  #: of how often words are used: the vocabulary of n words grows like n to the power of 1 / (1 + this), as in print
_HEAD = 40  #: the most frequent words share the first places
_ONSETS = ("", *"bcdđghklmnpqrstvx", "ch", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr")
_VOWELS = "aáàảạăắâấeêếềiíìoóôốơớuúưứ"
_RHYMES = [vowel + end for vowel in _VOWELS for end in ("", "n", "ng", "m", "t", "c", "i", "p")]


def _word(rank: int) -> str:
    """The two syllables of the word that is used as the rank-th most often; always the same ones."""
    draw = random.Random(rank)
    return f"{draw.choice(_ONSETS)}{draw.choice(_RHYMES)} {draw.choice(_ONSETS)}{draw.choice(_RHYMES)}"


def articles(seed: int) -> Iterator[tuple[str, str]]:
    """Endless headlines and texts; every fourth tells an event of the last fifty again in other words."""
    draw, words = random.Random(seed), {}
    events: list[tuple[str, ...]] = []

    def some(count: int) -> list[str]:
        found = []
        for _ in range(count):
            rank = min(int(_HEAD * draw.paretovariate(_TAIL)) - _HEAD, 10**9)
            if rank not in words:
                words[rank] = _word(rank)
            found.append(words[rank])
        return found

    while True:
        if events and draw.random() < 0.25:
            event = draw.choice(events[-50:])
        else:
            names = tuple(word.title() for word in some(3))
            event = (
                *names,
                f"phường {names[0]}",
                str(draw.randrange(100, 9_999)),
                f"{draw.randrange(1, 29)}/{draw.randrange(1, 13)}",
                *some(6),
            )
            events.append(event)
        said = some(150)
        for fact in event:
            said.insert(draw.randrange(40), fact)
        title = " ".join((*draw.sample(event, 3), *some(3))).capitalize()
        sentences = [" ".join(said[at : at + 12]).capitalize() for at in range(0, len(said), 12)]
        yield title, ". ".join(sentences) + "."


@dataclass(frozen=True)
class _Past:
    """An article that needs no deciding: its own story."""

    article_id: str
    title: str
    text: str
    published_at: datetime
    source_id: str = "bao"
    duplicate_of: str | None = None

    @property
    def story_id(self) -> str:
        return self.article_id


def filled(seed: int, count: int) -> StoryIndex:
    """An index that knows so many articles, evenly over the window."""
    index = StoryIndex(_WINDOW)
    for number, (title, text) in enumerate(islice(articles(seed), count)):
        index.remember(_Past(f"{number:032x}", title, text, _START + number / count * _WINDOW * 0.9))
    return index


def costs(indexes: Sequence[StoryIndex], probes: int) -> list[float]:
    """Seconds of processor time that each index takes for the same new articles, taking turns so that a busy machine hits all alike."""
    spent = [0.0] * len(indexes)
    for number, (title, text) in enumerate(islice(articles(2), probes)):
        at = _START + _WINDOW * 0.9 + timedelta(seconds=number)
        for which, index in enumerate(indexes):
            start = time.process_time()
            index.place(id=f"new{number}", title=title, text=text, published_at=at, source_id="bao")
            spent[which] += time.process_time() - start
    return spent


def rows() -> list[Row]:
    """Two indexes, ten times apart, and the same new articles for both."""
    process = psutil.Process()
    small = filled(1, _SMALL)
    before = process.memory_info().rss
    large = filled(1, _LARGE)
    megabytes = (process.memory_info().rss - before) / 1e6
    one, other = costs((small, large), _PROBES)
    said = f"{other / one:.2f}× ({1000 * one / _PROBES:.2f} ms and {1000 * other / _PROBES:.2f} ms of CPU)"
    what = "time per item, 100,000 articles in the window against 10,000"
    return [
        Row(what=what, bar="≤ 1.3×", goal="1.1×", measured=said, met=other <= 1.3 * one),
        Row(what="memory of these 100,000", bar="≤ 1,500 MB", goal="", measured=f"{megabytes:,.0f} MB", met=megabytes <= 1500),
    ]


if __name__ == "__main__":
    for row in rows():
        print(row.what, row.measured)
