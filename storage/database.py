"""The connection to the database: SQLite in WAL mode or PostgreSQL through psycopg, one transaction per call."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

from storage.columns import to_json
from storage.errors import StorageError, translated

BUSY_SECONDS = 10.0  #: how long a writer waits for another process's transaction
_PRAGMAS = ("PRAGMA synchronous=NORMAL", "PRAGMA foreign_keys=ON", "PRAGMA temp_store=MEMORY",
            "PRAGMA cache_size=-32000",
            "PRAGMA secure_delete=ON")  # fmt: skip  # what is taken out is overwritten in the file


class Database:
    """Opens transactions. Connections are made when first used, so building one never fails for an absent server."""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        """Check the URL.

        Raises:
            StorageError: the URL is malformed or names another kind of database.
        """
        self.url = _checked(url)
        self.engine = _engine(self.url, busy_seconds)
        self._writer = self.engine.execution_options(write=True)
        # On SQLite every transaction is a snapshot; on PostgreSQL one must ask for it.
        self._reader = self.engine if self.sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")

    @property
    def sqlite(self) -> bool:
        """True on SQLite, False on PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot for reading."""
        with self._told(), self._reader.begin() as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: everything in it, or nothing."""
        with self._told(), self._writer.begin() as conn:
            yield conn

    def flush(self) -> None:
        """Move everything into the file of a SQLite base and empty the log beside it, which still holds what was taken out."""
        if self.sqlite:
            with self._told(), closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            sentence = translated(error, self.url)
            if sentence is None:
                raise
            raise sentence from error


def upsert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what to do with a row that is there already, in the words of `conn.dialect.name`."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise StorageError(
            "Khóa database không đúng dạng; ví dụ: sqlite:///var/monitor.db hoặc postgresql://tên:mật_khẩu@máy/csdl"
        ) from None
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    raise StorageError(f"Khóa database: chưa hỗ trợ loại “{backend}”; dùng sqlite hoặc postgresql")


def _engine(url: URL, busy_seconds: float) -> Engine:
    if url.get_backend_name() != "sqlite":
        connect_args: dict[str, Any] = {} if "connect_timeout" in url.query else {"connect_timeout": 10}
        return create_engine(url, json_serializer=to_json, pool_pre_ping=True, connect_args=connect_args)
    memory = url.database in (None, "", ":memory:")
    pool: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
    engine = create_engine(url, json_serializer=to_json, connect_args={"timeout": busy_seconds, "check_same_thread": False}, **pool)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin` says which kind.
    connection.isolation_level = None
    _use_wal(connection)
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _is_locked(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


@retry(retry=retry_if_exception(_is_locked), stop=stop_after_delay(BUSY_SECONDS), wait=wait_random(0.01, 0.1), reraise=True)
def _use_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait for its busy timeout here: two processes that both make a fresh file would collide.
    connection.execute("PRAGMA journal_mode=WAL").close()


def _begin(conn: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once, whatever its timeout: writers say so first.
    conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("write") else "BEGIN")
