"""The syllables of a text, hashed once, with its numbers and days read; spellings that newspapers vary are brought together."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from monitor.text import fold, plain

_MAX_KNOWN = 200_000  #: distinct spellings remembered
_TOKEN = re.compile(r"\d+(?:[-/][A-Za-zĐđ0-9]+)+|\d+(?:[.,]\d+)*|[^\W\d_]+\d*|[.!?;:,\"“”()|–…\n]")
_SCORE = re.compile(r"\d-\d")  #: 2-1 is no day
_DAY = re.compile(r"(0?[1-9]|[12]\d|3[01])[./-](0?[1-9]|1[0-2])(?:[./-]20\d\d)?")
_MONTH = re.compile(r"(0?[1-9]|1[0-2])[/-]20\d\d")
_CITY = re.compile(r"\b(?:TP|Tp|tp)\.?\s?HCM\b|\b(?:[Tt]hành phố|TP|Tp|tp)\.?\s+Hồ Chí Minh\b")
_CODE = re.compile(r"[a-zđ]+\d+|\d+[a-zđ].*|.*[/-].*[a-zđ].*")

_UNITS = {"hai": 2, "ba": 3, "bốn": 4, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9}
_TENS = {"một": 1, "mốt": 1, "tư": 4, "lăm": 5, "năm": 5} | _UNITS
_SCALES = {
    "nghìn": 1000,
    "ngàn": 1000,
    "nghin": 1000,
    "trieu": 1_000_000,
    "vạn": 10_000,
    "triệu": 1_000_000,
    "tr": 1_000_000,
    "tỷ": 10**9,
    "tỉ": 10**9,
}
_ALIKE = {"h": "giờ", "tỉ": "tỷ", "ngàn": "nghìn"}

_STOP = frozenset(
    re.findall(
        r"\w+",
        "và là của các những một cho với được có không trong này đã đến từ về tại khi để ra vào theo như người nhiều trên bị sẽ "
        "cũng đang hay còn nên do mà thì bằng sau trước việc làm nhưng lại chỉ phải rất đó đây vì nếu qua cùng hoặc nào ai gì sao "
        "thế vẫn mới ông bà anh chị em tôi mình hơn gần đầu năm ngày tháng tới lên xuống đi số hai ba bốn hàng dưới giữa ngoài ở "
        "sự cả mọi mỗi từng ấy kia vừa chưa hôm nay sáng chiều tối giờ phút biết nói thêm khác cần thể",
    )
)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "chuyển đổi công nghệ dịch vụ hà nội thành phố thông tin dữ liệu hệ thống phường xã ubnd dân ứng dụng trực tuyến điện tử "
        "hồ sơ thủ tục hành chính khoa học việt nam quốc gia bộ sở ban đồng tỷ triệu phát triển an toàn quản lý thực hiện tổ chức "
        "trung tâm đơn vị cơ quan cục tổng bí thư chủ tịch nước tướng phó trưởng hội phủ ủy giám đốc lãnh đạo luật nghị định "
        "quyết quy doanh nghiệp kế hoạch đề án chương trình vneid",
    )
)


# What a syllable is worth. Plain numbers: they are compared for every syllable of every text.
EDGE_KIND, STOP, COMMON, CONTENT, NAME, SMALL, NUMBER, DAY, CODE = range(9)
# EDGE_KIND is the end of a clause; COMMON stands in half of what this office reads; NAME has a capital inside a clause; SMALL is a number
# below ten; CODE is a model, a plate, a document: B2407, 57-nq/tw.


class Syllable(NamedTuple):
    """One syllable or number."""

    code: int  #: hash of the matching view
    bare: int  #: hash without diacritics
    kind: int
    capital: bool
    value: float | None  #: of a number
    word: str  #: the matching view


EDGE = Syllable(0, 0, EDGE_KIND, False, None, "")
_known: dict[str, Syllable] = {}


def word_hash(word: str) -> int:
    """The hash of a syllable in the matching view; never 0, which stands for an edge."""
    return zlib.crc32(word.encode("utf-8", "replace")) or 1


def known(printed: str) -> Syllable:
    """The syllable, number or edge as printed, from memory when it was met before."""
    found = _known.get(printed)
    if found is None:
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        found = _known[printed] = _read(printed)
    return found


def tokens(text: str) -> list[Syllable]:
    """Syllables, numbers and edges in order, one for each that is printed."""
    if not text.isascii() and not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    if "HCM" in text or "Chí Minh" in text:
        text = _CITY.sub("TPHCM", text)
    met = _known.get
    return [met(t) or known(t) for t in _TOKEN.findall(text)]


def told(printed: Iterable[Syllable]) -> list[Syllable]:
    """The same with abbreviations spelt out, numbers and days as one token each, however written: 4,6 tỉ · ba mươi · ngày 20 tháng 7."""
    row = [t for token in printed for t in (_SPELT_OUT.get(token.word) or (token,))]
    if all(t.value is None for t in row):
        return row
    out: list[Syllable] = []
    at = 0
    while at < len(row):
        token = row[at]
        if token.value is None:
            out.append(token)
            at += 1
            continue
        value, at = _number(row, at)
        month = row[at + 1].value if at + 1 < len(row) and row[at].word == "tháng" else None
        if month is not None and 1 <= month <= 12 and 1 <= value <= 31 and out and out[-1].word == "ngày":
            out.append(known(f"{int(value)}/{int(month)}"))
            at += 2
        elif out and out[-1].word == "tháng" and 1 <= value <= 12:
            out.append(_named(f"tháng {int(value)}", SMALL))
        else:
            out.append(_figure(value))
    return out


def _number(row: list[Syllable], at: int) -> tuple[float, int]:
    """The value of the number that starts at a token, and where it ends."""
    value, hundreds = row[at].value or 0.0, 0.0
    spelt = not row[at].word[0].isdigit()
    joins = value == 10  # mười
    at += 1
    while at < len(row):
        word = row[at].word
        if word == "trăm":
            hundreds, value, spelt, joins = value * 100, 0.0, True, True
        elif word in _SCALES:
            value, hundreds, joins = (hundreds + value) * _SCALES[word], 0.0, False
        elif spelt and word in ("mươi", "chục"):
            value, joins = value * 10, True
        elif spelt and joins and word in _TENS:
            value, joins = value + _TENS[word], False
        else:
            break
        at += 1
    return hundreds + value, at


def _figure(value: float) -> Syllable:
    if value < 10 and value == int(value):
        return _named(str(int(value)), SMALL, value)
    if 2000 <= value <= 2035:
        return _named(str(int(value)), COMMON, value)
    return _named(figure(value), NUMBER, value)


def figure(value: float) -> str:
    """A number as Vietnamese print it: 12.000, 4,6 tỷ."""
    for scale, name in ((10**9, " tỷ"), (10**6, " triệu")):
        if value >= scale:
            return _printed(value / scale) + name
    return _printed(value)


def _printed(value: float) -> str:
    whole, _, part = f"{value:,.3f}".rstrip("0").rstrip(".").partition(".")
    return whole.replace(",", ".") + ("," + part if part else "")


def _named(word: str, kind: int, value: float | None = None) -> Syllable:
    return Syllable(word_hash(word), word_hash(word), kind, False, value, word)


def _read(printed: str) -> Syllable:
    if not printed[0].isalnum():
        return EDGE
    word = plain(printed)
    word = _ALIKE.get(word, word)
    bare = word_hash(fold(word))
    if word[0].isdigit():
        day = _DAY.fullmatch(word)
        if day and word != "24/7" and not _SCORE.fullmatch(word):
            said = f"{int(day[1])}/{int(day[2])}"
            return Syllable(word_hash(said), bare, DAY, False, None, said)
        if month := _MONTH.fullmatch(word):
            return _named(f"tháng {int(month[1])}", SMALL)
        value = _value(word)
        if value is None:
            return Syllable(word_hash(word), bare, CODE if _CODE.fullmatch(word) else NUMBER, False, None, word)
        return Syllable(word_hash(word), bare, NUMBER, False, value, word)
    value = 10.0 if word == "mười" else _UNITS.get(word)
    kind = STOP if word in _STOP else COMMON if word in _COMMON else CODE if _CODE.fullmatch(word) else CONTENT
    return Syllable(word_hash(word), bare, kind, printed[0].isupper(), value, word)


def _value(word: str) -> float | None:
    whole, _, part = word.partition(",")
    whole = whole.replace(".", "") if re.fullmatch(r"\d{1,3}(\.\d{3})+", whole) else whole
    try:
        return float(f"{whole}.{part}" if part else whole) if len(whole) <= 15 else None
    except ValueError:
        return None


_SPELT_OUT = {
    short: tuple(_read(word) for word in words.split())
    for short, words in {
        "app": "ứng dụng",
        "bhxh": "bảo hiểm xã hội",
        "bhyt": "bảo hiểm y tế",
        "cccd": "căn cước công dân",
        "cntt": "công nghệ thông tin",
        "csgt": "cảnh sát giao thông",
        "dvc": "dịch vụ công",
        "gplx": "giấy phép lái xe",
        "hđnd": "hội đồng nhân dân",
        "hn": "hà nội",
        "hs": "học sinh",
        "tthc": "thủ tục hành chính",
        "ubnd": "ủy ban nhân dân",
    }.items()
}
