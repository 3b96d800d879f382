from __future__ import annotations

import html
import json
import time
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.extract import extract_entry, extract_page
from monitor.records import Entry, Extracted

PAGES = Path(__file__).parent.parent / "data/pages"
NOW = datetime(2026, 7, 21, 8, 0, tzinfo=UTC)


def _read(page: str | bytes, url: str = "https://a.vn/bai-viet-1234.html", **entry: Any) -> Extracted:
    body = page.encode() if isinstance(page, str) else page
    filled = {"entry_title": "", "entry_summary_html": "", "entry_published_raw": "", "now": NOW} | entry
    return extract_page(body, "utf-8", url, **filled)


@pytest.mark.parametrize("case", sorted(p.name for p in PAGES.iterdir()))
def test_reads_the_layouts_of_vietnamese_sites(case: str) -> None:
    given_ = json.loads((PAGES / case / "input.json").read_text(encoding="utf-8"))
    expected = json.loads((PAGES / case / "expected.json").read_text(encoding="utf-8"))
    given_["now"] = datetime.fromisoformat(given_["now"])
    got = extract_page((PAGES / case / "page.html").read_bytes(), **given_)
    assert got.title == expected["title"]
    assert got.published_at == datetime.fromisoformat(expected["published_at"])
    assert got.published_from == expected["published_from"]
    assert got.canonical_url == expected["canonical_url"]
    assert got.partial is expected["partial"]
    assert got.text.startswith(expected["starts"])
    assert got.text.endswith(expected["ends"])
    assert expected.get("contains", "") in got.text
    assert not [phrase for phrase in expected["absent"] if phrase in got.text + got.title]
    assert not [note for note in expected.get("notes", []) if note not in " ".join(got.notes)]
    assert got.text == unicodedata.normalize("NFC", got.text)


def test_there_are_at_least_twelve_layouts() -> None:
    assert len(list(PAGES.iterdir())) >= 12


def test_a_page_that_yields_less_than_the_feed_keeps_the_feeds_text_and_says_so() -> None:
    page = "<html><body><p>Đang tải</p></body></html>"
    got = _read(page, entry_title="Tên bài", entry_summary_html="<p>Tóm tắt dài hơn nội dung trang.</p>")
    assert (got.title, got.text, got.partial) == ("Tên bài", "Tóm tắt dài hơn nội dung trang.", True)
    assert "text from the feed" in got.notes


@pytest.mark.parametrize(
    "body", [b"", b"   ", b"\x00\x01\x02", b"%PDF-1.7 \xff\xfe", b"<", b"<html>", b"<?xml version='1.0' encoding='x'?><a/>", b"\xff\xfe<"]
)
def test_bytes_that_are_no_page_are_partial_and_never_raise(body: bytes) -> None:
    got = _read(body, entry_title="Tên bài")
    assert got.partial
    assert got.title == "Tên bài"
    assert got.published_at is None
    assert got.published_from == "none"


def test_mojibake_that_cannot_be_undone_is_flagged() -> None:
    broken = "Chuyeån ñoåi soá ôû phöôøng, ngöôøi daân noäp hoà sô tröïc tuyeán khoâng phaûi chôø ñôïi nöõa. " * 5
    got = _read(f"<html><body><h1>Tin</h1><p>{broken}</p></body></html>")
    assert got.partial
    assert "mojibake" in got.notes


def test_the_feed_judges_between_titles_and_stands_in_when_none_fits() -> None:
    page = "<title>Lỗi 404</title><h1>Trang chủ</h1>"
    assert _read(page, entry_title="Phường mở quầy hỗ trợ").title == "Phường mở quầy hỗ trợ"
    page = "<h1>Một chuyên trang hoàn toàn khác biệt</h1>"
    assert _read(page, entry_title="Phường mở quầy hỗ trợ người già").title == "Phường mở quầy hỗ trợ người già"


def test_a_dash_inside_a_headline_is_not_a_site_name() -> None:
    page = "<title>Luật mới - bước tiến về quản lý dữ liệu</title><h1>Luật mới - bước tiến về quản lý dữ liệu</h1>"
    assert _read(page).title == "Luật mới - bước tiến về quản lý dữ liệu"


def test_an_entry_that_is_complete_needs_no_page() -> None:
    entry = Entry(
        source_id="dien_dan", url="https://dd.vn/t/1", canonical_url="https://dd.vn/t/1", title="Hỏi về <b>VNeID</b>", complete=True,
        summary_html="<div>Em đăng nhập mãi không được,<br>báo lỗi <script>x</script>1203 &amp; thoát.</div>", published_raw="2 giờ trước",
    )  # fmt: skip
    got = extract_entry(entry, NOW)
    assert got.title == "Hỏi về VNeID"
    assert got.text == "Em đăng nhập mãi không được,\nbáo lỗi 1203 & thoát."
    assert got.published_at == datetime(2026, 7, 21, 6, 0, tzinfo=UTC)
    assert (got.published_from, got.partial) == ("feed", False)


def test_an_entry_with_a_page_behind_it_is_partial() -> None:
    entry = Entry(source_id="bao", url="https://a.vn/1", canonical_url="https://a.vn/1", title="Tên", summary_html="Tóm tắt")
    got = extract_entry(entry, NOW)
    assert got.partial
    assert got.published_from == "none"


@pytest.mark.parametrize(
    "payload",
    [
        "&lt;script&gt;x&lt;/script&gt;",
        "&amp;lt;img src=x onerror=y&amp;gt;",
        "<<script>script>x</script>",
        "<scr<b>ipt>x",
        "<svg/onload=x>",
        "<a href='javascript:x'>y",
        "&lt;x onclick=y&gt;",
        "<!--><img src=x>-->",
        "<math><mi//xlink:href='data:x'>",
        "&#60;iframe src=x&#62;",
        "<\u200bscript>x</\u200bscript>",
    ],
)
def test_no_tag_survives_however_it_was_wrapped(payload: str) -> None:
    got = extract_entry(Entry(source_id="a", url="u", canonical_url="u", title=payload + " tin", summary_html=payload + " hết"), NOW)
    assert nh3.clean(got.title, tags=set()) == html.escape(got.title, quote=False)  # nothing that nh3 would take for a tag
    assert nh3.clean(got.text, tags=set()) == html.escape(got.text, quote=False)


@pytest.mark.parametrize(
    "page",
    [
        "<span>" * 80_000,
        "<span>a</span>" * 40_000,
        "<div " + "a=b " * 20_000 + ">",
        "<script" * 50_000,
        "<!--" * 50_000,
        "<svg>" * 50_000,
        "<p>a" * 60_000,
        "&lt;" * 100_000,
        "<div class=date>1/" * 20_000,
        "<h1>a" * 40_000,
    ],
    ids=["spans", "closed spans", "attributes", "scripts", "comments", "svgs", "paragraphs", "entities", "dates", "headings"],
)
def test_pages_made_to_hang_a_parser_are_read_in_seconds(page: str) -> None:
    start = time.process_time()
    _read("<html><body>" + page, entry_title="Tên bài")
    assert time.process_time() - start < 5


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600))
def test_never_raises_on_noise(noise: bytes) -> None:
    _read(b"<html><body><h1>Tin</h1><p>" + noise + b"</p></body></html>")
