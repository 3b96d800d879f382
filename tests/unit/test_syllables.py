from __future__ import annotations

import pytest

from crawlers.stories import explain, features
from crawlers.stories.syllables import CODE, DAY, NUMBER, SMALL, figure, tokens, told
from monitor.text import fold


def said(text: str) -> list[tuple[str, int]]:
    return [(t.word, t.kind) for t in told(tokens(text)) if t.kind in (SMALL, NUMBER, DAY, CODE)]


@pytest.mark.parametrize(
    ("text", "word", "kind"),
    [
        ("20/7", "20/7", DAY),
        ("20-7-2026", "20/7", DAY),
        ("ngày 20 tháng 7", "20/7", DAY),
        ("tháng 07/2026", "tháng 7", SMALL),
        ("tháng 7", "tháng 7", SMALL),
        ("chín ngư dân", "9", SMALL),
        ("9 ngư dân", "9", SMALL),
        ("mười tám điểm", "18", NUMBER),
        ("ba mươi hộ", "30", NUMBER),
        ("bốn mươi lăm hộ", "45", NUMBER),
        ("hai trăm bốn mươi hộ", "240", NUMBER),
        ("sáu vạn khách", "60.000", NUMBER),
        ("12 nghìn hộ", "12.000", NUMBER),
        ("12.000 hộ", "12.000", NUMBER),
        ("380tr", "380 triệu", NUMBER),
        ("0,38 tỉ đồng", "380 triệu", NUMBER),
        ("4,6 tỉ đồng", "4,6 tỷ", NUMBER),
        ("16.000 tỷ", "16.000 tỷ", NUMBER),
        ("57-NQ/TW", "57-nq/tw", CODE),
        ("lô B2407", "b2407", CODE),
        ("tỷ số 2-1", "2-1", NUMBER),
    ],
)
def test_numbers_and_days_however_written(text: str, word: str, kind: int) -> None:
    assert said(text) == [(word, kind)]


def test_words_that_only_look_like_numbers_stay_words() -> None:
    assert [t.word for t in told(tokens("một năm nay, trăm hộ"))] == ["một", "năm", "nay", "", "trăm", "hộ"]


def test_the_hash_without_diacritics_is_that_of_the_folded_word() -> None:
    text = "Phường mở quầy hỗ trợ nộp hồ sơ"
    assert [t.bare for t in tokens(text)] == [t.bare for t in tokens(fold(text))]
    assert [t.code for t in tokens("hoà thuỷ")] == [t.code for t in tokens("hòa thủy")]


@pytest.mark.parametrize("text", ["", "...", "9" * 400, "1,2,3", "1.2.3.4", "-/-", "²³", "١٢٣", "Ⅷ ½", "🙂", "a" * 9000, "9-" * 50 + "a"])
def test_anything_is_read(text: str) -> None:
    found = features.read(text, text)
    assert len(found.codes) == len(found.marks)
    assert sorted(set(found.codes.tolist())) == found.codes.tolist()


def test_figures_as_printed() -> None:
    assert [figure(x) for x in (12, 12_000, 4.6e9, 3.4, 1e15)] == ["12", "12.000", "4,6 tỷ", "3,4", "1.000.000 tỷ"]


def test_a_headline_repeated_in_the_text_counts_once() -> None:
    title, text = "Cầu Vĩnh Lạc cấm xe tải", "Từ 22 giờ, xe trên 5 tấn không được qua."
    assert features.read(title, text).codes.tolist() == features.read(title, f"{title}. {text}").codes.tolist()


def test_quoted_phrases_say_something() -> None:
    one = "Người dân được hoàn tiền của lớp học thông minh tại Trường Ngô Gia . "
    other = "Được hoàn tiền của nhà trường, phụ huynh Trường Ngô Gia mừng . "
    assert explain.phrases(one, other) == ["Trường Ngô Gia", "hoàn tiền"]
