"""Why two items are, or are not, the same story: in Vietnamese, in the facts and words that they share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta

from crawlers.stories import features
from crawlers.stories.features import Facts, Features
from crawlers.stories.syllables import COMMON, EDGE_KIND, STOP, tokens
from monitor.text import plain, syllables

_REWORDED = 0.65  #: share of one's wording found in the other from which a text was filled in or cut rather than edited
_SAME_FACTS = 0.4  #: share of one's facts found in the other from which they are the same matter
_SAME_HEADLINE = 0.5  #: share of one's headline found in the other's from which both are one template
_PHRASES = 3
_LONGEST = 12  #: words of one quoted phrase
_LOOSE = frozenset(
    re.findall(
        r"\w+",
        "của và với cho được đã là các những một từ tại ở về trong bị để khi có theo do nên mà thì này đó sẽ đang đến ra vào hơn rằng "
        "cũng như so",
    )
)  #: a quoted phrase does not begin or end with these
_MARKS = " .,;:!?“”\"'()-–|"


def same_story(one: Features, other: Features, gap: timedelta) -> str:
    """The reason for joining: the places, days, numbers and words that both state, and how far apart they are."""
    shared = phrases(one.opening, other.opening)
    quoted = [f"cùng nói {', '.join(f'“{phrase}”' for phrase in shared)}"] if shared else []
    said = [*_facts(one, other, " ".join(shared).lower()), *quoted]
    return f"cùng sự việc vì: {'; '.join(said) or 'nội dung gần nhau'}; {distance(gap)}"


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


def clash(one: Features, other: Features) -> str:
    """What contradicts one story between two texts of their own wording: the places. "" when nothing does."""
    return _apart("khác địa bàn", one.headline.wards | one.lead.wards, other.headline.wards | other.lead.wards, one, other)


def template_clash(one: Features, other: Features, wording: float) -> str:
    """What contradicts one story between two texts of one wording: place, day or number. A changed headline proves nothing.

    `wording` is the share of it that both have. A filled-in template changes nothing but its facts; where words were changed all
    over, a fact or two may have gone with them, as long as most facts are the same.
    """
    if wording < _REWORDED and features.common_facts(one, other) >= _SAME_FACTS:
        return ""
    found = _contradiction(one.lead, other.lead, one, other)
    alike = features.common_title(one, other) >= _SAME_HEADLINE
    return found or (_contradiction(one.headline, other.headline, one, other) if alike else "")


def _contradiction(mine: Facts, theirs: Facts, one: Features, other: Features) -> str:
    return (
        _apart("khác địa bàn", mine.wards, theirs.wards, one, other)
        or _apart("khác thời gian", mine.days, theirs.days, one, other)
        or _apart("khác số liệu", mine.numbers, theirs.numbers, one, other)
    )


def _facts(one: Features, other: Features, quoted: str) -> Iterable[str]:
    """The places, days and telling numbers that both headlines and leads state, in words; those that are quoted need no second mention."""
    kinds: tuple[tuple[str, Callable[[Facts], Iterable[str]]], ...] = (
        ("cùng địa bàn", lambda facts: facts.wards),
        ("cùng nhắc ngày", lambda facts: (day for day in facts.days if "/" in day)),
        ("cùng số liệu", lambda facts: (number for number in facts.numbers if len(number) > 2)),
    )
    for words, of in kinds:
        shared = {*of(one.headline), *of(one.lead)} & {*of(other.headline), *of(other.lead)}
        fresh = [name for name in sorted(shared) if name not in quoted]
        if fresh:
            yield f"{words} {', '.join(_printed(name) for name in fresh[:_PHRASES])}"


def _printed(name: str) -> str:
    """A fact as people write it: names with capitals, units without."""
    return name if any(c.isdigit() for c in name) else name.title()


def phrases(opening: str, other: str) -> list[str]:
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
    """The runs that say most: those with the most telling syllables, then the longest."""
    trimmed = [run for run in (_trimmed(run) for run in runs) if run]
    chosen: list[str] = []
    for run in sorted(trimmed, key=lambda run: (-_telling(run), -len(run))):
        phrase = " ".join(run).strip(_MARKS)
        if len(phrase.split()) > 1 and not any(phrase.lower() in c.lower() or c.lower() in phrase.lower() for c in chosen):
            chosen.append(phrase)
        if len(chosen) == _PHRASES:
            break
    return chosen


def _trimmed(run: list[str]) -> list[str]:
    """Without the words at either end that say nothing."""
    said = [at for at, word in enumerate(run) if any(t.kind != EDGE_KIND and t.word not in _LOOSE for t in tokens(word))]
    return run[said[0] : said[-1] + 1] if said else []


def _telling(run: list[str]) -> int:
    return sum(t.kind not in (EDGE_KIND, STOP, COMMON) for word in run for t in tokens(word))


def _apart(what: str, mine: frozenset[str], theirs: frozenset[str], one: Features, other: Features) -> str:
    """The contradiction in words when each side states something that the other never says; "" otherwise."""
    if not mine or not theirs or mine & theirs:
        return ""
    if any(other.says(name) for name in mine) or any(one.says(name) for name in theirs):
        return ""
    return f"{what} ({_printed(min(mine))}, {_printed(min(theirs))})"
