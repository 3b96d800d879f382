"""Cleaning and the two views: whatever arrives, bounded; whatever is written to evade, matched."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text import MAX_MARKS, MAX_RUN, MAX_TEXT, clean, fold, plain, syllables

TERM = "chuyển đổi số"

# One spelling for each kind of evasion; those that only folding finds are in FOLDED.
SPELLINGS = {
    "nfd": unicodedata.normalize("NFD", TERM),
    "zero-width": "chuy\u200bển đ\u2060ổi s\u200dố",
    "soft hyphen": "chuy\u00adển đổi s\u00adố",
    "cyrillic": "сhuyển đổi ѕố",
    "fullwidth": "ｃｈｕｙển đổi ｓố",
    "combining junk": "chuy\u034fển đổi số\ufe0f",
    "spaces": "chuyển\u00a0đổi\u2003số",
    "bidi": "\u202echuyển đổi số\u202c",
    "upper": TERM.upper(),
    "math": "𝐜𝐡𝐮𝐲ển đổi 𝐬ố",
    "eth": "chuyển ðổi số",
    "variation selector": "chuyển\ufe0f đổi\ufe0f số",
    "tag characters": "chuyển\U000e0041 đổi số",
}
FOLDED = {"no diacritics": "chuyen doi so", "piled marks": "chuyển đổi số\u0301\u0301\u0301\u0301\u0301"}


@pytest.mark.parametrize("kind", SPELLINGS)
def test_evasive_spellings_are_seen_with_diacritics(kind: str) -> None:
    assert TERM in " ".join(plain(clean(SPELLINGS[kind])).split())


@pytest.mark.parametrize("kind", FOLDED)
def test_the_rest_is_seen_without(kind: str) -> None:
    assert fold(TERM) in fold(clean(FOLDED[kind]))


@pytest.mark.parametrize(
    ("old", "new"),
    [("hoà", "hòa"), ("thuỷ", "thủy"), ("khoẻ", "khỏe"), ("Hoà Lạc", "hòa lạc"), ("quý", "quý"), ("quỷ", "quỷ"), ("hoàn", "hoàn")],
)
def test_tone_marks_stand_one_way(old: str, new: str) -> None:
    assert plain(old) == new


def test_fold_takes_the_bar_off_d() -> None:
    assert fold("Đống Đa, ĐƯỜNG đê") == "dong da, duong de"


def test_russian_stays_russian() -> None:
    assert plain("Москва") == "москва"


def test_document_codes_stay_whole() -> None:
    assert syllables(plain("Nghị quyết 57-NQ/TW và 1.000 người")) == ["nghị", "quyết", "57-nq/tw", "và", "1.000", "người"]


def test_clean_keeps_what_people_write() -> None:
    text = "Hà Nội: 1.000 hồ sơ 😀\nDòng hai – “trích”"
    assert clean(text) == text


@given(st.text())
def test_clean_is_bounded_nfc_and_idempotent(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == unicodedata.normalize("NFC", cleaned)
    assert len(cleaned) <= MAX_TEXT
    assert all(len(run) <= MAX_RUN for run in cleaned.split())
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")


@given(st.text())
def test_views_never_fail_and_have_no_capitals(text: str) -> None:
    assert fold(clean(text)) == fold(clean(text)).lower()


@pytest.mark.parametrize(
    "text", ["a\u0301" * 1_000_000, "a" * 5_000_000, "\u0301" * 900_000, "😀" * 450_000, "\ud800" * 1000, "a.a." * 100_000, ""]
)
def test_hostile_sizes_are_cut(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= MAX_TEXT
    assert "\u0301" * (MAX_MARKS + 1) not in unicodedata.normalize("NFD", cleaned)
    fold(cleaned)
