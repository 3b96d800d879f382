"""classify, cluster, extract through the real command line: the contract of docs/JSON_LINES.md."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, Run, jsonl, lines

OUTAGE = {
    "id": "a",
    "title": "Cổng dịch vụ công Hà Nội không truy cập được từ sáng",
    "text": "Hệ thống dịch vụ công trực tuyến của Hà Nội bị lỗi từ 8 giờ, hàng trăm hồ sơ bị treo, chưa có thông báo chính thức.",
}
FOOTBALL = {"id": "b", "title": "Đội bóng Hà Nội thắng 2-0 ở vòng 9", "text": "Hai bàn thắng đến trong hiệp hai trên sân Hàng Đẫy."}


def test_classify_prints_every_key_of_the_contract_in_order(monitor: Run, config: Path) -> None:
    done = monitor("classify", stdin=jsonl(OUTAGE, FOOTBALL))
    assert done.returncode == 0, done.stderr.decode()
    first, second = lines(done.stdout)
    documented = re.findall(r"^\| `(\w+)`(?:, `(\w+)`)? \|", (ROOT / "docs" / "JSON_LINES.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(first) == {key for pair in documented for key in pair if key} == set(second)
    assert [first["id"], second["id"]] == ["a", "b"]
    assert first["relevant"] is True
    assert first["hanoi"] is True
    assert first["sentiment"] == "neg"
    assert first["class"] == "outage_surge"
    assert first["severity"] in ("S3", "S4")
    assert "t06_cai_cach_tthc" in [t["id"] for t in first["topics"]]
    assert all(t["why"] for t in first["topics"])
    assert first["why"]
    assert second["relevant"] is False
    assert [second[k] for k in ("sentiment", "class", "severity")] == [None, None, None]


def test_open_gate_tags_everything(monitor: Run, config: Path) -> None:
    (line,) = lines(monitor("classify", "--open-gate", stdin=jsonl(FOOTBALL)).stdout)
    assert line["relevant"] is False
    assert line["sentiment"] in ("neg", "neu", "pos")
    assert line["severity"] in ("S0", "S1", "S2", "S3", "S4")
    assert set(line["sentiment_scores"]) == {"neg", "neu", "pos"}


def test_decomposed_letters_change_nothing(monitor: Run, config: Path) -> None:
    decomposed = {k: unicodedata.normalize("NFD", v) for k, v in OUTAGE.items()}
    one, two = lines(monitor("classify", stdin=jsonl(OUTAGE, decomposed)).stdout)
    assert one == two


@pytest.mark.parametrize("text", ["", "a\u0301" * 200_000, "😀" * 50_000, "x" * 1_000_000, "\x00\x01\x02"])
def test_any_text_is_survived(monitor: Run, config: Path, text: str) -> None:
    done = monitor("classify", stdin=jsonl({"id": 1, "title": text[:300], "text": text}, OUTAGE))
    assert done.returncode == 0, done.stderr.decode()
    assert [line["id"] for line in lines(done.stdout)] == ["1", "a"]


@pytest.mark.parametrize("command", ["classify", "cluster"])
def test_a_bad_line_is_named(monitor: Run, config: Path, command: str) -> None:
    done = monitor(command, stdin=jsonl(OUTAGE) + b"{not json\n")
    assert done.returncode == 2
    assert "dòng 2" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert len(lines(done.stdout)) == 1


@pytest.mark.parametrize("bad", [b'{"id": null, "title": "x"}', b'{"title": "x"}', b'{"id": {}}', b"[1]", b"[" * 100_000])
def test_an_item_without_an_id_is_a_bad_line(monitor: Run, config: Path, bad: bytes) -> None:
    done = monitor("cluster", stdin=jsonl(OUTAGE) + bad + b"\n")
    assert done.returncode == 2
    assert "dòng 2" in done.stderr.decode()
    assert [line["id"] for line in lines(done.stdout)] == ["a"]


@pytest.mark.parametrize("command", ["classify", "cluster"])
def test_half_a_character_in_an_id_comes_back_as_it_went(monitor: Run, config: Path, command: str) -> None:
    done = monitor(command, stdin=b'{"id": "a\\ud800\\u009b", "title": "\\udfff T", "text": "\\ud83d", "source": "\\ud800"}\n')
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["id"] == "a\ud800\x9b"
    assert b"\xc2\x9b" not in done.stdout


def clustered(monitor: Run, *moments: object) -> list[bool]:
    """Which of the same notices, published at these moments, stand in the story of the first."""
    items = [OUTAGE | {"id": str(n), "published_at": at} for n, at in enumerate(moments)]
    done = monitor("cluster", stdin=jsonl(*items))
    assert done.returncode == 0, done.stderr.decode()
    return [line["story_id"] == "0" for line in lines(done.stdout)]


@pytest.mark.parametrize(
    "later",
    ["2099-11-30T09:00:00+07:00", "2099-11-30", "20991130T020000Z", "Mon, 30 Nov 2099 09:00:00 +0700", "30/11/2099 09:00"],
)
def test_cluster_reads_moments_as_they_stand_whatever_day_it_is(monitor: Run, config: Path, later: str) -> None:
    assert clustered(monitor, "2099-11-10T09:00:00+07:00", "2099-11-11T09:00:00", later) == [True, True, False]


@pytest.mark.parametrize("unreadable", [None, "", "hôm qua", "2 giờ trước", "0001-01-01T00:00:00+14:00", "9999-12-31", "x", 7, {}])
def test_cluster_puts_an_unreadable_moment_beside_the_item_before(monitor: Run, config: Path, unreadable: object) -> None:
    assert clustered(monitor, "2001-11-10T09:00:00+07:00", unreadable, "2001-11-10T10:00:00+07:00") == [True, True, True]


def test_cluster_joins_a_reprint_and_a_second_report_and_keeps_others_apart(monitor: Run, config: Path) -> None:
    text = (
        "Sáng 10/11, Cổng dịch vụ công của Hà Nội ngừng hoạt động hơn ba giờ, các điểm một cửa phải nhận hồ sơ giấy và hẹn gọi lại "
        "người dân. Đơn vị vận hành cho biết đang khắc phục máy chủ phân hệ tiếp nhận."
    )
    report = (
        "Nhiều người đến phường Láng từ sớm phải quay về. Cổng dịch vụ công Hà Nội ngừng hoạt động từ 8 giờ ngày 10/11, cán bộ một cửa ghi "
        "phiếu giấy; bên vận hành xác nhận sự cố máy chủ và hứa báo lại khi hệ thống thông."
    )
    done = monitor(
        "cluster",
        stdin=jsonl(
            {"id": "1", "title": "Cổng dịch vụ công Hà Nội ngừng ba giờ", "text": text, "published_at": "2026-11-10T09:00:00+07:00"},
            {
                "id": "2",
                "title": "Dịch vụ công tê liệt ba giờ",
                "text": text + " Theo Tin Bắc Hà.",
                "published_at": "2026-11-10T10:00:00+07:00",
            },
            {
                "id": "3",
                "title": "Cổng dịch vụ công Hà Nội ngừng hoạt động, dân không nộp được hồ sơ",
                "text": report,
                "published_at": "2026-11-10T11:00:00+07:00",
            },
            {
                "id": "4",
                "title": "Trường ở Đông Anh lập câu lạc bộ robot",
                "text": "Học sinh chế trạm đo bụi mịn đặt ở sân trường.",
                "published_at": "2026-11-10T12:00:00+07:00",
            },
        ),
    )
    one, two, three, four = lines(done.stdout)
    assert set(one) == {"id", "story_id", "duplicate_of"}
    assert (one["duplicate_of"], two["duplicate_of"], three["duplicate_of"]) == (None, "1", None)
    assert one["story_id"] == two["story_id"] == three["story_id"]
    assert four["story_id"] != one["story_id"]


def test_extract_reads_a_page(monitor: Run, config: Path) -> None:
    page = (
        "<html><head><title>Tiêu đề - Báo</title><meta property='og:title' content='Phường mở điểm hỗ trợ số'>"
        "<link rel=canonical href='https://bao.example/a-1.html'><script type='application/ld+json'>"
        '{"@type":"NewsArticle","headline":"Phường mở điểm hỗ trợ số","datePublished":"2026-11-09T08:30:00+07:00"}</script></head><body>'
        "<ul><li><a href='/'>Trang chủ</a></li></ul><h1>Phường mở điểm hỗ trợ số</h1><article>"
        + "<p>Điểm hỗ trợ đặt tại nhà văn hóa, mở cửa cả thứ bảy để người lớn tuổi được hướng dẫn tận tay.</p>" * 1
        + "<p>Tổ công nghệ số cộng đồng thay nhau trực, mỗi ca hai người, ghi lại những câu hỏi lặp lại nhiều.</p></article></body></html>"
    )
    done = monitor("extract", "--url", "https://bao.example/a-1.html?utm_source=rss", stdin=page.encode())
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert set(found) == {"title", "text", "published_at", "published_from", "canonical_url", "partial"}
    assert found["title"] == "Phường mở điểm hỗ trợ số"
    assert found["published_at"].startswith("2026-11-09T01:30")
    assert "nhà văn hóa" in found["text"]
    assert "Trang chủ" not in found["text"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "x"])
def test_extract_refuses_what_is_no_web_address(monitor: Run, config: Path, url: str) -> None:
    done = monitor("extract", "--url", url, stdin=b"<html></html>")
    assert done.returncode == 2
    assert "--url" in done.stderr.decode()
