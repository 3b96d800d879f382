"""Picks the passage of an article that shows why it was flagged, word for word."""

from __future__ import annotations

import re

from alerts.phrases import PhraseView
from monitor.records import Article, Tags
from monitor.text import clean

LONGEST = 320  #: characters of a passage; the message may cut it further
READ = 6_000  #: characters of an article that are searched
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)]?\s+(?=[^\s])|\n+")
_QUOTED = re.compile(r"[“\"«‘']([^”\"»’']{2,60})[”\"»’']")
_KINDS = ("class", "signal", "topic")


def pick(article: Article, tags: Tags) -> str:
    """The sentence that holds most of the evidence (with its neighbour when both are short), the first one when none does."""
    sentences = [s.strip() for s in _SENTENCE.split(clean(article.text[:READ])) if s.strip()]
    if not sentences:
        return clean(article.title)
    wanted = _evidence(tags)
    scores = [sum(weight for phrase, weight in wanted if PhraseView(s).says(phrase)) for s in sentences] if wanted else [0.0]
    best = max(range(len(scores)), key=lambda i: (scores[i], -i))
    passage = sentences[best]
    following = sentences[best + 1] if best + 1 < len(sentences) else ""
    return f"{passage} {following}" if following and len(passage) + len(following) < LONGEST else passage


def _evidence(tags: Tags) -> list[tuple[str, float]]:
    """The phrases that the taggers name as their reasons; what decided the class weighs most."""
    weights = {"class": 3.0, "signal": 2.0, "topic": 1.0}
    found: dict[str, float] = {}
    for label in (x for x in tags.labels if x.kind in _KINDS):
        for reason in label.why:
            for phrase in _QUOTED.findall(reason) or [reason]:
                if len(phrase) <= 60:
                    found[phrase] = max(found.get(phrase, 0.0), weights[label.kind])
    return sorted(found.items())
