"""Every discovered URL ends in exactly one state."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from monitor.figures import LedgerRow, TwoPaths
from monitor.records import Entry, LedgerState, PageFailure
from storage.errors import StorageError
from storage.ledger import key_of
from storage.schema import daily_counts, forgotten, ledger, sightings
from storage.store import Store
from tests.integration.storage_items import T0, article, entry, tags

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


def test_the_sums_close_source_by_source(store: Store) -> None:
    store.enter([entry(n) for n in range(4)] + [entry(n, "bao_b") for n in range(2)], T0)
    store.mark(entry(0).canonical_url, LedgerState.FAILED, reason="404", now=T0)
    found = store.ledger_by_source()
    assert found == {source_id: store.ledger_counts(source_id) for source_id in ("bao_a", "bao_b")}
    assert (found["bao_a"]["failed"], found["bao_a"]["waiting"], found["bao_b"]["waiting"]) == (1, 3, 2)


def test_rows_are_shown_as_they_stand(store: Store) -> None:
    store.enter([entry(n) for n in range(3)] + [entry(1, "bao_b")], T0)
    later = T0 + 2 * HOUR
    store.mark(entry(1).canonical_url, LedgerState.WAITING, reason="503", retry_at=later, now=T0 + HOUR)
    store.mark(entry(2).canonical_url, LedgerState.DUPLICATE, article_id="ff", now=later)
    assert [row.url for row in store.ledger_rows(source_id="bao_a", limit=2)] == [entry(2).canonical_url, entry(1).canonical_url]
    assert [row.source_id for row in store.ledger_rows(state=LedgerState.WAITING)].count("bao_b") == 1
    (row,) = store.ledger_rows(state=LedgerState.DUPLICATE)
    assert row == LedgerRow(
        url=entry(2).canonical_url, source_id="bao_a", state=LedgerState.DUPLICATE, reason="", attempts=1, retry_at=None, article_id="ff",
        first_seen_at=T0, updated_at=later,
    )  # fmt: skip
    assert store.ledger_rows(state=LedgerState.KEPT) == []


def test_a_clock_that_stood_in_the_future_makes_nothing_wait_for_it(store: Store) -> None:
    store.enter([entry(1), entry(2)], T0)
    store.mark(entry(1).canonical_url, LedgerState.WAITING, retry_at=T0 + timedelta(days=400), now=T0 + timedelta(days=399))
    store.mark(entry(2).canonical_url, LedgerState.WAITING, retry_at=T0 + timedelta(days=1), now=T0)
    assert store.sources_waiting(T0) == ["bao_a"]
    assert [w.entry for w in store.waiting("bao_a", T0)] == [entry(1)]


def test_what_was_forgotten_is_not_collected_again(store: Store) -> None:
    a, stranger = entry(1), entry(2, "tong_hop")
    store.enter([a, stranger], T0)
    for e in (a, stranger):
        store.mark(e.canonical_url, LedgerState.KEPT, now=T0)
    forget(store, a, stranger, entry(3))
    assert store.enter([entry(3), entry(4), entry(1, title="Tít mới")], T0) == 1
    assert store.enter([dataclasses.replace(stranger, source_id="bao_b")], T0, own=[stranger.canonical_url]) == 0
    assert [w.entry for w in store.waiting("bao_a", T0)] == [entry(4)]
    assert store.ledger_counts("tong_hop")["kept"] == 1
    with store._db.read() as conn:
        assert conn.execute(select(func.count()).where(sightings.c.key == key_of(entry(3).canonical_url))).scalar() == 0


def forget(store: Store, *entries: Entry) -> None:
    with store._db.write() as conn:
        conn.execute(insert(forgotten), [{"key": key_of(e.canonical_url), "at": T0, "who": "trực ban"} for e in entries])


def test_a_pseudonym_waits_with_its_entry_and_leaves_with_it(store: Store) -> None:
    post = entry(1, voice="0123456789abcdef", complete=True, summary_html="<p>x</p>")
    store.enter([post], T0)
    assert store.waiting("bao_a", T0)[0].entry == post
    store.mark(post.canonical_url, LedgerState.KEPT, now=T0)
    with store._db.read() as conn:
        assert conn.execute(select(ledger.c.voice)).scalar() == ""


# ---- an outlet's own source takes over what an aggregator offered first


def listed(store: Store, source_id: str, n: int = 1, *, title: str = "Bài 1", own: bool = False, at: datetime = T0) -> int:
    """`source_id` lists bao_a's URL `n`."""
    one = dataclasses.replace(entry(n), source_id=source_id, title=title, guid=f"{source_id}-{n}")
    return store.enter([one], at, own=[one.canonical_url] if own else [])


def of_sources(store: Store) -> dict[str, int]:
    """How many articles each source counts in the daily counts."""
    with store._db.read() as conn:
        rows = conn.execute(select(daily_counts.c.source_id, daily_counts.c.articles).where(daily_counts.c.kind == "topic")).all()
    return {row.source_id: row.articles for row in rows if row.articles}


def test_an_outlets_own_source_takes_over_once_and_for_good(store: Store) -> None:
    assert listed(store, "tong_hop", title="Bài 1 - Báo A") == 1
    a = article(1, source_id="tong_hop", id=key_of(entry(1).canonical_url), canonical_url=entry(1).canonical_url)
    store.save(a, tags(a, topics=("t01",)), now=T0)
    assert of_sources(store) == {"tong_hop": 1}
    assert listed(store, "bao_a", own=True) == 0
    for _ in range(2):
        listed(store, "tong_hop", title="Bài 1 - Báo A")
        listed(store, "bao_a_2", own=True)  # the outlet's second feed
        listed(store, "bao_a", own=True)
    (row,) = store.ledger_rows()
    assert (row.source_id, row.state, row.article_id) == ("bao_a", LedgerState.KEPT, a.id)
    assert store.article(a.id).source_id == "bao_a"  # type: ignore[union-attr]
    assert of_sources(store) == {"bao_a": 1}
    assert store.waiting("bao_a", T0) == []  # the other wording of the title is no edit …
    listed(store, "bao_a", title="Bài 1 (cập nhật)", own=True)
    assert [w.entry.title for w in store.waiting("bao_a", T0)] == ["Bài 1 (cập nhật)"]  # … its own later one is


def test_only_the_own_source_takes_over(store: Store) -> None:
    listed(store, "tong_hop")
    listed(store, "tong_hop_2")
    assert [row.source_id for row in store.ledger_rows()] == ["tong_hop"]
    listed(store, "bao_a", 2, own=True)
    listed(store, "bao_a_2", 2, own=True)
    listed(store, "tong_hop", 2)
    assert [row.source_id for row in store.ledger_rows(source_id="bao_a")] == ["bao_a"]


def test_sources_that_learn_their_site_later_do_not_take_turns(store: Store) -> None:
    for source_id in ("tong_hop", "bao_a", "bao_a_2"):
        listed(store, source_id)
    owners = []
    for _ in range(3):
        for source_id in ("bao_a", "bao_a_2"):
            listed(store, source_id, own=True)
            owners.append(store.ledger_rows()[0].source_id)
    assert owners == ["bao_a"] * 6


def test_what_waits_is_taken_over_with_the_owners_words(store: Store) -> None:
    listed(store, "tong_hop", title="Bài 1 - Báo A")
    listed(store, "bao_a", own=True)
    assert store.waiting("tong_hop", T0) == []
    (waiting,) = store.waiting("bao_a", T0)
    assert (waiting.entry.title, waiting.entry.guid) == ("Bài 1", "bao_a-1")


def test_what_failed_under_the_stranger_is_tried_again(store: Store) -> None:
    listed(store, "tong_hop")
    store.mark(entry(1).canonical_url, LedgerState.FAILED, reason="403", now=T0)
    listed(store, "bao_a", own=True)
    assert [w.attempts for w in store.waiting("bao_a", T0)] == [0]


def test_a_duplicate_takes_no_article_along(store: Store) -> None:
    other = article(9, source_id="tong_hop")
    store.save(other, tags(other, topics=("t01",)), now=T0)
    listed(store, "tong_hop")
    store.mark(entry(1).canonical_url, LedgerState.DUPLICATE, article_id=other.id, now=T0)
    listed(store, "bao_a", own=True)
    assert store.ledger_rows(source_id="bao_a")[0].state is LedgerState.DUPLICATE
    assert store.article(other.id).source_id == "tong_hop"  # type: ignore[union-attr]
    assert of_sources(store) == {"tong_hop": 1}


def test_an_article_saved_after_the_takeover_belongs_to_the_owner(store: Store) -> None:
    listed(store, "tong_hop")
    (given_out,) = store.waiting("tong_hop", T0)  # … and fetched, while the owner lists it
    listed(store, "bao_a", own=True)
    a = article(1, source_id=given_out.entry.source_id, canonical_url=entry(1).canonical_url)
    store.save(a, tags(a, topics=("t01",)), entry_url=entry(1).canonical_url, now=T0)
    assert store.article(a.id).source_id == "bao_a"  # type: ignore[union-attr]
    assert of_sources(store) == {"bao_a": 1}
    assert store.ledger_counts("bao_a")["kept"] == 1


@pytest.mark.parametrize("after_another", [False, True])
def test_an_article_found_through_a_redirect_comes_home(store: Store, after_another: bool) -> None:
    redirect, home = entry("go/1", "tong_hop"), entry(1)
    store.enter([redirect], T0)
    a = article(1, source_id="tong_hop", id=key_of(home.canonical_url), canonical_url=home.canonical_url)
    store.save(a, tags(a, topics=("t01",)), entry_url=redirect.canonical_url, now=T0)
    if after_another:
        listed(store, "tong_hop_2")
        store.mark(home.canonical_url, LedgerState.DUPLICATE, article_id=a.id, now=T0)
        assert store.article(a.id).source_id == "tong_hop"  # type: ignore[union-attr]
    listed(store, "bao_a", own=True)
    if not after_another:
        store.mark(home.canonical_url, LedgerState.DUPLICATE, article_id=a.id, now=T0)
    listed(store, "bao_a_2", own=True)
    assert store.article(a.id).source_id == "bao_a"  # type: ignore[union-attr]
    assert of_sources(store) == {"bao_a": 1}
    states = {row.source_id: (row.state, row.reason) for row in store.ledger_rows()}
    assert states == {
        "bao_a": (LedgerState.KEPT, ""),
        "tong_hop": (LedgerState.DUPLICATE, f"cùng bài với {home.canonical_url}"),
    }


# ---- two paths to one outlet


def test_two_paths_are_compared_over_what_came_while_both_were_read(store: Store) -> None:
    def see(source_id: str, at: datetime, *numbers: int, first_reading: bool = False) -> None:
        store.enter([dataclasses.replace(entry(n), source_id=source_id) for n in numbers], at, first_reading=first_reading)

    day = timedelta(days=1)
    see("feed", T0 - 9 * day, 90, 91, first_reading=True)
    see("feed", T0 - 5 * day, 80, 81)  # before the sitemap was read
    see("sitemap", T0 - 4 * day, *range(60, 90), first_reading=True)
    see("feed", T0 - 4 * day + HOUR, 60)  # the backlog offered it first: says nothing
    see("feed", T0 + HOUR, 1, 2, 3, 4)
    see("sitemap", T0 + 2 * HOUR, 2, 3, 5, 80)
    see("other", T0 + 2 * HOUR, 3, 5)
    see("sitemap", T0 + day, 4)  # later than the period, but it came
    see("feed", T0 + day, 7)
    see("section", T0 + HOUR, 4, 8, first_reading=True)
    compared = store.two_paths([("Báo A", ["feed"], ["sitemap"]), ("Báo B", ["feed"], ["nobody"])], T0 - 30 * day, T0 + 3 * HOUR)
    assert compared == [TwoPaths(outlet="Báo A", first=4, second=4, both=3), TwoPaths(outlet="Báo B", first=0, second=0, both=0)]
    (joined,) = store.two_paths([("Báo A", ["feed", "section"], ["sitemap"])], T0, T0 + 3 * HOUR)
    assert (joined.first, joined.second, joined.both) == (4, 4, 3)


def test_naive_times_are_refused(store: Store) -> None:
    with pytest.raises(Exception, match="naive"):
        store.beat(datetime(2026, 11, 9), "service")
    assert store.last_beat() is None
    store.beat(T0.astimezone(), "service")
    store.beat(T0 + HOUR, "service")
    assert store.last_beat() == T0 + HOUR
    assert store.last_beat().tzinfo is not None  # type: ignore[union-attr]


def test_another_summary_reopens_an_item_but_not_at_every_reading(store: Store) -> None:
    first = entry("a", summary_html="9.000 hồ sơ", title="Bồ Đề")
    store.enter([first], T0)
    store.save(article("a"), tags(article("a")), entry_url=first.canonical_url, now=T0)
    corrected = dataclasses.replace(first, summary_html="90.000 hồ sơ (đính chính)")
    store.enter([corrected], T0 + timedelta(hours=1))
    assert store.waiting(first.source_id, T0 + timedelta(hours=1)) == []  # a feed may print another one at every request
    store.enter([corrected], T0 + timedelta(hours=7))
    (again,) = store.waiting(first.source_id, T0 + timedelta(hours=7))
    assert again.entry.summary_html == "90.000 hồ sơ (đính chính)"
    store.save(article("a", text="90.000"), tags(article("a")), entry_url=first.canonical_url, now=T0 + timedelta(hours=7))
    store.enter([corrected], T0 + timedelta(days=2))
    assert store.waiting(first.source_id, T0 + timedelta(days=2)) == []
    store.enter([first], T0 + timedelta(days=20))
    assert store.waiting(first.source_id, T0 + timedelta(days=20)) == []  # old news is left alone
