"""Does it concern Hà Nội, and which of its wards? Rules of the gazetteer only: a place is a fact, not a likelihood."""

from __future__ import annotations

from classifiers.features import Evidence
from classifiers.gazetteer import gazetteer
from monitor.records import Label

MODEL = "gazetteer@1"
_EVIDENCE = ("hanoi", "capital", "landmark", "district")
_OWN = ("official", "ward")


def tag(evidence: Evidence) -> tuple[Label, ...]:
    """hanoi yes (absent when not), ward <slug>, province <name> for other places named."""
    places = evidence.places
    wards = {p.name: 0.9 for p in places.wards}
    if evidence.ward and not places.has("province", part=0):
        wards.setdefault(evidence.ward, 1.0)
    labels = [_ward(slug, score, evidence) for slug, score in wards.items()]
    why = _reasons(evidence)
    if why or labels:
        labels.append(Label(kind="hanoi", value="yes", score=0.95 if places.has("hanoi") else 0.8, why=why or labels[0].why, model=MODEL))
    labels += [Label(kind="province", value=name, score=0.9, why=(f"nêu {name}",), model=MODEL) for name in places.names("province")]
    return tuple(labels)


def _ward(slug: str, score: float, evidence: Evidence) -> Label:
    name = gazetteer().ward_names.get(slug, slug)
    why = f"cổng thông tin của {name}" if slug == evidence.ward else f"nêu {name}"
    return Label(kind="ward", value=slug, score=score, why=(why,), model=MODEL)


def _reasons(evidence: Evidence) -> tuple[str, ...]:
    places = evidence.places
    if places.venue_only:
        return ()
    named = tuple(f"nêu {name}" for kind in _EVIDENCE for name in places.names(kind))
    if named:
        return named[:3]
    if evidence.tier in _OWN and not places.has("province"):
        return ("nguồn chính thức của Hà Nội",)
    return ()
