from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers import encodings
from crawlers.encodings import MOJIBAKE, decode, mend

TEXT = (
    "Chuyển đổi số ở phường: người dân nộp hồ sơ trực tuyến, không phải chờ đợi. Tổ công nghệ số cộng đồng đã hướng dẫn hơn bảy nghìn "
    "lượt, song nhiều cụ già vẫn gặp khó vì ứng dụng hay báo lỗi giữa chừng; quầy một cửa mở thêm buổi tối để hỗ trợ."
)


def _encode(text: str, name: str) -> bytes:
    if name == "windows-1258":
        out = bytearray()
        for letter in text:
            try:
                out += letter.encode("cp1258")
            except UnicodeEncodeError:
                for part in _tone_apart(letter):
                    out += part.encode("cp1258")
        return bytes(out)
    upper = encodings.TCVN3 if name == "tcvn3" else encodings._VISCII
    return bytes(ord(c) if ord(c) < 0x80 else 0x80 + upper.rindex(c) for c in text)


def _tone_apart(letter: str) -> str:
    """ể → ê + hook: windows-1258 has the vowels but keeps the tone as a letter of its own."""
    marks = unicodedata.normalize("NFD", letter)
    tones = [m for m in marks if m in "\u0300\u0301\u0303\u0309\u0323"]
    base = unicodedata.normalize("NFC", "".join(m for m in marks if m not in tones))
    return base + "".join(tones)


def _page(body: bytes, declared: str) -> bytes:
    head = f'<html><head><meta charset="{declared}"></head><body><p class="x">'.encode() if declared else b"<html><body><p>"
    return head + body + b"</p></body></html>"


@pytest.mark.parametrize("name", ["tcvn3", "viscii", "windows-1258"])
@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1258", "x-unknown", ""])
@pytest.mark.parametrize("header", ["utf-8", "ISO-8859-1", None, "hex"])
def test_old_encodings_are_read_whatever_was_declared(name: str, declared: str, header: str | None) -> None:
    text, note = decode(_page(_encode(TEXT, name), declared), header)
    assert TEXT in text
    assert name in note


@pytest.mark.parametrize("name", ["tcvn3", "viscii", "windows-1258"])
@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
def test_old_encodings_already_turned_into_utf8_are_undone(name: str, wrong: str) -> None:
    broken = _encode(TEXT, name).decode(wrong, "ignore" if name != "viscii" else "replace")
    if "\ufffd" in broken or len(broken) < len(_encode(TEXT, name)):
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
    vni = "Chuyeån ñoåi soá ôû phöôøng: ngöôøi daân noäp hoà sô tröïc tuyeán, khoâng phaûi chôø ñôïi"
    assert mend(vni) == (vni, MOJIBAKE)
    lost = _encode(TEXT, "tcvn3").decode("utf-8", "replace")
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
