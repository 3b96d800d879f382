"""`monitor sources …`: what an operator sees, what is refused, what the history keeps. In this process: so many starts would be slow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import structlog

from monitor.cli import main
from tests.acceptance.conftest import Run, lines, write_config

SOURCE = {"id": "bao_thu", "name": "Báo Thử", "kind": "feed", "url": "https://thu.example/rss", "tier": "city"}


@pytest.fixture
def monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run `monitor …` in `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MONITOR_")]:
        monkeypatch.delenv(name)

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        monkeypatch.setattr(sys, "argv", ["monitor", *words])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, int(end.value.code or 0), said.out.encode(), said.err.encode())

    yield run
    structlog.reset_defaults()  # the log went to this test's stderr


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A configuration with the shipped register and one source of the office's own."""
    return write_config(tmp_path, shipped_sources=True, sources=[SOURCE])


def out(run: Run, *words: str) -> str:
    done = run("sources", *words)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def refused(run: Run, *words: str) -> str:
    done = run("sources", *words)
    said = done.stderr.decode().strip()
    assert done.returncode == 2, (done.returncode, done.stdout.decode(), said)
    assert said.splitlines()[-1].startswith("Lỗi: ")
    assert "Traceback" not in said
    return said


def test_the_list_shows_what_is_read_and_counts_the_wards(monitor: Run, desk: Path) -> None:
    table = out(monitor, "list").splitlines()
    assert table[0].split()[:2] == ["Mã", "Tên"]
    (line,) = [row for row in table if row.startswith("bao_thu ")]
    assert "tự điều chỉnh" in line
    assert line.endswith("bật")
    assert table[-1] == "126 phường, xã: 0 có nguồn, 126 chưa có nguồn."
    assert not [row for row in table if "phuong_bo_de" in row], "wards without a source are counted, not listed"
    off = lines(monitor("sources", "list", "--state", "disabled", "--tier", "national", "--json").stdout)
    assert len(off) > 50
    assert {(s["enabled"], s["tier"]) for s in off} == {(False, "national")}
    assert all(s["reason"] for s in off)
    assert "phuong_bo_de" in out(monitor, "list", "--ward", "bo_de")
    assert "--tier moon" in refused(monitor, "list", "--tier", "moon")
    assert "--ward dau_do" in refused(monitor, "list", "--ward", "dau_do")
    assert "--state on" in refused(monitor, "list", "--state", "on")


def test_a_source_is_added_changed_and_switched_and_the_history_says_who(monitor: Run, desk: Path) -> None:
    new = ("--name", "Báo Mới", "--kind", "feed", "--url", "https://moi.example/rss", "--tier", "city")
    assert "thêm nguồn" in out(monitor, "add", "--id", "bao_moi", *new, "--who", "tổ trực")
    assert "--replace" in refused(monitor, "add", "--id", "bao_moi", *new)
    assert "lĩnh vực: – → y tế" in out(monitor, "add", "--id", "bao_moi", "--replace", "--subject", "y tế", "--every", "15m")
    assert "--reason" in refused(monitor, "disable", "bao_moi")
    assert "bật → tắt" in out(monitor, "disable", "bao_moi", "bao_thu", "--reason", "đang sửa trang")
    shown = out(monitor, "show", "bao_moi")
    for words in ("https://moi.example/rss", "y tế", "15m (900 giây)", "tắt: đang sửa trang", "tổ trực: thêm nguồn", "quản trị: "):
        assert words in shown
    assert shown.index("đang sửa trang") < shown.index("tổ trực: thêm nguồn"), "newest first"
    assert "tắt: đang sửa trang" in out(monitor, "show", "bao_thu"), "the file's line has not changed: the command counts"
    assert "config.yaml: thêm nguồn" in out(monitor, "show", "bao_thu")
    assert "tắt → bật" in out(monitor, "enable", "bao_moi")
    assert "không có gì đổi" in out(monitor, "enable", "bao_moi")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("add", "--id", "x y", "--name", "X", "--kind", "feed", "--url", "https://a.example/", "--tier", "city"), ("id", "a-z")),
        (("add", "--id", "aa", "--name", "X", "--kind", "fax", "--url", "https://a.example/", "--tier", "city"), ("aa", "fax", "feed")),
        (("add", "--id", "aa", "--name", "X", "--kind", "feed", "--url", "file:///etc/passwd", "--tier", "city"), ("aa", "file:///etc/passwd")),
        (("add", "--id", "aa", "--name", "X", "--kind", "feed", "--url", "https://a.example/", "--tier", "moon"), ("moon", "national")),
        (("add", "--id", "aa", "--name", "X", "--kind", "feed", "--url", "https://a.example/"), ("tier",)),
        (("add", "--id", "bao_thu", "--replace", "--ward", "dau_do"), ("dau_do",)),
        (("add", "--id", "bao_thu", "--replace", "--unit", "x_x"), ("x_x", "skhcn")),
        (("add", "--id", "aa", "--name", "X", "--kind", "listing", "--url", "https://a.example/", "--tier", "city", "--option", "patern=x"),
         ("patern", "pattern")),
        (("enable", "phuong_bo_de"), ("phuong_bo_de", "url")),
        (("enable", "phan_anh_hien_truong"), ("phan_anh_hien_truong", "manual")),
        (("enable", "bao_thu", "khong_co"), ("khong_co",)),
        (("enable", "bao_thu", "--who", " "), ("--who",)),
        (("disable", "bao_thu", "--reason", " "), ("--reason",)),
        (("show", "khong_co"), ("khong_co",)),
        (("import", "khong-co.csv"), ("khong-co.csv",)),
        (("export", "/proc/x.csv"), ("/proc/x.csv",)),
        (("export", "x.pdf"), ("x.pdf", ".opml")),
        (("test", "javascript:1"), ("javascript:1",)),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(monitor: Run, desk: Path, words: tuple[str, ...], names: tuple[str, ...]) -> None:
    said = refused(monitor, *words)
    assert all(name in said for name in names), said


def test_sources_that_a_file_declares_wrongly_are_named(monitor: Run, tmp_path: Path) -> None:
    for more, names in (({"ward": "dau_do"}, "dau_do"), ({"unit": "x_x"}, "x_x"), ({"url": ""}, "url")):
        write_config(tmp_path, sources=[SOURCE | more])
        said = refused(monitor, "list")
        assert "bao_thu" in said
        assert names in said


@pytest.mark.parametrize("ending", ["csv", "opml"])
def test_what_is_exported_comes_back_without_a_change(monitor: Run, desk: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"ra.{ending}"
    out(monitor, "export", file.name)
    before = out(monitor, "list", "--json")
    said = out(monitor, "import", file.name)
    assert "0 nguồn mới, 0 nguồn sửa" in said
    assert "0 dòng sai" in said
    assert out(monitor, "list", "--json") == before


def test_an_exported_yaml_is_a_configuration(monitor: Run, desk: Path, tmp_path: Path) -> None:
    out(monitor, "export", "ra.yaml")
    before = out(monitor, "list", "--json")
    (tmp_path / "moi").mkdir()
    (tmp_path / "moi" / "config.yaml").write_text((tmp_path / "ra.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    extra = f"data_dir: {tmp_path / 'moi'}\nunits:\n  - {{id: tt_ttdlcns, name: x}}\n"
    with (tmp_path / "moi" / "config.yaml").open("a", encoding="utf-8") as file:
        file.write(extra)
    assert out(monitor, "list", "--json", "--config", "moi/config.yaml") == before


def test_an_import_is_all_or_nothing_unless_bad_rows_are_skipped(monitor: Run, desk: Path, tmp_path: Path) -> None:
    rows = ["id,name,kind,url,tier", "bao_a,Báo A,feed,https://a.example/rss,city", "bao_b,Báo B,feed,https://b.example/rss,moon",
            "bao_thu,Báo Thử Mới,feed,https://thu.example/rss,city"]  # fmt: skip
    (tmp_path / "vao.csv").write_text("\n".join(rows), encoding="utf-8")
    said = refused(monitor, "import", "vao.csv")
    assert "Dòng 3" in said
    assert "moon" in said
    assert "không có nguồn" in refused(monitor, "show", "bao_a").lower()
    assert "Chỉ xem trước" in out(monitor, "import", "vao.csv", "--skip-bad", "--dry-run")
    refused(monitor, "show", "bao_a")
    said = out(monitor, "import", "vao.csv", "--skip-bad", "--who", "kỹ thuật")
    assert "1 nguồn mới, 1 nguồn sửa, 0 nguồn không đổi, 1 dòng sai." in said
    assert "kỹ thuật: tên: Báo Thử → Báo Thử Mới" in out(monitor, "show", "bao_thu")


# ---- sources test

FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>Tin \x1b[2J [bold]mới</title><link>{0}/a.html</link>'
    "<pubDate>Thu, 12 Nov 2026 08:00:00 +0700</pubDate></item></channel></rss>"
).replace("\x1b", "&#8238;")
PAGE = '<html><head><title>Báo Ví Dụ</title><link rel="alternate" type="application/rss+xml" href="/rss"></head><body>x</body></html>'


@contextmanager
def served(pages: dict[str, str]) -> Iterator[str]:
    """The pages on loopback; those that are not there are refused with 403."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.get(self.path)
            body = (found or "").replace("{0}", address).encode()
            self.send_response(200 if found else 404 if self.path == "/robots.txt" else 403)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_site_is_looked_at_and_its_feed_added(monitor: Run, tmp_path: Path) -> None:
    fetch = {"per_host_delay": 0, "allow_addresses": ["127.0.0.0/8"], "timeout": 5}
    write_config(tmp_path, shipped_sources=True, fetch=fetch)
    with served({"/": PAGE, "/rss": FEED}) as address:
        said = out(monitor, "test", address)
        assert f"✓ RSS/Atom: {address}/rss" in said
        assert "1 mục, 100% trên cùng trang; mới nhất (08:00 12/11/2026): Tin" in said
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert "monitor sources add --id 127_0_0_1" in said
        assert "127_0_0_1" not in out(monitor, "list"), "nothing is added unless asked"
        assert "tắt → bật" in out(monitor, "test", address, "--add", "--ward", "bo_de")
        assert "126 phường, xã: 1 có nguồn (1 chưa đọc được lần nào), 125 chưa có nguồn." in out(monitor, "list")
        (ward,) = lines(monitor("sources", "list", "--ward", "bo_de", "--json").stdout)
        assert (ward["id"], ward["kind"], ward["url"], ward["enabled"]) == ("phuong_bo_de", "feed", f"{address}/rss", True)
        assert "đã có trong danh mục: phuong_bo_de" in out(monitor, "test", address, "--add")
    with served({}) as address:
        done = monitor("sources", "test", address)
        assert done.returncode == 1
        assert "403" in done.stdout.decode()
        assert "không vượt rào" in done.stdout.decode()
