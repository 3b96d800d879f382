"""Takes people's particulars out of a text, and makes strangers' links unclickable before they leave the house.

Masked: phone and identity numbers, bank accounts, e-mail addresses, handles and profile pages, number plates, house numbers.
Left alone: money, counts, dates, document numbers, hotlines (1800, 1900, 1022, 113 …), official addresses (*.gov.vn).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urlsplit

PHONE = "[số điện thoại]"
IDENTITY = "[số giấy tờ]"
ACCOUNT = "[số tài khoản]"
EMAIL = "[e-mail]"
HANDLE = "[tài khoản cá nhân]"
PLATE = "[biển số]"
HOUSE = "[số nhà]"

#: The end of addresses that we make up for what has none; reserved (RFC 2606), so it leads nowhere.
NOWHERE = ".invalid"

_PASSES = 8

Replacement = str | Callable[[re.Match[str]], str]

_START = r"(?<![^\W\d])"  #: where a word may begin: also right behind a number, which may be masked away
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_GAP = r"[\s.\-–_()·]{0,3}"
_WORDS_BETWEEN = r"(?:(?!\[số)[^\d\n])"  # never over a mask: what follows it was looked at already
_DATE = r"(?:0?[1-9]|[12]\d|3[01])\s?[.\-–]\s?(?:0?[1-9]|1[0-2])\s?[.\-–]\s?(?:19|20)\d{2}(?!\d)"
_COUNTED = (
    r"đồng|đ\b|vnđ|vnd|usd|triệu|tỷ|%|người|công dân|dân|thẻ|trường hợp|hồ sơ|lượt|tài khoản|cá nhân|khách|giao dịch|hộ|thuê bao|học sinh"
    r"|lao động|doanh nghiệp|bản ghi|dữ liệu"
)
# what stands where a number of papers or an account may stand, and is none: a counted figure, a date, a hotline
_NO_FIGURE = rf"(?!\d{{1,3}}(?:[.,]\d{{3}})+\s?(?:{_COUNTED}))(?!{_DATE})(?!1[89]00[\s.]?\d{{4}}(?!\d))"

_EMAIL = re.compile(
    r"[\w.+\-]{1,64}\s?(?:@|\(at\)|\[at\]|\sa còng\s)\s?[\w\-]{1,63}(?:\.[\w\-]{1,63}|\s?\.\s?(?:com|vn|net|org|edu)\b){1,6}", re.IGNORECASE
)
_SITES = (
    "facebook.com/", "fb.com/", "fb.me/", "fb.watch/", "t.me/", "zalo.me/", "wa.me/", "m.me/", "tiktok.com/", "instagram.com/", "x.com/",
    "twitter.com/", "threads.net/", "threads.com/", "youtube.com/@", "youtube.com/c/", "youtube.com/user/", "linkedin.com/in/",
)  # fmt: skip
_PROFILE = re.compile(
    rf"{_START}(?<!\.)((?:https?://)?(?:[\w\-]{{1,20}}\.)?(?:{'|'.join(map(re.escape, _SITES))}))(?:{re.escape(HANDLE)}|\S+)", re.IGNORECASE
)
_UPPER = "A-ZÀ-ÖØ-ÞĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_PLACE = r"(?:Hà Nội|Thủ đô|Thành phố|TP|UBND|Ủy ban|Công an|Sở|Bộ|Phường|Xã|Quận|Huyện|Việt Nam)\b"
# a mention takes the whole name with it: @Nguyễn Văn A
_HANDLE = re.compile(
    rf"{_START}(?<!@)(?:@(?:[{_UPPER}][^\W\d_]{{0,12}}(?: (?!{_PLACE})[{_UPPER}][^\W\d_]{{0,12}}(?![\w.])){{1,4}}|[^\W\d][\w.]{{1,31}}))+"
)
_NAMED_HANDLE = re.compile(
    rf"({_START}(?:fb|facebook|face|tiktok|tik tok|insta|instagram|zalo|tele|telegram|threads|viber|nick)"
    r"(?: (?:là|id|nick|của tôi|cá nhân))?\s?[:=]\s?)"
    r"(?=[A-Za-z]*[\w.]*[\d._])(?=[\d._]*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9._]{2,31})(?<!\.)(?![\w])",
    re.IGNORECASE,
)
# "zalo nguyenvana": no word of Vietnamese is so long without a mark, and the products' own names are in the list
_BARE_HANDLE = re.compile(
    rf"({_START}(?:fb|facebook|zalo|tele|telegram|tiktok|insta|instagram)\s)"
    r"(?!messenger|marketplace|business|official|workplace|livestream|reels)(?=[a-z0-9._]{8,31}(?![\w]))[a-z][a-z0-9._]{6,29}[a-z0-9]",
    re.IGNORECASE,
)
_PLATE = re.compile(
    r"\d(?<![\w/\-]\d)\d(?:\s?[-–]?\s?[A-ZĐ]{1,2}\d?\s?[-–. ]\s?\d{3}[.\s]?\d{2}(?!\d)"  # 29A-123.45, 30K1 234.56, 80A 12345
    r"|[A-ZĐ]{1,2}\d?\d{5}(?!\d)"  # 30A12345
    r"|[-–]?[A-Z]\d\s?[-–]?\s?\d{4}(?![\d.]))"  # 29B1-2345
)
# 0 or +84, then nine or ten digits however they are grouped; a bare 84 only before a mobile prefix
_PHONE = re.compile(
    rf"(?<!\d)(?!{_DATE}(?:(?!\s?[.\-–]\s?\d)|(?=\s?[.\-–]\s?\d{{1,2}}\s?[:hg])))"
    rf"(?:(?:\+|00){_GAP}84{_GAP}(?:\(?0\)?{_GAP})?|84{_GAP}(?=[35789])|\(?0{_GAP})(?:\d{_GAP}){{8,9}}\d(?!\d)"
)
_LETTERED_PHONE = re.compile(rf"(?<![\w/])[0oO]{_GAP}(?:[\doOlI]{_GAP}){{8,9}}[\doOlI](?![\w/])")
_DIGIT_WORD = "không|linh|lẻ|một|mốt|hai|ba|bốn|tư|năm|lăm|sáu|bảy|bẩy|tám|chín"
_SPOKEN_PHONE = re.compile(rf"không(?<!\w.{{5}})(?:[\s,.\-]{{1,3}}(?:{_DIGIT_WORD})){{8,11}}(?!\w)", re.IGNORECASE)
_ACCOUNT = re.compile(
    rf"((?:{_START}s?tk|(?<!\[)s[ốo]\s+t[àa]i\s+kho[ảa]n|t[àa]i\s+kho[ảa]n\s+(?:ng[âa]n\s+h[àa]ng|s[ốo]|(?=\d(?:\s?\d){8}))){_WORDS_BETWEEN}{{0,40}}?)"
    rf"({_NO_FIGURE}\d(?:[\s.\-]?\d){{5,19}})",
    re.IGNORECASE,
)
_BANKS = ("bank", "vcb", "bidv", "acb", "tcb", "momo", "zalopay", "viettel money")
_BANK_ACCOUNT = re.compile(rf"((?:{'|'.join(_BANKS)}){_WORDS_BETWEEN}{{0,20}}?)({_NO_FIGURE}\d(?:\s?\d){{7,18}}(?![\d.,/]))", re.IGNORECASE)
_IDENTITY_NAMED = re.compile(
    r"((?:cccd|cmnd|cmt|c[ăa]n\s+c[ưu][ớo]c(?:\s+c[ôo]ng\s+d[âa]n)?|ch[ứu]ng\s+minh|[đd][ịi]nh\s+danh|h[ộo]\s+chi[ếe]u|m[ãa]\s+s[ốo]\s+thu[ếe]|mst"
    rf"|bhxh|bhyt){_WORDS_BETWEEN}{{0,25}}?)({_NO_FIGURE}[A-Z]{{0,2}}\d(?:[\s.\-]?\d){{6,14}})",
    re.IGNORECASE,
)
# twelve digits in a row; money and counts carry dots, so 001.085.012.345 is only masked when named (above)
_IDENTITY = re.compile(r"\d(?<![\d.,/\-]\d)(?:\d{11}(?![\d/])|\d{2} \d{3} \d{3} \d{3}(?![\d.,]))")
_HOUSE = re.compile(rf"{_START}((?:số\s+nhà|nhà\s+số|ngõ|ngách|hẻm|kiệt)\s+(?:số\s+)?)\d+[A-Za-z]?(?:/\d+[A-Za-z]?)*", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://(?<!\w.{7})(?<!\w.{8})\S+", re.IGNORECASE)  # with a scheme it is a link whatever its ending
_LINK = re.compile(
    r"(?<![\w@\-])(?<!\w\.)(?:h(?:tt|xx)ps?://)?(?:[\w\-]{1,63}\.){1,10}(?:com|net|org|vn|info|vip|top|xyz|cc|site|online"
    r"|app|club|shop|store|io|me|link|live|icu|asia|biz|pro|work|tk|ly|click|ru|cn|us|uk|cfd|cyou|sbs|lol|bond|gd|at|gg|ai|tech|cloud|website|space|fun|today|world|life|mobi|ws|su|in|eu|to|gl|dev|page|rest|quest|monster|bet|win|vin)"
    r"(?![\w\-])(?:/\S*)?",
    re.IGNORECASE,
)
_SCHEME, _DOT = re.compile(r"http(?=s?://)", re.IGNORECASE), re.compile(r"(?<!\[)\.(?!\])")
_OFFICIAL = re.compile(r"^(?:https?://)?(?:[\w\-]+\.)*(?:gov|chinhphu|hanoi\.gov)\.vn(?:/|$)", re.IGNORECASE)


def mask(text: str, *, links: bool = True) -> str:
    """Return `text` with people's particulars replaced by what they were, in Vietnamese. Masking twice changes nothing more.

    Args:
        text: plain text; of HTML the words only.
        links: also make links unclickable, as alerts need it. Without, a link stays as it is, save for the handle in it.
    """
    for _ in range(_PASSES):  # what stood right behind a number becomes visible when the number is gone; most texts hold none
        masked = _masked(text, links=links)
        if masked == text:
            break
        text = masked
    return text


def _masked(text: str, *, links: bool) -> str:
    text = _FOREIGN_DIGIT.sub(lambda m: str(unicodedata.decimal(m.group())), text.replace("＠", "@"))
    lower = text.lower()
    if any(sign in lower for sign in ("@", "(at)", "[at]", "a còng")):
        text = _EMAIL.sub(EMAIL, text)
    if any(site in lower for site in _SITES):
        text = _PROFILE.sub(HANDLE if links else rf"\1{HANDLE}", text)
    if "@" in text:
        text = _HANDLE.sub(HANDLE, text)
    if links:
        text = _ADDRESS.sub(lambda m: _unclickable(m.group()), text)
        text = _LINK.sub(lambda m: _unclickable(m.group()), text)
    for hints, pattern, replacement in _REST:
        if not hints or any(hint in lower for hint in hints):
            text = pattern.sub(replacement, text)
    return text


def leads_nowhere(url: str) -> bool:
    """True for an address that we made up ourselves: it is never offered as a link."""
    try:
        return (urlsplit(url).hostname or "").endswith(NOWHERE)
    except ValueError:
        return True


def _unclickable(link: str) -> str:
    """An address of the authorities stays; any other loses its dots, so that nobody taps a fake page in the alert about it."""
    if _OFFICIAL.match(link):
        return link
    return _DOT.sub("[.]", _SCHEME.sub("hxxp", link))


def _lettered(found: re.Match[str]) -> str:
    """A phone number in which letters stand for some of the digits; mostly letters are words, digits alone were looked at already."""
    digits, letters = (sum(map(kind, found.group())) for kind in (str.isdigit, str.isalpha))
    return PHONE if letters and digits >= 6 else found.group()


# What is looked for only where the lower-case text holds one of these words: most texts hold none, and looking is what costs.
_REST: tuple[tuple[tuple[str, ...], re.Pattern[str], Replacement], ...] = (
    (("fb", "face", "tik", "insta", "zalo", "tele", "threads", "viber", "nick"), _NAMED_HANDLE, rf"\1{HANDLE}"),
    (("fb", "face", "tik", "insta", "zalo", "tele"), _BARE_HANDLE, rf"\1{HANDLE}"),
    (("stk", "tk", "khoản", "khoan", "khỏan"), _ACCOUNT, rf"\1{ACCOUNT}"),
    (_BANKS, _BANK_ACCOUNT, rf"\1{ACCOUNT}"),
    (
        ("cccd", "cmnd", "cmt", "cước", "cuoc", "minh", "danh", "hộ", "ho", "thuế", "thue", "mst", "bhxh", "bhyt"),
        _IDENTITY_NAMED,
        rf"\1{IDENTITY}",
    ),
    ((), _PLATE, PLATE),
    ((), _PHONE, PHONE),
    ((), _LETTERED_PHONE, _lettered),
    (("không",), _SPOKEN_PHONE, PHONE),
    ((), _IDENTITY, IDENTITY),
    (("nhà", "ngõ", "ngách", "hẻm", "kiệt"), _HOUSE, rf"\1{HOUSE}"),
)
