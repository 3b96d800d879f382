"""Looks for the phrases of lexicon.yaml and taxonomy.yaml in a passage: votes by group, each with the phrase and where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from classifiers.vietnamese import Passage, syllables_of
from monitor.errors import MonitorError
from monitor.text import fold

FILES = Path(__file__).parent / "data"
WEIGHT = {"strong": 1.0, "weak": 0.4}
PART_WEIGHT = (1.5, 1.0, 0.5)  #: title, lead, rest
REACH = 7  #: syllables that may stand in the gap of a phrase written "a … b"
LEAST_FOLDED = 6  #: letters; shorter folded phrases mean too many things


@dataclass(frozen=True, slots=True)
class Hit:
    """One phrase found."""

    group: str
    phrase: str  #: as the lexicon writes it
    weight: float
    start: int  #: index of its first syllable
    end: int  #: after its last
    sentence: int
    part: int


@dataclass(frozen=True, slots=True)
class _Entry:
    group: str
    phrase: str
    words: tuple[str, ...]
    weight: float
    tail: tuple[str, ...] = ()  #: what must follow within REACH
    veto: bool = False


class Votes:
    """What the lexicon says of one passage."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self.hits = tuple(hits)
        self._by_group: dict[str, list[Hit]] = defaultdict(list)
        for hit in self.hits:
            self._by_group[hit.group].append(hit)
        self._sums = {group: _sum(found) for group, found in self._by_group.items()}

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that have a hit."""
        return tuple(self._by_group)

    def of(self, group: str) -> tuple[Hit, ...]:
        """The hits of one group."""
        return tuple(self._by_group.get(group, ()))

    def sum(self, group: str) -> float:
        """Weighted count of the distinct phrases of a group; the title counts more, the rest of a long text less."""
        return self._sums.get(group, 0.0)

    def phrases(self, group: str) -> tuple[str, ...]:
        """The distinct phrases of a group, heaviest first."""
        ranked = sorted(self._by_group.get(group, ()), key=lambda h: (-h.weight * PART_WEIGHT[h.part], h.start))
        return tuple(dict.fromkeys(h.phrase for h in ranked))


def _sum(hits: Iterable[Hit]) -> float:
    best: dict[str, float] = {}
    for hit in hits:
        best[hit.phrase] = max(best.get(hit.phrase, 0.0), hit.weight * PART_WEIGHT[hit.part])
    return sum(best.values())


class Lexicon:
    """All phrases, ready for lookup. Two indexes: as written, and folded for stretches typed without diacritics."""

    def __init__(self, groups: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        self.groups = tuple(groups)
        self._plain: dict[str, list[_Entry]] = defaultdict(list)
        self._folded: dict[str, list[_Entry]] = defaultdict(list)
        for group, strengths in groups.items():
            for strength, phrases in strengths.items():
                for phrase in phrases:
                    self._add(group, strength, str(phrase))

    def _add(self, group: str, strength: str, phrase: str) -> None:
        head, _, tail = phrase.partition("…")
        words, after = syllables_of(head), syllables_of(tail)
        if not words:
            return
        entry = _Entry(group, phrase.strip(), words, WEIGHT.get(strength, 0.0), after, strength == "never")
        self._plain[_key(words)].append(entry)
        bare = tuple(fold(w) for w in words)
        if len(words) + len(after) >= 2 and sum(map(len, bare)) >= LEAST_FOLDED and bare != words:
            bare_tail = tuple(fold(w) for w in after)
            self._folded[_key(bare)].append(_Entry(group, entry.phrase, bare, entry.weight * 0.9, bare_tail, entry.veto))

    def votes(self, passage: Passage) -> Votes:
        """Every phrase found; inside one group (and within sentiment) the longer phrase swallows the shorter."""
        found = list(self._find(passage))
        vetoed = {(group, sentence) for group, sentence, veto in ((h.group, h.sentence, h.weight == 0.0) for h in found) if veto}
        kept = [h for h in found if h.weight and (h.group, h.sentence) not in vetoed]
        return Votes(_longest(kept))

    def _find(self, passage: Passage) -> Iterator[Hit]:
        plain, folded = passage.plain, passage.folded
        for at, word in enumerate(plain):
            for key in (word, f"{word} {plain[at + 1]}") if at + 1 < len(plain) else (word,):
                for entry in self._plain.get(key, ()):
                    yield from _match(entry, plain, at, passage)
                if word == folded[at]:
                    for entry in self._folded.get(key, ()):
                        yield from _match(entry, plain, at, passage)


def _key(words: tuple[str, ...]) -> str:
    """What a phrase is looked up by: its first two syllables."""
    return " ".join(words[:2])


def _match(entry: _Entry, words: tuple[str, ...], at: int, passage: Passage) -> Iterator[Hit]:
    end = at + len(entry.words)
    if words[at:end] != entry.words or passage.syllables[end - 1].sentence != passage.syllables[at].sentence:
        return
    if entry.tail:
        close = _tail(entry.tail, words, end)
        if close is None or passage.syllables[close - 1].sentence != passage.syllables[at].sentence:
            return
        end = close
    here = passage.syllables[at]
    yield Hit(entry.group, entry.phrase, 0.0 if entry.veto else entry.weight, at, end, here.sentence, here.part)


def _tail(tail: tuple[str, ...], words: tuple[str, ...], end: int) -> int | None:
    for at in range(end, min(end + REACH, len(words) - len(tail)) + 1):
        if words[at : at + len(tail)] == tail:
            return at + len(tail)
    return None


def _longest(hits: list[Hit]) -> Iterator[Hit]:
    covered: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.start)):
        family = hit.group.partition(".")[0] if hit.group.startswith("sentiment") else hit.group
        if any(start <= hit.start and hit.end <= end for start, end in covered[family]):
            continue
        covered[family].append((hit.start, hit.end))
        yield hit


@lru_cache(maxsize=1)
def taxonomy() -> dict[str, Any]:
    """The topic taxonomy as carried over. Raises MonitorError when the file is broken."""
    return read_yaml(FILES / "taxonomy.yaml")


_BOOKS = ("tone", "subject")  #: files of plain lists, group → phrases
_GATE = (("relevance.strong", "strong", "strong"), ("relevance.weak", "weak", "weak_need_two"), ("contra.other", "strong", "negative"))


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that ships: our own phrases plus those of the taxonomy."""
    groups: dict[str, dict[str, list[str]]] = {
        group: {strength: list(phrases or ()) for strength, phrases in strengths.items()}
        for group, strengths in read_yaml(FILES / "lexicon.yaml")["groups"].items()
    }
    for kind, key in (("topic", "topics"), ("bottleneck", "bottlenecks")):
        for entry in taxonomy()[key]:
            group = groups.setdefault(f"{kind}.{entry['id']}", {})
            dropped = set(group.pop("drop", ()))
            group["strong"] = [*group.get("strong", []), *(p for p in entry["phrases"] if p not in dropped)]
            group["never"] = [*group.get("never", []), *entry.get("exclude", [])]
    for group_name, strength, key in _GATE:
        group = groups.setdefault(group_name, {})
        dropped = set(group.pop("drop", ()))
        group[strength] = [*group.get(strength, []), *(p for p in taxonomy()["relevance"][key] if p not in dropped)]
    for book in _BOOKS:
        for name, phrases in read_yaml(FILES / f"{book}.yaml").items():
            groups[f"{book}.{name}"] = {"weak" if name.endswith("weak_words") else "strong": list(phrases)}
    return Lexicon(groups)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping. Raises MonitorError with one sentence when it is missing or broken."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise MonitorError(f"{path}: không đọc được ({error})") from None
    if not isinstance(loaded, dict):
        raise MonitorError(f"{path}: cần một bảng khóa – giá trị")
    return loaded
