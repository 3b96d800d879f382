"""purge, forget and restore by the real command line: what is asked to go is gone, and stays gone."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.urls import article_id, canonical
from monitor.cli.search import _safe
from monitor.records import RawItem
from storage.articles import PURGED
from storage.store import Store
from tests.acceptance.conftest import Run, write_config
from tests.integration.storage_items import article, entry, source, tags

URL = "https://bao-a.vn/khieu-nai-123.html"
WORD = "zibelax"
NOW = datetime.now(UTC)


@pytest.fixture
def base(tmp_path: Path, config: Path) -> Path:
    """A base with a post of last year and two articles of today; the path of its file."""
    (tmp_path / "var").mkdir()
    store = opened(tmp_path)
    store.upgrade()
    store.sync_sources([source("bao_a"), source("mxh", tier="social")], NOW)
    for n, title, where, at in (
        (1, f"Khiếu nại của {WORD.title()}", "bao_a", NOW),
        (2, "Bài khác hẳn", "bao_a", NOW),
        (3, "Bài đăng năm ngoái", "mxh", NOW - timedelta(days=400)),
    ):
        url = canonical(URL) if n == 1 else f"https://{where}.vn/{n}"
        a = article(n, title=title, at=at, source_id=where, url=url, canonical_url=url, id=article_id(url))
        one = entry(n, where, url=url, canonical_url=url, title=title)
        store.enter([one], at)
        page = RawItem(source_id=where, url=url, body=b"<p>", charset=None, fetched_at=at, entry=one)
        store.save(a, tags(a), raw=page, social=n == 3, now=at)
    store.close()
    return tmp_path / "var" / "monitor.db"


def opened(folder: Path) -> Store:
    return Store(f"sqlite:///{folder / 'var' / 'monitor.db'}")


def titles(base: Path) -> list[str]:
    with sqlite3.connect(base) as conn:
        return [row[0] for row in conn.execute("SELECT title FROM articles ORDER BY seq")]


def test_forget_takes_an_address_in_any_spelling_out_for_good(monitor: Run, base: Path, tmp_path: Path) -> None:
    assert monitor("backup", "truoc.gz").returncode == 0
    done = monitor("forget", f"http://www.bao-a.vn/khieu-nai-123.html?utm_source=zalo&fbclid={WORD}", "--who", "tổ trưởng", "--yes")
    assert done.returncode == 0, done.stderr.decode()
    said = done.stdout.decode()
    assert "Sẽ xóa hẳn 1 bài, 1 địa chỉ" in said
    assert f"– Khiếu nại của {WORD.title()}" in said
    assert "Đã xóa 1 bài, 1 địa chỉ, nội dung của 0 tin gửi" in said
    assert titles(base) == ["Bài khác hẳn", "Bài đăng năm ngoái"]
    assert all(WORD.encode() not in file.read_bytes().lower() for file in base.parent.iterdir())
    keys = (tmp_path / "var" / "forgotten.txt").read_text(encoding="utf-8").splitlines()
    assert keys[0].startswith("#")
    assert article_id(canonical(URL)) in keys[1:]

    for file in base.parent.glob("monitor.db*"):
        file.unlink()
    done = monitor("restore", "truoc.gz")
    assert done.returncode == 0, done.stderr.decode()
    assert "mã của các mục đã xóa theo yêu cầu" in done.stdout.decode()
    assert titles(base) == ["Bài khác hẳn", "Bài đăng năm ngoái"]
    assert WORD.encode() not in base.read_bytes().lower()
    store = opened(tmp_path)
    assert store.enter([entry(1, url=URL, canonical_url=canonical(URL))], NOW) == 0
    store.close()


def test_on_another_machine_the_digests_are_brought_along(monitor: Run, base: Path, tmp_path: Path) -> None:
    assert monitor("backup", "truoc.gz").returncode == 0
    assert monitor("forget", URL, "--yes").returncode == 0
    (tmp_path / "var" / "forgotten.txt").rename(tmp_path / "mang-theo.txt")
    write_config(tmp_path, data_dir=str(tmp_path / "new"), sources=[])
    assert monitor("restore", "truoc.gz", "--forgotten", "mang-theo.txt").returncode == 0
    assert titles(tmp_path / "new" / "monitor.db") == ["Bài khác hẳn", "Bài đăng năm ngoái"]
    assert article_id(canonical(URL)) in (tmp_path / "new" / "forgotten.txt").read_text(encoding="utf-8")


def test_forget_asks_first(monitor: Run, base: Path) -> None:
    before = titles(base)
    for answer in (b"", b"n\n"):
        done = monitor("forget", "khiếu nại của", stdin=answer)
        assert done.returncode == 2
        assert "Sẽ xóa hẳn 1 bài" in done.stdout.decode()
        assert "Đã dừng giữa chừng" in done.stderr.decode()
    assert titles(base) == before
    assert monitor("forget", "khiếu nại của", stdin=b"y\n").returncode == 0
    assert titles(base) == before[1:]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("forget", "abc", "--yes"), "quá ngắn"),
        (("restore", "kho.gz", "--forgotten", "none.txt"), "Không đọc được tệp none.txt"),
        (("restore", "kho.gz", "--forgotten", "config.yaml"), "Tệp config.yaml, dòng 1: không phải mã"),
    ],
)
def test_a_mistake_is_one_sentence(monitor: Run, base: Path, words: tuple[str, ...], said: str) -> None:
    done = monitor(*words)
    assert (done.returncode, said in done.stderr.decode()) == (2, True), done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_nothing_found_is_said(monitor: Run, base: Path) -> None:
    done = monitor("forget", "không bài nào nói thế này", "--yes")
    assert "Không có mục nào như vậy; không xóa gì." in done.stdout.decode()
    assert len(titles(base)) == 3


def test_purge_says_what_went(monitor: Run, base: Path) -> None:
    done = monitor("purge")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().strip() == "Đã xóa: 1 bản gốc của bài trên mạng xã hội, 1 bài đăng bị xóa nội dung."
    assert titles(base)[1:] == ["Bài khác hẳn", PURGED]
    assert monitor("purge").stdout.decode().strip() == "Không có gì quá hạn lưu giữ."


@pytest.mark.parametrize("cell", ["=1+1", " =1+1", "\u00a0\u3000=1", "＝1+1", "\u200b@x", "－1", "\t=1", "\r\n=1", "﹦1", "+84"])
def test_nothing_in_an_export_is_a_formula(cell: str) -> None:
    assert _safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", " ", "Hà Nội = thủ đô", "“=1”", "20/11", "…"])
def test_words_in_an_export_stay_as_they_are(cell: str) -> None:
    assert _safe(cell) == cell
