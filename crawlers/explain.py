"""Why two items are, or are not, the same story: in Vietnamese, in the words that they share."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from crawlers import features
from crawlers.features import Facts
from monitor.text import plain, syllables


class Stated(Protocol):
    """What an item states in headline and lead, and everything it says."""

    @property
    def headline(self) -> Facts:
        """Of the headline."""

    @property
    def lead(self) -> Facts:
        """Of the lead."""

    def says(self, code: int) -> bool:
        """True when the feature of this hash stands anywhere in the item."""


_PHRASES = 3
_LONGEST = 12  #: words of one quoted phrase


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


def clash(one: Stated, other: Stated) -> str:
    """What contradicts one story between two texts of their own wording: the places. "" when nothing does."""
    return _apart("khác địa bàn", one.headline.wards | one.lead.wards, other.headline.wards | other.lead.wards, one, other)


def template_clash(one: Stated, other: Stated, *, same_headline: bool) -> str:
    """What contradicts one story between two texts of one wording: place, day or number. A changed headline proves nothing."""
    for mine, theirs in ((one.lead, other.lead), (one.headline, other.headline)):
        found = (
            _apart("khác địa bàn", mine.wards, theirs.wards, one, other)
            or _apart("khác thời gian", mine.days, theirs.days, one, other)
            or _apart("khác số liệu", mine.numbers, theirs.numbers, one, other)
        )
        if found or not same_headline:
            return found
    return ""


def shared(opening: str, other: str) -> list[str]:
    """The longest phrases of one headline and lead that stand word for word in another's, as printed, at most three."""
    said = _spoken(plain(other))
    words, views = opening.split(), plain(opening).split()
    if len(words) != len(views):  # a compatibility form that holds a space
        words = views
    runs: list[list[str]] = [[]]
    phrase = " "
    for word, view in zip(words, views, strict=True):
        new = _spoken(view)
        if runs[-1] and len(runs[-1]) < _LONGEST and phrase + new[1:] in said:
            runs[-1].append(word)
            phrase += new[1:]
        else:
            runs.append([word] if len(new) > 1 and new in said else [])
            phrase = new
        if word[-1:] in '.,;:!?”")':  # a phrase ends here
            runs.append([])
    return _best(runs)


def _spoken(view: str) -> str:
    """A matching view as syllables with one space around each."""
    return " ".join(("", *syllables(view), ""))


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


def _apart(what: str, mine: frozenset[str], theirs: frozenset[str], one: Stated, other: Stated) -> str:
    """The contradiction in words when each side states something that the other never says; "" otherwise."""
    if not mine or not theirs or mine & theirs:
        return ""
    if any(other.says(features.name_hash(name)) for name in mine) or any(one.says(features.name_hash(name)) for name in theirs):
        return ""
    return f"{what} ({min(mine).title()}, {min(theirs).title()})"
