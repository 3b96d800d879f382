"""monitor import, monitor reflection: what people enter, by the real command line."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from classifiers.tag import Tagger
from monitor.cli import enter, vocabulary
from storage.store import Store
from tests.acceptance.conftest import Run, write_config
from tests.acceptance.test_cli import refused

NEWS = "Người dân phường Bồ Đề, Hà Nội nộp hồ sơ trên cổng dịch vụ công trực tuyến thì bị lỗi, chờ mãi không xong."
SOURCES = [
    {"id": "bao_thu", "name": "Báo Thử", "kind": "feed", "url": "https://baothu.vn/rss", "homepage": "https://baothu.vn", "tier": "city"},
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_config(tmp_path, sources=SOURCES)
    return tmp_path


def rows(folder: Path, query: str) -> list[Any]:
    with sqlite3.connect(folder / "var/monitor.db") as base:
        return base.execute(query).fetchall()


def table(folder: Path, *lines: str) -> str:
    (folder / "tin.csv").write_text("Địa chỉ;Tiêu đề;Nội dung;Thời gian;Nguồn\n" + "\n".join(lines), encoding="utf-8-sig")
    return "tin.csv"


def test_a_table_enters_once_old_and_new_and_alerts_nobody(folder: Path, monitor: Run) -> None:
    now = datetime.now(UTC) + timedelta(hours=7)
    name = table(
        folder,
        f"https://baothu.vn/bai-1.html;Cổng dịch vụ công ở phường Bồ Đề lỗi;{NEWS};{now:%d/%m/%Y %H:%M};",
        f";Chưa rõ nơi đăng;{NEWS} Gọi 0912 345 678.;12/11/2024;",
        "https://baothu.vn/bai-2.html;;;;bao_thu",
        ";Sai ngày;x;99/99/2024;",
        "https://baothu.vn/bai-3.html;x;x;;Báo Lạ",
        "https://noi-khac.vn/bai-4.html;x;x;;Báo Thử",
    )
    tried = monitor("import", name, "--dry-run")
    assert "nhập được 3, lỗi 3. Chưa ghi gì" in tried.stdout.decode()
    assert not (folder / "var/monitor.db").exists()

    done = monitor("import", name)
    assert done.returncode == 1
    problems = done.stderr.decode()
    for sentence in (
        "dòng 5: không hiểu thời gian “99/99/2024”.",
        "dòng 6: không có nguồn “Báo Lạ” trong danh mục.",
        "dòng 7: địa chỉ không thuộc trang",
    ):
        assert sentence in problems
    assert "6 dòng, 3 mục mới, 0 mục đã có, 3 dòng lỗi; lưu 2 bài" in done.stdout.decode()
    assert sorted(rows(folder, "select state, source_id, count(*) from ledger group by 1, 2")) == [
        ("kept", "bao_thu", 1), ("kept", "nhap_tay", 1), ("waiting", "bao_thu", 1),
    ]  # fmt: skip
    assert rows(folder, "select count(*) from outbox") == [(0,)]  # today's item too: an import is a first reading
    assert "345 678" not in json.dumps(rows(folder, "select * from articles") + rows(folder, "select * from ledger"), default=str)

    again = monitor("import", name)
    assert "0 mục mới, 3 mục đã có" in again.stdout.decode()
    assert rows(folder, "select count(*) from articles") == [(2,)]


def test_a_reflection_is_masked_tagged_with_its_ward_and_may_alert(folder: Path, monitor: Run) -> None:
    words = f"{NEWS} Em ở @nguyen.van.a, gọi 0912 345 678."
    done = monitor("reflection", words, "--ward", "bo_de")
    assert (done.returncode, done.stdout.decode().startswith("Đã nhập phản ánh tại phường Bồ Đề (liên quan chuyển đổi số).")) == (0, True)
    ((title, text, url),) = rows(folder, "select title, text, url from articles")
    assert text.startswith("Ghi nhận tại phường Bồ Đề, thành phố Hà Nội, ngày ")
    assert "345" not in title + text
    assert "nguyen" not in title + text
    assert url.startswith("https://phan-anh-hien-truong.invalid/")
    found = json.loads(monitor("search", "hồ sơ", "--ward", "bo_de", "--json").stdout)
    assert (found["source_id"], found["outlet"]) == ("phan_anh_hien_truong", "Phản ánh tại cơ sở")
    owed = " ".join(row[0] for row in rows(folder, "select message from outbox"))
    assert owed, "a fresh complaint about an outage owes a message"
    assert ".invalid" not in owed
    assert "Đã nhập phản ánh" not in (again := monitor("reflection", words, "--ward", "bo_de").stdout.decode())
    assert "đã được nhập trước đó" in again


def test_a_reflection_comes_from_standard_input_too(folder: Path, monitor: Run) -> None:
    done = monitor("reflection", "--ward", "bo_de", "--day", "01/02/2026", "--title", "Chờ lâu", stdin=NEWS.encode())
    assert done.returncode == 0, done.stderr.decode()
    ((title, published),) = rows(folder, "select title, published_at from articles")
    assert title == "Chờ lâu"
    assert str(published).startswith("2026-01-31 17:00")
    assert rows(folder, "select count(*) from outbox") == [(0,)]  # too old to alert
    monitor("search", "hồ sơ", "--csv", "ra.csv")
    exported = (folder / "ra.csv").read_text(encoding="utf-8-sig")
    assert "Chờ lâu" in exported
    assert ".invalid" not in exported


def test_the_words_alone_place_a_reflection_in_each_of_the_126_wards() -> None:
    """The service may take it without the command's own hint."""
    tagger = Tagger.load(None)
    wards = vocabulary.wards()
    assert len(wards) == 126
    missed = []
    for ward in wards:
        entry = enter._reflection("", NEWS.replace("phường Bồ Đề, Hà Nội", "Dân"), ward, datetime(2026, 11, 12, 3, 0, tzinfo=UTC))
        tags = tagger.tag(article_id="x", title=entry.title, text=entry.summary_html, tier="social", ward=None, outlet="Phản ánh tại cơ sở")
        if ward not in tags.values("ward") or not tags.hanoi:
            missed.append(ward)
    assert missed == []


MISTAKES = [
    (("import", "khong-co.csv"), "khong-co.csv"),
    (("import", "config.yaml"), "không có dòng tiêu đề"),
    (("import", "tin.csv", "--source", "la"), "--source “la”"),
    (("reflection", "x", "--ward", "la"), "--ward “la”"),
    (("reflection", "  ", "--ward", "bo_de"), "không có nội dung"),
    (("reflection", "x", "--ward", "bo_de", "--day", "mai kia"), "--day “mai kia”"),
]


@pytest.mark.parametrize(("command", "said"), MISTAKES)
def test_a_mistake_is_one_sentence(command: tuple[str, ...], said: str, folder: Path, monitor: Run) -> None:
    table(folder, "https://baothu.vn/1;;;;")
    refused(monitor(*command), said)
    assert not (folder / "var/monitor.db").exists() or rows(folder, "select count(*) from ledger") == [(0,)]


def test_a_running_service_takes_what_was_entered(folder: Path, monitor: Run) -> None:
    (folder / "var").mkdir()
    store = Store(f"sqlite:///{folder / 'var/monitor.db'}")
    store.upgrade()
    store.beat(datetime.now(UTC), "service")
    store.close()
    done = monitor("import", table(folder, f"https://baothu.vn/bai-1.html;A;{NEWS};;"))
    assert "dịch vụ đang chạy sẽ xử lý" in done.stdout.decode()
    assert rows(folder, "select state, first_reading from ledger") == [("waiting", 1)]
