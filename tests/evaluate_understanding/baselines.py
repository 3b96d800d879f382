"""What our labels must beat: calling everything the commonest thing, keywords alone, and the model of the commit before this work."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from classifiers.lexicon import taxonomy
from monitor.text import clean, fold, plain, syllables
from tests.evaluate_understanding.sets import ROOT, Item
from tests.evaluate_understanding.verdicts import Verdict, read_back

PREVIOUS = "4392b44"  #: the last commit of the issue before this one: 2,619 items by six writers
_ROOMS = ("classifiers", "monitor", "alerts", "crawlers", "storage", "config.yaml")


def majority(items: Sequence[Item], seen: Sequence[Item]) -> list[Verdict]:
    """Everything relevant, nowhere, of the commonest topic, tone and class of `seen`."""
    relevant = [i for i in seen if i["relevant"]]
    topic = Counter(t for i in relevant for t in i["topics"]).most_common(1)[0][0]
    tone = Counter(i["sentiment"] for i in relevant if i["sentiment"]).most_common(1)[0][0]
    one = Counter(i["class"] for i in relevant if i["class"]).most_common(1)[0][0]
    same = Verdict(relevant=True, hanoi=False, topics=frozenset((topic,)), sentiment=tone, first_class=one, case_class=one, severity="S0")
    return [same] * len(items)


def keywords(items: Sequence[Item]) -> list[Verdict]:
    """The phrases of the domain's taxonomy by its own rule, nothing learned. It has none for tone and class: neutral, routine."""
    return [_by_phrases(f"{clean(i['title'])}. {clean(i['text'])}") for i in items]


def _by_phrases(text: str) -> Verdict:
    book = taxonomy()
    said = _View(text)
    strong, weak = said.any(book["relevance"]["strong"]), said.how_many(book["relevance"]["weak_need_two"])
    against = said.how_many(book["relevance"]["negative"])
    hanoi = said.any(book["hanoi"]["strong"]) and not said.any(book["hanoi"]["not_hanoi"])
    topics = frozenset(t["id"] for t in book["topics"] if said.any(t["phrases"]) and not said.any(t.get("exclude", ())))
    return Verdict(
        relevant=strong or weak - against >= 2, hanoi=hanoi, topics=topics, sentiment="neu", first_class="routine", case_class="routine",
        severity="S0",
    )  # fmt: skip


class _View:
    """A text as padded syllables, as written and folded; folded only where the text has no diacritics, as the taxonomy says."""

    def __init__(self, text: str) -> None:
        self._plain = _padded(plain(text))
        self._bare = self._plain.isascii()

    def any(self, phrases: Iterable[str]) -> bool:
        return self.how_many(phrases) > 0

    def how_many(self, phrases: Iterable[str]) -> int:
        return sum(_phrase(str(p), self._bare) in self._plain for p in phrases)


@lru_cache(maxsize=8_192)
def _phrase(phrase: str, bare: bool) -> str:
    several = bare and " " in phrase.strip()
    return _padded(fold(phrase) if several else plain(phrase))


def _padded(view: str) -> str:
    return f" {' '.join(syllables(view))} "


def previous(items: Sequence[Item], commit: str = PREVIOUS) -> list[Verdict] | None:
    """What the program of an older commit prints of these items: its own code, models and rules, in a folder of its own.

    None where the history is not at hand (an unpacked archive, a shallow clone).
    """
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / "old.tar"
        made = subprocess.run(["git", "archive", "-o", str(packed), commit, *_ROOMS], cwd=ROOT, capture_output=True, check=False)
        if made.returncode:
            return None
        with tarfile.open(packed) as tar:
            tar.extractall(folder, filter="data")
        asked = "".join(json.dumps({k: i[k] for k in ("id", "title", "text")}, ensure_ascii=False) + "\n" for i in items)
        told = subprocess.run(
            [sys.executable, "-m", "monitor", "classify", "--open-gate"], cwd=folder, input=asked.encode(), capture_output=True, check=True
        )
    return read_back(json.loads(line) for line in told.stdout.decode().splitlines())
