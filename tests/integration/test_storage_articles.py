"""Saving is one transaction, repeats change nothing, edits keep what was said before."""

from __future__ import annotations

import dataclasses
import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from monitor.figures import SearchFilters
from monitor.records import Case, Label, Tags
from storage.errors import StorageError
from storage.store import Store
from tests.integration.storage_items import T0, article, case, delivery, entry, source, tags


def rows(store: Store, sql: str) -> list[tuple[object, ...]]:
    with store._db.read() as conn:
        return [tuple(row) for row in conn.execute(text(sql))]


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    tables = ("articles", "labels", "article_versions", "stories", "cases", "case_events", "outbox", "daily_counts")
    return {t: sorted(rows(store, f"SELECT * FROM {t}"), key=str) for t in tables}


def test_an_article_comes_back_as_it_was_saved(store: Store) -> None:
    a = article(1, title="Hà Nội: “chuyển đổi số”", text="Đống Đa…\n\nđoạn hai", partial=True, duplicate_of="x", story_why="cùng sự việc")
    store.save(a, tags(a, topics=("t01",), wards=("bo_de",)), now=T0)
    assert store.article(a.id) == a
    assert (store.has_article(a.id), store.content_hash(a.id)) == (True, a.content_hash)
    assert (store.article("?"), store.has_article("?"), store.content_hash("?")) == (None, False, None)


def test_labels_come_back_with_their_reasons(store: Store) -> None:
    a = article(1)
    given = tags(a, topics=("t01", "t02"), wards=("bo_de",), sentiment="neg")
    store.save(a, given, now=T0)
    assert set(store.tags(a.id).labels) == set(given.labels)
    assert store.tags("?") == Tags(article_id="?")


def test_saving_twice_changes_nothing(store: Store) -> None:
    a = article(1)
    store.enter([entry(1)], T0)
    first = store.save(a, tags(a, topics=("t01",)), case=case(a), deliveries=[delivery("alert:1")], now=T0)
    before = everything(store)
    again = store.save(a, tags(a, topics=("t01",)), case=case(a), deliveries=[delivery("alert:1")], now=T0)
    assert again == first
    assert everything(store) == before


def test_an_edit_keeps_the_old_words_and_counts_once(store: Store) -> None:
    a = article(1, title="Tít cũ", text="chữ cũ")
    store.save(a, tags(a, sentiment="neg", topics=("t01",)), now=T0)
    b = article(1, title="Tít mới", text="chữ mới", at=T0 + timedelta(days=1), source_id="bao_a")
    store.save(b, tags(b, sentiment="pos", topics=("t02",)), now=T0 + timedelta(hours=2))
    (version,) = store.versions(a.id)
    assert (version.version, version.title, version.text, version.replaced_at) == (1, "Tít cũ", "chữ cũ", T0 + timedelta(hours=2))
    assert version.diff.splitlines() == ["- Tít cũ", "- chữ cũ", "+ Tít mới", "+ chữ mới"]
    stored = store.article(a.id)
    assert stored is not None
    assert (stored.title, stored.text, stored.first_seen_at) == ("Tít mới", "chữ mới", a.first_seen_at)
    assert store.tags(a.id).values("topic") == ("t02",)
    assert [r.title for r in store.search("chữ mới")] == ["Tít mới"]
    assert store.search('"chữ cũ"') == []
    assert rows(store, "SELECT value, sentiment, articles FROM daily_counts WHERE articles <> 0 ORDER BY kind") == [
        ("", "pos", 1),
        ("t02", "pos", 1),
    ]


def test_an_edit_at_the_same_time_leaves_no_old_word_in_the_index(store: Store) -> None:
    for words in ("sập cổng", "mở cổng", "đóng cổng"):
        a = article(1, title=words, text="thân bài")
        store.save(a, tags(a), now=T0)
    assert [r.title for r in store.search("cổng")] == ["đóng cổng"]
    assert store.search("sập") == store.search("mo cong") == []


def test_the_first_report_keeps_source_and_address(store: Store) -> None:
    a = article(1)
    store.save(a, tags(a), now=T0)
    other = dataclasses.replace(a, source_id="bao_b", url="https://bao_b.vn/1", content_hash="h2", text="khác")
    store.save(other, tags(a), now=T0)
    stored = store.article(a.id)
    assert stored is not None
    assert (stored.source_id, stored.url, stored.text) == ("bao_a", a.url, "khác")


def test_nothing_is_stored_when_a_part_fails(store: Store) -> None:
    a = article(1)
    store.enter([entry(1)], T0)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.save(a, tags(a), case=case(a), deliveries=[delivery("d", case_id="no such case")], now=T0)
    assert all(found == [] for found in everything(store).values())
    assert store.ledger_counts()["waiting"] == 1
    assert store.search("bài") == []


def test_case_numbers_have_no_gap_after_a_failure(store: Store) -> None:
    first, second = article(1), article(2)
    store.save(first, tags(first), case=case(first), now=T0)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.save(second, tags(second), case=case(second), deliveries=[delivery("d", case_id="no such case")], now=T0)
    stored = store.save(second, tags(second), case=case(second), now=T0)
    assert isinstance(stored, Case)
    assert stored.number == 2


def test_a_correction_counts_and_survives_tagging_again(store: Store) -> None:
    a = article(1)
    store.save(a, tags(a, sentiment="neg", severity="S1", topics=("t01",)), now=T0)
    store.correct(a.id, Label(kind="sentiment", value="neu", score=1.0, why=("đọc lại",), model="người"), T0)
    store.correct(a.id, Label(kind="severity", value="S3", score=1.0, model="người"), T0)
    edited = article(1, text="Bản sửa")
    store.save(edited, tags(edited, sentiment="pos", severity="S0", topics=("t02",)), now=T0)
    found = store.tags(a.id)
    assert (found.values("sentiment"), found.values("severity"), found.values("topic")) == (("neu",), ("S3",), ("t02",))
    (row,) = store.search("", SearchFilters(sentiment="neu", severity="S3"))
    assert row.article_id == a.id
    assert rows(store, "SELECT sentiment, articles FROM daily_counts WHERE kind = 'all' AND articles <> 0") == [("neu", 1)]
    with pytest.raises(StorageError, match="Không có bài"):
        store.correct("?", Label(kind="class", value="routine", score=1.0), T0)


def test_recent_walks_the_window_oldest_first(store: Store) -> None:
    for n in range(1_203):
        a = article(n, at=T0 - timedelta(minutes=n))
        store.save(a, Tags(article_id=a.id), now=T0)
    past = list(store.recent(T0 - timedelta(minutes=1_100)))
    assert len(past) == 1_101
    assert [p.published_at for p in past] == sorted(p.published_at for p in past)
    assert past[-1] == (article(0).id, "bao_a", "Bài số 0", "Nội dung của bài 0.", T0, "st_0", None)


def test_spread_counts_the_article_that_is_not_stored_yet(store: Store) -> None:
    store.sync_sources([source("bao_a"), source("bao_b"), source("cong", tier="ward", official=True)], T0)
    for n, (who, ward) in enumerate([("bao_a", "bo_de"), ("bao_b", "yen_hoa"), ("bao_b", "bo_de")]):
        a = article(n, source_id=who, story_id="st", at=T0 + timedelta(minutes=n))
        store.save(a, tags(a, wards=(ward,)), now=T0)
    spread = store.spread("st")
    assert (spread.articles, spread.outlets, spread.wards, spread.official) == (3, 2, ("bo_de", "yen_hoa"), False)
    assert (spread.first_outlet, spread.first_published_at) == ("Báo bao_a", T0)
    new = article(9, source_id="cong", story_id="st", at=T0 - timedelta(hours=1))
    spread = store.spread("st", including=new, tags=tags(new, wards=("hoan_kiem",)))
    assert (spread.articles, spread.outlets, spread.official, spread.first_outlet) == (4, 3, True, "Báo cong")
    assert spread.wards == ("bo_de", "hoan_kiem", "yen_hoa")
    assert store.spread("none").articles == 0


def test_only_a_source_declared_official_speaks_for_the_authority(store: Store) -> None:
    store.sync_sources([source("cong", tier="official", official=False)], T0)
    a = article(1, source_id="cong", story_id="st")
    store.save(a, tags(a), now=T0)
    assert store.spread("st").official is False


def test_spread_counts_distinct_voices(store: Store) -> None:
    for n, voice in enumerate(["v1", "v2", "v1", ""]):
        a = article(n, story_id="st", voice=voice)
        store.save(a, tags(a), now=T0)
    assert store.spread("st").voices == 2
    assert store.spread("st", including=article(8, story_id="st", voice="v2")).voices == 2
    assert store.spread("st", including=article(9, story_id="st", voice="v3")).voices == 3
    assert store.article(article(0).id).voice == "v1"  # type: ignore[union-attr]


def test_each_edit_says_what_it_changed(store: Store) -> None:
    texts = ["mở đầu\n-- gạch đầu dòng\nkết", "mở đầu\n-- gạch đầu dòng khác\nkết", "mở đầu\nkết"]
    for hour, words in enumerate(texts):
        a = article(1, title="Tít", text=words)
        store.save(a, tags(a), now=T0 + timedelta(hours=hour))
    assert [v.diff.splitlines() for v in store.versions(article(1).id)] == [
        ["- -- gạch đầu dòng", "+ -- gạch đầu dòng khác"],
        ["- -- gạch đầu dòng khác"],
    ]


def test_a_text_made_to_keep_the_diff_busy_does_not(store: Store) -> None:
    for mark in "xy":  # every second line changed, the others matched one by one
        a = article(1, title="Tít", text="\n".join(f"{mark}{n:x}\n{n:x}" for n in range(2_500)))
        start = time.process_time()
        store.save(a, tags(a), now=T0)
        assert time.process_time() - start < 1
    changed = store.versions(article(1).id)[0].diff.splitlines()
    assert (changed[0], changed[2_500], len(changed)) == ("- x0", "+ y0", 5_000)


def test_touch_is_harmless(store: Store) -> None:
    a = article(1)
    store.save(a, tags(a), now=T0)
    store.touch(a.id, T0 + timedelta(days=1))
    assert store.article(a.id) == a
