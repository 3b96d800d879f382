"""The outbox: messages owed, leased to a sender, sent or dead. Sending is repeated rather than lost."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from monitor.records import SEVERITIES, Delivery, DeliveryStatus, Message
from storage.columns import AnyRow
from storage.database import upsert
from storage.errors import StorageError
from storage.ledger import key_of
from storage.schema import outbox

#: Nothing is put off or leased for longer; a later time was written by a clock that stood in the future.
LONGEST_PAUSE, LONGEST_LEASE = timedelta(days=2), timedelta(days=1)
GROUPED = "alert:grouped:"  #: how the ids of lists begin
_CHUNK = 400  # ids in one IN (…)
_URGENT = SEVERITIES.index("S4")
_OPEN = outbox.c.status.in_([DeliveryStatus.PENDING.value, DeliveryStatus.LEASED.value])


def owe(conn: Connection, deliveries: Sequence[Delivery], now: datetime) -> int:
    """Write messages down as owed; one whose id is there already is not owed twice. Return how many are new."""
    insert = upsert(conn.dialect.name, outbox).on_conflict_do_nothing(index_elements=["id"]).returning(outbox.c.id)
    return sum(len(conn.execute(insert, _row(delivery, now)).all()) for delivery in deliveries)


def digests_of(conn: Connection, week: str) -> set[str]:
    """The ids of the digests of that week that were ever owed."""
    query = select(outbox.c.id).where(outbox.c.kind == "digest", outbox.c.id.startswith(f"digest:{week}:", autoescape=True))
    return set(conn.execute(query).scalars())


def told(conn: Connection, case_id: str, channel: str, recipient: str) -> bool:
    """True when a message of that case was owed to that recipient."""
    where = (outbox.c.case_id == case_id, outbox.c.channel == channel, outbox.c.recipient == recipient)
    return conn.execute(select(outbox.c.id).where(*where).limit(1)).first() is not None


def claim(conn: Connection, now: datetime, lease: timedelta, limit: int, channels: Sequence[str]) -> list[Delivery]:
    """Lease up to `limit` messages of these channels that are due, the most severe first, and count the attempt.

    A lease that ran out is due again. Two claimers never hold the same message: SQLite has one writer at a time, on
    PostgreSQL rows that somebody else is claiming are skipped.
    """
    over = and_(outbox.c.status == DeliveryStatus.LEASED, _reached(outbox.c.leased_until, now, LONGEST_LEASE))
    query = (
        select(outbox)
        .where(_OPEN, or_(_due(now), over), outbox.c.channel.in_(channels))
        .order_by(outbox.c.priority.desc(), outbox.c.due_at, outbox.c.owed_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite knows no row locks and needs none
    )
    rows = conn.execute(query).all()
    held = {"status": DeliveryStatus.LEASED, "leased_until": now + lease, "attempts": outbox.c.attempts + 1}
    if rows:
        conn.execute(update(outbox).where(outbox.c.id.in_([row.id for row in rows])).values(held))
    return [_delivery(row, status=DeliveryStatus.LEASED, leased_until=now + lease, attempts=row.attempts + 1) for row in rows]


def group(conn: Connection, now: datetime, *, above: int, compose: Callable[[Sequence[Delivery]], Message]) -> int:
    """Tell what is too much at once as a list: of the alerts due for one recipient on one channel the `above` most severe stay messages
    of their own, and every S4; the others become lines of one new message that `compose` writes. Return how many did.
    """
    query = (
        select(outbox)
        .where(_OPEN, _due(now), outbox.c.kind == "alert", outbox.c.id.notlike(f"{GROUPED}%"))
        .order_by(outbox.c.channel, outbox.c.recipient, outbox.c.priority.desc(), outbox.c.due_at, outbox.c.owed_at, outbox.c.id)
        .with_for_update(skip_locked=True)
    )
    owed = [_delivery(row) for row in conn.execute(query)]
    lists = [list(of_one)[above:] for _, of_one in groupby(owed, key=lambda d: (d.channel, d.recipient))]
    return sum(_list(conn, now, [d for d in rest if d.priority < _URGENT], compose) for rest in lists)


def _list(conn: Connection, now: datetime, rest: Sequence[Delivery], compose: Callable[[Sequence[Delivery]], Message]) -> int:
    if not rest:
        return 0
    first, ids = rest[0], [d.id for d in rest]
    grouped = Delivery(
        id=f"{GROUPED}{first.channel}:{first.recipient}:{key_of(' '.join(ids))}",
        kind="alert",
        case_id=None,
        channel=first.channel,
        recipient=first.recipient,
        message=compose(rest),
        due_at=now,
        priority=first.priority,
    )
    owe(conn, [grouped], now)
    for start in range(0, len(ids), _CHUNK):
        these = outbox.c.id.in_(ids[start : start + _CHUNK])
        conn.execute(update(outbox).where(these).values(status=DeliveryStatus.GROUPED, grouped_in=grouped.id))
    return len(ids)


def sent(conn: Connection, delivery_id: str, remote_id: str, now: datetime) -> None:
    """The channel confirmed the message. The first confirmation stands."""
    values = {"status": DeliveryStatus.SENT, "sent_at": now, "remote_id": remote_id, "leased_until": None, "error": ""}
    _change(conn, delivery_id, values, outbox.c.status != DeliveryStatus.SENT)


def failed(conn: Connection, delivery_id: str, error: str, *, retry_at: datetime | None) -> None:
    """The channel did not take the message: due again at `retry_at`, or dead when there is none. A sent message stays sent."""
    values: dict[str, Any] = {"error": error, "leased_until": None}
    values |= {"status": DeliveryStatus.DEAD} if retry_at is None else {"status": DeliveryStatus.PENDING, "due_at": retry_at}
    _change(conn, delivery_id, values, _OPEN)


def resend(conn: Connection, delivery_id: str, now: datetime) -> None:
    """Owe a dead message again, with all its attempts.

    Raises:
        StorageError: it is not dead.
    """
    values = {"status": DeliveryStatus.PENDING, "due_at": now, "attempts": 0, "leased_until": None}
    if not _change(conn, delivery_id, values, outbox.c.status == DeliveryStatus.DEAD):
        raise StorageError(f"Tin gửi {delivery_id} chưa bị dừng gửi nên không cần gửi lại")


def listed(conn: Connection, status: DeliveryStatus | None) -> list[Delivery]:
    """The messages in one status, or all, in the order in which they were owed."""
    query = select(outbox).order_by(outbox.c.owed_at, outbox.c.id)
    return [_delivery(row) for row in conn.execute(query if status is None else query.where(outbox.c.status == status))]


def counts(conn: Connection) -> dict[str, int]:
    """How many messages are in each status."""
    rows = conn.execute(select(outbox.c.status, func.count().label("n")).group_by(outbox.c.status))
    found = {row.status: row.n for row in rows}
    return {status.value: found.get(status.value, 0) for status in DeliveryStatus}


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(outbox.c.status == DeliveryStatus.PENDING, _reached(outbox.c.due_at, now, LONGEST_PAUSE))


def _reached(moment: ColumnElement[datetime], now: datetime, longest: timedelta) -> ColumnElement[bool]:
    return or_(moment <= now, moment > now + longest)


def _change(conn: Connection, delivery_id: str, values: dict[str, Any], when: Any) -> bool:
    if conn.execute(update(outbox).where(outbox.c.id == delivery_id, when).values(values)).rowcount:
        return True
    if conn.execute(select(outbox.c.id).where(outbox.c.id == delivery_id)).scalar() is None:
        raise StorageError(f"Không có tin gửi mã {delivery_id}")
    return False


def _row(delivery: Delivery, now: datetime) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "kind": delivery.kind,
        "case_id": delivery.case_id,
        "channel": delivery.channel,
        "recipient": delivery.recipient,
        "message": _packed(delivery.message),
        "due_at": delivery.due_at,
        "priority": delivery.priority,
        "status": DeliveryStatus.PENDING,
        "attempts": 0,
        "error": "",
        "owed_at": now,
    }


def _packed(message: Message) -> dict[str, object]:
    return {
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "images": {cid: base64.b64encode(png).decode() for cid, png in message.images.items()},
        "buttons": [list(button) for button in message.buttons],
    }


def _unpacked(packed: dict[str, Any]) -> Message:
    return Message(
        subject=packed["subject"],
        text=packed["text"],
        html=packed["html"],
        images={cid: base64.b64decode(png) for cid, png in packed["images"].items()},
        buttons=tuple((label, action) for label, action in packed["buttons"]),
    )


def _delivery(row: AnyRow, **changed: Any) -> Delivery:
    fields = {
        "id": row.id,
        "kind": row.kind,
        "case_id": row.case_id,
        "channel": row.channel,
        "recipient": row.recipient,
        "message": _unpacked(row.message),
        "due_at": row.due_at,
        "priority": row.priority,
        "status": DeliveryStatus(row.status),
        "attempts": row.attempts,
        "leased_until": row.leased_until,
        "sent_at": row.sent_at,
        "remote_id": row.remote_id,
        "error": row.error,
    }
    return Delivery(**(fields | changed))
