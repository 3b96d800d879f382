"""What a passage shows to the models: syllable n-grams of both views, lexicon votes, document codes, places, the outlet's tier."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from classifiers.gazetteer import Places, gazetteer
from classifiers.lexicon import PART_WEIGHT, Votes, lexicon
from classifiers.vietnamese import LEAD_TOKENS, Passage, read, shown
from monitor.records import Tier

LONGEST = 3  #: syllables of an n-gram
LEXICON_SCALE = 0.7  #: weight of one full lexicon vote beside a text vector of length 1
TONES = ("neg", "neu", "pos")
NUMBER = "<số>"
_KNOWN_CODES = frozenset(("57-nq/tw", "nq57"))


@dataclass(frozen=True)
class Evidence:
    """One item, read: what every tagger looks at."""

    passage: Passage
    votes: Votes
    places: Places
    tier: Tier | None = None
    ward: str | None = None  #: slug of the ward whose own portal printed it
    scores: Mapping[str, float] = field(default_factory=dict)  #: output, such as "topic:t04_kpi" → log-odds
    #: the words that moved an output most, towards it (1) or away (−1)
    explain: Callable[[str, int], tuple[str, ...]] = lambda _output, _sign: ()
    model: str = ""  #: name@version of the models

    def score(self, output: str) -> float:
        """The log-odds of an output; certainly not, when nothing was learned for it."""
        return self.scores.get(output, -9.0)

    def found(self, *groups: str) -> tuple[str, ...]:
        """The phrases of these groups, for a reader: “…”."""
        return tuple(f"“{p}”" for g in groups for p in self.votes.phrases(g)[:3])


def odds(score: float) -> float:
    """Log-odds as a probability."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


def look(title: str, text: str, tier: Tier | None = None, ward: str | None = None) -> Evidence:
    """Read one item, without any model."""
    passage = read(title, text)
    return Evidence(passage, lexicon().votes(passage), gazetteer().places(passage, tier), tier, ward)


def ngrams(passage: Passage) -> dict[str, float]:
    """Weighted counts of the n-grams of both views ("p …" with diacritics, "f …" folded); the title weighs more, a long body less."""
    counts: dict[str, float] = defaultdict(float)
    weights = PART_WEIGHT if len(passage.syllables) > 2 * LEAD_TOKENS else (1.5, 1.0, 1.0)
    plain, bare = tuple(map(_word, passage.plain)), tuple(map(_word, passage.folded))
    for start, (end, part) in enumerate(_ends(passage)):
        weight = weights[part]
        with_marks = without = ""
        for here in range(start, end):
            with_marks, without = f"{with_marks} {plain[here]}", f"{without} {bare[here]}"
            counts["f" + without] += weight
            if with_marks != without:  # a gram without marks is the same in both views: counted once
                counts["p" + with_marks] += weight
    return counts


def known_ngrams(passage: Passage, at: Mapping[str, int]) -> tuple[list[int], list[int], list[float]]:
    """`ngrams` of a vocabulary only, a third of the work: their numbers as they stand, how many had come after each syllable,
    and each syllable's weight.

    A vocabulary that keeps what stands in enough rows keeps the beginning of all it keeps, and the folded form of it: where
    that is not known, nothing longer is.
    """
    numbers: list[int] = []
    upto: list[int] = []
    weights = PART_WEIGHT if len(passage.syllables) > 2 * LEAD_TOKENS else (1.5, 1.0, 1.0)
    plain, bare = list(map(_word, passage.plain)), list(map(_word, passage.folded))
    ends = _ends(passage)
    number_of, add = at.get, numbers.append
    for start, (end, _) in enumerate(ends):
        without, with_marks = f"f {bare[start]}", f"p {plain[start]}"
        here = start
        while (number := number_of(without)) is not None:
            add(number)
            if without[1:] != with_marks[1:] and (number := number_of(with_marks)) is not None:
                add(number)
            here += 1
            if here == end:
                break
            without, with_marks = f"{without} {bare[here]}", f"{with_marks} {plain[here]}"
        upto.append(len(numbers))
    return numbers, upto, [weights[part] for _, part in ends]


def _ends(passage: Passage) -> list[tuple[int, int]]:
    """For each syllable where the longest n-gram from it ends, and the part it stands in."""
    ends: list[tuple[int, int]] = []
    sentence, last = -1, len(passage.syllables)
    for at in range(last - 1, -1, -1):
        mark = passage.syllables[at]
        if mark.sentence != sentence:
            sentence, last = mark.sentence, at + 1
        ends.append((min(at + (LONGEST if mark.part < 2 else LONGEST - 1), last), mark.part))
    ends.reverse()
    return ends


@lru_cache(maxsize=50_000)
def _word(syllable: str) -> str:
    return NUMBER if syllable[:1].isdigit() and "/" not in syllable and "-" not in syllable else syllable


def signs(evidence: Evidence) -> dict[str, float]:
    """The dense features: "lex …" votes (saturating), codes, places, tier, shape. Each about 0..1 before scaling."""
    found: dict[str, float] = {}
    votes, places, passage = evidence.votes, evidence.places, evidence.passage
    for group in votes.groups:
        found[f"lex {group}"] = 1.0 - math.exp(-votes.sum(group) / 1.5)
        if any(h.part == 0 for h in votes.of(group)):
            found[f"lextitle {group}"] = 0.5
    if not votes.of("relevance.strong") and not votes.of("relevance.admin"):
        found["none strong"] = 1.0
    for tone in TONES:
        total = sum(votes.sum(group) for group in votes.groups if group.startswith(f"tone.{tone}"))
        if total:
            found[f"tone {tone}"] = 1.0 - math.exp(-total / 2.0)
    found.update(_crossed(votes, places))
    if any(code in _KNOWN_CODES for code in passage.codes):
        found["code 57"] = 1.0
    for kind in ("hanoi", "landmark", "district", "capital", "province", "foreign"):
        if places.has(kind):
            found[f"place {kind}"] = 1.0
    if places.wards:
        found["place ward"] = 1.0
    if evidence.tier:
        found[f"tier {evidence.tier}"] = 0.5
    found.update(_shape(passage))
    return found


def _crossed(votes: Votes, places: Places) -> Iterator[tuple[str, float]]:
    """Pairs that decide together: technology in the hands of the state is our matter, in those of a seller it is not."""
    tech = votes.sum("relevance.strong") >= 1 or votes.sum("relevance.weak") >= 0.8
    admin = votes.sum("relevance.admin") >= 1
    state, public = votes.sum("actor.state") >= 1, votes.sum("actor.public") >= 1
    seller = votes.sum("actor.seller") + votes.sum("contra.company") >= 1
    home = places.has("hanoi") or places.has("province") or votes.sum("country.vietnam") > 0
    abroad = places.has("foreign") or votes.sum("contra.foreign") >= 1
    crossed = {
        "tech state": tech and state, "tech public": tech and public and not state, "tech seller": tech and seller and not state,
        "tech alone": tech and not (state or public), "tech abroad": tech and abroad and not home, "admin state": admin and state,
        "admin alone": admin and not state, "crime only": votes.sum("contra.crime") >= 1 and not tech, "no tech": not tech and not admin,
        "life only": votes.sum("contra.life") >= 1 and not tech and not admin, "gadget": votes.sum("contra.gadget") >= 1 and not state,
    }  # fmt: skip
    for name, holds in crossed.items():
        if holds:
            yield f"both {name}", 0.8


def _shape(passage: Passage) -> Iterator[tuple[str, float]]:
    if "?" in passage.title:
        yield "shape question title", 1.0
    if "?" in passage.body:
        yield "shape question body", 0.5
    if passage.title[:1] in "'\"“‘" and passage.title:
        yield "shape quoted title", 0.7
    if not passage.title:
        yield "shape untitled", 0.7


def readable(feature: str, votes: Votes, *, bare: bool = False) -> str:
    """A feature as an office reader understands it, in Vietnamese; "" for one that says nothing by itself.

    Words without diacritics are shown only of a text typed so (`bare`), single syllables never.
    """
    kind, _, rest = feature.partition(" ")
    if kind in ("p", "f"):
        words = rest.split()
        if NUMBER in words or len(words) < 2 or all(len(w) < 3 for w in words) or (kind == "f") is not bare:
            return ""
        return f"“{' '.join(map(shown, words))}”"
    if kind in ("lex", "lextitle"):
        phrases = votes.phrases(rest)[:2]
        return ", ".join(f"“{p}”" for p in phrases)
    if kind == "place":
        return {"hanoi": "nêu Hà Nội", "province": "nêu tỉnh, thành khác", "foreign": "nêu nước ngoài"}.get(rest, "")
    if kind == "tier":
        return "theo loại nguồn"
    return {"shape question title": "tiêu đề là câu hỏi", "code 57": "nêu Nghị quyết 57-NQ/TW"}.get(feature, "")
