"""Search means the same on both engines: with and without diacritics, phrases, filters, newest first, any input safe."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest

from monitor.figures import SearchFilters
from storage.store import Store
from tests.integration.storage_items import T0, article, source, tags

HOUR = timedelta(hours=1)


def put(store: Store, n: int | str, title: str, text: str = "thân bài", **more: object) -> None:
    labels = {k: more.pop(k) for k in list(more) if k in ("relevant", "sentiment", "topics", "wards", "case_class", "severity", "hanoi")}
    a = article(n, title=title, text=text, **more)  # type: ignore[arg-type]
    store.save(a, tags(a, **labels), now=T0)  # type: ignore[arg-type]


def titles(store: Store, query: str, limit: int = 50, offset: int = 0, **filters: object) -> list[str]:
    return [r.title for r in store.search(query, SearchFilters(**filters), limit, offset)]  # type: ignore[arg-type]


def test_with_diacritics_means_exactly_these_words(store: Store) -> None:
    put(store, 1, "Chuyển đổi số ở phường")
    put(store, 2, "Chuyện dối trá")
    assert titles(store, "chuyển đổi") == ["Chuyển đổi số ở phường"]
    assert sorted(titles(store, "chuyen doi")) == ["Chuyển đổi số ở phường", "Chuyện dối trá"]


def test_with_diacritics_also_finds_texts_written_without_any(store: Store) -> None:
    put(store, 1, "Chuyển đổi số")
    put(store, 2, "chuyen doi so o phuong toi", at=T0 + HOUR)
    put(store, 3, "Chuyện dối sợ", at=T0 + 2 * HOUR)
    assert titles(store, '"chuyển đổi số"') == ["chuyen doi so o phuong toi", "Chuyển đổi số"]


def test_wrong_diacritics_fall_back_to_none(store: Store) -> None:
    put(store, 1, "Quận Đống Đa")
    assert titles(store, "đồng đá") == ["Quận Đống Đa"]


def test_d_with_stroke_is_folded(store: Store) -> None:
    put(store, 1, "Đống Đa")
    assert titles(store, "dong da") == titles(store, "DONG DA") == titles(store, "Đống Đa") == ["Đống Đa"]


def test_forms_of_writing_do_not_matter(store: Store) -> None:
    put(store, 1, "Phường Hoà Bình, thuỷ lợi")
    for query in ("hòa bình", "hoà bình", unicodedata.normalize("NFD", "Hoà Bình"), "THUỶ LỢI", "thủy lợi"):
        assert titles(store, query) == ["Phường Hoà Bình, thuỷ lợi"], query


def test_all_words_are_needed_and_phrases_stand_together(store: Store) -> None:
    put(store, 1, "Hà Nội làm dữ liệu mở", "cổng dịch vụ")
    put(store, 2, "Mở cửa hàng ở Hà Nội", "dữ liệu cá nhân")
    assert len(titles(store, "dữ liệu mở")) == 2
    assert titles(store, '"dữ liệu mở"') == ["Hà Nội làm dữ liệu mở"]
    assert titles(store, '"dữ liệu" "cổng dịch vụ"') == ["Hà Nội làm dữ liệu mở"]
    assert titles(store, '"du lieu mo" cong') == ["Hà Nội làm dữ liệu mở"]
    assert titles(store, "dữ liệu robot") == []


def test_a_phrase_does_not_reach_from_folded_into_plain(store: Store) -> None:
    put(store, 1, "an toàn", "số liệu")
    assert titles(store, '"an toan so lieu"') == ["an toàn"]
    assert titles(store, '"so lieu an"') == []


def test_document_codes_and_numbers(store: Store) -> None:
    put(store, 1, "Nghị quyết 57-NQ/TW và 1.000 tỷ")
    assert titles(store, "57-NQ/TW") == titles(store, "1.000") == ["Nghị quyết 57-NQ/TW và 1.000 tỷ"]
    assert titles(store, "57-NQ/CP") == []


def test_newest_first_and_pages(store: Store) -> None:
    order = [5, 1, 9, 3, 7, 0, 8, 2, 6, 4]
    for n in order:
        put(store, n, f"Tin {n}", at=T0 + n * HOUR)
    assert titles(store, "tin") == titles(store, "") == [f"Tin {n}" for n in range(9, -1, -1)]
    assert titles(store, "tin", 3, 2) == titles(store, "", 3, 2) == ["Tin 7", "Tin 6", "Tin 5"]
    assert titles(store, "tin", 3, 50) == []


def test_articles_of_the_same_second_all_appear(store: Store) -> None:
    for n in range(20):
        put(store, n, f"Tin {n}", at=T0.replace(microsecond=n))
    assert len(titles(store, "tin")) == 20


def test_odd_dates_do_not_break_the_order(store: Store) -> None:
    for n, year in enumerate((1, 1969, 2009, 2026, 9998)):
        put(store, n, f"năm {year}", at=datetime(year, 6, 1, tzinfo=UTC))
    assert titles(store, "năm") == ["năm 9998", "năm 2026", "năm 2009", "năm 1969", "năm 1"]


def test_every_filter(store: Store) -> None:
    store.sync_sources([source("bao_a", tier="city"), source("bao_b", tier="ward")], T0)
    put(store, 1, "Một", sentiment="neg", topics=("t01",), wards=("bo_de",), case_class="fraud_impersonation", severity="S3", story_id="st")
    put(store, 2, "Hai", source_id="bao_b", sentiment="pos", topics=("t01", "t02"), severity="S1", at=T0 + HOUR)
    put(store, 3, "Ba", relevant=False, at=T0 + 2 * HOUR)
    for query in ("", "bai", "bài"):
        assert titles(store, query) == ["Ba", "Hai", "Một"]
        assert titles(store, query, relevant=True) == ["Hai", "Một"]
        assert titles(store, query, relevant=False) == ["Ba"]
        assert titles(store, query, topic="t01") == ["Hai", "Một"]
        assert titles(store, query, topic="t02") == ["Hai"]
        assert titles(store, query, ward="bo_de") == ["Một"]
        assert titles(store, query, sentiment="neg") == ["Một"]
        assert titles(store, query, case_class="fraud_impersonation") == ["Một"]
        assert titles(store, query, severity="S3") == ["Một"]
        assert titles(store, query, severity="S1+") == ["Hai", "Một"]
        assert titles(store, query, severity="S2+") == ["Một"]
        assert titles(store, query, outlet="bao_b") == ["Hai"]
        assert titles(store, query, tier="ward") == ["Hai"]
        assert titles(store, query, story="st") == ["Một"]
        assert titles(store, query, since=T0 + HOUR) == ["Ba", "Hai"]
        assert titles(store, query, until=T0 + HOUR) == ["Một"]
        assert titles(store, query, since=T0 + HOUR, until=T0 + 2 * HOUR, topic="t01", sentiment="pos", tier="ward") == ["Hai"]
        assert titles(store, query, topic="không có") == titles(store, query, sentiment="'; --") == []


def test_times_within_a_second_are_kept_to(store: Store) -> None:
    put(store, 1, "Đúng giờ")
    assert titles(store, "", since=T0 + timedelta(microseconds=1)) == []
    assert titles(store, "", until=T0 + timedelta(microseconds=1)) == ["Đúng giờ"]


def test_a_row_shows_what_an_analyst_needs(store: Store) -> None:
    store.sync_sources([source("bao_a", name="Báo A", tier="city")], T0)
    put(store, 1, "Tít", "x" * 5_000, topics=("t02", "t01"), wards=("bo_de",), sentiment="neg", severity="S2", duplicate_of="z")
    (row,) = store.search("tit")
    assert (row.outlet, row.tier, row.sentiment, row.severity, row.duplicate_of) == ("Báo A", "city", "neg", "S2", "z")
    assert (row.topics, row.wards, len(row.excerpt)) == (("t02", "t01"), ("bo_de",), 240)
    assert (row.published_at, row.relevant, row.hanoi, row.case_class) == (T0, True, True, "routine")


ODD = [
    *('"', '""', '"a', "*", "a*", "^a", "NEAR(a b)", "a AND", "OR", "NOT a", "-a", "a:b", "plain:a", "(", ")", "a)", "'", "';--", "\\"),
    *("%", "_", "{}", "a + b", "&", "|", "!a", "<->", "a <-> b", "\x00", "\ud800", "🙂", "a\nb", "\u0301", "\u200b", "đ"),
    *("." * 2_000, "a " * 5_000, "ạ" * 5_000),
]


@pytest.mark.parametrize("query", ODD)
def test_odd_queries_are_safe(store: Store, query: str) -> None:
    put(store, 1, "a b đ ạ")
    assert store.search(query, SearchFilters(topic=query)) == []
    assert len(store.search(query)) <= 1


def test_the_operators_of_an_engine_are_only_words(store: Store) -> None:
    put(store, 1, "this or that")
    assert titles(store, "this OR nothing") == []
    assert titles(store, "that OR this") == ["this or that"]
    assert titles(store, "folded:this") == []


def test_the_index_can_be_built_anew(store: Store) -> None:
    for n in range(30):
        put(store, n, f"Đống Đa {n}", at=T0 + n * HOUR)
    before = titles(store, '"dong da"')
    assert store.reindex() == 30
    assert titles(store, '"dong da"') == before
