"""Every discovered URL ends in exactly one state."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest

from monitor.records import LedgerState, PageFailure, SourceState
from storage.errors import StorageError
from storage.store import Store
from tests.integration.storage_items import T0, article, entry, source, tags

HOUR = timedelta(hours=1)


def test_a_new_entry_waits_and_comes_back_whole(store: Store) -> None:
    full = entry(1, summary_html="<p>Tóm tắt</p>", published_raw="7/20/2026 10:06:00\u202fPM", guid="g1", complete=True)
    assert store.enter([full], T0, first_reading=True) == 1
    (waiting,) = store.waiting("bao_a", T0)
    assert (waiting.entry, waiting.first_reading, waiting.attempts) == (full, True, 0)


def test_the_last_printed_entry_of_a_reading_is_taken_first(store: Store) -> None:
    store.enter([entry(n) for n in (3, 1, 2)], T0)
    store.enter([entry(0)], T0 + HOUR)
    assert [w.entry.title for w in store.waiting("bao_a", T0 + HOUR)] == ["Bài 2", "Bài 1", "Bài 3", "Bài 0"]


def test_a_known_url_is_not_new_whoever_brings_it(store: Store) -> None:
    first = entry(1)
    assert store.enter([first, first], T0) == 1
    assert store.enter([dataclasses.replace(first, source_id="bao_b")], T0) == 0
    assert sum(store.ledger_counts().values()) == 1


def test_what_waits_is_new_or_due_but_not_settled_or_postponed(store: Store) -> None:
    entries = [entry(n) for n in range(4)]
    store.enter(entries, T0)
    store.mark(entries[0].canonical_url, LedgerState.OFF_TOPIC, now=T0)
    store.mark(entries[1].canonical_url, LedgerState.FAILED, reason="404", now=T0)
    store.mark(entries[2].canonical_url, LedgerState.WAITING, reason="quá hạn", retry_at=T0 + HOUR, now=T0)
    assert [w.entry for w in store.waiting("bao_a", T0)] == [entries[3]]
    store.mark(entries[3].canonical_url, LedgerState.KEPT, now=T0)
    assert store.sources_waiting(T0) == []
    assert store.sources_waiting(T0 + HOUR) == ["bao_a"]
    assert [w.entry for w in store.waiting("bao_a", T0 + HOUR)] == [entries[2]]


def test_attempts_are_counted(store: Store) -> None:
    store.enter([entry(1)], T0)
    for n in range(3):
        assert store.waiting("bao_a", T0)[0].attempts == n
        store.mark(entry(1).canonical_url, LedgerState.WAITING, reason="lỗi", retry_at=T0, now=T0)


def test_the_sums_close(store: Store) -> None:
    entries = [entry(n, f"bao_{n % 3}") for n in range(30)]
    store.enter(entries, T0)
    for n, state in enumerate(LedgerState):
        for e in entries[n * 5 : n * 5 + 5]:
            store.mark(e.canonical_url, state, now=T0)
    counts = store.ledger_counts()
    assert sum(counts.values()) == 30
    assert counts == {state.value: 10 if state is LedgerState.WAITING else 5 for state in LedgerState}
    assert sum(sum(store.ledger_counts(f"bao_{n}").values()) for n in range(3)) == 30


def test_the_same_guid_and_title_under_a_new_url_is_a_duplicate(store: Store) -> None:
    store.enter([entry(1, guid="g", title="Hà Nội mở cổng")], T0)
    assert store.enter([entry("1-moved", guid="g", title="Hà Nội mở cổng")], T0) == 1
    assert [w.entry for w in store.waiting("bao_a", T0)] == [entry(1, guid="g", title="Hà Nội mở cổng")]
    assert store.ledger_counts()["duplicate"] == 1


def test_a_guid_that_a_feed_reuses_hides_no_article(store: Store) -> None:
    assert store.enter([entry(n, guid="https://bao_a.vn/") for n in range(5)], T0) == 5
    assert store.enter([entry(9, "bao_b", guid="https://bao_a.vn/", title="Bài 1")], T0) == 1


def test_an_edited_title_makes_a_settled_url_wait_again(store: Store) -> None:
    store.enter([entry(1)], T0)
    store.mark(entry(1).canonical_url, LedgerState.KEPT, now=T0)
    assert store.waiting("bao_a", T0) == []
    edited = entry(1, title="Bài 1 (cập nhật)")
    assert store.enter([edited], T0) == 0
    assert [w.entry for w in store.waiting("bao_a", T0)] == [edited]


def test_an_article_read_again_unchanged_is_not_a_duplicate_of_itself(store: Store) -> None:
    a = article(1)
    store.enter([entry(1)], T0)
    store.save(a, tags(a), now=T0)
    store.enter([entry(1, title="Tít mới")], T0)
    store.mark(a.canonical_url, LedgerState.DUPLICATE, article_id=a.id, now=T0)
    assert store.ledger_counts()["kept"] == 1
    store.enter([entry(2)], T0)
    store.mark(entry(2).canonical_url, LedgerState.DUPLICATE, article_id=a.id, now=T0)
    assert store.ledger_counts()["duplicate"] == 1


def test_saving_settles_the_entry_under_the_address_it_was_found_by(store: Store) -> None:
    store.enter([entry("1?utm=x")], T0)
    a = article(1)
    store.save(a, tags(a, relevant=False), entry_url=entry("1?utm=x").canonical_url, now=T0)
    assert store.ledger_counts() == {"waiting": 0, "kept": 0, "off_topic": 1, "duplicate": 0, "failed": 0}


def test_an_article_of_the_feeds_own_text_waits_for_its_page(store: Store) -> None:
    whole = entry(1, summary_html="<p>x</p>")
    store.enter([whole], T0)
    a = article(1, partial=True)
    store.save(a, tags(a), failure=PageFailure(reason="503", retry_at=T0 + HOUR), now=T0)
    assert store.waiting("bao_a", T0) == []
    (again,) = store.waiting("bao_a", T0 + HOUR)
    assert (again.entry, again.attempts) == (whole, 1)
    store.save(a, tags(a), failure=PageFailure(reason="404", retry_at=None), now=T0 + HOUR)
    assert store.ledger_counts()["kept"] == 1


def test_marking_an_unknown_url_is_refused(store: Store) -> None:
    with pytest.raises(StorageError, match="chưa có trong sổ"):
        store.mark("https://x.vn/", LedgerState.FAILED, now=T0)


def test_hostile_entries_are_stored(store: Store) -> None:
    bad = [
        entry(1, title="a\x00b\ud800c", summary_html="\x00" * 10, guid="g" * 10_000),
        entry("x" * 9000, title="' OR 1=1; --"),
        entry(3, guid="\x00"),
    ]
    assert store.enter(bad, T0) == 3
    assert store.enter(bad, T0) == 0
    assert "abc" in [w.entry.title for w in store.waiting("bao_a", T0)]


def test_a_large_sitemap_is_entered_at_once(store: Store) -> None:
    entries = [entry(n) for n in range(2_500)]
    assert store.enter(entries, T0) == 2_500
    assert store.enter(entries, T0) == 0


def test_source_states_and_sources(store: Store) -> None:
    store.sync_sources([source("bao_a"), source("bao_b", options={"selector": "a"})], T0)
    store.sync_sources([source("bao_a", name="Báo A mới")], T0)
    state = SourceState(source_id="bao_a", etag='"x"', read_before=True, last_ok_at=T0, failures=2, reason="lỗi 403")
    store.save_source_state(state)
    store.save_source_state(dataclasses.replace(state, failures=0, last_new_at=T0))
    assert store.source_states() == {"bao_a": dataclasses.replace(state, failures=0, last_new_at=T0)}


def test_naive_times_are_refused(store: Store) -> None:
    with pytest.raises(Exception, match="naive"):
        store.beat(datetime(2026, 11, 9), "service")
    assert store.last_beat() is None
    store.beat(T0.astimezone(), "service")
    store.beat(T0 + HOUR, "service")
    assert store.last_beat() == T0 + HOUR
    assert store.last_beat().tzinfo is not None  # type: ignore[union-attr]
