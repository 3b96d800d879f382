"""What the tests speak with: a web site and the tools to read it, a fresh SQLite file, a PostgreSQL database of this session's own."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from crawlers.tools import Tools
from storage.schema import metadata
from storage.store import Store
from tests.integration import web
from tests.integration.web import Site

SERVER = os.environ.get("MONITOR_TEST_POSTGRES") or "postgresql://postgres@127.0.0.1:5432/postgres"
HOW = "start PostgreSQL on 127.0.0.1:5432 or set MONITOR_TEST_POSTGRES=postgresql://user:password@host:5432/postgres"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, up-to-date SQLite file to copy: migrating for every test would be slow."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of a server on which databases may be created; skips, or fails when MONITOR_REQUIRE_POSTGRES=1."""
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        reason = f"no PostgreSQL server ({str(error).strip().splitlines()[0]}); {HOW}"
        if os.environ.get("MONITOR_REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return SERVER


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """An up-to-date database of this session, dropped at its end."""
    with new_postgres(postgres_server) as url:
        store = Store(url)
        store.upgrade()
        store.close()
        yield url


class new_postgres:
    """A new, empty database on the server while the block runs."""

    def __init__(self, server: str) -> None:
        self._server, self._name = server, f"monitor_test_{uuid.uuid4().hex[:12]}"

    def __enter__(self) -> str:
        with psycopg.connect(self._server, autocommit=True) as conn:
            conn.execute(f'CREATE DATABASE "{self._name}"')
        return make_url(self._server).set(database=self._name).render_as_string(hide_password=False)

    def __exit__(self, *_: object) -> None:
        with psycopg.connect(self._server, autocommit=True) as conn:
            conn.execute(f'DROP DATABASE "{self._name}" WITH (FORCE)')


def emptied(url: str) -> str:
    store = Store(url)
    with store._db.write() as conn:
        conn.execute(text("TRUNCATE coverage_index, " + ", ".join(metadata.tables)))
    store.close()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty, up-to-date database; every test that asks for it runs on both engines."""
    if request.param == "postgres":
        return emptied(request.getfixturevalue("postgres_database"))
    path = tmp_path / "monitor.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store, on both engines."""
    opened = Store(database_url)
    yield opened
    opened.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A web site on loopback whose answers the test sets."""
    async with web.serving() as running:
        yield running


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    """A door that may reach loopback, and a sandbox."""
    async with web.tools() as made:
        yield made
