"""From tags to a class and a severity, by the rules of the configuration; and whether an item may alert at all. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from alerts import severity as ladder
from alerts.phrases import PhraseView
from alerts.wording import CLASSES, LEVELS
from monitor.config import Adjustment, AlertingConfig, Condition, Rule
from monitor.records import SEVERITIES, Article, Case, CaseClass, CaseState, Decision, Label, Source, Spread, Tags, TalkingPoint

FUTURE_SLACK = timedelta(hours=24)  #: a date further ahead than this is not a date


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the conditions look at: one article within its story."""

    article: Article
    tags: Tags
    source: Source | None
    spread: Spread

    @property
    def class_label(self) -> Label | None:
        """The strongest class label of the tagger."""
        return self.tags.first("class")

    @property
    def wards(self) -> set[str]:
        """The wards of the item and of its story."""
        return {*self.tags.values("ward"), *self.spread.wards}

    @property
    def official(self) -> bool:
        """True when an official source tells the story; the item's own source counts."""
        return self.spread.official or (self.source is not None and self.source.tier in ("official", "ward"))

    @cached_property
    def text(self) -> PhraseView:
        """Title and text, ready to be asked for phrases."""
        return PhraseView(f"{self.article.title}\n{self.article.text}")


def decide(
    article: Article,
    tags: Tags,
    *,
    source: Source | None,
    spread: Spread,
    prior: Case | None,
    rules: Sequence[Rule],
    adjustments: Sequence[Adjustment],
) -> Decision:
    """Class and severity of one article within its story, with every reason.

    The first rule that holds decides; without one the tagger's class keeps its usual level. The level is this article's own:
    `outgoing.grown_case` never lets an open case fall because a milder article follows.
    """
    seen = Evidence(article=article, tags=tags, source=source, spread=spread)
    decision = _by_rule(seen, rules)
    level, why = ladder.adjusted(decision.severity, [a for a in adjustments if holds(a.when, seen, decision.case_class)])
    return _after_answer(prior, dataclasses.replace(decision, severity=level, why=(*decision.why, *why)))


def _by_rule(seen: Evidence, rules: Sequence[Rule]) -> Decision:
    label = seen.class_label
    tagged: CaseClass = _class_of(label)
    doubt = ("cần người xem: bộ phân loại chưa chắc về loại",) if "class" in seen.tags.values("uncertain") else ()
    evidence = (f"bộ phân loại: {CLASSES[tagged]} ({label.score:.2f})".replace(".", ","), *doubt, *label.why[:2]) if label else ()
    for rule in rules:
        if holds(rule.when, seen, tagged):
            why = (f"quy tắc {rule.id}: {rule.say}", *evidence)
            return Decision(case_class=rule.case_class, severity=rule.severity, why=why, rule=rule.id)
    level = ladder.USUAL[tagged]
    usual = f"không quy tắc nào khớp: mức {level} ({LEVELS[level]}) thường dùng cho “{CLASSES[tagged]}”"
    return Decision(case_class=tagged, severity=level, why=(usual, *evidence), rule="")


def _class_of(label: Label | None) -> CaseClass:
    return next((name for name in CLASSES if label is not None and name == label.value), "routine")


def _after_answer(prior: Case | None, decision: Decision) -> Decision:
    """What was answered officially is one level less urgent; what becomes of the case itself is decided where it grows."""
    if prior is None or prior.state is not CaseState.ANSWERED or decision.severity == "S0":
        return decision
    lower = SEVERITIES[ladder.rank(decision.severity) - 1]
    return dataclasses.replace(decision, severity=lower, why=(*decision.why, f"hạ mức: vụ việc số {prior.number} đã được phản hồi"))


def with_fact(decision: Decision, points: Sequence[TalkingPoint]) -> Decision:
    """The decision held to its proof: "differs from the document" needs a document in force, else the claim is only unverified.

    Silence of the documents is no denial (alert_rules, principle 3). `points`: what `talking_points.choose` found for the item.
    """
    if points or decision.case_class not in ("misinformation", "wrong_figure"):
        return decision
    level = min(decision.severity, "S3", key=ladder.rank)
    why = "chưa có văn bản để đối chiếu: xếp là thông tin chưa kiểm chứng"
    return dataclasses.replace(decision, case_class="unverified_claim", severity=level, why=(*decision.why, why))


def holds(when: Condition, seen: Evidence, case_class: CaseClass) -> bool:
    """True when every condition that is given holds; phrases are looked for last, they cost most."""
    tags, source, label = seen.tags, seen.source, seen.class_label
    checks: tuple[Callable[[], bool], ...] = (
        lambda: not when.classes or case_class in when.classes,
        lambda: _any(when.signals, tags.values("signal")),
        lambda: not set(when.without_signals) & set(tags.values("signal")),
        lambda: _any(when.topics, tags.values("topic")),
        lambda: _any(when.bottlenecks, tags.values("bottleneck")),
        lambda: not when.wards or bool(seen.wards & set(when.wards)),
        lambda: _any(when.sentiment, tags.values("sentiment")),
        lambda: not when.tiers or (source is not None and source.tier in when.tiers),
        lambda: not when.min_score or (label is not None and label.score >= when.min_score),
        lambda: seen.spread.outlets >= when.min_outlets,
        lambda: len(seen.wards) >= when.min_wards,
        lambda: when.official is None or seen.official is when.official,
        lambda: not when.phrases or any(seen.text.says(p) for p in when.phrases),
    )
    return all(check() for check in checks)


def _any(wanted: Sequence[str], present: Sequence[str]) -> bool:
    return not wanted or bool(set(wanted) & set(present))


def tagged(tags: Tags, decision: Decision | None) -> Tags:
    """The tags with class and severity as decided (the tagger's own class labels make room); unchanged without a decision."""
    if decision is None:
        return tags
    label = tags.first("class")
    score = label.score if label and label.value == decision.case_class else 1.0
    model = f"rule:{decision.rule}" if decision.rule else "rules"
    kept = tuple(x for x in tags.labels if x.kind not in ("class", "severity"))
    decided = (
        Label(kind="class", value=decision.case_class, score=score, why=decision.why, model=model),
        Label(kind="severity", value=decision.severity, score=1.0, why=decision.why, model=model),
    )
    return dataclasses.replace(tags, labels=kept + decided)


def may_alert(article: Article, tags: Tags, source: Source, *, first_reading: bool, now: datetime, config: AlertingConfig) -> str | None:
    """None when the item may raise an alert, else the reason why not, in Vietnamese."""
    if not tags.relevant:
        return "không liên quan đến chủ đề theo dõi"
    elsewhere = _elsewhere(tags, source)
    if elsewhere:
        return elsewhere
    if first_reading and not config.alert_first_reading:
        return "lần đọc đầu tiên của nguồn: chỉ lưu, không cảnh báo"
    if now - article.published_at > timedelta(hours=config.max_age_hours):
        return f"bài cũ hơn {config.max_age_hours:g} giờ: chỉ lưu, không cảnh báo"
    if article.published_at - now > FUTURE_SLACK:
        return "ngày đăng nằm ở tương lai: chỉ lưu, không cảnh báo"
    return None


def _elsewhere(tags: Tags, source: Source) -> str | None:
    """Why the place forbids an alert. A national service counts, unless the item is tied to another province."""
    if tags.hanoi:
        return None
    if "national" not in tags.values("scope"):
        return "không phải Hà Nội, cũng không phải dịch vụ hay quy định dùng chung cả nước"
    if tags.values("province") or source.tier in ("province", "foreign"):
        return "dịch vụ chung cả nước nhưng sự việc ở địa phương khác"
    return None
