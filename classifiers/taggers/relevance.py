"""Is the item about digital transformation, science and innovation policy or public services? Three bands, meant for recall."""

from __future__ import annotations

from classifiers.features import Evidence, odds
from classifiers.thresholds import threshold
from monitor.records import Band, Label

KIND = "relevance"
#: Narrow topics whose strong phrases are an angle of their own (talents, KPI, fraud …), digital word or not.
_ANGLES = (
    "t03_nang_luc_so_can_bo",
    "t04_kpi",
    "t06_cai_cach_tthc",
    "t13_xa_hoi_so",
    "t16_uom_mam_nhan_tai",
    "t17_hoc_bong_1000_ncs",
    "t18_chinh_sach_nhan_luc",
    "t20_an_toan_niem_tin_so",
)


def tag(evidence: Evidence) -> tuple[Label, ...]:
    """relevance yes|no, its score the probability; band drop|review|accept; uncertain relevance beside band review."""
    score = mixed(evidence)
    accept, review = threshold(KIND, "accept"), threshold(KIND, "review")
    band: Band = "accept" if score >= accept else "review" if score >= review else "drop"
    relevant = score >= accept
    why = evidence.explain("relevance:yes", 1 if relevant else -1)
    if not relevant and not has_angle(evidence):
        why = ("không có từ nào về số, khoa học, thủ tục", *why)
    probability = odds((score - accept) / threshold(KIND, "softness"))
    doubt = Label(kind="uncertain", value=KIND, score=1.0 - abs(2.0 * probability - 1.0), why=("gần ngưỡng liên quan",))
    return (
        Label(kind=KIND, value="yes" if relevant else "no", score=probability, why=why, model=evidence.model),
        Label(kind="band", value=band, score=probability, model=evidence.model),
        *((doubt,) if band == "review" else ()),
    )


def mixed(evidence: Evidence) -> float:
    """The model's log-odds with the rule of the gate: without any word of our matters a text is hardly ours."""
    return evidence.score("relevance:yes") + (0.0 if has_angle(evidence) else threshold(KIND, "no_angle"))


def has_angle(evidence: Evidence) -> bool:
    """True when a digital, scientific or administrative word stands in the text."""
    votes = evidence.votes
    if votes.of("relevance.strong") or votes.of("relevance.admin") or votes.of("relevance.weak"):
        return True
    return any(h.weight >= 0.9 for topic in _ANGLES for h in votes.of(f"topic.{topic}"))
