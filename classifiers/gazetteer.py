"""Where a passage plays: Hà Nội, its wards, other provinces, abroad. Rules over wards.yaml, each finding with its reason.

A ward needs phường/xã (or p./x.) before its name and no other province named with it. Names that other provinces have too, and
names that are also streets or people, need Hà Nội in the text besides. A former district is evidence for Hà Nội, never for a ward.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from classifiers.lexicon import FILES, read_yaml
from classifiers.vietnamese import Passage, Syllable, read, syllables_of
from monitor.records import Tier
from monitor.text import fold

_UNIT = {"phường": "phường", "p": "phường", "xã": "xã", "x": "xã", "phuong": "phường", "xa": "xã"}
_DISTRICT = frozenset(("quận", "huyện", "q", "h", "thị"))
_PLACE_BEFORE = frozenset(("tỉnh", "tp", "phố", "ở", "tại", "từ", "đến", "về", "phường", "xã", "ubnd", "công", "an"))
_EVENT = frozenset(["nghị", "thảo", "đàn", "ký", "mạc", "họp", "lễ", "triển"])  #: hội nghị, hội thảo, diễn đàn, lễ ký, khai mạc …
_STREETS_OF = frozenset(("tuyến", "trên", "khu", "các", "nhiều"))  #: "6 tuyến phố Hà Nội" means the city
_MANY = frozenset(["các", "hai", "ba", "bốn", "năm", "nhiều", "những", "số", "2", "3", "4", "5"])
_STREET = frozenset(("phố", "đường"))
_CAPITALISED = ("province", "foreign", "district", "landmark")
_BOOK = {"district": "former_districts", "landmark": "landmarks", "not": "not_hanoi", "province": "provinces", "foreign": "foreign"}
_HOME_TIERS = frozenset(("city", "official", "ward"))  #: sources that the register declares to be the city's own


@dataclass(frozen=True, slots=True)
class Place:
    """One name found."""

    kind: str  #: hanoi | landmark | district | ward | province | foreign
    name: str  #: as the gazetteer writes it; a ward's slug
    start: int
    end: int
    sentence: int
    part: int


@dataclass(frozen=True)
class Places:
    """What the gazetteer says of one passage."""

    found: tuple[Place, ...]
    wards: tuple[Place, ...]  #: confirmed ones, name = slug
    venue_only: bool  #: Hà Nội stands there only as the place where something national is held

    def names(self, kind: str) -> tuple[str, ...]:
        """The distinct names of one kind in order of appearance."""
        return tuple(dict.fromkeys(p.name for p in self.found if p.kind == kind))

    def has(self, kind: str, *, part: int | None = None) -> bool:
        """True when a name of that kind stands in the passage (in that part of it)."""
        return any(p.kind == kind and (part is None or p.part == part) for p in self.found)


@dataclass(frozen=True)
class _Name:
    kind: str
    name: str
    words: tuple[str, ...]
    weak: bool


class Gazetteer:
    """The names of wards.yaml, ready for lookup."""

    def __init__(self) -> None:
        book = read_yaml(FILES / "wards.yaml")
        self._by_word: dict[str, list[_Name]] = defaultdict(list)
        self._by_bare: dict[str, list[_Name]] = defaultdict(list)
        self.ward_names: dict[str, str] = {w["slug"]: f"{w['type']} {w['name']}" for w in book["wards"]}
        self._type: dict[str, str] = {w["slug"]: w["type"] for w in book["wards"]}
        shared = {w["slug"] for w in book["wards"] if w.get("also_in")} | {
            w["slug"] for w in book["wards"] if w["name"] in book["weak_ward_names"]
        }
        for ward in book["wards"]:
            self._add("ward", ward["slug"], ward["name"], ward["slug"] in shared)
        weak_places = {*book["weak_districts"], *book["weak_provinces"], *book["weak_foreign"]}
        for kind, key in _BOOK.items():
            for name in book[key]:
                self._add(kind, name, name, name in weak_places)
        self._add("hanoi", "Hà Nội", "Hà Nội", False)
        self._add("capital", "Thủ đô", "Thủ đô", False)

    def _add(self, kind: str, name: str, written: str, weak: bool) -> None:
        entry = _Name(kind, name, syllables_of(written), weak)
        self._by_word[entry.words[0]].append(entry)
        bare = tuple(fold(w) for w in entry.words)
        if len(bare) >= 2 and bare != entry.words:
            self._by_bare[bare[0]].append(_Name(kind, name, bare, weak))

    def places(self, passage: Passage, tier: Tier | None = None) -> Places:
        """Every place named; the longer name swallows the shorter. A source of the city's own (tier) is evidence for Hà Nội."""
        named = sorted(_outermost(list(self._find(passage))), key=lambda p: p.start)
        in_city = tier in _HOME_TIERS or any(p.kind in ("hanoi", "landmark", "capital") for p in named)
        wards = tuple(self._confirmed(named, passage, in_city))
        kept = tuple(p for p in named if p.kind != "ward")
        return Places(found=kept, wards=wards, venue_only=_venue_only(kept, passage))

    def _find(self, passage: Passage) -> Iterator[Place]:
        words, bare = passage.plain, passage.folded
        for at in range(len(words)):
            for entry in self._by_word.get(words[at], ()):
                if words[at : at + len(entry.words)] == entry.words:
                    yield from self._named(entry, at, passage)
            if words[at] == bare[at]:
                for entry in self._by_bare.get(bare[at], ()):
                    if words[at : at + len(entry.words)] == entry.words:
                        yield from self._named(entry, at, passage)

    def _named(self, entry: _Name, at: int, passage: Passage) -> Iterator[Place]:
        end, marks = at + len(entry.words), passage.syllables
        before = words_before(marks, at)
        written = marks[at].capital and marks[end - 1].capital
        if entry.kind == "ward":
            unit = before if before in _UNIT else _listed(marks, at)
            if not unit or _UNIT[unit] != self._type[entry.name] or not (written or passage.bare or unit == "phường"):
                return
        if entry.kind in _CAPITALISED and not written and not passage.bare and len(entry.words) < 3:
            return
        if entry.kind == "capital" and marks[at].plain == marks[at].folded:
            return  # "thu do" is many things
        if entry.kind == "not" and entry.words[0] in _STREET and before in _STREETS_OF:
            return
        if entry.kind == "district" and before in _UNIT:
            return  # phường Sơn Tây is a ward's name here or elsewhere: the ward rule decides
        if entry.weak and entry.kind in ("province", "district", "foreign") and before not in _PLACE_BEFORE | _DISTRICT:
            return
        here = marks[at]
        yield Place(entry.kind, entry.name, at, end, here.sentence, here.part)

    def _confirmed(self, named: Sequence[Place], passage: Passage, in_city: bool) -> Iterator[Place]:
        weak = {n.name for names in self._by_word.values() for n in names if n.kind == "ward" and n.weak}
        elsewhere = [p for p in named if p.kind in ("province", "foreign")]
        for place in (p for p in named if p.kind == "ward"):
            beside = [p for p in elsewhere if p.sentence == place.sentence]
            if beside and not _hanoi_follows(place, named):
                continue
            if elsewhere and not in_city:
                continue
            if place.name in weak and not in_city:
                continue
            if passage.bare and not in_city:
                continue
            yield place


def words_before(marks: Sequence[Syllable], at: int) -> str:
    """The syllable before, in the same sentence."""
    return marks[at - 1].plain if at and marks[at - 1].sentence == marks[at].sentence else ""


def _listed(marks: Sequence[Syllable], at: int) -> str:
    """The unit of a list "các phường A, B và C": only names between the word phường/xã and here; "" outside a list."""
    for back in range(at - 1, max(-1, at - 16), -1):
        word = marks[back]
        if word.sentence != marks[at].sentence:
            return ""
        if word.plain in ("phường", "xã"):
            return word.plain if back > 0 and marks[back - 1].plain in _MANY else ""
        if not word.capital and word.plain not in ("và", "với"):
            return ""
    return ""


def _hanoi_follows(place: Place, named: Sequence[Place]) -> bool:
    return any(p.kind in ("hanoi", "capital") and 0 <= p.start - place.end <= 3 for p in named)


def _outermost(places: Sequence[Place]) -> Iterator[Place]:
    covered: list[tuple[int, int]] = []
    elsewhere = any(p.kind == "province" for p in places)
    for place in sorted(places, key=lambda p: (p.start - p.end, p.start, p.kind != "ward")):
        if any(start <= place.start and place.end <= end for start, end in covered):
            continue
        if place.kind == "not" and place.name.split()[0] in _STREET and not elsewhere:
            continue  # "trên phố Hà Nội" is the city; Phố Hà Nội in Huế is a street
        covered.append((place.start, place.end))
        if place.kind != "not":
            yield place


def _venue_only(found: Sequence[Place], passage: Passage) -> bool:
    """Hà Nội only as the place where something is held: "tại Hà Nội" beside a meeting, outside the title, or an address."""
    city = [p for p in found if p.kind in ("hanoi", "landmark", "capital", "district")]
    if not city or any(p.part == 0 or p.kind != "hanoi" for p in city):
        return False
    return all(_held_there(p, passage.syllables) for p in city)


def _held_there(place: Place, marks: Sequence[Syllable]) -> bool:
    near = marks[max(0, place.start - 5) : place.start]
    if any(m.plain.isdigit() and m.sentence == place.sentence for m in near[:-1]) and near[-1].capital:
        return True  # "113 Trần Duy Hưng, Hà Nội"
    if words_before(marks, place.start) != "tại" and [m.plain for m in near[-2:]] != ["quốc", "gia"]:
        return False
    return any(m.sentence == place.sentence and m.plain in _EVENT for m in marks)


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The gazetteer that ships."""
    return Gazetteer()


def places_of(title: str, body: str) -> Places:
    """The places of one text, for tests and quick looks."""
    return gazetteer().places(read(title, body))
