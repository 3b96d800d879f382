"""One backup format for both engines; a cut, foreign or unwanted file changes nothing."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.records import CaseState, Label, RawItem, SourceState
from storage import backup, migrate
from storage.errors import StorageError
from storage.store import Store
from tests.integration.conftest import new_postgres
from tests.integration.storage_items import T0, article, case, delivery, entry, source, tags
from tests.integration.test_storage_articles import everything


def filled(store: Store) -> None:
    store.sync_sources([source("bao_a")], T0)
    store.save_source_state(SourceState(source_id="bao_a", last_new_at=T0))
    store.beat(T0, "service")
    store.enter([entry(n, guid=f"g{n}") for n in range(12)], T0)
    for n in range(8):
        a = article(n, title=f"Đống Đa “{n}”")
        store.save(a, tags(a, topics=("t01",)), case=case(a) if n < 3 else None, deliveries=[delivery(f"alert:{n}")], now=T0)
    edited = article(1, text="bản sửa")
    store.save(edited, tags(edited), now=T0)
    store.correct(article(2).id, Label(kind="class", value="routine", score=1.0, model="người"), T0)
    store.press("c_st_0", "ack", who="An", at=T0)
    store.sent("alert:1", "9", T0)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty, not yet migrated base to restore into."""
    if request.param == "sqlite":
        store = Store(f"sqlite:///{tmp_path / 'other.db'}")
        yield store
        store.close()
        return
    with new_postgres(request.getfixturevalue("postgres_server")) as url:
        store = Store(url)
        yield store
        store.close()


def test_a_backup_moves_everything_to_either_engine(store: Store, other: Store, tmp_path: Path) -> None:
    filled(store)
    file = tmp_path / "backup.gz"
    written = store.backup(file)
    assert other.restore(file) == written > 50
    other.check_version()
    assert everything_alike(other) == everything_alike(store)
    assert len(other.search('"dong da"')) == len(store.search("Đống Đa")) == 7
    assert other.case("c_st_0").state is CaseState.ACKNOWLEDGED  # type: ignore[union-attr]
    a = article("sau khôi phục")
    assert other.save(a, tags(a), case=case(a), now=T0).number == 4  # type: ignore[union-attr]


def everything_alike(store: Store) -> object:
    """What both engines must agree on, read through the front door."""
    ids = [article(n).id for n in range(8)]
    return (
        [(store.article(i), store.tags(i), store.versions(i)) for i in ids],
        [(c, store.case_events(c.id)) for c in store.cases()],
        store.deliveries(),
        store.ledger_counts(),
        store.waiting("bao_a", T0),
        store.source_states(),
        store.last_beat(),
        {name: len(rows) for name, rows in everything(store).items()},
    )


def test_restoring_over_data_is_refused(store: Store, tmp_path: Path) -> None:
    filled(store)
    store.backup(tmp_path / "b.gz")
    before = everything(store)
    with pytest.raises(StorageError, match="cơ sở dữ liệu trống"):
        store.restore(tmp_path / "b.gz")
    assert everything(store) == before


def test_a_cut_or_foreign_file_leaves_the_base_empty(store: Store, sqlite_template: Path, tmp_path: Path) -> None:
    origin = tmp_path / "origin.db"
    shutil.copy(sqlite_template, origin)
    full = Store(f"sqlite:///{origin}")
    filled(full)
    full.backup(tmp_path / "b.gz")
    full.close()
    whole = gzip.decompress((tmp_path / "b.gz").read_bytes()).decode().splitlines(keepends=True)
    bad = tmp_path / "bad.gz"
    for lines, message in [
        (whole[:-1], "cắt ngang"),
        (whole[:20] + whole[25:], "cắt ngang"),
        ([], "không phải bản sao lưu"),
        (['{"x": 1}\n'], "không phải bản sao lưu"),
        (['{"format": "coverage-desk backup 1", "revision": "9999"}\n'], "phiên bản dữ liệu 9999"),
        (["nonsense"], "bị hỏng"),
    ]:
        bad.write_bytes(gzip.compress("".join(lines).encode()))
        with pytest.raises(StorageError, match=message):
            store.restore(bad)
    bad.write_bytes((tmp_path / "b.gz").read_bytes()[:-300])
    with pytest.raises(StorageError, match="bị hỏng"):
        store.restore(bad)
    bad.write_bytes(b"not gzip")
    with pytest.raises(StorageError):
        store.restore(bad)
    with pytest.raises(StorageError, match="Không đọc được"):
        store.restore(tmp_path / "none.gz")
    assert store.cases() == []
    assert sum(store.ledger_counts().values()) == 0


def test_a_file_that_swells_is_refused_early(sqlite_template: Path, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.gz"
    head = json.dumps({"format": backup.FORMAT, "revision": migrate.head()}) + "\n"
    rows = b"".join(b'["counters", ["%d%s", 1]]\n' % (n, b"x" * 1_000_000) for n in range(80))
    for body in (b'["counters", ["' + b"x" * 40_000_000, rows):
        bomb.write_bytes(gzip.compress(head.encode() + body, 9))
        store = Store(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'new.db')}")
        with pytest.raises(StorageError, match="phình to"):
            store.restore(bomb)
        store.close()


def test_pages_and_what_tells_voices_apart_stay_out_of_a_backup(store: Store, other: Store, tmp_path: Path) -> None:
    a = article(1, voice="b1946ac92492d234")
    store.enter([entry(2, voice="591785b794601e21")], T0)
    page = RawItem(source_id="bao_a", url=a.url, body=b"<p>", charset=None, fetched_at=T0, entry=entry(1))
    store.save(a, tags(a), raw=page, now=T0)
    secret = store.voice_key("2026-11")
    store.backup(tmp_path / "b.gz")
    kept = gzip.decompress((tmp_path / "b.gz").read_bytes())
    for hidden in (b"b1946ac92492d234", b"591785b794601e21", secret.hex().encode(), b"raw_bodies", b"voice_keys"):
        assert hidden not in kept
    other.restore(tmp_path / "b.gz")
    assert (other.raw(a.id), other.article(a.id).voice) == (None, "")  # type: ignore[union-attr]
    assert other.voice_key("2026-11") != secret


def test_a_backup_that_cannot_be_written_leaves_no_half_file(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Không ghi được tệp sao lưu"):
        store.backup(tmp_path / "no folder" / "b.gz")
    assert not list(tmp_path.glob("*.part"))


def test_hostile_text_survives_the_round_trip(store: Store, tmp_path: Path) -> None:
    a = article(1, title="\\u0000 \\\\u0000 “x” \u2028", text="a\x00b\ud800")
    store.save(a, tags(a), case=case(a, why=("\x00\\u0000\ud800",)), now=T0)
    assert store.case("c_st_1").why == ("\\u0000",)  # type: ignore[union-attr]
    store.backup(tmp_path / "b.gz")
    fresh = Store(f"sqlite:///{tmp_path / 'fresh.db'}")
    fresh.restore(tmp_path / "b.gz")
    assert fresh.article(a.id) == store.article(a.id)
    fresh.close()
