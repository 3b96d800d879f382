"""Brings a database to the schema of this code with Alembic, whose scripts are packaged in storage/migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.database import Database
from storage.errors import StorageError, name_of

_LOCK = 57_2026  # any number, the same for every process: one upgrade at a time on PostgreSQL


def head() -> str:
    """The newest revision that this code knows."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def upgrade(database: Database) -> None:
    """Bring the database to `head`, in one transaction: all of it, or nothing.

    Raises:
        StorageError: the database is newer than this code, or cannot be reached.
    """
    with database.write() as conn:
        if not database.sqlite:
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _refuse_newer(conn, database)
        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def check_version(database: Database) -> None:
    """Make sure that the database has the schema of this code, without changing anything.

    Raises:
        StorageError: it is older, newer or empty.
    """
    with database.read() as conn:
        _refuse_newer(conn, database)
        if revision(conn) != head():
            raise StorageError(f"{name_of(database.url)} chưa được nâng cấp cho phiên bản này; hãy chạy lệnh: monitor db upgrade")


def revision(conn: Connection) -> str | None:
    """The revision of the database; None when it is empty."""
    return MigrationContext.configure(conn).get_current_revision()


def _refuse_newer(conn: Connection, database: Database) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    found = revision(conn)
    if found is not None and found not in known:
        raise StorageError(
            f"{name_of(database.url)} do một phiên bản mới hơn của phần mềm tạo ra (lược đồ {found}); hãy cập nhật phần mềm rồi chạy lại."
        )


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    return config
