"""Takes people's particulars out of a passage before it leaves the house, and makes strangers' links unclickable.

Masked: phone and identity numbers, bank accounts, e-mail addresses, handles and profile pages, number plates, house numbers.
Left alone: money, dates, document numbers, hotlines (1800, 1900, three digits), official addresses (*.gov.vn).
"""

from __future__ import annotations

import re
import unicodedata

PHONE = "[số điện thoại]"
IDENTITY = "[số giấy tờ]"
ACCOUNT = "[số tài khoản]"
EMAIL = "[e-mail]"
HANDLE = "[tài khoản cá nhân]"
PLATE = "[biển số]"
HOUSE = "[số nhà]"

_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_GAP = r"[\s.\-–_()·]{0,3}"
_EMAIL = re.compile(r"[\w.+\-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w\-]+(?:\.[\w\-]+)+", re.IGNORECASE)
_PROFILE = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?(?:facebook\.com|fb\.com|fb\.me|t\.me|zalo\.me|tiktok\.com|instagram\.com|x\.com|twitter\.com|threads\.net)/\S+",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z_][\w.]{2,31}")
# 29A-123.45, 30K1 234.56, 29-B1 2345, 80A 12345
_PLATE = re.compile(
    r"(?<![\w/\-])\d{2}\s?[-–]?\s?[A-ZĐ]{1,2}\d?\s?[-–. ]\s?\d{3}[.\s]?\d{2}(?!\d)"  # 29A-123.45, 30K1 234.56, 80A 12345
    r"|(?<![\w/\-])\d{2}[A-ZĐ]{1,2}\d?\d{5}(?!\d)"  # 30A12345
    r"|(?<![\w/\-])\d{2}[-–]?[A-Z]\d\s?[-–]?\s?\d{4}(?![\d.])"  # 29B1-2345
)
# 0 or +84, then nine or ten digits however they are grouped; a bare 84 only before a mobile prefix
_PHONE = re.compile(
    rf"(?<![\d/])(?:(?:\+|00){_GAP}84{_GAP}(?:\(?0\)?{_GAP})?|84{_GAP}(?=[35789])|\(?0{_GAP})(?:\d{_GAP}){{8,9}}\d(?![\d/])"
)
_ACCOUNT = re.compile(
    r"((?:\bstk|\btk|s[ốo]\s+t[àa]i\s+kho[ảa]n|t[àa]i\s+kho[ảa]n\s+(?:ng[âa]n\s+h[àa]ng|s[ốo]))[^\d\n]{0,40}?)(\d(?:[\s.\-]?\d){5,19})",
    re.IGNORECASE,
)
_IDENTITY_NAMED = re.compile(
    r"((?:cccd|cmnd|cmt|c[ăa]n\s+c[ưu][ớo]c(?:\s+c[ôo]ng\s+d[âa]n)?|ch[ứu]ng\s+minh|h[ộo]\s+chi[ếe]u|m[ãa]\s+s[ốo]\s+thu[ếe]|bhxh|bhyt)[^\d\n]{0,25}?)"
    r"([A-Z]{0,2}\d(?:[\s.\-]?\d){6,14})",
    re.IGNORECASE,
)
# twelve digits in a row; money and counts carry dots, so 001.085.012.345 is only masked when named (above)
_IDENTITY = re.compile(r"(?<![\d.,/\-])\d{12}(?![\d/])|(?<![\d.,/\-])\d{3} \d{3} \d{3} \d{3}(?![\d.,])")
_HOUSE = re.compile(r"\b((?:số\s+nhà|nhà\s+số|ngõ|ngách|hẻm|kiệt)\s+(?:số\s+)?)\d+[A-Za-z]?(?:/\d+[A-Za-z]?)*", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<!\w)https?://\S+", re.IGNORECASE)  # with a scheme it is a link whatever its ending
_LINK = re.compile(
    r"(?<![\w@])(?<!\w\.)(?:h(?:tt|xx)ps?://)?(?:[\w\-]+\.)+(?:com|net|org|vn|info|vip|top|xyz|cc|site|online"
    r"|app|club|shop|store|io|me|link|live|icu|asia|biz|pro|work|tk|ly|click|ru|cn|us|uk|cfd|cyou|sbs|lol|bond|gd|at|gg|ai|tech|cloud|website|space|fun|today|world|life|mobi|ws|su|in|eu|to|gl|dev|page|rest|quest|monster|bet|win|vin)"
    r"(?![\w\-])(?:/\S*)?",
    re.IGNORECASE,
)
_OFFICIAL = re.compile(r"^(?:https?://)?(?:[\w\-]+\.)*(?:gov|chinhphu|hanoi\.gov)\.vn(?:/|$)", re.IGNORECASE)


def mask(text: str) -> str:
    """Return `text` with people's particulars replaced by what they were, in Vietnamese. Masking twice changes nothing more."""
    text = _FOREIGN_DIGIT.sub(lambda m: str(unicodedata.decimal(m.group())), text)  # full-width and other scripts' digits hide numbers
    text = _EMAIL.sub(EMAIL, text)
    text = _PROFILE.sub(HANDLE, text)
    text = _HANDLE.sub(HANDLE, text)
    text = _ADDRESS.sub(lambda m: _unclickable(m.group()), text)
    text = _LINK.sub(lambda m: _unclickable(m.group()), text)
    text = _ACCOUNT.sub(rf"\1{ACCOUNT}", text)
    text = _IDENTITY_NAMED.sub(rf"\1{IDENTITY}", text)
    text = _PLATE.sub(PLATE, text)
    text = _PHONE.sub(PHONE, text)
    text = _IDENTITY.sub(IDENTITY, text)
    return _HOUSE.sub(lambda m: m.group(1) + HOUSE, text)


def _unclickable(link: str) -> str:
    """An address of the authorities stays; any other loses its dots, so that nobody taps a fake page in the alert about it."""
    if _OFFICIAL.match(link):
        return link
    head, slash, tail = link.partition("://")
    host, path_slash, path = (tail or head).partition("/")
    scheme = f"{head}://" if slash else ""
    return f"{scheme.replace('http', 'hxxp')}{host.replace('.', '[.]')}{path_slash}{path.replace('.', '[.]')}"
