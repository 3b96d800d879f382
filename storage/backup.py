"""Backup and restore: one gzip file of JSON lines, the same for SQLite and PostgreSQL, so it also moves a base between them.

First line: what it is and of which schema; then one line per row; last line: how many rows, so that a cut file is noticed.
Left out: pages as fetched, which are kept for days only, and what tells voices apart, which would outlive its month in a file.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, LargeBinary, Table, func, insert, literal, select
from sqlalchemy.exc import StatementError

from storage.articles import reindex
from storage.columns import UtcDateTime, to_json
from storage.errors import StorageError
from storage.schema import metadata, raw_bodies, voice_keys

FORMAT = "coverage-desk backup 1"
LONGEST_LINE = 32 * 1024 * 1024  #: bytes; the longest rows are digests with their pictures
MOST_TIMES, LEAST_BYTES = 200, 64 * 1024 * 1024  #: a file that unpacks to more times its size, and more than that, is a bomb
_LEFT_OUT = (raw_bodies, voice_keys)
_BATCH = 500


def write(conn: Connection, path: Path, revision: str) -> int:
    """Write all rows of one snapshot into `path`, which appears only when complete; return how many rows.

    Raises:
        StorageError: the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        with gzip.open(part, "wt", encoding="utf-8", compresslevel=6) as file:
            file.write(to_json({"format": FORMAT, "revision": revision}) + "\n")
            rows = 0
            for table in (t for t in metadata.sorted_tables if t not in _LEFT_OUT):
                for row in conn.execution_options(yield_per=_BATCH).execute(select(*_kept(table))):
                    file.write(to_json([table.name, [_plain(value) for value in row]]) + "\n")
                    rows += 1
            file.write(to_json({"rows": rows}) + "\n")
        _flush(part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(f"Không ghi được tệp sao lưu {path}: {error.strerror or error}") from error
    return rows


def read(conn: Connection, path: Path, revision: str) -> int:
    """Fill an empty base from `path` and build the index; return how many rows. All happens in the caller's transaction.

    Raises:
        StorageError: the base is not empty, or the file is not a whole backup of this schema.
    """
    for table in (metadata.tables[name] for name in ("articles", "ledger", "cases", "outbox")):
        if conn.execute(select(func.count()).select_from(table)).scalar():
            raise StorageError("Cơ sở dữ liệu đã có dữ liệu; chỉ khôi phục vào cơ sở dữ liệu trống để không ghi đè mất gì.")
    for table in reversed(metadata.sorted_tables):
        conn.execute(table.delete())
    try:
        with gzip.open(path, "rb") as file:
            rows = _fill(conn, _lines(file, path), path, revision)
    except OSError as error:
        raise StorageError(f"Không đọc được tệp sao lưu {path}: {error.strerror or error}") from error
    except (EOFError, zlib.error, ValueError, TypeError, LookupError, RecursionError, MemoryError, StatementError) as error:
        raise StorageError(f"Tệp sao lưu {path} bị hỏng hoặc bị cắt ngang.") from error
    reindex(conn)
    return rows


def _kept(table: Table) -> list[ColumnElement[Any]]:
    return [literal("").label(c.name) if c.name == "voice" else c for c in table.columns]


def _lines(file: gzip.GzipFile, path: Path) -> Iterator[str]:
    """The lines of the unpacked file, none of them and all together no longer than any backup of ours."""
    left = max(LEAST_BYTES, MOST_TIMES * path.stat().st_size)
    while line := file.readline(LONGEST_LINE):
        left -= len(line)
        if left < 0 or len(line) == LONGEST_LINE:
            raise StorageError(f"Tệp sao lưu {path} phình to bất thường khi giải nén nên không được khôi phục.")
        yield line.decode("utf-8")


def _fill(conn: Connection, lines: Iterator[str], path: Path, revision: str) -> int:
    head = json.loads(next(lines, "null"))
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise StorageError(f"Tệp {path} không phải bản sao lưu của hệ thống này.")
    if head.get("revision") != revision:
        raise StorageError(f"Tệp sao lưu {path} thuộc phiên bản dữ liệu {head.get('revision')}, phần mềm này dùng {revision}.")
    table: Table | None = None
    batch: list[dict[str, Any]] = []
    for rows, line in enumerate(lines):
        item = json.loads(line)
        if isinstance(item, dict):
            _put(conn, table, batch)
            if item.get("rows") != rows:
                break
            return rows
        if table is None or item[0] != table.name or len(batch) >= _BATCH:
            _put(conn, table, batch)
            table, batch = metadata.tables[item[0]], []
        batch.append(_row(table, item[1]))
    raise StorageError(f"Tệp sao lưu {path} bị hỏng hoặc bị cắt ngang.")


def _put(conn: Connection, table: Table | None, batch: list[dict[str, Any]]) -> None:
    if table is not None and batch:
        conn.execute(insert(table), batch)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, date | datetime) else value


def _row(table: Table, values: list[Any]) -> dict[str, Any]:
    return {c.name: _reader(c.type)(value) if value is not None else None for c, value in zip(table.columns, values, strict=True)}


def _reader(kind: object) -> Callable[[Any], Any]:
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat
    if isinstance(kind, LargeBinary):
        return base64.b64decode
    return date.fromisoformat if isinstance(kind, Date) else lambda value: value


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
