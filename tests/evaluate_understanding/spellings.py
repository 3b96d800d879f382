"""The 17 kinds of spelling of ../shared/data/attacks.json over 30 key terms: is the term still recognised in a sentence around it?

The sentence comes in by the same door as an article (`clean`). A term is recognised when the lexicon finds it in the spelling too.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from classifiers.features import look
from monitor.text import clean, fold
from tests.evaluate_understanding.sets import ROOT

ATTACKS = ROOT / "../shared/data/attacks.json"
TERMS = (
    "chuyển đổi số", "dịch vụ công trực tuyến", "trí tuệ nhân tạo", "đổi mới sáng tạo", "chính quyền số", "kinh tế số", "xã hội số",
    "công dân số", "đô thị thông minh", "chữ ký số", "học bạ số", "bệnh án điện tử", "an ninh mạng", "an toàn thông tin",
    "thủ tục hành chính", "hạ tầng số", "nền tảng số", "dữ liệu số", "bình dân học vụ số", "tổ công nghệ số cộng đồng",
    "khoa học công nghệ", "lừa đảo", "VNeID", "iHanoi", "lộ lọt dữ liệu cá nhân", "kho dữ liệu tập trung", "thanh toán không dùng tiền mặt",
    "sổ tay đảng viên điện tử",
    "số hóa hồ sơ", "phòng thí nghiệm trọng điểm",
)  # fmt: skip
_AROUND = "Sáng nay bà con bàn nhau về {} ở tổ dân phố."

_CYRILLIC = str.maketrans("aeopcyxAEOPCTX", "аеорсухАЕОРСТХ")
_FULL = {c: c + 0xFEE0 for c in range(0x21, 0x7F)}
_BOLD = {**{ord("a") + i: 0x1D41A + i for i in range(26)}, **{ord("A") + i: 0x1D400 + i for i in range(26)}}
_LEET = str.maketrans({"o": "0", "ô": "0", "ố": "0", "ổ": "0", "O": "0"})
_OLD = (
    ("òa", "oà"),
    ("óa", "oá"),
    ("ỏa", "oả"),
    ("õa", "oã"),
    ("ọa", "oạ"),
    ("ùy", "uỳ"),
    ("úy", "uý"),
    ("ủy", "uỷ"),
    ("ũy", "uỹ"),
    ("ụy", "uỵ"),
)


def _inside(mark: str) -> Callable[[str], str]:
    """`mark` after the first letter of every syllable that has more than one."""
    return lambda term: " ".join(w[0] + mark + w[1:] if len(w) > 1 else w for w in term.split(" "))


def _base(table: dict[int, int]) -> Callable[[str], str]:
    """Base letters replaced, marks left where they stand."""
    return lambda term: unicodedata.normalize("NFD", term).translate(table)


def old_tones(text: str) -> str:
    """Tone marks placed the old way: hoà for hòa, thuỷ for thủy."""
    for new, old in _OLD:
        text = text.replace(new, old).replace(new.upper(), old.upper()).replace(new.capitalize(), old.capitalize())
    return text


KINDS: dict[str, Callable[[str], str]] = {
    "nfd": lambda t: unicodedata.normalize("NFD", t),
    "zero-width": lambda t: _inside("\u200b")(_inside("\u200d\u2060")(t)),
    "soft hyphen": _inside("\u00ad"),
    "cyrillic": lambda t: t.translate(_CYRILLIC),
    "fullwidth": _base(_FULL),
    "no diacritics": lambda t: unicodedata.normalize("NFC", _bare(t)),
    "combining junk": _inside("\u034f\u0336\u034f"),
    "spaces": lambda t: t.replace(" ", "\u00a0", 1).replace(" ", "\u2003"),
    "bidi": lambda t: f"\u202e{t}\u202c",
    "leet": lambda t: t.translate(_LEET),
    "dots": lambda t: " ".join(".".join(w) for w in t.split(" ")),
    "upper": str.upper,
    "math": _base(_BOLD),
    "eth": lambda t: t.replace("đ", "ð", 1).replace("đ", "ɖ").replace("Đ", "Ð"),
    "variation selector": _inside("\ufe0f"),
    "tag characters": _inside("\U000e0041"),
    "old tone marks": old_tones,
}

#: Harsher than the list asks for; told beside it, not counted.
BEYOND: dict[str, Callable[[str], str]] = {
    "cyrillic, letters with marks too": lambda t: unicodedata.normalize("NFC", unicodedata.normalize("NFD", t).translate(_CYRILLIC)),
    "dots and no diacritics": lambda t: " ".join(".".join(w) for w in _bare(t).split(" ")),
}


def _bare(term: str) -> str:
    off = "".join(c for c in unicodedata.normalize("NFD", term) if not unicodedata.combining(c))
    return off.replace("đ", "d").replace("Đ", "D")


@dataclass(frozen=True)
class Recognised:
    """What became of the 510 spellings."""

    by_kind: dict[str, int]  #: terms still recognised, of 30
    missed: tuple[tuple[str, str], ...]  #: (kind, term)
    beyond: dict[str, int]  #: the harsher kinds

    @property
    def share(self) -> float:
        """The part that is recognised."""
        return sum(self.by_kind.values()) / (len(self.by_kind) * len(TERMS))


def measured() -> Recognised:
    """Every kind over every term."""
    by_kind, missed = {}, []
    for kind, change in KINDS.items():
        lost = [term for term in TERMS if not recognised(term, change(term))]
        by_kind[kind] = len(TERMS) - len(lost)
        missed += [(kind, term) for term in lost]
    beyond = {kind: sum(recognised(term, change(term)) for term in TERMS) for kind, change in BEYOND.items()}
    return Recognised(by_kind, tuple(missed), beyond)


def recognised(term: str, written: str) -> bool:
    """True when a phrase of the lexicon that the term gives (itself, where it stands there) is found in the spelling too."""
    ours = _phrases(term)
    itself = {phrase for phrase in ours if fold(phrase) == fold(term)}
    return bool((itself or ours) & _phrases(written))


def _phrases(term: str) -> set[str]:
    return {hit.phrase for hit in look("", clean(_AROUND.format(term))).votes.hits}


def unlisted(path: Path = ATTACKS) -> set[str]:
    """Kinds of attacks.json that are not measured here (none, a test says)."""
    return {e["kind"] for e in json.loads(path.read_text(encoding="utf-8"))["evasion"]} - set(KINDS)
