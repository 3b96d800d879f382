"""Why two items are, or are not, the same story: in Vietnamese, in the words that they share."""

from __future__ import annotations

from datetime import timedelta

from crawlers import features
from crawlers.features import Features

_PHRASES = 3
_LONGEST = 8  #: words of one quoted phrase


def same_story(phrases: list[str], gap: timedelta) -> str:
    """The reason for joining: what both say, and how far apart."""
    quoted = ", ".join(f"“{phrase}”" for phrase in phrases)
    said = f"cùng nói {quoted}" if quoted else "nội dung gần nhau"
    return f"cùng sự việc vì: {said}; {distance(gap)}"


def copy(gap: timedelta) -> str:
    """The reason for calling an item a reprint."""
    return f"bản đăng lại vì: nội dung gần như trùng; {distance(gap)}"


def new_story(clash: str) -> str:
    """The reason for standing alone."""
    return f"sự việc mới; có tin giống nhưng {clash}" if clash else "sự việc mới"


def distance(gap: timedelta) -> str:
    """The time between two items in words."""
    minutes = round(abs(gap.total_seconds()) / 60)
    if minutes < 2:
        return "đăng cùng lúc"
    if minutes < 60:
        return f"cách nhau {minutes} phút"
    if minutes < 48 * 60:
        return f"cách nhau {round(minutes / 60)} giờ"
    return f"cách nhau {round(minutes / 1440)} ngày"


def clash(one: Features, other: Features, *, template: bool) -> str:
    """What contradicts one story, or "". Days and numbers count only between texts of one wording (`template`)."""
    if one.wards and other.wards and not one.wards & other.wards:
        return f"khác địa bàn ({_name(one.wards)}, {_name(other.wards)})"
    if not template:
        return ""
    if _differ(one.days, other.days):
        return f"khác thời gian ({_first(one.days - other.days)}, {_first(other.days - one.days)})"
    mine, theirs = one.title_numbers - other.numbers, other.title_numbers - one.numbers
    if mine and theirs:
        return f"khác số liệu ({_first(mine)}, {_first(theirs)})"
    return ""


def shared(one: Features, other: Features) -> list[str]:
    """The longest phrases of `one` that `other` has too, as printed, at most three."""
    pool = set(other.hashes.tolist())
    runs: list[list[str]] = []
    run: list[str] = []
    previous = ""
    for word in one.words:
        syllables = features.view_of(word)
        joined = bool(run) and bool(previous) and len(syllables) > 0 and features.word_hash(f"{previous} {syllables[0]}") in pool
        alone = any(features.word_hash(s) in pool and features.says_something(s, s) for s in syllables)
        if joined and len(run) < _LONGEST:
            run.append(word)
        else:
            runs.append(run)
            run = [word] if alone else []
        previous = syllables[-1] if syllables and word[-1:] not in ".,;:!?”\")" else ""
    runs.append(run)
    return _best(runs)


def _best(runs: list[list[str]]) -> list[str]:
    chosen: list[str] = []
    for run in sorted(runs, key=lambda r: -len(r)):
        phrase = " ".join(run).strip(" .,;:!?“”\"'()-–")
        telling = len(run) > 1 or any(c.isdigit() for c in phrase)
        if phrase and telling and not any(phrase.lower() in c.lower() or c.lower() in phrase.lower() for c in chosen):
            chosen.append(phrase)
        if len(chosen) == _PHRASES:
            break
    return chosen


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """True when each names something that the other does not, and they have nothing in common."""
    return bool(one) and bool(other) and not one & other


def _first(names: frozenset[str]) -> str:
    return min(names, default="")


def _name(wards: frozenset[str]) -> str:
    return _first(wards).title()
