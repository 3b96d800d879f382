"""The weekly hand check: drawn once, answered by a person, looked up by address and headline."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest

from monitor.figures import SampleItem
from monitor.records import LedgerState
from storage.errors import StorageError
from storage.store import Store
from tests.integration.storage_items import T0, article, entry, tags

DAY = date(2026, 11, 9)


def drawn(count: int = 3) -> list[SampleItem]:
    return [SampleItem(number=n, outlet=f"Báo {n}", day=DAY - timedelta(days=n)) for n in range(1, count + 1)]


def test_a_sample_is_kept_as_drawn(store: Store) -> None:
    sample = store.draw_sample("2026-W46", drawn(), T0)
    assert (sample.week, sample.drawn_at, sample.items) == ("2026-W46", T0, tuple(drawn()))
    assert store.sample("2026-W46") == sample
    assert (sample.checked, sample.found) == (0, 0)
    assert store.sample("2026-W47") is None


def test_a_week_is_drawn_once(store: Store) -> None:
    store.draw_sample("2026-W46", drawn(), T0)
    with pytest.raises(StorageError, match="2026-W46 đã có mẫu"):
        store.draw_sample("2026-W46", drawn(1), T0)
    assert store.sample("2026-W46").items == tuple(drawn())  # type: ignore[union-attr]
    with pytest.raises(StorageError, match="không có mục nào"):
        store.draw_sample("2026-W47", [], T0)


def test_answers_are_kept_item_by_item(store: Store) -> None:
    store.draw_sample("2026-W46", drawn(), T0)
    one, two, three = drawn()
    hit = dataclasses.replace(one, url="https://a.vn/1", title="Tít", found=True, article_id="ff", how="địa chỉ")
    miss = dataclasses.replace(two, title="Tít khác", found=False)
    store.answer_sample("2026-W46", [hit])
    sample = store.answer_sample("2026-W46", [dataclasses.replace(miss, outlet="Tờ khác", day=DAY)])
    assert sample.items == (hit, miss, three)
    assert (sample.checked, sample.found) == (2, 1)
    assert store.answer_sample("2026-W46", []) == sample


def test_answers_need_their_sample_and_their_item(store: Store) -> None:
    with pytest.raises(StorageError, match="2026-W46 chưa có mẫu"):
        store.answer_sample("2026-W46", drawn())
    store.draw_sample("2026-W46", drawn(1), T0)
    with pytest.raises(StorageError, match="không có mục số 2, 3"):
        store.answer_sample("2026-W46", [dataclasses.replace(i, found=True) for i in drawn()])
    assert store.sample("2026-W46").checked == 0  # type: ignore[union-attr]


def test_samples_come_newest_first(store: Store) -> None:
    for week in ("2026-W52", "2026-W46", "2027-W01"):
        store.draw_sample(week, drawn(2), T0)
    assert [(s.week, len(s.items)) for s in store.samples()] == [("2027-W01", 2), ("2026-W52", 2), ("2026-W46", 2)]


def test_an_item_is_found_by_its_address(store: Store) -> None:
    a = article(1)
    store.save(a, tags(a, relevant=False), now=T0)
    store.enter([entry("go/1", "cong_tong_hop"), entry(2)], T0)
    store.mark("https://cong_tong_hop.vn/go/1", LedgerState.DUPLICATE, article_id=a.id, now=T0)
    for url in (a.canonical_url, "https://cong_tong_hop.vn/go/1"):
        assert store.find_item(url_key=url, title="", day=DAY) == (a.id, "địa chỉ")
    assert store.find_item(url_key=entry(2).canonical_url, title="", day=DAY) is None  # waiting: not in the base


def test_an_item_is_found_by_its_headline_within_three_days(store: Store) -> None:
    title = "Hà Nội: “Chuyển đổi số” – bước ngoặt của phường Bồ Đề"
    near = article(1, title=title, at=T0)
    far = article(2, title=title, at=T0 + timedelta(days=9))
    told = article(3, title="Bài khác", text=f"Báo viết: {title}", at=T0 + timedelta(days=2))
    for a in (near, far, told):
        store.save(a, tags(a), now=T0)

    def found(typed: str, day: date) -> object:
        return store.find_item(url_key="https://khac.vn/x", title=typed, day=day)

    for typed in (title, title.upper(), 'Ha Noi: "chuyen doi so" - buoc ngoat cua phuong Bo De'):
        assert found(typed, DAY) == (near.id, "tiêu đề")
    assert found(title, DAY + timedelta(days=3)) == (near.id, "tiêu đề")
    assert found(title, DAY - timedelta(days=3)) == (near.id, "tiêu đề")
    assert found(title, DAY - timedelta(days=4)) is None
    assert found(title, DAY + timedelta(days=4)) is None
    assert found(title, DAY + timedelta(days=8)) == (far.id, "tiêu đề")
    assert found("Chuyển đổi số", DAY) is None
    assert found("?!", DAY) is None
    assert found('" OR 1=1; --', DAY) is None


def test_the_nearest_day_wins(store: Store) -> None:
    for n, days in enumerate((-2, 0, 1)):
        a = article(n, title="Lịch cắt điện hôm nay", at=T0 + timedelta(days=days))
        store.save(a, tags(a), now=T0)
    assert store.find_item(url_key="x", title="Lịch cắt điện hôm nay", day=DAY) == (article(1).id, "tiêu đề")
