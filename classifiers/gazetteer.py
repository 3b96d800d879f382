"""Where a passage plays: Hà Nội, its wards, other provinces, abroad. Rules over wards.yaml, each finding with its reason.

A ward needs phường/xã (or p./x./fường) before its name, or stands in a list that begins so. A province that follows the name takes it
away. A name that other provinces have too needs the city besides: Hà Nội itself, a landmark, a former district, or a ward that is
only here. A former district is evidence for Hà Nội, never for a ward.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from classifiers.lexicon import FILES, read_yaml
from classifiers.vietnamese import Passage, Syllable, read, syllables_of
from monitor.records import Tier
from monitor.text import fold

_UNIT = {
    "phường": "phường", "p": "phường", "px": "phường", "fường": "phường", "ph": "phường", "phuong": "phường", "fuong": "phường",
    "f": "phường", "phg": "phường", "xã": "xã", "x": "xã", "xa": "xã",
}  # fmt: skip
_DISTRICT = frozenset(("quận", "huyện", "q", "h"))
_PLACE_BEFORE = frozenset(("tỉnh", "tp", "phố", "ở", "tại", "từ", "đến", "về", "phường", "xã", "ubnd", "công", "an"))
_EVENT = frozenset(["nghị", "thảo", "đàn", "ký", "mạc", "họp", "lễ", "triển"])  #: hội nghị, hội thảo, diễn đàn, lễ ký, khai mạc …
_EVENT_BARE = frozenset(fold(word) for word in _EVENT) - {"ky", "le", "hop", "mac", "dan"}  #: those that stay themselves without marks
_STREETS_OF = frozenset(("tuyến", "trên", "khu", "các", "nhiều"))  #: "6 tuyến phố Hà Nội" means the city
_NEXT = frozenset(("hà", "tp", "thành", "trung", "ubnd", "công"))  #: capital words that may follow a ward's name without belonging to it
_MANY = frozenset(["các", "hai", "ba", "bốn", "năm", "nhiều", "những", "số", "cac", "nhieu", "bon", "may", "2", "3", "4", "5"])
_STREET = frozenset(("phố", "đường"))
_STREET_BARE = frozenset(("pho", "duong"))
_OF_CAPITAL = frozenset(("cua", "luat", "nguoi", "giua", "cho"))
_OR = frozenset(("và", "hoặc", "hay", "với", "va", "vs"))
_PERSON = frozenset(("bs", "chị", "anh", "ông", "bà", "cô", "chú", "em", "ca", "sĩ", "chi", "ong", "ba", "co", "chu", "si"))
_AND = frozenset(("và", "với", "va", "vs", "cùng", "cung", "một", "phần"))  #: may stand between two names of a list
_FOLLOWS = 6  #: syllables between a ward and the province it belongs to: "phường X, thành phố Vinh, Nghệ An"
_OF = frozenset(("tỉnh", "thành", "phố", "tp", "thuộc", "ở", "của", "thị", "xã", "huyện", "quận", "tinh", "thuoc", "o", "huyen"))
_SURE_BARE = 9  #: letters of "xã Ô Diên": a shorter name typed without diacritics needs the city besides
_CAPITALISED = ("province", "foreign", "district", "landmark", "street", "old_ward")
_ALIKE_BARE = frozenset(("landmark", "street", "old_ward"))  #: short ones read as other words when typed without marks and capitals
_PLACE_BARE = frozenset(("quan", "huyen", "q", "h", "o", "tai", "ben", "khu", "tren", "duoi", "ra", "ve"))
_BOOK = {"district": "former_districts", "landmark": "landmarks", "not": "not_hanoi", "province": "provinces", "foreign": "foreign"}
_CITY_BOOK = {"landmark": "alone", "street": "with_street", "old_ward": "old_wards", "not": "not_hanoi"}
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
    capitals: tuple[bool, ...]  #: which words the gazetteer writes with a capital


class Gazetteer:
    """The names of wards.yaml, ready for lookup."""

    def __init__(self) -> None:
        book = read_yaml(FILES / "wards.yaml")
        self._by_word: dict[str, list[_Name]] = defaultdict(list)
        self._by_bare: dict[str, list[_Name]] = defaultdict(list)
        self.ward_names: dict[str, str] = {w["slug"]: f"{w['type']} {w['name']}" for w in book["wards"]}
        self._type: dict[str, str] = {w["slug"]: w["type"] for w in book["wards"]}
        self._shared = frozenset(w["slug"] for w in book["wards"] if w.get("also_in"))
        self._districts = frozenset(w["slug"] for w in book["wards"] if w["name"] in book["former_districts"])
        self._syllables = frozenset(fold(s) for w in book["wards"] for s in syllables_of(w["name"]))
        for ward in book["wards"]:
            for name in (ward["name"], *ward.get("aka", ())):
                self._add("ward", ward["slug"], name, ward["slug"] in self._shared)
        weak_places = {*book["weak_districts"], *book["weak_provinces"], *book["weak_foreign"]}
        for kind, key in _BOOK.items():
            for name in book[key]:
                self._add(kind, name, name, name in weak_places)
        city = read_yaml(FILES / "hanoi_places.yaml")
        for kind, key in _CITY_BOOK.items():
            for name in city[key]:
                self._add(kind, name, name, False)
        self._add("hanoi", "Hà Nội", "Hà Nội", False)
        self._add("capital", "Thủ đô", "Thủ đô", False)

    def _add(self, kind: str, name: str, written: str, weak: bool) -> None:
        marks = read(written, "").syllables
        capitals = tuple(m.capital for m in marks)
        entry = _Name(kind, name, tuple(m.plain for m in marks), weak, capitals)
        self._by_word[entry.words[0]].append(entry)
        bare = tuple(fold(w) for w in entry.words)
        if len(bare) >= 2 and bare != entry.words:
            self._by_bare[bare[0]].append(_Name(kind, name, bare, weak, capitals))

    def places(self, passage: Passage, tier: Tier | None = None) -> Places:
        """Every place named; the longer name swallows the shorter. A source of the city's own (tier) is evidence for Hà Nội."""
        named = sorted(_outermost(list(self._find(passage))), key=lambda p: p.start)
        wards = tuple(self._confirmed(named, passage, in_city=tier in _HOME_TIERS))
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
        written = all(mark.capital or not capital for mark, capital in zip(marks[at:end], entry.capitals, strict=True))
        if entry.kind == "ward":
            unit = before if before in _UNIT else self._listed(marks, at)
            if not unit or _UNIT[unit] != self._type[entry.name] or _goes_on(passage, end):
                return
            if len(entry.words) == 1 and not (written or unit == "phường"):
                return
            if unit in ("phuong", "xa") and _is_another_word(passage, at - 1):
                return
        unlike = not passage.bare or (entry.kind in _ALIKE_BARE and before not in _PLACE_BARE)
        if entry.kind in _CAPITALISED and not written and len(entry.words) < 3 and unlike:
            return
        if entry.kind == "district" and passage.bare and not written and before not in _PLACE_BARE:
            return
        if entry.kind == "street":
            if fold(before) not in _STREET_BARE or (before not in _STREET and not passage.bare) or words_before(marks, at - 1) == "thành":
                return
            entry = dataclasses.replace(entry, kind="landmark")
        if entry.kind == "old_ward":
            if before not in _UNIT or _goes_on(passage, end):
                return
            entry = dataclasses.replace(entry, kind="district")
        if entry.kind == "capital" and marks[at].plain == marks[at].folded and before not in _PLACE_BARE | _OF_CAPITAL:
            return  # "thu do" is many things
        if entry.kind == "not" and entry.words[0] in _STREET and before in _STREETS_OF:
            return
        if entry.kind == "district" and before in _STREET | {"về"}:
            return  # a street of any town, a play about the heroine
        if entry.kind == "district" and before in _UNIT and words_before(marks, at - 1) != "thị":
            return  # phường Sơn Tây is a ward's name here or elsewhere: the ward rule decides
        named_as_place = before in _PLACE_BEFORE | _DISTRICT or (entry.kind == "district" and _after_a_ward(marks, at))
        if entry.weak and entry.kind in ("province", "district", "foreign") and not named_as_place:
            return
        here = marks[at]
        yield Place(entry.kind, entry.name, at, end, here.sentence, here.part)

    def _listed(self, marks: Sequence[Syllable], at: int) -> str:
        """The unit of a list "các phường A, B và C": only names between the word phường/xã and here; "" outside a list."""
        for back in range(at - 1, max(-1, at - 16), -1):
            word = marks[back]
            if word.sentence != marks[at].sentence:
                return ""
            if word.plain in _UNIT and len(word.plain) > 1:
                return word.plain if words_before(marks, back) in _MANY else ""
            if not (word.capital or word.plain in _AND or word.folded in self._syllables):
                return ""
        return ""

    def _chained(self, named: Sequence[Place], passage: Passage) -> Iterator[Place]:
        """The wards named after a ward with a mere comma or "và" between: "xã Hồng Vân hoặc Chương Dương", no district among them."""
        marks = passage.syllables
        for ward in [p for p in named if p.kind == "ward"]:
            last = ward
            while (follower := self._next_ward(last, marks)) is not None:
                if all(p.start != follower.start or p.kind != "ward" for p in named):
                    yield follower
                last = follower

    def _next_ward(self, ward: Place, marks: Sequence[Syllable]) -> Place | None:
        at = ward.end + (ward.end < len(marks) and marks[ward.end].plain in _OR)
        if at >= len(marks) or marks[at].sentence != ward.sentence or not marks[at].capital:
            return None
        for entry in self._by_word.get(marks[at].plain, ()):
            end = at + len(entry.words)
            same = entry.kind == "ward" and tuple(m.plain for m in marks[at:end]) == entry.words
            if same and self._type[entry.name] == self._type[ward.name] and entry.name not in self._districts:
                return Place("ward", entry.name, at, end, ward.sentence, ward.part)
        return None

    def _confirmed(self, named: Sequence[Place], passage: Passage, *, in_city: bool) -> Iterator[Place]:
        """The wards that are ours: first those only here, which then vouch for the names they share with other provinces."""
        named = [*named, *self._chained(named, passage)]
        wards = [p for p in named if p.kind == "ward" and not _taken_away(p, named, passage.syllables)]
        sure = [p for p in wards if p.name not in self._shared and not (passage.bare and len(self.ward_names[p.name]) < _SURE_BARE)]
        in_city = in_city or bool(sure) or any(p.kind in ("hanoi", "landmark", "capital", "district") for p in named)
        for place in wards:
            if place in sure or (in_city and not _province_beside(place, named) and not _title_is_elsewhere(named)):
                yield place


def words_before(marks: Sequence[Syllable], at: int) -> str:
    """The syllable before, in the same sentence."""
    return marks[at - 1].plain if at and marks[at - 1].sentence == marks[at].sentence else ""


def _goes_on(passage: Passage, end: int) -> bool:
    """True when the name is only the beginning of a longer one: "phường Láng Thượng" is not Láng."""
    marks = passage.syllables
    if end >= len(marks) or marks[end].sentence != marks[end - 1].sentence or not marks[end].capital or passage.shouted:
        return False
    text = passage.title if marks[end].part == 0 else passage.body
    between = text[marks[end - 1].start + len(marks[end - 1].plain) : marks[end].start]
    return not between.strip() and marks[end].plain not in _NEXT


def _is_another_word(passage: Passage, at: int) -> bool:
    """True when "xa" is far and "Phuong" a person: typed without diacritics they look like a unit."""
    marks = passage.syllables
    if not at or marks[at - 1].sentence != marks[at].sentence:
        return False
    text = passage.title if marks[at].part == 0 else passage.body
    if text[marks[at - 1].start + len(marks[at - 1].plain) : marks[at].start].strip():
        return False  # a comma between
    if marks[at].plain == "phuong":
        return marks[at].capital and marks[at - 1].folded in _PERSON
    return marks[at - 1].folded in _PERSON | {"rat", "di", "cach", "tan", "khong", "hoi"}


def _title_is_elsewhere(named: Sequence[Place]) -> bool:
    """True when the title speaks of another province and not of the city."""
    kinds = {p.kind for p in named if p.part == 0}
    return "province" in kinds and not kinds & {"hanoi", "landmark", "capital", "district"}


def _after_a_ward(marks: Sequence[Syllable], at: int) -> bool:
    """True after "phường Nhân Chính": the name that follows a ward of any name is its district."""
    return any(marks[back].plain in ("phường", "xã") for back in range(max(0, at - 4), at) if marks[back].sentence == marks[at].sentence)


def _taken_away(ward: Place, named: Sequence[Place], marks: Sequence[Syllable]) -> bool:
    """True when the ward is said to lie in another province: "phường Hồng Hà, Lào Cai", "phường Cửa Nam, thành phố Vinh, Nghệ An"."""
    after = [p for p in named if p.sentence == ward.sentence and 0 <= p.start - ward.end <= _FOLLOWS and p.kind != "ward"]
    if not after or after[0].kind != "province":
        return False
    return all(m.capital or m.plain in _OF for m in marks[ward.end : after[0].start])


def _province_beside(ward: Place, named: Sequence[Place]) -> bool:
    """True when a province stands in the ward's sentence and the city does not."""
    beside = {p.kind for p in named if p.sentence == ward.sentence}
    return "province" in beside and not beside & {"hanoi", "landmark", "capital", "district"}


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
    if fold(words_before(marks, place.start)) != "tai" and [m.folded for m in near[-2:]] != ["quoc", "gia"]:
        return False
    return any(m.sentence == place.sentence and (m.plain in _EVENT or (m.plain == m.folded and m.plain in _EVENT_BARE)) for m in marks)


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The gazetteer that ships."""
    return Gazetteer()


def places_of(title: str, body: str) -> Places:
    """The places of one text, for tests and quick looks."""
    return gazetteer().places(read(title, body))
