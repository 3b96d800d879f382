"""The register: files declare, commands change, and everything that changed is written down with who did it."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from monitor.records import Source, SourceState
from storage.errors import StorageError
from storage.store import Store
from tests.integration.storage_items import T0, entry, source

HOUR = timedelta(hours=1)


def whats(store: Store, source_id: str | None = None) -> list[tuple[str, dict[str, tuple[object, object]]]]:
    """(who, what) of the history, oldest first."""
    return [(c.who, dict(c.what)) for c in reversed(store.source_changes(source_id))]


def test_a_declared_source_comes_back_whole_and_in_order(store: Store) -> None:
    whole = Source(
        id="cong_a", name="Cổng A", kind="listing", url="https://a.vn/tin", tier="ward", every=600, homepage="https://a.vn",
        subject="chuyển đổi số", reach="small", official=True, ward="bo_de", unit="ub_bo_de", access_basis="listing page",
        enabled=False, reason="chưa có nguồn", notes="hỏi lại tháng 12",
        options={"link": "a.tin", "pages": 2, "deep": {"x": [1, None, True]}},
    )  # fmt: skip
    store.sync_sources([source("bao_b"), whole, source("bao_a")], T0)
    assert store.sources() == [source("bao_a"), source("bao_b"), whole]
    assert store.source("cong_a") == whole
    assert store.source("cong_x") is None


def test_a_new_source_records_what_is_not_as_usual(store: Store) -> None:
    store.sync_sources([source("bao_a", every=0, options={"selector": "a"})], T0)
    (change,) = store.source_changes()
    assert (change.source_id, change.at, change.who) == ("bao_a", T0, "config.yaml")
    assert dict(change.what) == {
        "name": (None, "Báo bao_a"), "kind": (None, "feed"), "url": (None, "https://bao_a.vn/rss"), "tier": (None, "city"),
        "options": (None, {"selector": "a"}),
    }  # fmt: skip


def test_the_same_lines_again_change_nothing(store: Store) -> None:
    for hours in range(3):
        store.sync_sources([source("bao_a", options={"b": 1, "a": [1.0]}), source("bao_b")], T0 + hours * HOUR, shipped={"bao_b"})
    assert [who for who, _ in whats(store)] == ["config.yaml", "danh mục kèm phần mềm"]


def test_a_commands_change_stays_until_the_line_of_the_file_changes(store: Store) -> None:
    store.sync_sources([source("bao_a")], T0)
    off = source("bao_a", enabled=False, reason="đổi giao diện")
    change = store.put_source(off, who="trực ban", now=T0 + HOUR)
    assert change is not None
    assert dict(change.what) == {"enabled": (True, False), "reason": ("", "đổi giao diện")}
    assert store.put_source(off, who="trực ban", now=T0 + HOUR) is None
    store.sync_sources([source("bao_a")], T0 + 2 * HOUR)  # a restart
    assert store.source("bao_a") == off
    store.sync_sources([source("bao_a", name="Báo A mới")], T0 + 3 * HOUR)
    assert store.source("bao_a") == source("bao_a", name="Báo A mới")
    assert whats(store, "bao_a")[1:] == [
        ("trực ban", {"enabled": (True, False), "reason": ("", "đổi giao diện")}),
        ("config.yaml", {"enabled": (False, True), "reason": ("đổi giao diện", ""), "name": ("Báo bao_a", "Báo A mới")}),
    ]
    assert store.source_changes("bao_a")[0].at == T0 + 3 * HOUR


def test_a_command_may_do_what_the_file_says_later(store: Store) -> None:
    store.sync_sources([source("bao_a")], T0)
    store.put_source(source("bao_a", enabled=False), who="trực ban", now=T0)
    store.sync_sources([source("bao_a", enabled=False)], T0)  # the file follows: nothing differs, but the line is applied
    store.put_source(source("bao_a"), who="trực ban", now=T0)
    store.sync_sources([source("bao_a", enabled=False)], T0)
    assert store.source("bao_a") == source("bao_a")
    assert len(store.source_changes()) == 3


def test_a_source_that_left_the_file_is_unlisted_and_comes_back_with_its_line(store: Store) -> None:
    store.sync_sources([source("bao_a"), source("bao_b")], T0)
    store.put_source(source("bao_b", enabled=False), who="trực ban", now=T0)
    for _ in range(2):
        store.sync_sources([source("bao_a")], T0 + HOUR)
    assert store.sources() == [source("bao_a")]
    assert store.source("bao_b") is None
    store.sync_sources([source("bao_a"), source("bao_b")], T0 + 2 * HOUR)
    assert store.source("bao_b") == source("bao_b")
    assert whats(store, "bao_b")[2:] == [
        ("config.yaml", {"listed": (True, False)}),
        ("config.yaml", {"enabled": (False, True), "listed": (False, True)}),
    ]


def test_a_source_added_by_a_command_needs_no_file(store: Store) -> None:
    added = store.put_source(source("bao_moi"), who="trực ban", now=T0)
    assert added is not None
    assert dict(added.what)["name"] == (None, "Báo bao_moi")
    store.sync_sources([source("bao_a")], T0)
    assert [s.id for s in store.sources()] == ["bao_a", "bao_moi"]


def test_a_command_lists_an_unlisted_source_again_for_good(store: Store) -> None:
    store.sync_sources([source("bao_a")], T0)
    store.sync_sources([], T0)
    change = store.put_source(source("bao_a"), who="trực ban", now=T0)
    assert change is not None
    assert dict(change.what) == {"listed": (False, True)}
    store.sync_sources([], T0)
    assert store.sources() == [source("bao_a")]


def test_the_history_is_newest_first_and_limited(store: Store) -> None:
    for n in range(5):
        store.put_source(source("bao_a", notes=str(n)), who="trực ban", now=T0 + n * HOUR)
    store.put_source(source("bao_b"), who="trực ban", now=T0)
    assert [c.what["notes"] for c in store.source_changes("bao_a", limit=2)] == [("3", "4"), ("2", "3")]
    assert store.source_changes(limit=1)[0].source_id == "bao_b"
    assert store.source_changes("bao_x") == []


def test_strange_bytes_do_not_make_a_change_every_time(store: Store) -> None:
    strange = source("bao_a", name="Báo\x00 A\ud800", options={"x": "\x00y"})
    for _ in range(2):
        store.sync_sources([strange], T0)
    assert store.put_source(strange, who="trực ban", now=T0) is None
    assert len(store.source_changes()) == 1
    with pytest.raises(StorageError, match="Nguồn bao_a: khóa options"):
        store.put_source(source("bao_a", options={"x": date(2026, 11, 9)}), who="trực ban", now=T0)


def test_states_are_kept_one_by_one_and_many_at_once(store: Store) -> None:
    full = SourceState(
        source_id="bao_a", etag='"x"', last_modified="hôm qua", body_hash="ff", read_before=True, last_read_at=T0, last_ok_at=T0,
        last_new_at=T0, failures=2, failure="soft", failing_since=T0 - HOUR, reason="lỗi 403", rate=1.5, next_due_at=T0 + HOUR,
    )  # fmt: skip
    other = SourceState(source_id="bao_b")
    store.save_source_states([full, other])
    store.save_source_states([])
    assert store.source_state("bao_a") == full
    assert store.source_state("bao_x") is None
    well = dataclasses.replace(full, failures=0, failure="", failing_since=None, reason="")
    store.save_source_state(well)
    assert store.source_states() == {"bao_a": well, "bao_b": other}


def test_the_view_shows_the_listed_ones_with_their_readings(store: Store) -> None:
    store.sync_sources([source("bao_a", official=True), source("bao_b")], T0)
    store.sync_sources([source("bao_a", official=True)], T0)
    store.save_source_state(SourceState(source_id="bao_a", last_ok_at=T0, failures=1))
    with store._db.read() as conn:
        (row,) = conn.execute(text("SELECT id, official, last_ok_local, last_new_local, failures FROM v_sources"))
    assert (row.id, bool(row.official), str(row.last_ok_local), row.last_new_local, row.failures) == (
        "bao_a",
        True,
        "2026-11-09 10:00:00",
        None,
        1,
    )


def test_what_each_source_offers_is_counted_by_the_day_and_the_weeks_before(store: Store) -> None:
    store.sync_sources([source("bao_a"), source("bao_b")], T0)
    day, week = timedelta(days=1), timedelta(weeks=1)
    now = T0 + 10 * week
    store.enter([entry(f"old{n}") for n in range(40)], now - 2 * week - 5 * day, first_reading=True)
    for weeks, count in ((0, 5), (1, 3), (2, 2)):
        store.enter([entry(f"w{weeks}-{n}") for n in range(count)], now - weeks * week - 2 * HOUR)
        store.enter([entry(f"other{weeks}-{n}") for n in range(7)], now - weeks * week - day - HOUR)
        store.enter([entry(f"again{weeks}"), entry(f"w{weeks}-0")], now - weeks * week - day)  # just outside of the 24 hours
    store.enter([entry("tomorrow")], now + HOUR)
    counts = store.seen_counts(now)
    assert (counts["bao_a"].day, counts["bao_a"].history) == (5, (3, 2))
    assert counts["bao_a"].hours == pytest.approx(2)
    assert (counts["bao_b"].day, counts["bao_b"].history) == (0, ())


def test_history_goes_eight_weeks_back_and_a_first_reading_is_none(store: Store) -> None:
    store.sync_sources([source("bao_a"), source("bao_b")], T0)
    now = T0 + timedelta(weeks=20)
    store.enter([entry(0)], T0)
    store.enter([entry(n, "bao_b") for n in range(30)], now - HOUR, first_reading=True)
    counts = store.seen_counts(now)
    assert counts["bao_a"].history == (0,) * 8
    assert (counts["bao_b"].day, counts["bao_b"].history, counts["bao_b"].hours) == (0, (), pytest.approx(1))
