"""`monitor.classify.classify`: the stable line, where it abstains, and why it says what it says."""

from __future__ import annotations

import pytest

from classifiers.tag import Tagger
from monitor.classify import classify
from monitor.config import FileConfig

LONG = (
    "Phường tổ chức hội nghị giao ban tháng 11 vào sáng thứ hai với sự có mặt của các tổ trưởng tổ dân phố và đại diện các đoàn thể. "
    "Phần đầu cuộc họp dành cho công tác vệ sinh môi trường, trồng cây và chuẩn bị cho ngày hội đại đoàn kết ở 14 khu dân cư. "
    "Ông Nguyễn Văn Tư ở tổ 9 bức xúc kể hệ thống dịch vụ công trực tuyến báo lỗi suốt ba ngày, hồ sơ nộp đi nộp lại bốn lần bị trả về. "
    "Chủ tịch phường cảm ơn các ý kiến, nhắc các tổ rà soát danh sách hộ cần hỗ trợ trước Tết và hoàn thành trước ngày 15. "
    "Cuộc họp kết thúc lúc 11 giờ sau khi thống nhất lịch trực dịp cuối năm và phân công người phụ trách từng khu vực trên địa bàn."
)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


def line(tagger: Tagger, title: str, text: str = "", **more: object) -> dict[str, object]:
    (found,) = classify([{"id": "a", "title": title, "text": text} | more], config=FileConfig(), tagger=tagger, open_gate=True)
    return found


def test_the_keys_are_those_of_the_contract(tagger: Tagger) -> None:
    found = line(tagger, "Hà Nội mở 30 điểm hỗ trợ dịch vụ công trực tuyến")
    assert list(found) == [
        "id", "relevant", "relevant_score", "band", "hanoi", "wards", "topics", "bottlenecks", "sentiment", "sentiment_scores", "signals",
        "class", "severity", "uncertain", "why", "reasons",
    ]  # fmt: skip


def test_it_says_where_it_does_not_know(tagger: Tagger) -> None:
    assert line(tagger, "Cổng dịch vụ công báo lỗi, người dân bức xúc vì phải đi lại nhiều lần")["uncertain"] == []
    vague = line(tagger, "Chuyện ở phường", "Ông tổ trưởng kể.")
    assert "topic" in vague["uncertain"]  # type: ignore[operator]  # a list in this contract


def test_the_band_review_is_relevance_in_doubt(tagger: Tagger) -> None:
    texts = [
        "Phường họp bàn về camera",
        "Bệnh viện dùng máy mới",
        "Trường học và điện thoại",
        "Ngân hàng nói về dữ liệu",
        "Chợ quê bán hàng",
    ]
    lines = [line(tagger, t) for t in texts]
    assert all(("relevance" in x["uncertain"]) is (x["band"] == "review") for x in lines)  # type: ignore[operator]  # a list in this contract


def test_a_long_article_shows_the_sentence_that_decided(tagger: Tagger) -> None:
    found = line(tagger, "Giao ban tháng 11 của phường", LONG)
    assert any("báo lỗi suốt ba ngày" in reason for reason in found["why"])  # type: ignore[attr-defined]  # a list in this contract
    quoted = [r.removeprefix("câu “").removesuffix("”") for r in found["why"] if r.startswith("câu “")]  # type: ignore[attr-defined]
    assert quoted
    assert all(sentence in LONG for sentence in quoted)


def test_a_headline_needs_no_sentence(tagger: Tagger) -> None:
    found = line(tagger, "Cổng dịch vụ công báo lỗi", "Người dân bức xúc.")
    assert not any(reason.startswith("câu “") for reason in found["why"])  # type: ignore[attr-defined]  # a list in this contract


def test_reasons_are_words_as_the_text_writes_them(tagger: Tagger) -> None:
    text = "Người dân bức xúc vì hồ sơ trực tuyến bị trả về ba lần"
    found = line(tagger, "Cổng dịch vụ công của Hà Nội báo lỗi", text)
    words = [r.strip("“”") for r in found["why"] if r.startswith("“") and "”, “" not in r]  # type: ignore[attr-defined]
    assert all(not word.isascii() or word.lower() in text.lower() for word in words)


def test_an_item_without_text_or_title_is_answered(tagger: Tagger) -> None:
    (found,) = classify([{"id": 7}], config=FileConfig(), tagger=tagger)
    assert (found["id"], found["relevant"], found["why"] != []) == ("7", False, True)
