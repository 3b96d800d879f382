"""The connection, the schema and the sentences a person meets when the database cannot be used."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from monitor.records import SourceState
from storage import migrate
from storage.errors import StorageError
from storage.ledger import key_of
from storage.schema import metadata
from storage.store import Store
from tests.integration.conftest import new_postgres
from tests.integration.storage_items import T0, article, entry, source, tags

ROOT = Path(__file__).parents[2]


def open_and_upgrade(url: str) -> None:
    store = Store(url)
    try:
        store.upgrade()
    finally:
        store.close()


def sentence(url: str) -> str:
    """What a person reads when the store is opened and brought up to date."""
    with pytest.raises(StorageError) as raised:
        open_and_upgrade(url)
    told = str(raised.value)
    assert "\n" not in told
    return told


def test_the_migrations_make_the_schema(store: Store) -> None:
    def ours(_: object, name: str | None, *__: object) -> bool:
        return not (name or "").startswith(("coverage_index", "ix_coverage_"))  # raw SQL, different on each engine

    with store._db.read() as conn:
        context = MigrationContext.configure(conn, opts={"include_object": ours, "compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_sqlite_is_opened_for_one_writer_and_many_readers(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'm.db'}")
    store.upgrade()
    with store._db.write() as conn:
        found = {p: conn.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}
    store.close()
    assert found == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_reader_sees_one_moment_and_blocks_no_writer(store: Store) -> None:
    a, b = article(1), article(2)
    store.save(a, tags(a), now=T0)
    with store._db.read() as conn:
        count = text("SELECT count(*) FROM articles")
        assert conn.execute(count).scalar() == 1
        store.save(b, tags(b), now=T0)
        assert conn.execute(count).scalar() == 1


def test_several_writers_take_turns(store: Store, database_url: str) -> None:
    failures: list[BaseException] = []

    def write(name: str) -> None:
        own = Store(database_url)
        try:
            for n in range(25):
                a = article(f"{name}-{n}", story_id="one story")
                own.save(a, tags(a, topics=("t01", "t02")), now=T0)
        except BaseException as error:
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.spread("one story").articles == 75


def test_two_upgrades_at_once_make_one_schema(tmp_path: Path) -> None:
    upgraded_at_once(f"sqlite:///{tmp_path / 'fresh.db'}")


@pytest.mark.postgres
def test_two_upgrades_at_once_make_one_schema_on_postgres(postgres_server: str) -> None:
    with new_postgres(postgres_server) as url:
        upgraded_at_once(url)


def upgraded_at_once(url: str) -> None:
    # Alembic's own context is one per process, so the two are processes, as two starts of the service would be.
    code = "import sys; from storage.store import Store; s = Store(sys.argv[1]); s.upgrade(); s.close()"
    children = [subprocess.Popen([sys.executable, "-W", "error", "-c", code, url], cwd=ROOT) for _ in range(2)]
    assert [c.wait() for c in children] == [0, 0]
    store = Store(url)
    store.check_version()
    store.close()


def test_a_base_of_the_first_release_keeps_all_it_has(tmp_path: Path) -> None:
    upgraded_from_the_first(f"sqlite:///{tmp_path / 'old.db'}")


@pytest.mark.postgres
def test_a_base_of_the_first_release_keeps_all_it_has_on_postgres(postgres_server: str) -> None:
    with new_postgres(postgres_server) as url:
        upgraded_from_the_first(url)


def upgraded_from_the_first(url: str) -> None:
    store = Store(url)
    with store._db.write() as conn:
        config = migrate._config()
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        for statement in OLD_ROWS:
            conn.execute(text(statement))
    store.upgrade()
    ward = source("cong_b", tier="ward", official=True)
    assert [(s.id, s.official, s.options) for s in store.sources()] == [("bao_a", False, {}), ("cong_b", True, {})]
    assert store.source_state("bao_a") == SourceState(source_id="bao_a", failures=2, reason="403")
    assert store.versions(OLD_ID)[0].diff == ""
    assert store.article(OLD_ID).voice == ""  # type: ignore[union-attr]
    with store._db.read() as conn:
        assert conn.execute(text("SELECT source_id, first_reading, own FROM sightings")).one() == ("bao_a", True, True)
    known = entry(1)
    assert store.enter([known, dataclasses.replace(known, source_id="bao_x")], T0, own=[known.canonical_url]) == 0
    assert [row.source_id for row in store.ledger_rows()] == ["bao_a"]  # what is stored does not change hands
    store.sync_sources([ward], T0)
    assert store.sources() == [ward]  # what left the files since is unlisted
    store.close()


OLD_ID = key_of(entry(1).canonical_url)
DAY = "2026-11-09"
OLD_ROWS = [
    f"INSERT INTO sources VALUES ('{i}', 'Báo {i}', 'feed', 'https://{i}.vn', '', '{tier}', NULL, NULL, 900, '', true, '', true, '{DAY}')"
    for i, tier in (("bao_a", "city"), ("cong_b", "ward"))
] + [
    "INSERT INTO source_states (source_id, read_before, failures, reason) VALUES ('bao_a', false, 2, '403')",
    f"""INSERT INTO ledger VALUES ('{OLD_ID}', '', 'bao_a', '{entry(1).canonical_url}', '{entry(1).url}', '', 'Bài 1', '', '', false, true,
        0, 'kept', '', 1, NULL, '{OLD_ID}', '{DAY}', '{DAY}')""",
    f"""INSERT INTO articles VALUES (1, '{OLD_ID}', 1, 'bao_a', '{DAY}', 'feed', '', '{DAY}', '{DAY}', 'h', 2, false, 'st', NULL,
        true, true, NULL, NULL, NULL, 'u', 'u', '', 'Bài 1', 'Lời mới')""",
    f"INSERT INTO article_versions VALUES (1, 1, 'Bài 1', 'Lời cũ', 'g', '{DAY}', '{DAY}')",
]


def test_an_empty_base_asks_for_the_upgrade(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'm.db'}")
    with pytest.raises(StorageError, match="monitor db upgrade"):
        store.check_version()
    with pytest.raises(StorageError, match="monitor db upgrade"):
        store.last_beat()
    store.close()


def test_an_empty_postgres_asks_for_the_upgrade(request: pytest.FixtureRequest) -> None:
    with new_postgres(request.getfixturevalue("postgres_server")) as url:
        store = Store(url)
        with pytest.raises(StorageError, match="monitor db upgrade"):
            store.last_beat()
        store.close()


def test_a_newer_schema_is_left_alone(store: Store) -> None:
    with store._db.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        for call in (store.upgrade, store.check_version):
            with pytest.raises(StorageError, match="phiên bản mới hơn"):
                call()
    finally:
        with store._db.write() as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": migrate.head()})


def test_an_unreachable_server_is_one_sentence_without_the_password() -> None:
    told = sentence("postgresql://office:bi-mat@127.0.0.1:9/monitor")
    assert "không kết nối được" in told
    assert "127.0.0.1:9/monitor" in told
    assert "bi-mat" not in told


@pytest.mark.postgres
def test_a_missing_database_is_one_sentence(postgres_server: str) -> None:
    from sqlalchemy.engine import make_url

    assert "không tồn tại" in sentence(make_url(postgres_server).set(database="khong_co").render_as_string(hide_password=False))


def test_a_locked_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    store = Store(f"sqlite:///{path}", busy_seconds=0.1)
    store.upgrade()
    holder = sqlite3.connect(path, isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match=r"m\.db.*đang bị một tiến trình khác khóa"):
            store.beat(T0, "service")
        holder.execute("COMMIT")
        store.beat(T0, "service")
    finally:
        holder.close()
        store.close()


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    assert "không mở được" in sentence(f"sqlite:///{tmp_path}/khong/co/m.db")


def test_a_read_only_file_is_one_sentence(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StorageError, match="chỉ đọc được"):
        store.beat(T0, "service")
    store.close()


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder in which this process may not write: root gives up its rights meanwhile, as the container runs without them."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        yield Path(name)
        if root:
            os.seteuid(0)
        Path(name).chmod(0o755)


def test_a_read_only_folder_is_one_sentence(read_only_folder: Path) -> None:
    assert "không mở được; hãy kiểm tra thư mục" in sentence(f"sqlite:///{read_only_folder}/m.db")


def test_another_kind_of_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "m.db").write_text("xin chào " * 1_000)
    assert "không phải là tệp cơ sở dữ liệu" in sentence(f"sqlite:///{tmp_path / 'm.db'}")


@pytest.mark.parametrize("url", ["", "monitor.db", "mysql://a/b", "postgresql://h:cổng/x", "nosuch://x"])
def test_a_wrong_url_is_one_sentence(url: str) -> None:
    assert "Khóa database" in sentence(url)


def test_postgres_urls_may_leave_the_driver_out() -> None:
    for url in ("postgres://u@h/x", "postgresql://u@h/x", "postgresql+psycopg://u@h/x"):
        assert Store(url)._db.url.drivername == "postgresql+psycopg"
