"""Two captures, a share with its interval, and a fair draw."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import date

import pytest

from crawlers.sources import recall
from monitor.errors import MonitorError
from monitor.records import Source, Tier

OUTLETS: list[tuple[str, Tier]] = (
    [(f"Trung ương {n}", "national") for n in range(20)]
    + [(f"Hà Nội {n}", "city") for n in range(4)]
    + [(f"Phường {n}", "ward") for n in range(126)]
)


def source(id: str, kind: str, url: str, tier: Tier = "city", **more: object) -> Source:
    return Source(**({"id": id, "name": id, "kind": kind, "url": url, "tier": tier} | more))  # type: ignore[arg-type]


def test_chapman_as_in_the_textbook() -> None:
    estimate, low, high = recall.chapman(200, 150, 50)
    assert estimate == pytest.approx(201 * 151 / 51 - 1)  # 594.1
    assert low < estimate < high
    assert (low, high) == pytest.approx((500.5, 731.3), abs=0.1)


def test_the_interval_never_falls_below_what_was_seen() -> None:
    for first, second, both in ((10, 10, 9), (500, 3, 1), (4, 4, 0), (1, 1, 0), (100, 100, 99)):
        estimate, low, high = recall.chapman(first, second, both)
        assert first + second - both <= low <= estimate <= high < math.inf


def test_one_path_within_the_other_leaves_nothing_to_estimate() -> None:
    assert recall.chapman(90, 40, 40) == (90.0, 90.0, 90.0)
    assert recall.chapman(0, 0, 0) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("counts", [(1, 1, 2), (3, 2, -1)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="of"):
        recall.chapman(*counts)


def test_the_chapman_interval_covers_the_truth() -> None:
    rng = random.Random(3)
    covered = 0
    for _ in range(400):
        seen = [(rng.random() < 0.8, rng.random() < 0.7) for _ in range(300)]
        first, second, both = sum(a for a, _ in seen), sum(b for _, b in seen), sum(a and b for a, b in seen)
        _, low, high = recall.chapman(first, second, both)
        covered += low <= 300 <= high
    assert 0.92 <= covered / 400 <= 0.99


def test_two_paths_of_one_system_overstate_the_coverage() -> None:
    """What `CAVEAT` says: whatever the shared system hides from one path it hides from the other."""
    rng = random.Random(4)
    seen = [(shown and rng.random() < 0.9, shown and rng.random() < 0.9) for shown in (rng.random() < 0.8 for _ in range(3000))]
    first, second, both = sum(a for a, _ in seen), sum(b for _, b in seen), sum(a and b for a, b in seen)
    estimate, _, high = recall.chapman(first, second, both)
    assert high < 3000
    assert (first + second - both) / estimate > 0.95 > 0.85 > (first + second - both) / 3000


@pytest.mark.parametrize(
    ("found", "checked", "low", "high"), [(47, 50, 0.8378, 0.9794), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (1, 2, 0.0945, 0.9055)]
)
def test_wilson_as_in_the_tables(found: int, checked: int, low: float, high: float) -> None:
    assert recall.wilson(found, checked) == pytest.approx((low, high), abs=1e-4)


def test_wilson_of_nothing_is_everything() -> None:
    assert recall.wilson(0, 0) == (0.0, 1.0)


def test_a_draw_spreads_over_tiers_outlets_and_days() -> None:
    items = recall.draw("2026-W47", OUTLETS, random.Random(1))
    assert [item.number for item in items] == list(range(1, 51))
    days = Counter(item.day for item in items)
    assert set(days) == {date(2026, 11, 16 + n) for n in range(7)}
    assert max(days.values()) - min(days.values()) <= 1
    asked = Counter(item.outlet for item in items)
    assert asked.pop(recall.ANYWHERE) == 10
    tiers = Counter(dict(OUTLETS)[outlet] for outlet in asked.elements())
    assert sum(tiers.values()) == 40
    assert tiers["national"] in range(15, 20)
    assert tiers["city"] in range(15, 20)
    assert tiers["ward"] in range(4, 8)
    assert all(asked[name] == 1 for name in asked if dict(OUTLETS)[name] == "ward")
    assert max(asked.values()) <= 5  # four outlets of the city share some 17 rows


def test_a_draw_is_the_same_for_the_same_seed_only() -> None:
    assert recall.draw("2026-W47", OUTLETS, random.Random(5)) == recall.draw("2026-W47", OUTLETS, random.Random(5))
    assert recall.draw("2026-W47", OUTLETS, random.Random(5)) != recall.draw("2026-W47", OUTLETS, random.Random(6))


def test_every_outlet_comes_up_in_the_long_run() -> None:
    rng = random.Random(2)
    drawn = {item.outlet for _ in range(250) for item in recall.draw("2026-W47", OUTLETS, rng)}
    assert drawn == {name for name, _ in OUTLETS} | {recall.ANYWHERE}


def test_without_any_outlet_all_is_looked_up_anywhere() -> None:
    assert {item.outlet for item in recall.draw("2026-W47", [], random.Random(1))} == {recall.ANYWHERE}


def test_people_are_not_sampled_and_an_outlet_counts_once() -> None:
    sources = [
        source("a1", "feed", "https://a.vn/1", name="Báo A"),
        source("a2", "sitemap", "https://a.vn/2", name="Báo A"),
        source("b", "feed", "https://b.vn/1", enabled=False),
        source("dien_dan", "forum", "https://d.vn", "forum"),
        source("trang", "facebook", "https://f.vn", "social"),
        source("tay", "manual", "", "ward"),
    ]
    assert recall.outlets(sources) == [("Báo A", "city"), ("b", "city")]


def test_the_instruction_settles_place_and_item_beforehand() -> None:
    items = recall.draw("2026-W47", OUTLETS, random.Random(1))
    said = [recall.instruction(item) for item in items]
    assert {n for n in (1, 2, 3) if any(f"thứ {n} " in text for text in said)} == {1, 2, 3}
    assert all("công cụ tìm kiếm" in text for item, text in zip(items, said, strict=True) if item.outlet == recall.ANYWHERE)
    assert sum("trang chủ" in text for text in said) in range(10, 35)


@pytest.mark.parametrize("week", ["2026-W54", "2026-W7", "47", "", "0001-W00", "2026-47", "9999-W53"])
def test_what_is_no_week_is_one_sentence(week: str) -> None:
    with pytest.raises(MonitorError, match="2026-W47"):
        recall.week_days(week)


def test_two_paths_of_one_site_are_found() -> None:
    sources = [
        source("nhanh", "feed", "https://nhanh.vn/rss", name="Nhanh"),
        source("nhanh_cu", "feed", "https://www.nhanh.vn/rss/cu", name="Nhanh (chuyên mục)"),
        source("nhanh_sitemap", "sitemap", "https://s.nhanh.vn/sitemap.xml", homepage="https://nhanh.vn"),
        source("tat", "listing", "https://nhanh.vn/moi", enabled=False),
        source("le", "feed", "https://le.vn/rss"),
        source("phuong_a", "feed", "https://a.hanoi.gov.vn/rss", "ward"),
        source("phuong_b", "portal", "https://b.hanoi.gov.vn", "ward"),
        source("kenh", "youtube", "https://youtube.com/x"),
    ]
    assert recall.two_path_outlets(sources) == [("Nhanh", ["nhanh", "nhanh_cu"], ["nhanh_sitemap"])]
