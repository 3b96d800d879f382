"""Is it a service or rule of the whole country that is used here (VNeID, the national portal, a law)?"""

from __future__ import annotations

from classifiers.features import Evidence
from monitor.records import Label

GROUP = "scope.national"


def tag(evidence: Evidence) -> tuple[Label, ...]:
    """scope national, when one is named."""
    weight = evidence.votes.sum(GROUP)
    if weight < 0.5:
        return ()
    return (Label(kind="scope", value="national", score=min(0.99, 0.5 + weight / 6), why=evidence.found(GROUP), model="lexicon@1"),)
