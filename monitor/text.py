"""Vietnamese text, cleaned and folded: the two views that every trade matches on.

Raw input may be hostile (findings: zero-width letters, stacked marks, homoglyphs, megabytes without a space),
so everything read from outside passes through `clean` once, at the door.
"""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 20_000  #: characters kept of one text; the rest says nothing new about an article
MAX_RUN = 80  #: characters of one unbroken run; longer ones are binary, not words
MAX_MARKS = 3  #: combining marks in a row; Vietnamese needs two

# Default-ignorable and control characters: invisible, so they can only hide or split words. Variation selectors and
# tag characters included; tab and newline stay.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"[^\S\n]+")
_LONG_RUN = re.compile(rf"\S{{{MAX_RUN},}}")
_MARK = re.compile("[\u0300-\u036f]")
_MARK_RUN = re.compile(rf"([\u0300-\u036f]{{{MAX_MARKS}}})[\u0300-\u036f]+")

# Look-alikes that NFKC leaves alone: Cyrillic, Greek and Latin-extended letters drawn like Latin ones. Lower and upper case.
_LOOK_ALIKE = str.maketrans(
    "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅαοερνικΑΒΕΗΙΚΜΝΟΡΤΥΧΖðɖƉÐıɡ",
    "aeopcyxijshdqwABEKMHOPCTYXIJSaoepvikABEHIKMNOPTYXZđđĐĐig",
)
# A Vietnamese word is never mixed-script: swap look-alikes only where Latin letters stand beside them, so Russian stays Russian.
_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f"
_OTHER = "\u0370-\u03ff\u0400-\u052f\u00f0\u0256\u0189\u00d0\u0131\u0261"
_MIXED = re.compile(f"[{_LATIN}{_OTHER}]*[{_OTHER}][{_LATIN}{_OTHER}]*")
_LATIN_LETTER = re.compile("[A-Za-z\u1e00-\u1eff\u00c0-\u00cf\u00d1-\u00ef\u00f1-\u0130\u0132-\u0188\u018a-\u024f]")


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Return `text` in NFC without invisible characters, at most `limit` characters, runs and mark stacks bounded.

    Never raises; linear in `limit`, whatever the length of the input.
    """
    text = text[: limit * 4]
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\x85", "\n"))
    if _MARK.search(text) or not unicodedata.is_normalized("NFC", text):  # composed letters alone never pile up marks
        text = _MARK_RUN.sub(r"\1", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text)
    text = _LONG_RUN.sub(lambda m: m.group()[:MAX_RUN], text)
    text = _SPACES.sub(" ", text)
    return text.strip()[:limit]


def plain(text: str) -> str:
    """Return the lower-case matching view with diacritics: compatibility forms and look-alikes undone, tone marks placed one way."""
    text = unicodedata.normalize("NFKC", text)
    if not text.isascii():
        text = _MIXED.sub(lambda m: m.group().translate(_LOOK_ALIKE) if _LATIN_LETTER.search(m.group()) else m.group(), text)
    return _tone_placement(unicodedata.normalize("NFC", text).lower())


def fold(text: str) -> str:
    """Return the matching view without diacritics (đ→d, tone and vowel marks off), lower case.

    Folding is for recall: "chuyển đổi" and "chuyện dối" fold to the same, so a folded hit is never the only evidence.
    """
    text = plain(text).replace("đ", "d")
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def syllables(view: str) -> list[str]:
    """Split a `plain` or `fold` view into syllables and numbers; document codes such as 57-nq/tw stay whole."""
    return _SYLLABLE.findall(view)


def span(seconds: float) -> str:
    """A length of time as people say it, in its one largest unit: "45 giây", "7 phút", "18 giờ", "3 ngày"."""
    for size, unit, most in ((1, "giây", 60), (60, "phút", 3_600), (3_600, "giờ", 48 * 3_600)):
        if seconds < most:
            return f"{max(int(seconds), 0) // size} {unit}"
    return f"{int(seconds) // 86_400} ngày"


_SYLLABLE = re.compile(r"\d+(?:[-/][a-zđ0-9]+)+|\d+(?:[.,]\d+)*|[^\W\d_]+\d*", re.UNICODE)


# Old and new spelling of the tone on oa, oe, uy (hoà/hòa, thuỷ/thủy): rewritten to the new one, at the end of a syllable only.
_OLD_TONES = {
    old: new
    for base, marks in (("o", "òóỏõọ"), ("u", "ùúủũụ"))
    for vowels in (("a", "àáảãạ"), ("e", "èéẻẽẹ"), ("y", "ỳýỷỹỵ"))
    if (base == "o") == (vowels[0] in "ae")
    for old, new in zip((base + v for v in vowels[1]), (m + vowels[0] for m in marks), strict=True)
}
_OLD_TONE = re.compile(r"(?<!q)(" + "|".join(_OLD_TONES) + r")(?![a-zà-ỹ])")


def _tone_placement(text: str) -> str:
    return _OLD_TONE.sub(lambda m: _OLD_TONES[m.group(1)], text)
