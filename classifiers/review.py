"""Which items a person should look at: those nearest to a decision, those drawn by lot, those where rule and model disagree. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from monitor.figures import Stream, Unchecked
from monitor.records import Tags

SHARES: dict[Stream, float] = {"random": 0.2, "disagree": 0.2}  #: of a batch; the rest are uncertain ones
NEGATIVE, POSITIVE = frozenset({"complaint", "criticism"}), frozenset({"good_model"})  #: signals that say a tone
RULE = "rule:"  #: how the model of a label begins that a rule of the configuration set


def choose(pool: Sequence[Unchecked], count: int, chance: Random) -> list[tuple[Stream, str]]:
    """(stream, article id) of at most `count` items of the pool: a fifth by lot, a fifth in disagreement, the rest uncertain.

    A stream that runs dry leaves its places to the uncertain ones. The order tells nobody which stream an item is from.
    """
    lots = [u.article_id for u in pool if not u.chosen]
    random = chance.sample(lots, min(_places(count, "random"), len(lots)))
    left = [u for u in pool if not u.drawn and u.article_id not in set(random)]
    at_odds = sorted((u for u in left if disagrees(u.tags)), key=lambda u: doubt(u.tags))
    disagree = [u.article_id for u in at_odds[: _places(count, "disagree")]]
    nearest = sorted((u for u in left if u.article_id not in set(disagree)), key=lambda u: doubt(u.tags))
    uncertain = [u.article_id for u in nearest[: count - len(random) - len(disagree)]]
    groups: tuple[tuple[Stream, list[str]], ...] = (("random", random), ("disagree", disagree), ("uncertain", uncertain))
    found = [(stream, i) for stream, ids in groups for i in ids]
    chance.shuffle(found)
    return found


def _places(count: int, stream: Stream) -> int:
    return int(count * SHARES[stream] + 0.5)


def doubt(tags: Tags) -> tuple[bool, float]:
    """A key that puts the most doubtful first: labelled `uncertain`, then by how far the nearest decision is (0 at it, 1 sure)."""
    relevance = tags.first("relevance")
    far = [abs(2 * relevance.score - 1) if relevance else 0.0]
    if tags.relevant:
        tones = sorted((x.score for x in tags.all("sentiment_score")), reverse=True)
        far += [tones[0] - tones[1]] if len(tones) > 1 else []
        far += [abs(2 * topic.score - 1) for topic in tags.all("topic")]
    return not tags.values("uncertain"), min(far)


def disagrees(tags: Tags) -> bool:
    """True when a rule and the models say different things of a relevant item.

    The class that a rule of the configuration set is not the tagger's (it then carries the full score), or the signals say another
    tone than the sentiment.
    """
    if not tags.relevant:
        return False
    case_class, sentiment = tags.first("class"), tags.first("sentiment")
    if case_class is not None and case_class.model.startswith(RULE) and case_class.score == 1.0:
        return True
    signals, tone = set(tags.values("signal")), sentiment.value if sentiment else ""
    bad, good = bool(signals & NEGATIVE), bool(signals & POSITIVE)
    return (bad and not good and tone == "pos") or (good and not bad and tone == "neg")
