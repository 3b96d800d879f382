"""From a decision to the messages we owe: the case, its deliveries, and when a failed one is tried again. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from html import escape

from alerts import digest, passage, render, routing, severity, wording
from alerts.routing import Told
from monitor.config import Recipient, UnitConfig
from monitor.errors import SendError
from monitor.records import (
    SEVERITIES,
    Alert,
    Article,
    Case,
    CaseState,
    Decision,
    Delivery,
    Message,
    Source,
    Spread,
    Tags,
    TalkingPoint,
)

MOST_WHY = 6  #: reasons kept with a case
MOST_TOPICS = 3
QuietHours = tuple[int, int] | None  #: local hours, from and until; None: none
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
_LONGEST_LINE = 130  #: characters of one alert in a list
_CASE_NUMBER = re.compile(r"^Vụ việc số (\d+)$", re.MULTILINE)
#: Ends the sentence of a SendError whose message may have arrived all the same (a lost reply): the next try says "(gửi lại)".
UNKNOWN_OUTCOME = "chưa rõ tin đã tới hay chưa"


def new_case(article: Article, tags: Tags, decision: Decision, now: datetime, *, units: Sequence[UnitConfig] = ()) -> Case:
    """Open the case of an article's story. One story has one case: its id comes from the story."""
    topics, wards = tags.values("topic")[:MOST_TOPICS], tags.values("ward")
    unit = routing.responsible(decision.case_class, topics, wards, units)
    story = article.story_id or article.id
    return Case(
        id=hashlib.blake2b(f"case:{story}".encode(), digest_size=12).hexdigest(),
        number=0,
        story_id=article.story_id,
        case_class=decision.case_class,
        severity=decision.severity,
        state=CaseState.NEW,
        unit=unit.id if unit else None,
        topics=topics,
        wards=wards,
        title=article.title,
        url=article.url,
        why=decision.why[:MOST_WHY],
        opened_at=now,
        updated_at=now,
    )


def grown_case(prior: Case, article: Article, tags: Tags, decision: Decision, now: datetime) -> Case:
    """The case after one more article: wider, and raised when this article weighs more; it never falls by itself."""
    grown = dataclasses.replace(
        prior,
        topics=_joined(prior.topics, tags.values("topic"))[:MOST_TOPICS],
        wards=_joined(prior.wards, tags.values("ward")),
        updated_at=now,
    )
    if severity.rank(decision.severity) <= severity.rank(prior.severity):
        return grown
    return dataclasses.replace(
        grown,
        severity=decision.severity,
        case_class=decision.case_class,
        title=article.title,
        url=article.url,
        why=decision.why[:MOST_WHY],
        revision=prior.revision + 1,
    )


def _joined(first: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *more)))


def deliveries(
    *,
    case: Case,
    article: Article,
    source: Source,
    tags: Tags,
    spread: Spread,
    points: Sequence[TalkingPoint],
    recipients: Sequence[Told],
    units: Sequence[UnitConfig],
    now: datetime,
    names: Mapping[str, str] | None = None,
    quiet: QuietHours = None,
) -> list[Delivery]:
    """The outbox rows of one alert: a message for each recipient, rendered for its channel.

    `names`: Vietnamese names of topics (by id) and wards (by slug); an id without a name is shown readably.
    """
    known = names or {}
    unit = next((u for u in units if u.id == case.unit), None) or routing.responsible(case.case_class, case.topics, case.wards, units)
    alert = Alert(
        case=case,
        article=article,
        outlet=source.name,
        tier=source.tier,
        passage=passage.pick(article, tags),
        points=tuple(points),
        spread=spread,
        unit_name=unit.name if unit else "",
        topic_names=tuple(wording.name_of(t, known) for t in case.topics),
        ward_names=tuple(wording.name_of(w, known) for w in case.wards),
    )
    return [_delivery(alert, told, now, quiet) for told in recipients]


def _delivery(alert: Alert, told: Told, now: datetime, quiet: QuietHours) -> Delivery:
    recipient, note = told
    case = alert.case
    message = render.alert_message(dataclasses.replace(alert, note=note), team=recipient.team)
    return Delivery(
        id=f"alert:{case.id}:{recipient.channel}:{recipient.to}:{case.revision}",
        kind="alert",
        case_id=case.id,
        channel=recipient.channel,
        recipient=recipient.to,
        message=render.as_email(message) if recipient.channel == "email" else message,
        due_at=due_at(case, now, quiet),
        priority=severity.rank(case.severity),
    )


def grouped(deliveries: Sequence[Delivery]) -> Message:
    """Alerts too many to read one by one as one list, the first the most severe: what cannot stand in it is counted."""
    count = len(deliveries)
    head = f"{wording.number(count)} cảnh báo khác cùng lúc"
    lines = [_line(d) for d in deliveries]
    shown = next(n for n in range(count, -1, -1) if len("\n".join(_listed(head, lines, n))) <= render.VISIBLE)
    told = _listed(head, lines, shown)
    html = "\n".join([f"<b>{escape(told[0], quote=False)}</b>", *(escape(line, quote=False) for line in told[1:])])
    message = Message(subject=f"{head}, cao nhất: {lines[0]}", text="\n".join(told), html=html)
    return render.as_email(message) if deliveries[0].channel == "email" else message


def _listed(head: str, lines: Sequence[str], shown: int) -> list[str]:
    left = len(lines) - shown
    return [f"{head}:", *lines[:shown], *([f"… và {wording.number(left)} vụ việc khác"] if left else [])]


def _line(delivery: Delivery) -> str:
    """An alert in one line: its level, the number of its case, what it says first."""
    level = SEVERITIES[delivery.priority]
    number = _CASE_NUMBER.search(delivery.message.text)
    said = render.outside(delivery.message.subject.removeprefix(f"[{wording.level(level)}] "))
    case = f" · số {number.group(1)}" if number else ""
    return render.cut(f"{wording.LEVEL_SIGNS[level]} {wording.level(level)}{case} · {said}", _LONGEST_LINE)


def due_at(case: Case, now: datetime, quiet: QuietHours) -> datetime:
    """Now for S3 and S4; in the quiet hours (local, from and until) S1 and S2 wait until they end."""
    if quiet is None or severity.at_least(case.severity, "S3"):
        return now
    local = now.astimezone(wording.HANOI_TIME)
    begin, end = quiet
    passed_midnight = begin > end and local.hour < end
    if not passed_midnight and not (begin <= local.hour and (begin > end or local.hour < end)):
        return now
    morning = datetime.combine(local.date(), time(end), wording.HANOI_TIME)
    return (morning if local.hour < end else morning + timedelta(days=1)).astimezone(now.tzinfo)


def digest_id(week: str, recipient: Recipient) -> str:
    """The id of one recipient's digest of one week, for ever."""
    return f"digest:{week}:{recipient.channel}:{recipient.to}:1"


def digest_deliveries(message: Message, *, week: str, recipients: Sequence[Told], now: datetime) -> list[Delivery]:
    """The outbox rows of one week's digest: one per recipient and week, for ever, by their id."""
    return [
        Delivery(
            id=digest_id(week, recipient),
            kind="digest",
            case_id=None,
            channel=recipient.channel,
            recipient=recipient.to,
            message=message if recipient.channel == "email" else digest.for_chat(message),
            due_at=now,
        )
        for recipient, _ in recipients
    ]


def repeated(delivery: Delivery) -> bool:
    """True when an earlier attempt may have arrived: its outcome was unknown, or the sender died while it held the lease.

    `delivery.attempts` counts the attempt under way. A clear refusal (429, no connection) is no repetition.
    """
    return delivery.attempts > 1 and (not delivery.error or delivery.error.endswith(UNKNOWN_OUTCOME))


def retry_at(*, attempts: int, most: int, error: SendError, now: datetime) -> datetime | None:
    """When a failed message is tried again; None: never, it is dead.

    Being asked to wait is no failure: it is obeyed to the second and never kills a message, however often it happens.
    """
    if error.permanent:
        return None
    if error.retry_after is not None:
        return now + timedelta(seconds=error.retry_after)
    if attempts >= most:
        return None
    doublings = min(max(attempts - 1, 0), 20)
    return now + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
