"""Reads the dates that Vietnamese sites print: feeds, bylines, addresses, "2 giờ trước". Local time is +07 unless a zone is given."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from monitor.text import clean, fold

LOCAL = timezone(timedelta(hours=7))
EARLIEST_YEAR = 1997  #: Việt Nam joined the Internet; earlier dates are defaults of a CMS
MAX_RAW = 200  #: characters looked at
_CLOCK_SKEW = timedelta(minutes=10)
_NEAR_FUTURE = timedelta(hours=24)

_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_WORDS = {
    "mot": 1,
    "hai": 2,
    "ba": 3,
    "tu": 4,
    "bon": 4,
    "nam": 5,
    "sau": 6,
    "bay": 7,
    "tam": 8,
    "chin": 9,
    "muoi": 10,
    "muoi mot": 11,
    "muoi hai": 12,
}
_MONTH_WORD = r"(?P<word>muoi\s+mot|muoi\s+hai|muoi|mot|hai|ba|tu|bon|nam|sau|bay|tam|chin)\b"
_THANG = rf"(?:thang|thg|th)\s*\.?\s*(?:(?P<m>0?[1-9]|1[0-2])(?!\d)|{_MONTH_WORD})"
_YEAR = r"(?P<y>[12]\d{3})(?!\d)"

# Tried in this order on the folded text; the first hit that is a real date wins. Groups y, m, d, name, word; a and b are
# two numbers of which only the country knows which is the day.
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_YEAR}\s*(?P<s>[-/.])\s*(?P<m>\d{{1,2}})\s*(?P=s)\s*(?P<d>\d{{1,2}})(?!\d)",
        r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-2]\d|3[01])(?=t?\d{4}(?:\d\d)?(?!\d)|(?!\d))",
        rf"(?<!\d)(?P<a>\d{{1,2}})\s*(?P<s>[-/.])\s*(?P<b>\d{{1,2}})\s*(?P=s)\s*(?:{_YEAR}|(?P<yy>\d\d)(?!\d|[:h]\d))",
        rf"(?<!\d)(?P<d>\d{{1,2}})\s*(?:,|-|/)?\s*{_THANG}\s*(?:,|-|/|nam\b)?\s*{_YEAR}",
        rf"\b{_THANG}\s+(?:ngay\s+)?(?P<d>\d{{1,2}})(?!\d)\s*(?:,|nam\b)?\s*{_YEAR}",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s,.-]*{_ENGLISH_MONTH}[\s,.-]*(?:{_YEAR}|(?P<yy>\d\d)(?!\d|:))",
        rf"\b{_ENGLISH_MONTH}\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)\s*,?\s*(?:at\s+)?{_YEAR}",
        rf"\b{_ENGLISH_MONTH}\s+(?P<d>\d{{1,2}})(?!\d|:)(?=.*?\s{_YEAR})",
    )
)
_YEARLESS = tuple(
    re.compile(pattern)
    for pattern in (rf"(?<!\d)(?P<d>\d{{1,2}})\s*{_THANG}", r"(?<![\d:])(?P<d>\d{1,2})(?P<s>[-/.])(?P<m>\d{1,2})(?![\d:])")
)
_DAY_WORDS = {
    "hom nay": 0,
    "sang nay": 0,
    "trua nay": 0,
    "chieu nay": 0,
    "toi nay": 0,
    "today": 0,
    "hom qua": 1,
    "toi qua": 1,
    "yesterday": 1,
    "hom kia": 2,
}
_DAY_WORD = re.compile(r"\b(" + "|".join(_DAY_WORDS) + r")\b")

_HALF = r"(?P<half>am|pm|a\.m\.?|p\.m\.?|sa|ch|sang|trua|chieu|toi|dem)\b"
_OFFSET = r"(?P<sign>[+-])(?P<zh>\d{1,2}):?(?P<zm>\d\d)?(?!\d)"
_TIMES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\d:])(?P<h>\d{{1,2}})\s?:\s?(?P<min>\d\d)(?:\s?:\s?(?P<sec>\d\d)(?:[.,]\d+)?)?(?!\d)(?:\s*{_HALF})?(?:\s*(?:gmt|utc)?{_OFFSET})?",
        rf"(?<!\d)(?P<h>\d{{1,2}})\s*(?:h|g|gio)\b\s*(?:(?P<min>\d{{1,2}})(?!\d)\s*(?:'|phut|ph|p)?)?(?:\s*(?P<sec>\d{{1,2}})\s*(?:giay|s)\b)?(?:\s*{_HALF})?",
        rf"(?<!\d)(?P<h>\d{{1,2}})(?:h|g)(?P<min>\d\d)(?!\d)\s*(?:'|phut|ph|p)?(?:\s*{_HALF})?",
        rf"(?<![\d:])(?P<h>1[0-2]|0?[1-9])\s*{_HALF}",
        r"(?<=t)(?P<h>\d\d)(?P<min>\d\d)(?P<sec>\d\d)?(?![\d])(?:[.,]\d+)?(?:" + _OFFSET + ")?",
        r"^\s*(?P<h>[01]\d|2[0-3])(?P<min>[0-5]\d)(?P<sec>[0-5]\d)?(?!\d)",
    )
)
_ZONE_OFFSET = re.compile(r"(?:gmt|utc)\s*" + _OFFSET + r"|(?<![\d:])(?P<sign2>\+)(?P<zh2>\d{1,2}):?(?P<zm2>\d\d)?(?!\d)")
_ZONE_NAMES = {
    "z": 0,
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "ict": 7,
    "asia/ho_chi_minh": 7,
    "asia/saigon": 7,
    "asia/bangkok": 7,
    "hkt": 8,
    "sgt": 8,
    "jst": 9,
    "kst": 9,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "bst": 1,
    "cet": 1,
    "cest": 2,
}
_ZONE_NAME = re.compile(r"(?:(?<=[\d\s(])|^)(" + "|".join(sorted(_ZONE_NAMES, key=len, reverse=True)) + r")\b")

_SECONDS = {
    "giay": 1,
    "phut": 60,
    "ph": 60,
    "gio": 3600,
    "tieng": 3600,
    "ngay": 86400,
    "hom": 86400,
    "tuan": 604800,
    "thang": 2592000,
    "nam": 31536000,
    "second": 1,
    "sec": 1,
    "minute": 60,
    "min": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "month": 2592000,
    "year": 31536000,
}
_UNIT = "|".join(sorted(_SECONDS, key=len, reverse=True))
_COUNT = rf"(?P<n>\d{{1,3}}|an?|{'|'.join(_WORDS)})"
_AGO = re.compile(
    rf"\b{_COUNT}\s*(?P<unit>{_UNIT})s?(?:\s+(?P<n2>\d{{1,2}})\s*(?P<unit2>phut|ph|minutes?|mins?))?\s+(?:truoc|ago|qua)\b"
    rf"|\bcach day\s+(?:khoang\s+)?(?P<n3>\d{{1,3}}|{'|'.join(_WORDS)})\s*(?P<unit3>{_UNIT})\b"
)
_JUST_NOW = re.compile(r"\b(?:vua xong|vua moi|moi day|moi dang|just now|bay gio)\b")
_EPOCH = re.compile(r"(?:/date\()?(\d{10}|\d{13})(?:[+-]\d{4})?(?:\)/)?")
# What may surround a date without a year; anything else means that the numbers are something else (24/7, 1/2).
_FILLER = re.compile(
    r"\b(?:thu|t|chu nhat|cn|ngay|luc|vao|dang|cap nhat|xuat ban|dua tin|bai|tin|moi|hai|ba|tu|nam|sau|bay|gmt)\b"
    r"|\b(?:posted|updated|published|at|on)\b"
    r"|\b(?:t|thu\s*)[2-7]\b|\W"
)
_URL_STAMP = re.compile(
    r"(?<!\d)(?:20|1\d\d)?(?P<y>2\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?P<t>(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)\d{0,4}(?!\d)"
)
_URL_PATH = re.compile(r"/(?P<y>20\d\d)[/-](?P<m>\d{1,2})[/-](?P<d>\d{1,2})(?=[/-])")


def parse(raw: str, now: datetime) -> datetime | None:
    """Return the moment printed in `raw`, aware UTC, or None when there is none to be trusted.

    `now` (aware) anchors relative forms. A moment up to 10 minutes ahead is taken as it is, up to 24 hours ahead becomes
    `now` (a wrong clock or zone), further ahead or before EARLIEST_YEAR is None.
    """
    folded = _normal(raw)
    if not folded:
        return None
    found = _epoch(folded) or _relative(folded, now) or _absolute(folded, now) or _recent_day(folded, now)
    return believable(found, now)


def find(text: str, now: datetime) -> datetime | None:
    """Return the first full date (with its year) in running text such as a byline, aware UTC."""
    return believable(_absolute(_normal(text), now), now)


def from_url(url: str, now: datetime) -> datetime | None:
    """Return the moment written into an address (…-20260720100612345.htm, /2026/07/20/), aware UTC."""
    stamp = _URL_STAMP.search(url)
    if stamp:
        day, clock = (2000 + int(stamp["y"]), int(stamp["m"]), int(stamp["d"])), stamp["t"]
        found = _moment(day, (int(clock[:2]), int(clock[2:4]), int(clock[4:])), LOCAL)
        return believable(found, now)
    path = _URL_PATH.search(url)
    return believable(_moment((int(path["y"]), int(path["m"]), int(path["d"])), (0, 0, 0), LOCAL), now) if path else None


def believable(found: datetime | None, now: datetime) -> datetime | None:
    """Clamp a near future to `now`; refuse a far one and the years before the web."""
    if found is None or found.year < EARLIEST_YEAR or found > now + _NEAR_FUTURE:
        return None
    return found if found <= now + _CLOCK_SKEW else now


def _normal(raw: str) -> str:
    folded = fold(clean(raw[: MAX_RAW * 2], MAX_RAW)).replace("–", "-").replace("—", "-").replace("’", "'")
    return " ".join(folded.split())


def _epoch(folded: str) -> datetime | None:
    found = _EPOCH.fullmatch(folded)
    if found is None:
        return None
    seconds = int(found[1]) / (1000 if len(found[1]) == 13 else 1)
    return datetime.fromtimestamp(seconds, LOCAL)


def _relative(folded: str, now: datetime) -> datetime | None:
    if _JUST_NOW.search(folded):
        return now
    found = _AGO.search(folded)
    if found is None or any(p.search(folded) for p in _DATES):
        return None
    ago = timedelta(seconds=_count(found["n"] or found["n3"]) * _SECONDS[found["unit"] or found["unit3"]])
    if found["n2"]:
        ago += timedelta(minutes=int(found["n2"]))
    return now - ago


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _WORDS.get(word, 1)


def _absolute(folded: str, now: datetime) -> datetime | None:
    american = re.search(r"\d\s*[ap]\.?m\b", folded) is not None
    for pattern in _DATES:
        for found in pattern.finditer(folded):
            rest = folded[: found.start()] + " " + folded[found.end() :]
            clock, zone, _ = _clock_and_zone(rest)
            moments = [_moment(day, clock, zone) for day in _days(found, american)]
            real = [m for m in moments if m is not None]
            if real:
                return next((m for m in real if m <= now + _NEAR_FUTURE), real[0])
    return None


def _days(found: re.Match[str], american: bool) -> list[tuple[int, int, int]]:
    """The readings of one date match as (year, month, day), the likelier first."""
    groups = found.groupdict()
    year = int(groups["y"]) if groups.get("y") else 2000 + int(groups["yy"]) if groups.get("yy") else 0
    if groups.get("a"):
        a, b = int(groups["a"]), int(groups["b"])
        if american:  # M/d/yyyy h:mm tt; the other order only when this one is no date or lies ahead
            return [(year, a, b), (year, b, a)]
        return [(year, b, a)] if b <= 12 else [(year, a, b)]
    return [(year, _month(groups), int(groups["d"]))]


def _month(groups: dict[str, str | None]) -> int:
    if groups.get("name"):
        return _ENGLISH.index(str(groups["name"])) + 1
    if groups.get("word"):
        return _WORDS[" ".join(str(groups["word"]).split())]
    return int(str(groups["m"]))


def _recent_day(folded: str, now: datetime) -> datetime | None:
    """Forms that leave out the year, or name the day: "Hôm qua, 22:15", "20/7 10:06"."""
    today = now.astimezone(LOCAL).date()
    word = _DAY_WORD.search(folded)
    if word:
        rest = folded[: word.start()] + " " + folded[word.end() :]
        clock, zone, left = _clock_and_zone(rest)
        day = today - timedelta(days=_DAY_WORDS[word[1]])
        return None if _FILLER.sub("", left) else _moment((day.year, day.month, day.day), clock, zone)
    for pattern in _YEARLESS:
        found = pattern.search(folded)
        if found:
            clock, zone, left = _clock_and_zone(folded[: found.start()] + " " + folded[found.end() :])
            if not _FILLER.sub("", left):
                return _latest((_month(found.groupdict()), int(found["d"])), clock, zone, today)
    return None


def _latest(month_day: tuple[int, int], clock: tuple[int, int, int], zone: timezone, today: date) -> datetime | None:
    """The last such day that is not ahead of today."""
    for year in (today.year, today.year - 1):
        found = _moment((year, *month_day), clock, zone)
        if found is not None and found.astimezone(LOCAL).date() <= today:
            return found
    return None


def _clock_and_zone(rest: str) -> tuple[tuple[int, int, int], timezone, str]:
    """The time of day and zone in what remains around a date, and what is left when both are taken out."""
    clock, zone = (0, 0, 0), None
    for pattern in _TIMES:
        found = pattern.search(rest)
        if found is None:
            continue
        groups = found.groupdict()
        clock = (_hour(int(groups["h"]), groups.get("half")), int(groups.get("min") or 0), int(groups.get("sec") or 0))
        zone = _offset(groups.get("sign"), groups.get("zh"), groups.get("zm"))
        rest = rest[: found.start()] + " " + rest[found.end() :]
        break
    offset = _ZONE_OFFSET.search(rest)
    if zone is None and offset:
        zone = _offset(offset["sign"] or offset["sign2"], offset["zh"] or offset["zh2"], offset["zm"] or offset["zm2"])
        rest = rest.replace(offset.group(), " ")
    name = _ZONE_NAME.search(rest)
    if name:
        zone = zone or timezone(timedelta(hours=_ZONE_NAMES[name[1]]))
        rest = rest.replace(name.group(), " ")
    return clock, zone or LOCAL, rest


def _hour(hour: int, half: str | None) -> int:
    if not half or hour > 12:
        return hour
    half = half.replace(".", "")
    if half in ("am", "sa", "sang"):
        return hour % 12
    if half in ("trua", "toi", "dem") and hour in (10, 11) and half == "trua":
        return hour
    if half == "dem" and hour in (12, 1, 2, 3, 4):  # 12 giờ đêm, 2 giờ đêm
        return hour % 12
    return hour % 12 + 12


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> timezone | None:
    if not sign or not hours:
        return None
    size = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-size if sign == "-" else size) if size <= timedelta(hours=14) else None


def _moment(day: tuple[int, int, int], clock: tuple[int, int, int], zone: timezone) -> datetime | None:
    hour, minute, second = clock
    try:
        start = datetime(*day, tzinfo=zone)
        if hour == 24 and minute == second == 0:  # some CMS print midnight so
            return (start + timedelta(days=1)).astimezone(UTC)
        return start.replace(hour=hour, minute=minute, second=min(second, 59)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
