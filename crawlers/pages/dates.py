"""Reads the dates that Vietnamese sites print: feeds, bylines, addresses, "2 giờ trước". Local time is +07 unless a zone is given."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from crawlers.pages import date_forms as forms
from monitor.text import clean, fold

LOCAL = timezone(timedelta(hours=7))
EARLIEST_YEAR = 1997  #: Việt Nam joined the Internet; earlier dates are defaults of a CMS
MAX_RAW = 200  #: characters looked at
_CLOCK_SKEW = timedelta(minutes=10)
_NEAR_FUTURE = timedelta(hours=24)


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
    stamp = forms.URL_STAMP.search(url)
    if stamp:
        day, clock = (2000 + int(stamp["y"]), int(stamp["m"]), int(stamp["d"])), stamp["t"]
        found = _moment(day, (int(clock[:2]), int(clock[2:4]), int(clock[4:])), LOCAL)
        return believable(found, now)
    path = forms.URL_PATH.search(url)
    return believable(_moment((int(path["y"]), int(path["m"]), int(path["d"])), (0, 0, 0), LOCAL), now) if path else None


def believable(found: datetime | None, now: datetime) -> datetime | None:
    """Clamp a near future to `now`; refuse a far one and the years before the web."""
    if found is None or found.year < EARLIEST_YEAR or found > now + _NEAR_FUTURE:
        return None
    return found if found <= now + _CLOCK_SKEW else now


def _normal(raw: str) -> str:
    folded = fold(clean(raw[: MAX_RAW * 2], MAX_RAW)).replace("–", "-").replace("—", "-").replace("’", "'")
    return " ".join(forms.LUNAR.sub(" ", folded).split())


def _epoch(folded: str) -> datetime | None:
    found = forms.EPOCH.fullmatch(folded)
    if found is None:
        return None
    seconds = int(found[1]) / (1000 if len(found[1]) == 13 else 1)
    return datetime.fromtimestamp(seconds, LOCAL)


def _relative(folded: str, now: datetime) -> datetime | None:
    if forms.JUST_NOW.search(folded):
        return now
    found = forms.AGO.search(folded)
    if found is None or any(p.search(folded) for p in forms.DATES):
        return None
    ago = timedelta(seconds=_count(found["n"] or found["n3"]) * forms.SECONDS[found["unit"] or found["unit3"]])
    if found["n2"]:
        ago += timedelta(minutes=int(found["n2"]))
    return now - ago


def _count(word: str) -> float:
    return int(word) if word.isdigit() else forms.SOME.get(word) or forms.WORDS.get(word, 1)


def _absolute(folded: str, now: datetime) -> datetime | None:
    american = re.search(r"\d\s*[ap]\.?m\b", folded) is not None
    for pattern in forms.DATES:
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
        return forms.ENGLISH.index(str(groups["name"])) + 1
    if groups.get("word"):
        return forms.WORDS[" ".join(str(groups["word"]).split())]
    return int(str(groups["m"]))


def _recent_day(folded: str, now: datetime) -> datetime | None:
    """Forms that leave out the year, or name the day: "Hôm qua, 22:15", "20/7 10:06"."""
    today = now.astimezone(LOCAL).date()
    word = forms.DAY_WORD.search(folded)
    if word:
        rest = folded[: word.start()] + " " + folded[word.end() :]
        clock, zone, left = _clock_and_zone(rest)
        if word[1].startswith(("chieu", "toi")) and 0 < clock[0] < 12:
            clock = (clock[0] + 12, *clock[1:])
        day = today - timedelta(days=forms.DAY_WORDS[word[1]])
        return None if forms.FILLER.sub("", left) else _moment((day.year, day.month, day.day), clock, zone)
    for pattern in forms.YEARLESS:
        found = pattern.search(folded)
        if found:
            clock, zone, left = _clock_and_zone(folded[: found.start()] + " " + folded[found.end() :])
            if not forms.FILLER.sub("", left):
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
    for pattern in forms.TIMES:
        found = pattern.search(rest)
        if found is None:
            continue
        groups = found.groupdict()
        clock = (_hour(int(groups["h"]), groups.get("half")), int(groups.get("min") or 0), int(groups.get("sec") or 0))
        zone = _offset(groups.get("sign"), groups.get("zh"), groups.get("zm"))
        rest = rest[: found.start()] + " " + rest[found.end() :]
        break
    offset = forms.ZONE_OFFSET.search(rest)
    if zone is None and offset:
        zone = _offset(offset["sign"] or offset["sign2"], offset["zh"] or offset["zh2"], offset["zm"] or offset["zm2"])
        rest = rest.replace(offset.group(), " ")
    name = forms.ZONE_NAME.search(rest)
    if name:
        zone = zone or timezone(timedelta(hours=forms.ZONE_NAMES[name[1]]))
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
