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
BODY_WORDS = 200  #: after the lead
MAX_CHARS = 6_000  #: of a text; a copy shows itself well before that
TITLE_WEIGHT, LEAD_WEIGHT, BODY_WEIGHT = 1.9, 1.0, 0.6
WORD_WEIGHT, NUMBER_WEIGHT, LOOSE_WEIGHT = 0.7, 2.0, 0.5  #: against a phrase of two content syllables

# How many of the last PRIOR_ITEMS items are supposed to hold a feature before any was counted.
PRIOR_ITEMS = 3000
_EDGE, _STOP_KIND, _CONTENT_KIND, _COMMON_KIND = range(4)
_WORD_PRIORS = (0.0, 0.0, 15.0, 80.0)  #: by kind
_PHRASE_PRIORS = (2.4, 4.8, 12.0)  #: by how many of its two syllables are common

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
_PROVINCES = (
    "hà nội|tphcm|hải phòng|đà nẵng|cần thơ|huế|lai châu|điện biên|sơn la|lạng sơn|quảng ninh|thanh hóa|nghệ an|hà tĩnh"
    "|cao bằng|tuyên quang|lào cai|thái nguyên|phú thọ|bắc ninh|hưng yên|ninh bình|quảng trị|quảng ngãi|gia lai|khánh hòa"
    "|lâm đồng|đắk lắk|đồng nai|tây ninh|vĩnh long|đồng tháp|cà mau|an giang|bình dương|hải dương|quảng nam|bắc giang"
    "|vĩnh phúc|hà nam|nam định|thái bình|bình định|phú yên|bến tre|kiên giang|long an"
)
_PROVINCE = re.compile(rf"\b(?:{_PROVINCES})\b")
_CAPITAL = "[A-ZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ]"
_WARD = re.compile(
    r"\b(?:phường|xã|đặc khu|thị trấn|thị xã|quận|huyện|PHƯỜNG|XÃ|Phường|Xã|Đặc khu|Thị trấn|Thị xã|Quận|Huyện)\s+"
    rf"((?:{_CAPITAL}\w*|\d+)(?:[^\S\n]+{_CAPITAL}\w*){{0,3}})"
)
_TITLE_WARD_END = frozenset(("ubnd", "hđnd", "hà", "thành", "tp"))
_TOKEN = re.compile(r"\S+")
_SEGMENT = re.compile(r"\n|[.!?;:]\s|[\"“”()|–…]|,\s")
_CITY = re.compile(r"\btp\.?\s?hcm\b|\bthành phố hồ chí minh\b")
_DAY = re.compile(r"(?<![\d.,/-])(0?[1-9]|[12]\d|3[01])\s?[./-]\s?(0?[1-9]|1[0-2])(?:\s?[./-]\s?20\d\d)?(?![\d%]|[.,/-]\d)")
_SPELT_DAY = re.compile(r"\bngày\s+(0?[1-9]|[12]\d|3[01])\s+tháng\s+(0?[1-9]|1[0-2])(?:\s+năm\s+20\d\d)?\b")
_MONTH = re.compile(r"\btháng\s+(0?[1-9]|1[0-2])(?:\s?[/-]\s?20\d\d)?\b(?![./]\d)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a passage states: the things that tell two notices of one wording apart."""

    wards: frozenset[str]
    provinces: frozenset[str]
    days: frozenset[str]  #: "20/7", "tháng 7"
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Features:
    """One item as the story index sees it. `hashes` is sorted; the other arrays run along it."""

    hashes: NDArray[np.uint32]
    weights: NDArray[np.float32]
    priors: NDArray[np.float32]
    title: NDArray[np.uint32]  #: the hashes that stand in the headline
    headline: Facts
    lead: Facts
    opening: str  #: headline and lead as printed, for explaining
    view: str  #: the text in the matching view


def read(title: str, text: str) -> Features:
    """Take an item apart. `text` may begin with the title."""
    text = text[:MAX_CHARS]
    opening, body = _zones(text)
    head_view, lead_view, body_view = _view(title), _view(opening), plain(body)
    told = lead_view.removeprefix(head_view)
    found: dict[int, tuple[float, float]] = {}
    _collect(head_view, TITLE_WEIGHT, found)
    in_title = np.array(sorted(found), dtype=np.uint32)
    _collect(told, LEAD_WEIGHT, found)
    _collect(_first_words(body_view), BODY_WEIGHT, found)
    hashes = sorted(found)
    return Features(
        hashes=np.array(hashes, dtype=np.uint32),
        weights=np.array([found[h][0] for h in hashes], dtype=np.float32),
        priors=np.array([found[h][1] for h in hashes], dtype=np.float32),
        title=in_title,
        headline=_facts(title, head_view),
        lead=_facts(opening, told),
        opening=f"{title} . {opening}",
        view=f"{lead_view}\n{body_view}",
    )


def _facts(printed: str, view: str) -> Facts:
    return Facts(wards=_wards(printed), provinces=frozenset(_PROVINCE.findall(view)), days=_days(view), numbers=_numbers(view))


def _zones(text: str) -> tuple[str, str]:
    """The lead and the rest, lines kept: a line is a boundary of phrases."""
    ends = [m.end() for m in islice(_TOKEN.finditer(text), LEAD_WORDS)]
    at = ends[-1] if ends else 0
    return text[:at], text[at:]


def _first_words(view: str) -> str:
    ends = [m.end() for m in islice(_TOKEN.finditer(view), BODY_WORDS)]
    return view[: ends[-1]] if ends else ""


def word_hash(word: str) -> int:
    """The hash of a syllable in the matching view."""
    return zlib.crc32(word.encode("utf-8", "replace"))


def phrase_hash(one: int, other: int) -> int:
    """The hash of two syllables in a row, from their hashes."""
    return (one * 0x9E3779B1 + (other ^ 0x85EBCA77)) & 0xFFFFFFFF


def name_hash(name: str) -> int:
    """The hash that finds a name, day or number in an item: that of its first two syllables."""
    codes = [word_hash(s) for s in syllables(name)[:2]]
    return phrase_hash(*codes) if len(codes) == 2 else codes[0] if codes else 0


def _view(text: str) -> str:
    """The matching view with spellings that newspapers vary brought together: TP.HCM, tỉ/tỷ, 20-7 and ngày 20 tháng 7."""
    view = _CITY.sub("tphcm", plain(text)).replace("tỉ ", "tỷ ")
    view = _SPELT_DAY.sub(lambda m: f"{int(m[1])}/{int(m[2])}", view)
    return _DAY.sub(lambda m: f"{int(m[1])}/{int(m[2])}", view)


def _collect(view: str, weight: float, found: dict[int, tuple[float, float]]) -> None:
    """Add the features of one zone; a feature found in an earlier, heavier zone keeps its weight."""
    for segment in _SEGMENT.split(view):
        previous = 0
        previous_kind = _EDGE
        for syllable in syllables(segment):
            kind = _STOP_KIND if syllable in _STOP else _COMMON_KIND if syllable in _COMMON else _CONTENT_KIND
            code = word_hash(syllable)
            if kind != _STOP_KIND and code not in found and not (len(syllable) < 2 and syllable.isdigit()):
                factor = NUMBER_WEIGHT if syllable[0].isdigit() else WORD_WEIGHT
                found[code] = (weight * factor, _WORD_PRIORS[kind])
            if previous_kind != _EDGE and not (kind == previous_kind == _STOP_KIND):
                phrase = phrase_hash(previous, code)
                if phrase not in found:
                    loose = kind == _STOP_KIND or previous_kind == _STOP_KIND
                    common = (kind == _COMMON_KIND) + (previous_kind == _COMMON_KIND)
                    found[phrase] = (weight * LOOSE_WEIGHT if loose else weight, _PHRASE_PRIORS[common])
            previous, previous_kind = code, kind


def _wards(text: str) -> frozenset[str]:
    return frozenset(name for name in (plain(found) for found in _WARD.findall(text)) if name.split()[0] not in _TITLE_WARD_END)


def _numbers(view: str) -> frozenset[str]:
    """Numbers and document codes, days aside; single digits say too little."""
    return frozenset(s for s in syllables(view) if s[0].isdigit() and len(s) > 1 and not _DAY.fullmatch(s) and not s.startswith("20"))


def _days(view: str) -> frozenset[str]:
    days = {f"{int(m[1])}/{int(m[2])}" for m in _DAY.finditer(view)}
    return frozenset(days | {f"tháng {int(m[1])}" for m in _MONTH.finditer(view)})
