"""Reads Vietnamese: one text into marked syllables in two views, teencode spelled out, sentences numbered; underthesea behind a fence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import structlog

from monitor import text as views

log = structlog.get_logger()

MAX_BODY = 8_000  #: characters of the body that are read: what an article is about stands in its first half
LEAD_TOKENS = 60  #: syllables of the body that count as the lead
SAMPLE = 1_000  #: characters that tell how a text was typed
BARE_SHARE = 0.02  #: a text with a smaller share of Vietnamese letters among its letters was typed without diacritics

#: Spelled-out teencode and short forms. Only those with one reading; "k" and "p" are read where they stand.
TEENCODE: Mapping[str, str] = {
    "cđs": "chuyển đổi số", "cds": "chuyển đổi số", "dvc": "dịch vụ công", "dvctt": "dịch vụ công trực tuyến",
    "tthc": "thủ tục hành chính", "cchc": "cải cách hành chính", "hcc": "hành chính công", "pvhcc": "phục vụ hành chính công",
    "cntt": "công nghệ thông tin", "khcn": "khoa học công nghệ", "đmst": "đổi mới sáng tạo", "attt": "an toàn thông tin",
    "tmđt": "thương mại điện tử", "tmdt": "thương mại điện tử", "hn": "hà nội", "hno": "hà nội", "hanoi": "hà nội",
    "hcm": "hồ chí minh", "cccd": "căn cước", "bhyt": "bảo hiểm y tế", "bhxh": "bảo hiểm xã hội", "bv": "bệnh viện",
    "đh": "đại học", "đhqg": "đại học quốc gia", "gd": "giáo dục", "vn": "việt nam", "vne": "vneid",
}  # fmt: skip
#: Chat forms: read only in small letters, for "KH" is a plan and "Z" a name.
CHAT: Mapping[str, str] = {
    "ko": "không", "kh": "không", "hok": "không", "hem": "không", "dc": "được", "đc": "được", "đk": "đăng ký",
    "ng": "người", "ngta": "người ta", "mn": "mọi người", "mng": "mọi người", "mk": "mình", "bh": "bây giờ", "ntn": "như thế nào",
    "vs": "với", "trc": "trước", "j": "gì", "z": "vậy", "lm": "làm", "đg": "đang", "cx": "cũng", "wa": "quá", "thik": "thích",
}  # fmt: skip
_AI_WORD = "trí_tuệ_nhân_tạo"  #: one syllable for the artificial kind, so that "ai" (who) never counts for it
#: Words before a small "ai" that make it the artificial kind, as people type it
_AI_BEFORE = frozenset(("camera", "chip", "nghệ", "nghe", "lý", "ly", "dụng", "dung", "tảng", "tang", "bằng", "bang"))

# A code of a document (57-NQ/TW, 139/KH-UBND) is one syllable; so is a number with its dots.
_TOKEN = re.compile(r"([^\W\d_]+\d*|\d+(?:[-/][A-Za-zĐđ0-9]+)+|\d+(?:[.,]\d+)*)|([.!?…\n]+(?=\s|$))", re.UNICODE)
_CODE = re.compile(r"\d+/(?:\d{4}/)?[a-zđ]+(?:-[a-zđ0-9]+)*|\d+-[a-zđ]+/[a-zđ]+|nq[- ]?57")
_ABBREVIATION = frozenset(
    ["tp", "p", "ph", "phg", "px", "f", "x", "q", "h", "ts", "gs", "pgs", "ths", "bs", "ubnd", "tx", "tt", "đ", "đc", "ks", "cn", "ô", "b"]
)


class Syllable(NamedTuple):
    """One syllable (or number, or code) of a text."""

    plain: str  #: lower case with diacritics
    folded: str  #: lower case without
    capital: bool  #: began with a capital letter
    sentence: int  #: counted from 0 over title and body
    part: int  #: 0 title, 1 lead, 2 the rest
    start: int  #: character offset in the part's text, for showing it


@dataclass(frozen=True)
class Passage:
    """One item as the taggers read it."""

    title: str
    body: str
    syllables: tuple[Syllable, ...]

    @cached_property
    def bare(self) -> bool:
        """True when the text was typed without diacritics."""
        letters = "".join(filter(str.isalpha, (self.title + self.body)[:SAMPLE]))
        return bool(letters) and len(letters) - len(letters.encode("ascii", "ignore")) <= len(letters) * BARE_SHARE

    @cached_property
    def shouted(self) -> bool:
        """True when the text is written in capitals."""
        return _shouted(f"{self.title} {self.body}")

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """The syllables with diacritics."""
        return tuple([s.plain for s in self.syllables])

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The syllables without diacritics."""
        return tuple([s.folded for s in self.syllables])

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The document codes named, e.g. 57-nq/tw."""
        return tuple(s.plain for s in self.syllables if s.plain[:1].isdigit() and _CODE.fullmatch(s.plain))

    @cached_property
    def long(self) -> bool:
        """True for a whole article; False for a headline with a summary or a post."""
        return len(self.syllables) > 2 * LEAD_TOKENS


def read(title: str, body: str) -> Passage:
    """Split title and body into syllables. Any input; the time is bounded by the caps of `monitor.text.clean` and MAX_BODY."""
    title, body = views.clean(title, 600), views.clean(body, MAX_BODY)
    found: list[Syllable] = []
    sentence = _syllables(title, False, 0, found) + 1
    _syllables(body, True, sentence, found)
    return Passage(title=title, body=body, syllables=tuple(found))


def syllables_of(phrase: str) -> tuple[str, ...]:
    """A phrase of the lexicon as plain syllables, read by the same rules as a text."""
    if _SIMPLE.fullmatch(phrase):  # nearly all of eleven thousand phrases: words of small letters, nothing to clean or to take apart
        words = phrase.split()
        if not _TURNS_ON_ITS_NEIGHBOUR.intersection(words):
            return tuple([plain for word in words for plain, _ in _word(word).spelled])
    return tuple(s.plain for s in read(phrase, "").syllables)


def _shouted(text: str) -> bool:
    letters = "".join(filter(str.isalpha, text[:SAMPLE]))
    return len(letters) > 12 and sum(map(str.isupper, letters)) > 0.7 * len(letters)


def _syllables(text: str, in_body: bool, sentence: int, found: list[Syllable]) -> int:
    """Append the syllables of a cleaned text, teencode spelled out; return the number of its last sentence."""
    add, first_of_rest = found.append, len(found) + LEAD_TOKENS
    shouted: bool | None = None
    before = ""
    for match in _TOKEN.finditer(_undisguised(text if text.isascii() else unicodedata.normalize("NFKC", text))):
        word, stop = match.groups()
        if word is None:
            if before not in _ABBREVIATION or "\n" in stop:
                sentence += 1
            continue
        read_as, start = _word(word), match.start()
        spelled = read_as.spelled
        if word in _TURNS_ON_ITS_NEIGHBOUR or read_as.plain == "ai":
            if shouted is None:
                shouted = _shouted(text)
            spelled = _beside(word, read_as, before, shouted)
        for plain, folded in spelled:
            part = 0 if not in_body else 1 if len(found) < first_of_rest else 2
            add(_new(Syllable, (plain, folded, read_as.capital, sentence, part, start)))
        before = read_as.plain
    return sentence


def _undisguised(text: str) -> str:
    """c.h.u.y.ể.n and s̶ố as the words they are, filled up with spaces so that what follows stays where it stood."""
    if not text.isascii() and _PILED.search(text):
        text = _PILED.sub(lambda m: _MARK.sub("", m.group()).ljust(len(m.group())), text)
    return _DOTTED.sub(_joined, text)


def _joined(match: re.Match[str]) -> str:
    letters = match.group().replace(".", "")
    if letters.isupper() or (len(letters) < 4 and letters.isascii()):
        return match.group()  # initials, n.v.a in small letters too; v.v, a.m
    return letters.ljust(len(match.group()))


# What is left of marks when all that belong to letters have joined them is there to break words.
_MARK = re.compile("[\u0300-\u036f]")
_PILED = re.compile(r"[^\W\d_][^\s\u0300-\u036f]*[\u0300-\u036f]\S*")
_DOTTED = re.compile(r"(?<![\w.])[^\W\d_](?:\.[^\W\d_])+(?!\.?\w)")


class _Word(NamedTuple):
    """One word wherever it stands."""

    plain: str
    capital: bool
    spelled: tuple[tuple[str, str], ...]  #: its syllables, each plain and folded; several where it was short for something


_new = tuple.__new__  # of a Syllable: half the time of its own constructor, seven hundred times an article
_TURNS_ON_ITS_NEIGHBOUR = frozenset(("k", "ai"))
_SIMPLE = re.compile("[a-zàáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ ]{1,79}")


@lru_cache(maxsize=50_000)
def _word(word: str) -> _Word:
    plain = views.plain(word)
    return _Word(plain, word[0].isupper(), _both(_SPELLED.get(plain) or (_CHAT.get(word) if word == plain else None) or (plain,)))


def _beside(word: str, read_as: _Word, before: str, shouted: bool) -> tuple[tuple[str, str], ...]:
    """What a word that means two things is here: "ai" who or artificial, "k" not or a thousand."""
    if read_as.plain == "ai" and ((word == "AI" and not shouted) or (word != "Ai" and before in _AI_BEFORE)):
        return _both((_AI_WORD,))
    if word == "k" and not before.isdigit():
        return _both(("không",))
    return read_as.spelled


def _both(syllables: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((plain, fold(plain)) for plain in syllables)


_SPELLED = {short: tuple(long.split()) for short, long in TEENCODE.items()}
_CHAT = {short: tuple(long.split()) for short, long in CHAT.items()}


@lru_cache(maxsize=50_000)
def fold(plain: str) -> str:
    """One syllable without diacritics: `monitor.text.fold`, remembered."""
    return views.fold(plain)


def shown(syllable: str) -> str:
    """A syllable as a person reads it."""
    return "AI" if syllable in (_AI_WORD, "tri_tue_nhan_tao") else syllable


def noun_phrases(title: str, longest: int = 6) -> tuple[str, ...]:
    """The noun phrases of one short clean title, by underthesea's tagger; its words two and two when underthesea fails.

    Findings: underthesea must not see long or dirty text (memory, endless loops), so only a cleaned title of at most
    300 characters without marks left over passes, and any failure costs the phrases only.
    """
    clean = views.clean(title, 300)
    if not clean or _shouted(clean):
        return ()
    try:
        from underthesea import pos_tag  # late: the import takes seconds and only the digest needs it

        tagged = [(str(word), str(tag)) for word, tag in pos_tag(clean)]
    except Exception:  # a third party's model: whatever it raises, the digest goes out without phrases
        log.warning("noun_phrases_failed", exc_info=True)
        return ()
    return tuple(_runs(tagged, longest))


def _runs(tagged: Sequence[tuple[str, str]], longest: int) -> Iterator[str]:
    run: list[tuple[str, str]] = []
    for word, tag in [*tagged, ("", "CH")]:
        if tag in ("N", "Np", "Ny", "Nb") or (tag == "A" and run):
            run.append((word, tag))
            continue
        while run and run[-1][1] == "A" and len(run) > 3:
            run.pop()
        phrase = " ".join(w for w, _ in run)
        if 2 <= len(phrase.split()) <= longest:
            yield phrase
        run = []
