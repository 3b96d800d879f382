"""What makes an item recognisable: words and phrases of headline, lead and first paragraphs, its names, numbers, days and places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crawlers.stories import fingerprint
from crawlers.stories.fingerprint import Prints
from crawlers.stories.syllables import (
    CODE,
    COMMON,
    CONTENT,
    DAY,
    EDGE,
    EDGE_KIND,
    NAME,
    NUMBER,
    SMALL,
    STOP,
    Syllable,
    tokens,
    told,
    word_hash,
)
from monitor.text import plain, syllables

Codes = NDArray[np.uint32]
Bools = NDArray[np.bool_]

LEAD_WORDS = 60
BODY_WORDS = 200  #: after the lead
MAX_CHARS = 6_000  #: of a text; a copy shows itself well before that
PRIOR_ITEMS = 3000  #: items supposed to be known before any was counted, see _PRIORS
TITLE, LEAD, BODY = range(3)
_ZONE_WEIGHTS = np.array((1.9, 1.0, 0.6), dtype=np.float32)


# What a feature is, words before phrases; its weight; and of the last PRIOR_ITEMS items how many are supposed to hold one such feature
# before any was counted. Plain numbers for speed.
COMMON_WORD, WORD, NAME_WORD, NUMBER_WORD, CODE_WORD, DAY_WORD = range(6)
LOOSE_PHRASE, PHRASE, HALF_COMMON_PHRASE, COMMON_PHRASE, NAME_PHRASE, NUMBER_PHRASE = range(6, 12)
_WEIGHTS = np.array((0.7, 0.7, 0.9, 2.0, 2.0, 1.2, 0.5, 1.0, 1.0, 1.0, 1.2, 1.2), dtype=np.float32)
_PRIORS = np.array((80, 15, 8, 12, 2.4, 30, 12, 2.4, 4.8, 12, 2.4, 2.4), dtype=np.float32)
_NONE = 255
# by kind of syllable: the edge, stop words and single digits are no words
_WORD_SORTS = np.array((_NONE, _NONE, COMMON_WORD, WORD, NAME_WORD, _NONE, NUMBER_WORD, DAY_WORD, CODE_WORD), dtype=np.uint8)
# A mark is sort × 3 + zone.
MARK_WEIGHTS = (_WEIGHTS[:, None] * _ZONE_WEIGHTS).ravel()
MARK_PRIORS = np.repeat(_PRIORS, 3)
MARK_SORTS = np.repeat(np.arange(12, dtype=np.uint8), 3)
MARK_IN_TITLE = np.arange(36) % 3 == TITLE
MARK_IS_FACT = np.isin(MARK_SORTS, (NUMBER_WORD, CODE_WORD, DAY_WORD, NAME_PHRASE))
_SHOUTED = 0.6  #: share of capitals from which capitals say nothing

_CAPITAL = "[A-ZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ]"
_WARD = re.compile(
    r"\b(?:phường|xã|đặc khu|thị trấn|thị xã|quận|huyện|PHƯỜNG|XÃ|Phường|Xã|Đặc khu|Thị trấn|Thị xã|Quận|Huyện)\s+"
    rf"((?:{_CAPITAL}\w*|\d+)(?:[^\S\n]+{_CAPITAL}\w*){{0,3}})"
)
_NO_WARD = frozenset(("ubnd", "hđnd", "hà", "thành", "tp"))
_PROVINCES = (
    "hà nội|tphcm|hải phòng|đà nẵng|cần thơ|huế|lai châu|điện biên|sơn la|lạng sơn|quảng ninh|thanh hóa|nghệ an|hà tĩnh"
    "|cao bằng|tuyên quang|lào cai|thái nguyên|phú thọ|bắc ninh|hưng yên|ninh bình|quảng trị|quảng ngãi|gia lai|khánh hòa"
    "|lâm đồng|đắk lắk|đồng nai|tây ninh|vĩnh long|đồng tháp|cà mau|an giang|bình dương|hải dương|quảng nam|bắc giang"
    "|vĩnh phúc|hà nam|nam định|thái bình|bình định|phú yên|bến tre|kiên giang|long an"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a passage states: the things that tell two notices of one wording apart."""

    wards: frozenset[str]
    days: frozenset[str]  #: "20/7", "tháng 7"
    numbers: frozenset[str]  #: as `syllables.figure` prints them


@dataclass(frozen=True, slots=True)
class Features:
    """One item as the story index sees it. `marks` runs along `codes`, which are sorted."""

    codes: Codes
    marks: NDArray[np.uint8]  #: sort × 3 + zone
    headline: Facts
    lead: Facts
    provinces: frozenset[str]  #: of headline and lead
    opening: str  #: headline and lead as printed, for explaining
    prints: Prints

    def says(self, name: str) -> bool:
        """True when a name, day or number stands anywhere in the item."""
        code = np.uint32(name_hash(name))
        at = int(self.codes.searchsorted(code))
        return at < len(self.codes) and bool(self.codes[at] == code)


def read(title: str, text: str) -> Features:
    """Take an item apart. `text` may begin with the title."""
    head, printed = tokens(title), tokens(text[:MAX_CHARS])
    rest = _after(head, printed)
    end = _end(rest, LEAD_WORDS)
    passages = told(head), told(rest[:end]), told(rest[end : end + _end(rest[end:], BODY_WORDS)])
    codes, marks = _collected(passages)
    opening = _opening(text)
    return Features(
        codes=codes,
        marks=marks,
        headline=_facts(title, passages[TITLE]),
        lead=_facts(opening, passages[LEAD]),
        provinces=frozenset(_PROVINCE_OF[code] for code in codes[marks % 3 != BODY].tolist() if code in _PROVINCE_OF),
        opening=f"{title} . {opening}",
        prints=fingerprint.of_tokens(printed),
    )


def name_hash(name: str) -> int:
    """The hash that finds a name, day or number in an item: that of its first two syllables."""
    if name[:1].isdigit() or name.startswith("tháng"):
        return word_hash(name)
    codes = [word_hash(s) for s in syllables(name)[:2]]
    return phrase_hash(*codes) if len(codes) == 2 else codes[0] if codes else 0


def phrase_hash(one: int, other: int) -> int:
    """The hash of two syllables in a row, from their hashes."""
    return (one * 0x9E3779B1 + (other ^ 0x85EBCA77)) & 0xFFFFFFFF


_PROVINCE_OF = {name_hash(name): name for name in _PROVINCES.split("|")}


def common_facts(one: Features, other: Features) -> float:
    """How many of the names, numbers and days of the item with fewer of them stand in the other, 0…1."""
    return _common(one.codes[MARK_IS_FACT[one.marks]], other.codes[MARK_IS_FACT[other.marks]])


def common_title(one: Features, other: Features) -> float:
    """How much of the shorter headline stands in the other, 0…1."""
    return _common(one.codes[MARK_IN_TITLE[one.marks]], other.codes[MARK_IN_TITLE[other.marks]])


def _common(mine: Codes, theirs: Codes) -> float:
    fewer = min(len(mine), len(theirs))
    return len(np.intersect1d(mine, theirs, assume_unique=True)) / fewer if fewer else 0.0


def _after(head: list[Syllable], printed: list[Syllable]) -> list[Syllable]:
    """The text without the headline that it may begin with."""
    at = 0
    for token in (t for t in head if t is not EDGE):
        while at < len(printed) and printed[at] is EDGE:
            at += 1
        if at == len(printed) or printed[at].code != token.code:
            return printed
        at += 1
    return printed[at:]


def _end(row: list[Syllable], words: int) -> int:
    """Where the first so many words end."""
    for at, token in enumerate(row):
        words -= token is not EDGE
        if words == 0:
            return at + 1
    return len(row)


_FIRST_WORDS = re.compile(rf"(?:\s*\S+){{0,{LEAD_WORDS}}}")


def _opening(text: str) -> str:
    found = _FIRST_WORDS.match(text[:MAX_CHARS])
    return found.group() if found else ""


def _collected(passages: Sequence[list[Syllable]]) -> tuple[Codes, NDArray[np.uint8]]:
    """The distinct features and their marks: words, and phrases of two syllables. A feature belongs to its heaviest zone."""
    row = [token for passage in passages for token in (*passage, EDGE)]
    codes = np.array([t.code for t in row], dtype=np.uint64)
    kinds = np.array([t.kind for t in row], dtype=np.uint8)
    capitals = np.array([c for passage in passages for c in (*_capitals(passage), False)], dtype=np.bool_)
    zones = np.repeat(np.arange(3, dtype=np.uint8), [len(passage) + 1 for passage in passages])
    kinds[1:][capitals[1:] & (kinds[:-1] != EDGE_KIND) & (kinds[1:] == CONTENT)] = NAME
    mixed = (codes[:-1] * np.uint64(0x9E3779B1) + (codes[1:] ^ np.uint64(0x85EBCA77))) & np.uint64(0xFFFFFFFF)
    sorts = np.concatenate((_WORD_SORTS[kinds], _phrase_sorts(kinds[:-1], kinds[1:], capitals[:-1] & capitals[1:])))
    kept = sorts != _NONE
    zones = np.concatenate((zones, zones[:-1]))[kept]
    marks = sorts[kept] * np.uint8(3) + zones
    packed = np.concatenate((codes, mixed))[kept] << np.uint64(16) | zones.astype(np.uint64) << np.uint64(8) | marks
    packed.sort()
    found = (packed >> np.uint64(16)).astype(np.uint32)
    first = np.ones(len(found), dtype=np.bool_)
    np.not_equal(found[1:], found[:-1], out=first[1:])
    return found[first], packed[first].astype(np.uint8)


def _capitals(passage: list[Syllable]) -> list[bool]:
    """Which syllables have a capital; none when all of the passage is shouted."""
    found = [token.capital for token in passage]
    return found if sum(found) <= _SHOUTED * sum(token is not EDGE for token in passage) else [False] * len(found)


def _phrase_sorts(left: NDArray[np.uint8], right: NDArray[np.uint8], named: Bools) -> NDArray[np.uint8]:
    stop = (left == STOP).view(np.uint8) + (right == STOP).view(np.uint8)
    common = (left == COMMON).view(np.uint8) + (right == COMMON).view(np.uint8)
    found: NDArray[np.uint8] = np.uint8(PHRASE) + common
    found[(left >= SMALL) | (right >= SMALL)] = NUMBER_PHRASE
    found[named & (common < 2)] = NAME_PHRASE
    found[stop == 1] = LOOSE_PHRASE
    found[(stop == 2) | (left == EDGE_KIND) | (right == EDGE_KIND)] = _NONE
    return found


def _facts(printed: str, passage: list[Syllable]) -> Facts:
    return Facts(
        wards=_wards(printed),
        days=frozenset(t.word for t in passage if t.kind == DAY or (t.kind == SMALL and t.word.startswith("tháng "))),
        numbers=frozenset(t.word for t in passage if t.kind in (NUMBER, CODE)),
    )


def _wards(text: str) -> frozenset[str]:
    return frozenset(name for name in (plain(found) for found in _WARD.findall(text)) if name.split()[0] not in _NO_WARD)
