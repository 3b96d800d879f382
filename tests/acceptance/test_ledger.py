"""`monitor ledger` and the weekly hand check: sums that close, sources with reasons, recall with its interval."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from monitor.cli import sample_file
from monitor.errors import MonitorError
from monitor.figures import Sample, SampleItem
from tests.acceptance import desk
from tests.acceptance.conftest import Run, lines


def said(done: object) -> str:
    return done.stderr.decode().replace("\n", " ")  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def filled(config: Path) -> Path:
    desk.filled(config.parent)
    return config.parent


def test_the_sums_close_and_every_source_has_its_line(monitor: Run, filled: Path) -> None:
    done = monitor("ledger")
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    assert max(map(len, text.splitlines())) <= 80
    assert "Đã thấy 805 địa chỉ" in text
    assert "3 đã lưu + 5 không liên quan + 0 trùng + 1 hỏng + 796 đang chờ" in text
    assert "bao_chan                 bị chặn       5 ngày" in text
    assert "    7 lần liên tiếp, đã 5 giờ: Máy chủ từ chối (403)" in text
    assert "Báo Nhanh                    252    252     224       283   99% (96–100%)" in text
    assert "không độc lập" in text.replace("\n", " ")
    assert "dien_dan" not in text  # off: counted below the table
    (told,) = lines(monitor("ledger", "--json").stdout)
    assert told["total"] == sum(told["states"].values()) == 805
    assert sum(sum(s["ledger"].values()) for s in told["sources"]) == 805
    assert told["two_paths"] == [
        {"outlet": "Báo Nhanh", "first": 252, "second": 252, "both": 224, "estimate": 283.5, "low": 281.2, "high": 290.3}
    ]


def test_addresses_by_state_with_their_reasons(monitor: Run, filled: Path) -> None:
    done = monitor("ledger", "--state", "failed")
    assert "https://nhanh.vn/9-1" in done.stdout.decode()
    assert "Máy chủ trả lời 404: trang không còn" in done.stdout.decode()
    (row,) = lines(monitor("ledger", "--state", "failed", "--source", "bao_nhanh", "--json").stdout)
    assert (row["url"], row["state"], row["attempts"]) == ("https://nhanh.vn/9-1", "failed", 1)
    for words, name in ((["--state", "lost"], "waiting"), (["--source", "khong_co"], "khong_co")):
        refused = monitor("ledger", *words)
        assert refused.returncode == 2
        assert name in said(refused)
        assert "Traceback" not in said(refused)


def test_a_hand_check_from_draw_to_recall(monitor: Run, filled: Path) -> None:
    drawn = monitor("ledger", "sample", "draw", "--out", "mau.csv", "--seed", "3")
    assert drawn.returncode == 0, drawn.stderr.decode()
    again = monitor("ledger", "sample", "draw", "--out", "mau.csv")
    assert again.returncode == 2
    assert "mau.csv đã có" in said(again)
    rows = list(csv.reader(io.StringIO((filled / "mau.csv").read_bytes().decode("utf-8-sig"))))
    assert len(rows) == 51
    found = [
        ("https://m.nhanh.vn/dich-vu-cong?fbclid=1", "Dịch vụ công"),
        ("", "CỔNG DỊCH VỤ CÔNG HÀ NỘI GIÁN ĐOẠN"),
        ("https://chan.vn/bai-1", "Bài bị chặn"),
        ("https://moi.vn/x", "Bài ở nơi mới"),
        ("https://nhanh.vn/9-1", "Bài hỏng"),
        ("im.vn/the-thao", ""),
        ("javascript:x", "Xấu"),
        ("https://nhanh.vn/khong-neu", "Không nêu"),
    ]
    for row, answer in zip(rows[1:], found, strict=False):
        row[5:7] = answer
    rows[2][3] = f"{datetime.now(UTC):%d/%m/%Y}"  # the person found it on another day than the one drawn
    rows[40][1] = "77"
    with (filled / "dien.csv").open("w", encoding="utf-16", newline="") as file:  # as Excel saves "Unicode text"
        csv.writer(file, delimiter="\t").writerows(rows)
    done = monitor("ledger", "sample", "check", "dien.csv")
    assert done.returncode == 1  # two lines could not be used
    text = done.stdout.decode()
    for words in (
        "đã tra 7/50 mục, có trong kho 3.",
        "Tỷ lệ thu thập 42,9% (15,8% đến 75%)",
        "1 bài nhận ra theo tiêu đề",
        "1 bài có trong kho nhưng bị xếp là không liên quan (số 6)",
        "→ nguồn bao_chan bị chặn: 7 lần liên tiếp",
        "→ chưa có nguồn nào của moi.vn trong danh mục",
        "→ đã thấy địa chỉ nhưng đọc hỏng: Máy chủ trả lời 404",
        "→ nguồn bao_nhanh, bao_nhanh_sitemap đọc được nhưng không nêu bài này",
    ):
        assert words in text, words
    assert "dòng 8: “javascript:x” không phải địa chỉ web" in said(done)
    assert "số 77 không có trong mẫu" in said(done)
    listed = monitor("ledger", "sample", "list").stdout.decode()
    assert "7/50    3   42,9% (15,8% đến 75%)" in listed


def test_a_week_that_is_not_over_is_refused(monitor: Run, filled: Path) -> None:
    done = monitor("ledger", "sample", "draw", "--week", "2099-W10", "--out", "x.csv")
    assert done.returncode == 2
    assert "chưa kết thúc (đến 08/03/2099)" in said(done)
    assert not (filled / "x.csv").exists()


# ---- the file, as spreadsheets give it back

SAMPLE = Sample(
    week="2026-W46",
    drawn_at=datetime(2026, 11, 16, tzinfo=UTC),
    items=tuple(SampleItem(number=n, outlet="Báo A", day=date(2026, 11, 9 + n)) for n in (1, 2)),
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("head", ["", "sep=;\r\n"])
def test_a_file_comes_back_in_any_way_of_saving(encoding: str, delimiter: str, head: str) -> None:
    rows = list(csv.reader(io.StringIO(sample_file.write(SAMPLE).decode("utf-8-sig"))))
    rows[1][5:7] = ["https://a.vn/1", 'Tiêu đề; có, dấu "ngoặc"\nhai dòng']
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([*rows, ["", "", "", "", "", "", ""]])
    filled = sample_file.read(f"{head}{out.getvalue()}".encode(encoding), "t.csv")
    assert (filled.week, filled.wrong, filled.lossy) == ("2026-W46", (), False)
    assert [(i.number, i.day.day, i.url) for i in filled.items] == [(1, 10, "https://a.vn/1"), (2, 11, "")]
    assert filled.items[0].title.startswith("Tiêu đề; có, dấu")


def test_an_old_encoding_is_read_as_far_as_it_goes_and_said() -> None:
    body = sample_file.write(SAMPLE).decode("utf-8-sig").encode("cp1258", "replace")
    filled = sample_file.read(body, "t.csv")
    assert filled.lossy
    assert [i.number for i in filled.items] == [1, 2]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["2026-W46", "x", "", "09/11/2026", "", "", ""], "dòng 4: cột “Số” ghi “x”"),
        (["2026-W46", "3", "", "ba mươi", "", "", ""], "dòng 4: cột “Ngày” ghi “ba mươi”"),
        (["2026-W46", "3", "", "09/11/2026", "", "ftp://a", ""], "dòng 4: “ftp://a” không phải địa chỉ web"),
        (["2026-W46", "2", "", "09/11/2026", "", "", ""], "dòng 4: số 2 đã có ở dòng trên"),
        (["2026-W46"], "dòng 4: cột “Số” ghi “”"),
    ],
)
def test_a_bad_line_is_named_and_the_others_count(cells: list[str], words: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    filled = sample_file.read(sample_file.write(SAMPLE) + out.getvalue().encode(), "t.csv")
    assert [i.number for i in filled.items] == [1, 2]
    assert len(filled.wrong) == 1
    assert filled.wrong[0].startswith(words)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "thiếu cột"),
        (b"a,b\n1,2\n", "thiếu cột “Tuần”"),
        (sample_file.write(SAMPLE).partition(b"\r\n")[0], "không có dòng nào"),
        (sample_file.write(SAMPLE) + b"2026-W45,9,,09/11/2026,,,\r\n", "có nhiều tuần"),
        (b"\x00" * 3_000_000, "lớn hơn 2 MB"),
        (b"PK\x03\x04" + bytes(range(256)) * 20, "thiếu cột"),
        (b'a,"' + b"x" * 200_000 + b"\n", "CSV"),
    ],
)
def test_what_is_no_such_file_is_one_sentence(body: bytes, words: str) -> None:
    with pytest.raises(MonitorError, match=words):
        sample_file.read(body, "t.csv")
