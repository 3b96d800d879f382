"""Column types that are the same on both engines: aware UTC times, text without bytes that PostgreSQL refuses, JSON."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Row, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

LOCAL = timezone(timedelta(hours=7))  #: the office's own days and weeks
_NUL_IN_JSON = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

AnyRow = Row[*tuple[Any, ...]]  #: a row of whatever was selected

#: SQLite makes only INTEGER its fast rowid; PostgreSQL needs 64 bits.
Number: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")
Json: TypeEngine[Any] = JSON().with_variant(JSONB, "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out. SQLite keeps no zone, so a naive time would silently become another moment: refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; raises ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r}: storage takes aware times only")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SafeText(TypeDecorator[str]):
    """Text of strangers: NUL and lone surrogates, which PostgreSQL refuses or UTF-8 cannot hold, are dropped."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Drop what cannot be stored."""
        return None if value is None else storable(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Give back as stored."""
        return value


def storable(value: str) -> str:
    """Return `value` without NUL characters and lone surrogates."""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def to_json(value: object) -> str:
    """JSON text that both engines accept, Vietnamese left readable."""
    return storable(_NUL_IN_JSON.sub(r"\1", json.dumps(value, ensure_ascii=False)))


def local_day(moment: datetime) -> date:
    """The local date of an aware time."""
    return moment.astimezone(LOCAL).date()
