"""What makes an item recognisable: syllables and phrases of headline, lead and first paragraphs, its numbers, days and places."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from monitor.text import plain, syllables

LEAD_WORDS = 60
BODY_WORDS = 340  #: after the lead
TITLE_WEIGHT, LEAD_WEIGHT, BODY_WEIGHT = 1.5, 1.0, 0.6
WORD_WEIGHT, NUMBER_WEIGHT, LOOSE_WEIGHT = 0.7, 2.0, 0.5  #: against a phrase of two content syllables

# How many of the last PRIOR_ITEMS items are supposed to hold a feature before any was counted.
PRIOR_ITEMS = 3000
_WORD_PRIOR, _PHRASE_PRIOR, _COMMON_FACTOR = 15.0, 2.0, 8.0

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
        "trung tâm đơn vị cơ quan",
    )
)
_PROVINCES = (
    "hà nội|tphcm|hải phòng|đà nẵng|cần thơ|huế|lai châu|điện biên|sơn la|lạng sơn|quảng ninh|thanh hóa|nghệ an|hà tĩnh"
    "|cao bằng|tuyên quang|lào cai|thái nguyên|phú thọ|bắc ninh|hưng yên|ninh bình|quảng trị|quảng ngãi|gia lai|khánh hòa"
    "|lâm đồng|đắk lắk|đồng nai|tây ninh|vĩnh long|đồng tháp|cà mau|an giang|bình dương|hải dương|quảng nam|bắc giang"
    "|vĩnh phúc|hà nam|nam định|thái bình|bình định|phú yên|bến tre|kiên giang|long an"
)
_PROVINCE = re.compile(rf"\b(?:{_PROVINCES})\b")
_WARD = re.compile(
    r"\b(?:phường|xã|đặc khu|thị trấn|thị xã|quận|huyện|PHƯỜNG|XÃ|Phường|Xã|Đặc khu|Thị trấn|Thị xã|Quận|Huyện)\s+"
    r"((?:[A-ZĐÀ-Ỹ]\w*|\d+)(?:[^\S\n]+[A-ZĐÀ-Ỹ]\w*){0,3})"
)
_TITLE_WARD_END = frozenset(("ubnd", "hđnd", "hà", "thành", "tp"))
_TOKEN = re.compile(r"\S+")
_SEGMENT = re.compile(r"\n|[.!?;:]\s|[\"“”()|–…]|,\s")
_CITY = re.compile(r"\btp\.?\s?hcm\b|\bthành phố hồ chí minh\b")
_DAY = re.compile(r"(?<![\d.,/-])(0?[1-9]|[12]\d|3[01])\s?[./-]\s?(0?[1-9]|1[0-2])(?:\s?[./-]\s?20\d\d)?(?![\d%]|[.,/-]\d)")
_SPELT_DAY = re.compile(r"\bngày\s+(0?[1-9]|[12]\d|3[01])\s+tháng\s+(0?[1-9]|1[0-2])(?:\s+năm\s+20\d\d)?\b")
_MONTH = re.compile(r"\btháng\s+(0?[1-9]|1[0-2])(?:\s?[/-]\s?20\d\d)?\b(?![./]\d)")


@dataclass(frozen=True)
class Features:
    """One item as the story index sees it. `hashes` is sorted; the other arrays run along it."""

    hashes: NDArray[np.uint32]
    weights: NDArray[np.float32]
    priors: NDArray[np.float32]
    title: NDArray[np.uint32]  #: the hashes that stand in the headline
    wards: frozenset[str]
    provinces: frozenset[str]
    title_numbers: frozenset[str]
    numbers: frozenset[str]  #: of headline and lead
    days: frozenset[str]  #: "20/7", "tháng 7"
    words: tuple[str, ...]  #: headline and lead as printed, for explaining


def read(title: str, text: str) -> Features:
    """Take an item apart. `text` may begin with the title."""
    opening, body = _zones(text)
    head_view, lead_view = _view(title), _view(opening)
    lead_view = lead_view.removeprefix(head_view)
    found: dict[int, tuple[float, float]] = {}
    _collect(head_view, TITLE_WEIGHT, found)
    in_title = np.array(sorted(found), dtype=np.uint32)
    _collect(lead_view, LEAD_WEIGHT, found)
    _collect(_view(body), BODY_WEIGHT, found)
    hashes = sorted(found)
    both = f"{head_view}\n{lead_view}"
    return Features(
        hashes=np.array(hashes, dtype=np.uint32),
        weights=np.array([found[h][0] for h in hashes], dtype=np.float32),
        priors=np.array([found[h][1] for h in hashes], dtype=np.float32),
        title=in_title,
        wards=_wards(f"{title}\n{opening}"),
        provinces=frozenset(_PROVINCE.findall(both)),
        title_numbers=_numbers(head_view),
        numbers=_numbers(both),
        days=_days(both),
        words=tuple(f"{title}\n{opening}".split()),
    )


def _zones(text: str) -> tuple[str, str]:
    """The lead and the first part of the body, lines kept: a line is a boundary of phrases."""
    ends = [m.end() for m in islice(_TOKEN.finditer(text), LEAD_WORDS + BODY_WORDS)]
    if not ends:
        return "", ""
    lead_end = ends[min(LEAD_WORDS, len(ends)) - 1]
    return text[:lead_end], text[lead_end : ends[-1]]


def word_hash(word: str) -> int:
    """The hash of a syllable or phrase in the matching view."""
    return zlib.crc32(word.encode("utf-8", "replace"))


def view_of(words: str) -> list[str]:
    """The syllables of printed words as the index counts them."""
    return syllables(_view(words))


def says_something(one: str, other: str) -> bool:
    """True for a phrase worth showing: not made of function words."""
    return one not in _STOP and other not in _STOP


def _view(text: str) -> str:
    """The matching view with spellings that newspapers vary brought together: TP.HCM, tỉ/tỷ, 20-7 and ngày 20 tháng 7."""
    view = _CITY.sub("tphcm", plain(text)).replace("tỉ ", "tỷ ")
    view = _SPELT_DAY.sub(lambda m: f"{int(m[1])}/{int(m[2])}", view)
    return _DAY.sub(lambda m: f"{int(m[1])}/{int(m[2])}", view)


def _collect(view: str, weight: float, found: dict[int, tuple[float, float]]) -> None:
    """Add the features of one zone; the heaviest zone that holds a feature counts."""
    for segment in _SEGMENT.split(view):
        previous = ""
        for syllable in syllables(segment):
            if syllable not in _STOP and not (len(syllable) < 2 and syllable.isdigit()):
                factor = NUMBER_WEIGHT if syllable[0].isdigit() else WORD_WEIGHT
                _add(found, syllable, weight * factor, _WORD_PRIOR * (_COMMON_FACTOR if syllable in _COMMON else 1))
            if previous and not (previous in _STOP and syllable in _STOP):
                factor = LOOSE_WEIGHT if previous in _STOP or syllable in _STOP else 1.0
                common = (previous in _COMMON) + (syllable in _COMMON)
                _add(found, f"{previous} {syllable}", weight * factor, _PHRASE_PRIOR * (1.0, 2.0, _COMMON_FACTOR)[common])
            previous = syllable


def _add(found: dict[int, tuple[float, float]], word: str, weight: float, prior: float) -> None:
    code = word_hash(word)
    if code not in found or found[code][0] < weight:
        found[code] = (weight, prior)


def _wards(text: str) -> frozenset[str]:
    return frozenset(name for name in (plain(found) for found in _WARD.findall(text)) if name.split()[0] not in _TITLE_WARD_END)


def _numbers(view: str) -> frozenset[str]:
    """Numbers and document codes, days aside; single digits say too little."""
    return frozenset(s for s in syllables(view) if s[0].isdigit() and len(s) > 1 and not _DAY.fullmatch(s) and not s.startswith("20"))


def _days(view: str) -> frozenset[str]:
    days = {f"{int(m[1])}/{int(m[2])}" for m in _DAY.finditer(view)}
    return frozenset(days | {f"tháng {int(m[1])}" for m in _MONTH.finditer(view)})
