"""The models taken into use, the last row counts: what `monitor retrain` promotes every machine on the same database takes from here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select

from monitor.figures import Promotion
from storage.columns import AnyRow
from storage.counters import next_number
from storage.errors import StorageError
from storage.schema import models

MOST_BYTES = 10_000_000  #: of the weights of one model
_ABOUT = [c for c in models.c if c.name != "weights"]


def listed(conn: Connection) -> list[Promotion]:
    """All rows, oldest first, without their weights."""
    return [_promotion(row) for row in conn.execute(select(*_ABOUT).order_by(models.c.number))]


def head(conn: Connection) -> Promotion | None:
    """The model in use; None: the shipped one, nothing was ever promoted."""
    row = conn.execute(select(*_ABOUT).order_by(models.c.number.desc()).limit(1)).one_or_none()
    return _promotion(row) if row else None


def weights(conn: Connection, number: int) -> bytes | None:
    """The weights of a row; None: those shipped with the program."""
    found: bytes | None = conn.execute(select(models.c.weights).where(models.c.number == number)).scalar()
    return found


def promote(
    conn: Connection, *, version: str, role: str, parent: str, after: int, corrections: int, figures: Mapping[str, object],
    manifest: Mapping[str, object], blob: bytes, now: datetime,
) -> Promotion:  # fmt: skip
    """Take a new model into use. `after`: number of the row it was compared with, 0 for none.

    Raises:
        StorageError: the weights are too large or not those of the manifest, or another model was taken into use meanwhile.
    """
    files = manifest.get("files")
    if not isinstance(files, Mapping) or hashlib.sha256(blob).hexdigest() not in files.values():
        raise StorageError(f"Mô hình {version} không khớp mã băm trong bản kê của nó nên không được đưa vào dùng.")
    if len(blob) > MOST_BYTES:
        raise StorageError(f"Mô hình {version} lớn {len(blob) / 1e6:.1f} MB, quá {MOST_BYTES // 1_000_000} MB nên không được đưa vào dùng.")
    number = _next(conn, after)
    row = {"version": version, "made_at": now, "role": role, "parent": parent, "action": "retrain", "corrections": corrections,
           "figures": dict(figures), "manifest": dict(manifest)}  # fmt: skip
    conn.execute(insert(models), row | {"number": number, "weights": blob})
    return _promotion_of(conn, number)


def roll_back(conn: Connection, *, role: str, shipped: str, now: datetime) -> Promotion:
    """Go back to the model before the one in use (`shipped`: version of the program's own), as a new row.

    Raises:
        StorageError: there is none before it.
    """
    last = head(conn)
    if last is None or not last.manifest:
        raise StorageError("Đang dùng mô hình đi kèm phần mềm, không có mô hình nào trước nó để quay lại.")
    number = _next(conn, last.number)
    before = select(models).where(models.c.version == last.parent, models.c.weights.is_not(None), models.c.number < last.number)
    row = conn.execute(before.order_by(models.c.number.desc()).limit(1)).one_or_none()
    values = (
        {c.name: getattr(row, c.name) for c in models.c}
        if row
        else {"version": shipped, "parent": shipped, "corrections": 0, "figures": {}, "manifest": {}, "weights": None}
    )
    conn.execute(insert(models), values | {"number": number, "made_at": now, "role": role, "action": "rollback"})
    return _promotion_of(conn, number)


def _next(conn: Connection, after: int) -> int:
    number = next_number(conn, "model")  # on PostgreSQL it makes another promotion wait
    last = head(conn)
    if (last.number if last else 0) != after:
        raise StorageError("Mô hình đang dùng vừa được thay trong lúc này; hãy xem monitor model list rồi chạy lại.")
    return number


def _promotion_of(conn: Connection, number: int) -> Promotion:
    return _promotion(conn.execute(select(*_ABOUT).where(models.c.number == number)).one())


def _promotion(row: AnyRow) -> Promotion:
    return Promotion(
        number=row.number, version=row.version, made_at=row.made_at, role=row.role, parent=row.parent, action=row.action,
        corrections=row.corrections, figures=row.figures, manifest=row.manifest,
    )  # fmt: skip
