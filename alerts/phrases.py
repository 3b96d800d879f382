"""Looks for phrases in a text as whole words, with diacritics; without them only where the text itself was typed so."""

from __future__ import annotations

from functools import cached_property
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
        letters = sum(c.isalpha() for c in self.spaced)
        return sum(c.isalpha() and not c.isascii() for c in self.spaced) <= letters * BARE_SHARE

    def says(self, phrase: str) -> bool:
        """True when the text holds `phrase` as whole words.

        Folding alone deceives ("chuyện dối" is not "chuyển đổi"), so a folded phrase of two syllables or more is looked
        for only in a text typed without diacritics.
        """
        wanted = _spaced(views.plain(phrase))
        if not wanted.strip():
            return False
        if wanted in self.spaced:
            return True
        return self.typed_bare and wanted.count(" ") > 2 and _spaced(views.fold(phrase)) in self.spaced

    def share_of_pairs(self, text: str) -> float:
        """The share of the neighbouring syllable pairs of `text` that this text holds too, 0..1."""
        wanted = syllable_pairs(views.fold(text) if self.typed_bare else views.plain(text))
        return len(wanted & self._pairs) / len(wanted) if wanted else 0.0

    @cached_property
    def _pairs(self) -> set[tuple[str, str]]:
        return syllable_pairs(self.spaced)


def syllable_pairs(view: str) -> set[tuple[str, str]]:
    """The neighbouring pairs of syllables of a view."""
    found = views.syllables(view)
    return set(pairwise(found))


def _spaced(view: str) -> str:
    return f" {' '.join(views.syllables(view))} "
