"""Who is told of a case: severity × topic × ward × class → recipients. No case from S2 up is ever told to nobody. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from alerts.severity import at_least
from monitor.config import Recipient, Route, UnitConfig
from monitor.records import Case, CaseClass

Told = tuple[Recipient, str]  #: a recipient and a note for it, in Vietnamese, or ""

NO_UNIT_CHAT = "đơn vị chưa cấu hình"
NO_UNIT = "chưa xác định đơn vị chủ quản"
NO_ROUTE = "chưa có tuyến báo tin cho vụ việc này"
CONSOLE = Recipient(channel="console")

#: Classes that the ward itself answers first, when it has a unit of its own.
OF_THE_WARD: frozenset[CaseClass] = frozenset({"service_feedback", "information_gap", "positive_model", "official_contradiction"})


def responsible(case_class: CaseClass, topics: Sequence[str], wards: Sequence[str], units: Iterable[UnitConfig]) -> UnitConfig | None:
    """The unit that should answer: the ward's own for one ward's services, else the first unit of the strongest topic."""
    listed = tuple(units)
    if case_class in OF_THE_WARD and len(wards) == 1:
        for unit in listed:
            if wards[0] in unit.wards:
                return unit
    for topic in topics:
        for unit in listed:
            if topic in unit.topics:
                return unit
    return None


def route(case: Case, routes: Sequence[Route], units: Sequence[UnitConfig]) -> list[Told]:
    """The recipients of a case, each once, in the order of the routes; empty only below S2."""
    unit = _unit_of(case, units)
    told: list[Told] = []
    for one in routes:
        if _matches(one, case):
            told += _by_route(one, unit)
    if not told and at_least(case.severity, "S2"):
        told = [(recipient, NO_ROUTE) for one in routes for recipient in one.to][:1] or [(CONSOLE, NO_ROUTE)]
    return _once(told)


def _unit_of(case: Case, units: Sequence[UnitConfig]) -> UnitConfig | None:
    named = next((u for u in units if u.id == case.unit), None)
    return named or responsible(case.case_class, case.topics, case.wards, units)


def _matches(one: Route, case: Case) -> bool:
    return (
        case.severity in one.severities
        and (not one.classes or case.case_class in one.classes)
        and (not one.topics or bool(set(one.topics) & set(case.topics)))
        and (not one.wards or bool(set(one.wards) & set(case.wards)))
    )


def _by_route(one: Route, unit: UnitConfig | None) -> list[Told]:
    if not one.to_unit:
        return [(recipient, "") for recipient in one.to]
    if unit is not None and unit.chat:
        return [(Recipient(channel=unit.channel, to=unit.chat, team=False), "")]
    return [(recipient, NO_UNIT_CHAT if unit else NO_UNIT) for recipient in one.to or [CONSOLE]]


def reachable(told: Sequence[Told], channels: Collection[str]) -> list[Told]:
    """The same recipients, those on a channel that is not open moved to the console (or any open channel), with a note.

    With no channel open at all they stay as they are: the outbox keeps what is owed until a channel opens.
    """
    result: list[Told] = []
    for recipient, note in told:
        if recipient.channel in channels or not channels:
            result.append((recipient, note))
            continue
        instead = "console" if "console" in channels else min(channels)
        # an address of the closed channel means nothing on another one, so its own default is used
        result.append((Recipient(channel=instead, team=recipient.team), _joined(note, f"kênh {recipient.channel} chưa bật")))
    return _once(result)


def _joined(*notes: str) -> str:
    return "; ".join(n for n in notes if n)


def _once(told: Iterable[Told]) -> list[Told]:
    """Each address once; notes of the repeats are kept, and a place that is told as the team sees what the team may see."""
    kept: dict[tuple[str, str], Told] = {}
    for recipient, note in told:
        key = (recipient.channel, recipient.to)
        if key not in kept:
            kept[key] = (recipient, note)
            continue
        first, first_note = kept[key]
        seen = first.model_copy(update={"team": first.team or recipient.team})
        kept[key] = (seen, first_note if note in first_note else _joined(first_note, note))
    return list(kept.values())
