"""Looks for the phrases of lexicon.yaml and taxonomy.yaml in a passage: votes by group, each with the phrase and where it stands."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from classifiers.vietnamese import Passage, fold, syllables_of
from monitor.errors import MonitorError

FILES = Path(__file__).parent / "data"
WEIGHT = {"strong": 1.0, "weak": 0.4}
PART_WEIGHT = (1.5, 1.0, 0.5)  #: title, lead, rest
REACH = 7  #: syllables that may stand in the gap of a phrase written "a … b"
_MOST = 1_000_000  #: entries of one kind, to number them
LEAST_FOLDED = 6  #: letters; shorter folded phrases mean too many things


class Hit(NamedTuple):
    """One phrase found."""

    group: str
    phrase: str  #: as the lexicon writes it
    weight: float
    start: int  #: index of its first syllable
    end: int  #: after its last
    sentence: int
    part: int


class _Entry(NamedTuple):
    group: str
    phrase: str
    words: tuple[str, ...]
    weight: float
    tail: tuple[str, ...] = ()  #: what must follow within REACH
    veto: bool = False
    rank: int = 0  #: of two entries with one span the lower wins: single words first, written before folded, then as listed


#: A phrase's syllables one after the other, each the key to what may follow; under "" the entries that end here.
_Tree = dict[str, Any]


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
    """All phrases, ready for lookup: as written and, for stretches typed without diacritics, folded."""

    def __init__(self, groups: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        self.groups = tuple(groups)
        self._tree: _Tree = {}
        self._listed = 0
        for group, strengths in groups.items():
            for strength, phrases in strengths.items():
                for phrase in phrases:
                    self._add(group, strength, str(phrase))

    def _add(self, group: str, strength: str, phrase: str) -> None:
        head, _, tail = phrase.partition("…")
        words, after = syllables_of(head), syllables_of(tail) if tail else ()
        if not words:
            return
        weight, veto = WEIGHT.get(strength, 0.0), strength == "never"
        phrase = phrase.strip()
        self._plant(_Entry(group, phrase, words, weight, after, veto, self._rank(words, folded=False)))
        bare = tuple([fold(w) for w in words])
        if len(words) + len(after) >= 2 and sum(map(len, bare)) >= LEAST_FOLDED and bare != words:
            bare_tail = tuple([fold(w) for w in after])
            self._plant(_Entry(group, phrase, bare, weight * 0.9, bare_tail, veto, self._rank(words, folded=True)))

    def _rank(self, words: tuple[str, ...], *, folded: bool) -> int:
        self._listed += 1
        return self._listed + _MOST * (2 * (len(words) > 1) + folded)

    def _plant(self, entry: _Entry) -> None:
        tree = self._tree
        for word in entry.words:
            branch = tree.get(word)
            if branch is None:
                branch = tree[word] = {}
            tree = branch
        tree.setdefault("", []).append(entry)

    def votes(self, passage: Passage) -> Votes:
        """Every phrase found; inside one group (and within sentiment) the longer phrase swallows the shorter."""
        found = list(self._find(passage))
        vetoed = {(h.group, h.sentence) for h in found if not h.weight}
        kept = [h for h in found if h.weight and (h.group, h.sentence) not in vetoed]
        return Votes(_longest(kept))

    def _find(self, passage: Passage) -> Iterator[Hit]:
        words, sentences = passage.plain, [s.sentence for s in passage.syllables]
        last, tree = len(words), self._tree
        for at, word in enumerate(words):
            branch = tree.get(word)
            if branch is None:
                continue
            met: list[_Entry] = []
            sentence, end = sentences[at], at + 1
            while branch is not None:
                if "" in branch:
                    met += branch[""]
                if end == last or sentences[end] != sentence:
                    break
                branch, end = branch.get(words[end]), end + 1
            if met:
                met.sort(key=_rank_of)
                for entry in met:
                    close = at + len(entry.words)
                    after = _tail(entry.tail, words, close) if entry.tail else close
                    if after is not None and sentences[after - 1] == sentence:
                        yield Hit(
                            entry.group, entry.phrase, 0.0 if entry.veto else entry.weight, at, after, sentence, passage.syllables[at].part
                        )


_rank_of = attrgetter("rank")


def _tail(tail: tuple[str, ...], words: tuple[str, ...], end: int) -> int | None:
    for at in range(end, min(end + REACH, len(words) - len(tail)) + 1):
        if words[at : at + len(tail)] == tail:
            return at + len(tail)
    return None


def _longest(hits: list[Hit]) -> Iterator[Hit]:
    covered: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.start)):
        first, last = hit.start, hit.end
        spans = covered["sentiment" if hit.group.startswith("sentiment.") else hit.group]
        for start, end in spans:
            if start <= first and last <= end:
                break
        else:
            spans.append((first, last))
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
    with _uncollected():
        return Lexicon(_groups())


def _groups() -> dict[str, dict[str, list[str]]]:
    """The phrases of all files by group and strength."""
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
    return groups


@contextmanager
def _uncollected() -> Iterator[None]:
    """Build something large without the garbage collector, which would go through all of it again and again: half the time."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


#: libyaml's reader where PyYAML was built with it: the same result in a tenth of the time
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping. Raises MonitorError with one sentence when it is missing or broken."""
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML)  # noqa: S506  # a safe loader
    except (OSError, yaml.YAMLError) as error:
        raise MonitorError(f"{path}: không đọc được ({error})") from None
    if not isinstance(loaded, dict):
        raise MonitorError(f"{path}: cần một bảng khóa – giá trị")
    return loaded
