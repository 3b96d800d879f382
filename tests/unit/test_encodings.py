from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.pages.encodings import LOST, MOJIBAKE, decode, mend
from tests.evaluate_collect.encodings import Sample, encode, outcome, samples

TEXT = (
    "Chuyển đổi số ở phường: người dân nộp hồ sơ trực tuyến, không phải chờ đợi. Tổ công nghệ số cộng đồng đã hướng dẫn hơn bảy nghìn "
    "lượt, song nhiều cụ già vẫn gặp khó vì ứng dụng hay báo lỗi giữa chừng; quầy một cửa mở thêm buổi tối để hỗ trợ."
)


def _page(body: bytes, declared: str) -> bytes:
    head = f'<html><head><meta charset="{declared}"></head><body><p class="x">'.encode() if declared else b"<html><body><p>"
    return head + body + b"</p></body></html>"


@pytest.mark.parametrize("name", ["tcvn3", "viscii", "vni", "windows-1258"])
@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1258", "x-unknown", ""])
@pytest.mark.parametrize("header", ["utf-8", "ISO-8859-1", None, "hex"])
def test_old_encodings_are_read_whatever_was_declared(name: str, declared: str, header: str | None) -> None:
    text, note = decode(_page(encode(TEXT, name), declared), header)
    assert TEXT in text
    assert name in note


@pytest.mark.parametrize("name", ["tcvn3", "viscii", "vni", "windows-1258"])
@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
def test_old_encodings_already_turned_into_utf8_are_undone(name: str, wrong: str) -> None:
    broken = encode(TEXT, name).decode(wrong, "ignore" if name != "viscii" else "replace")
    if "\ufffd" in broken or len(broken) < len(encode(TEXT, name)):
        pytest.skip("windows-1252 has no letter for some of these bytes")
    text, note = decode(_page(broken.encode(), "utf-8"), "utf-8")
    assert TEXT in text
    assert note == f"utf-8; {name} repaired"


def test_utf8_read_twice_is_undone() -> None:
    broken = TEXT.encode().decode("latin-1")
    assert mend(broken) == (TEXT, "utf-8 read as windows-1252 repaired")


def test_a_short_title_is_enough() -> None:
    assert mend("ChuyÓn ®æi sè ë ph­êng")[0] == "Chuyển đổi số ở phường"


def test_right_text_is_left_alone_in_both_normal_forms() -> None:
    odd = "Đắk Lắk – Krông Pắc: µTorrent® và © 2026"
    for text in (TEXT, unicodedata.normalize("NFD", TEXT), TEXT.upper(), "Plain English only.", "", odd):
        assert mend(text) == (text, "")
        assert decode(text.encode(), "utf-8") == (text, "utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "Le café où l'été dernier, août, naïf, garçon – déjà vu à Noël, très élégant.",
        "Цифровая трансформация во Вьетнаме",
        "Straße über Köln, Mädchen, Füße und Öl",
        "越南数字化转型",
        "El niño pequeño mañana España",
    ],
)
def test_other_languages_are_not_called_broken(text: str) -> None:
    assert mend(text) == (text, "")


def test_what_cannot_be_undone_is_flagged_never_silent() -> None:
    lost = encode(TEXT, "tcvn3").decode("utf-8", "replace")
    assert decode(lost.encode(), "utf-8")[1].endswith(MOJIBAKE)


def test_a_utf8_page_cut_in_the_middle_of_a_letter_stays_utf8() -> None:
    text, note = decode(TEXT.encode()[:-4] + b"\xe1\xbb", "utf-8")
    assert text.startswith("Chuyển đổi số")
    assert note == "utf-8 with bad bytes"


def test_byte_order_marks_win() -> None:
    assert decode(b"\xef\xbb\xbf" + TEXT.encode(), "windows-1258") == (TEXT, "utf-8-sig")
    assert decode(TEXT.encode("utf-16"), None)[0] == TEXT


def test_script_text_does_not_vote() -> None:
    page = "<script>var x = 'ChuyÓn ®æi sè ChuyÓn ®æi sè';</script><p>" + TEXT + "</p>"
    assert decode(page.encode(), "utf-8") == (page, "utf-8")


@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "windows-1258", "rot13", "zlib", "no such", "\x00"]))
def test_never_raises(body: bytes, charset: str | None) -> None:
    assert isinstance(decode(body, charset)[0], str)


_SAMPLES = list(samples())


def test_there_are_at_least_two_hundred_samples() -> None:
    assert len({sample.name for sample in _SAMPLES}) == len(_SAMPLES) >= 200


@pytest.mark.parametrize("sample", _SAMPLES, ids=lambda sample: sample.name)
def test_every_page_is_read_whatever_it_is_declared_as_and_what_is_lost_is_quarantined(sample: Sample) -> None:
    assert outcome(sample) == ("quarantined" if sample.lost else "right")


def test_a_page_broken_in_parts_keeps_its_good_parts() -> None:
    broken = encode("Người dân nộp hồ sơ trực tuyến ở phường này đã xong", "tcvn3").decode("latin-1")
    text = f"Hà Nội, một dòng tốt.\n{broken}\nMột dòng tốt đẹp khác của phường Bồ Đề."
    assert mend(text)[0].split("\n")[::2] == text.split("\n")[::2]
    assert "Người dân nộp hồ sơ trực tuyến ở phường này đã xong" in mend(text)[0]


def test_one_lost_line_in_a_good_text_is_flagged() -> None:
    good = "\n".join(f"{TEXT} Dòng {n}." for n in range(12))
    assert mend(f"{good}\nCh\ufffd\ufffdn \ufffd\ufffdi s\ufffd \ufffd ph\ufffdng n\ufffdy")[1] == LOST


@pytest.mark.parametrize(
    "text",
    [
        "A naïve idea",
        "naïve",
        "Noé",
        "Citroën",
        "Photo ©copyright Reuters in a long English caption about things",
        "aérien",
        "août",
    ],
)
def test_a_single_foreign_word_is_not_called_broken(text: str) -> None:
    assert mend(text) == (text, "")


def test_a_long_run_without_white_space_takes_no_time() -> None:
    assert mend("a" * 400_000 + "é")[1] == ""
