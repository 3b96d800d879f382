"""Cases: stories that somebody must answer, and the record of what was done about them, which is only added to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from monitor.records import Case, CaseState
from storage.columns import AnyRow
from storage.counters import next_number
from storage.errors import StorageError
from storage.schema import case_events, cases

#: What a press means, and from which states it changes anything. Taking a case is won by whoever presses first.
PRESSES: dict[str, tuple[CaseState, Collection[CaseState]]] = {
    "ack": (CaseState.ACKNOWLEDGED, (CaseState.NEW, CaseState.NOT_RELEVANT)),
    "answered": (CaseState.ANSWERED, (CaseState.NEW, CaseState.ACKNOWLEDGED, CaseState.NOT_RELEVANT)),
    "irrelevant": (CaseState.NOT_RELEVANT, (CaseState.NEW, CaseState.ACKNOWLEDGED)),
}


@dataclass(frozen=True, kw_only=True)
class CaseEvent:
    """One line of a case's record."""

    number: int
    at: datetime
    action: str  #: opened, severity, class, or one of PRESSES
    who: str  #: empty for the rules
    detail: str = ""


def save(conn: Connection, case: Case, now: datetime) -> Case:
    """Store a new case and give it its number, or bring a known one up to date. The state is changed by `press` only."""
    row = conn.execute(select(cases).where(cases.c.id == case.id).with_for_update()).one_or_none()
    if row is None:
        number = next_number(conn, "case")
        values = _values(case) | {
            "id": case.id,
            "number": number,
            "story_id": case.story_id,
            "state": case.state,
            "opened_at": case.opened_at,
        }
        conn.execute(insert(cases), values)
        _add_event(conn, case.id, now, "opened", "", f"{case.severity} {case.case_class}")
    else:
        for action, before, after in (("severity", row.severity, case.severity), ("class", row.case_class, case.case_class)):
            if before != after:
                _add_event(conn, case.id, now, action, "", f"{before} → {after}")
        # A stale copy must not take a revision back: messages are owed by it.
        values = _values(case) | {"revision": max(case.revision, row.revision)}
        conn.execute(update(cases).where(cases.c.id == case.id).values(values))
    return _get(conn, case.id)


def press(conn: Connection, case_id: str, action: str, *, who: str, at: datetime) -> tuple[Case, bool]:
    """Do what a person asked by a button; return the case and whether it changed. A late press changes nothing and is recorded too.

    Raises:
        StorageError: no such case or action.
    """
    if action not in PRESSES:
        raise StorageError(f"Không có thao tác “{action}”; hiện có: {', '.join(PRESSES)}")
    state, before = PRESSES[action]
    changed = update(cases).where(cases.c.id == case_id, cases.c.state.in_([s.value for s in before]))
    first = conn.execute(changed.values(state=state, updated_at=at)).rowcount > 0
    case = _get(conn, case_id)
    _add_event(conn, case_id, at, action, who, "" if first else "đã có người bấm trước")
    return case, first


def find(conn: Connection, key: str | int) -> Case | None:
    """The case of that number or id."""
    where = cases.c.number == key if isinstance(key, int) else cases.c.id == key
    row = conn.execute(select(cases).where(where)).one_or_none()
    return None if row is None else record(row)


def of_story(conn: Connection, story_id: str) -> Case | None:
    """The newest case of a story."""
    query = select(cases).where(cases.c.story_id == story_id).order_by(cases.c.number.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else record(row)


def listed(conn: Connection, states: Collection[CaseState] | None, since: datetime | None) -> list[Case]:
    """The cases in any of `states` (None: all) opened since, newest first."""
    query = select(cases).order_by(cases.c.number.desc())
    if states is not None:
        query = query.where(cases.c.state.in_([s.value for s in states]))
    if since is not None:
        query = query.where(cases.c.opened_at >= since)
    return [record(row) for row in conn.execute(query)]


def events(conn: Connection, case_id: str) -> list[CaseEvent]:
    """What happened to a case, in order."""
    query = select(case_events).where(case_events.c.case_id == case_id).order_by(case_events.c.number)
    return [CaseEvent(number=r.number, at=r.at, action=r.action, who=r.who, detail=r.detail) for r in conn.execute(query)]


def record(row: AnyRow) -> Case:
    """A row of `cases` as the record."""
    return Case(
        id=row.id,
        number=row.number,
        story_id=row.story_id,
        case_class=row.case_class,
        severity=row.severity,
        state=CaseState(row.state),
        unit=row.unit,
        topics=tuple(row.topics),
        wards=tuple(row.wards),
        title=row.title,
        url=row.url,
        why=tuple(row.why),
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        revision=row.revision,
    )


def _get(conn: Connection, case_id: str) -> Case:
    found = find(conn, case_id)
    if found is None:
        raise StorageError(f"Không có vụ việc mã {case_id}")
    return found


def _values(case: Case) -> dict[str, Any]:
    return {
        "case_class": case.case_class,
        "severity": case.severity,
        "unit": case.unit,
        "topics": list(case.topics),
        "wards": list(case.wards),
        "title": case.title,
        "url": case.url,
        "why": list(case.why),
        "updated_at": case.updated_at,
        "revision": case.revision,
    }


def _add_event(conn: Connection, case_id: str, at: datetime, action: str, who: str, detail: str) -> None:
    last = conn.execute(select(func.max(case_events.c.number)).where(case_events.c.case_id == case_id)).scalar() or 0
    row = {"case_id": case_id, "number": last + 1, "at": at, "action": action, "who": who, "detail": detail}
    conn.execute(insert(case_events), row)
