"""What follows from one article within its story: class and severity, the case, the messages owed. Decides, touches nothing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from alerts import outgoing, routing, rules, talking_points
from monitor.app import App
from monitor.records import SEVERITIES, Article, Case, CaseState, Decision, Delivery, Severity, Source, Spread, Tags, TalkingPoint


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What follows from one article within its story."""

    tags: Tags  #: with class and severity as decided
    case: Case | None = None
    owed: tuple[Delivery, ...] = ()


def judge(
    app: App, source: Source, article: Article, tags: Tags, spread: Spread, prior: Case | None, *, first_reading: bool, now: datetime
) -> Verdict:
    """Decide without touching anything: class and severity, whether it may alert, the case, the messages owed."""
    if not tags.relevant:
        return Verdict(tags=tags)
    config = app.config
    decision = rules.decide(article, tags, source=source, spread=spread, prior=prior, rules=config.rules, adjustments=config.adjustments)
    points: tuple[TalkingPoint, ...] = ()
    if decision.severity != "S0":  # nothing to answer, nothing to say
        text = f"{article.title}\n{article.text}"
        points = talking_points.choose(app.points, topics=tags.values("topic"), text=text, on=now.date(), limit=config.alerting.max_points)
        decision = rules.with_fact(decision, points)
    decided = rules.tagged(tags, decision)
    if rules.may_alert(article, tags, source, first_reading=first_reading, now=now, config=config.alerting):
        return Verdict(tags=decided)
    case = case_after(app, article, tags, decision, prior, now)
    if case is None or not _raised(case, prior, config.alerting.min_severity):
        return Verdict(tags=decided, case=case)
    recipients = routing.reachable(routing.route(case, config.routes, config.units), set(app.channels))
    owed = outgoing.deliveries(
        case=case, article=article, source=source, tags=decided, spread=spread, points=points, recipients=recipients,
        units=config.units, now=now, names=app.names, quiet=config.alerting.quiet_hours,
    )  # fmt: skip
    return Verdict(tags=decided, case=case, owed=tuple(_held(d, app.hold_until) for d in owed))


def _held(delivery: Delivery, until: datetime | None) -> Delivery:
    """After an outage all that happened meanwhile is told together; S4 at once."""
    if until is None or delivery.priority >= SEVERITIES.index("S4") or delivery.due_at >= until:
        return delivery
    return dataclasses.replace(delivery, due_at=until)


def case_after(app: App, article: Article, tags: Tags, decision: Decision, prior: Case | None, now: datetime) -> Case | None:
    """The case after this article: a new one, the prior one grown or raised, or None when there is nothing to answer."""
    if prior is None:
        return None if decision.severity == "S0" else outgoing.new_case(article, tags, decision, now, units=app.config.units)
    if prior.state is CaseState.NOT_RELEVANT:
        return None
    return outgoing.grown_case(prior, article, tags, decision, now)


def _raised(case: Case, prior: Case | None, least: Severity) -> bool:
    """People are told of a new case and of a raised level, from `least` up."""
    rank = SEVERITIES.index
    return rank(case.severity) >= rank(least) and (prior is None or rank(case.severity) > rank(prior.severity))
