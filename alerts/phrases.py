"""Looks for phrases in a text as whole words, with diacritics; without them only where the text itself was typed so."""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import pairwise

from monitor import text as views

BARE_SHARE = 0.02  #: a text with a smaller share of Vietnamese letters among its letters was typed without diacritics


class PhraseView:
    """One text, ready to be asked for many phrases."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def spaced(self) -> str:
        """The syllables of the text between single spaces."""
        return _spaced(views.plain(self._text))

    @cached_property
    def typed_bare(self) -> bool:
        """True when the text was typed without diacritics."""
        letters = sum(map(str.isalpha, self.spaced))
        marked = len(self.spaced) - len(self.spaced.encode("ascii", "ignore"))
        return marked <= letters * BARE_SHARE

    def says(self, phrase: str) -> bool:
        """True when the text holds `phrase` as whole words.

        Folding alone deceives ("chuyện dối" is not "chuyển đổi"), so a folded phrase of two syllables or more is looked
        for only in a text typed without diacritics.
        """
        wanted, bare = _wanted(phrase)
        if not wanted.strip():
            return False
        if wanted in self.spaced:
            return True
        return wanted.count(" ") > 2 and bare in self.spaced and self.typed_bare

    def share_of_pairs(self, text: str) -> float:
        """The share of the neighbouring syllable pairs of `text` that this text holds too, 0..1."""
        wanted = _pairs_of(text, self.typed_bare)
        return len(wanted & self._pairs) / len(wanted) if wanted else 0.0

    @cached_property
    def _pairs(self) -> set[tuple[str, str]]:
        return syllable_pairs(self.spaced)


@lru_cache(maxsize=4096)  # the phrases of the rules and of the talking points: asked of every item
def _wanted(phrase: str) -> tuple[str, str]:
    return _spaced(views.plain(phrase)), _spaced(views.fold(phrase))


@lru_cache(maxsize=1024)
def _pairs_of(text: str, bare: bool) -> set[tuple[str, str]]:
    return syllable_pairs(views.fold(text) if bare else views.plain(text))


def syllable_pairs(view: str) -> set[tuple[str, str]]:
    """The neighbouring pairs of syllables of a view."""
    found = views.syllables(view)
    return set(pairwise(found))


def _spaced(view: str) -> str:
    return f" {' '.join(views.syllables(view))} "
