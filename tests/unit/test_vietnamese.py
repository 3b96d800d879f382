from __future__ import annotations

import time
import unicodedata

import pytest

from classifiers import vietnamese
from classifiers.vietnamese import read


def test_teencode_is_spelled_out() -> None:
    assert read("", "cds ở hn k ai dc biết tthc").plain == (
        *("chuyển", "đổi", "số", "ở", "hà", "nội", "không", "ai", "được", "biết", "thủ", "tục", "hành", "chính"),
    )


def test_chat_forms_are_read_in_small_letters_only() -> None:
    assert read("Kế hoạch số 5 KH và Z", "").plain[-3:] == ("kh", "và", "z")


def test_a_number_before_k_is_an_amount() -> None:
    assert "k" in read("", "phạt 500 k").plain


def test_ai_the_artificial_kind_is_not_who() -> None:
    smart, who = read("Camera AI phạt nguội", ""), read("Ai được mua nhà?", "ai cũng hỏi")
    assert "ai" not in smart.plain
    assert who.plain.count("ai") == 2


def test_shouted_text_gives_no_artificial_ai() -> None:
    assert "ai" in read("AI ĐƯỢC MUA NHÀ Ở XÃ HỘI?", "").plain


def test_document_codes_stay_whole() -> None:
    assert read("", "Theo 57-NQ/TW và Kế hoạch 139/KH-UBND ngày 5/6").codes == ("57-nq/tw", "139/kh-ubnd")


def test_abbreviations_do_not_end_a_sentence() -> None:
    passage = read("", "UBND TP. Hà Nội họp. Sở báo cáo.")
    assert [s.sentence for s in passage.syllables if s.plain in ("hà", "sở")] == [1, 2]


def test_title_lead_and_rest_are_told_apart() -> None:
    passage = read("tiêu đề", " ".join(["chữ"] * 100))
    assert [sum(s.part == part for s in passage.syllables) for part in (0, 1, 2)] == [2, 60, 40]


def test_text_typed_without_diacritics_is_noticed() -> None:
    assert read("", "nop ho so truc tuyen o phuong mai khong duoc").bare
    assert not read("", "Nộp hồ sơ trực tuyến ở phường mãi không được").bare


def test_decomposed_text_reads_the_same() -> None:
    text = "Hà Nội đẩy mạnh chuyển đổi số, thuỷ lợi và hoà giải"
    assert read(text, text).plain == read(unicodedata.normalize("NFD", text), unicodedata.normalize("NFD", text)).plain


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x00",
        "a.a." * 50_000,
        "😀" * 200_000,
        "a" + "\u0301" * 200_000,
        "\ud800\udfff",
        "a" * 1_000_000,
        "?!…\n" * 50_000,
        "1-1/" * 50_000,
        "1.1," * 90_000,
    ],
    ids=["empty", "nul", "dots", "emoji", "marks", "surrogates", "run", "stops", "codes", "numbers"],
)  # fmt: skip
def test_any_input_is_read_in_time(text: str) -> None:
    started = time.process_time()
    read(text, text)
    assert time.process_time() - started < 2


def test_noun_phrases_of_a_title() -> None:
    assert "đèn tín hiệu thông minh" in vietnamese.noun_phrases("Hà Nội thí điểm đèn tín hiệu thông minh ở 30 nút giao")


def test_noun_phrases_survive_a_broken_tagger(monkeypatch: pytest.MonkeyPatch) -> None:
    import underthesea

    def broken(_text: str) -> list[tuple[str, str]]:
        raise RuntimeError("model is gone")

    monkeypatch.setattr(underthesea, "pos_tag", broken)
    assert vietnamese.noun_phrases("Hà Nội thí điểm đèn tín hiệu") == ()
