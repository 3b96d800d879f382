from __future__ import annotations

import html
import json
import time
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.pages import extract
from crawlers.pages.extract import extract_entry, extract_page
from monitor.errors import HostileError, ParseError
from monitor.records import Entry, Extracted
from tests.evaluate_collect import pages

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
    assert got.text == expected.get("text", got.text)
    assert got.text.startswith(expected["starts"])
    assert got.text.endswith(expected["ends"])
    assert expected.get("contains", "") in got.text
    assert not [phrase for phrase in expected["absent"] if phrase in got.text + got.title]
    assert not [note for note in expected.get("notes", []) if note not in " ".join(got.notes)]
    assert got.text == unicodedata.normalize("NFC", got.text)


def test_there_are_at_least_twelve_layouts_and_six_with_rules() -> None:
    assert len(list(PAGES.iterdir())) >= 12
    assert len(list(PAGES.glob("css_*"))) >= 6


@pytest.mark.parametrize("case", sorted(p.name for p in PAGES.glob("css_*")))
def test_these_pages_need_their_rules(case: str) -> None:
    given_ = json.loads((PAGES / case / "input.json").read_text(encoding="utf-8")) | {"selectors": None}
    expected = json.loads((PAGES / case / "expected.json").read_text(encoding="utf-8"))
    given_["now"] = datetime.fromisoformat(given_["now"])
    got = extract_page((PAGES / case / "page.html").read_bytes(), **given_)
    assert (got.title, got.text, got.published_at) != (
        expected["title"],
        expected["text"],
        datetime.fromisoformat(expected["published_at"]),
    )


def test_a_page_whose_rules_leave_nothing_open_is_read_without_walking_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(*_: object, **__: object) -> None:
        raise AssertionError("walked")

    monkeypatch.setattr(extract.trafilatura, "extract", walk)
    monkeypatch.setattr(extract.metadata, "read", walk)
    text = "Một câu đủ dài để là nội dung của trang này. " * 8
    page = f"<p class=t>Tên</p><p class=d>20/07/2026 10:06</p><div class=b>{text}<i class=x>Quảng cáo</i> hết.</div>"
    got = _read(page, selectors={"title": ".t", "text": ".b", "published": ".d", "drop": ".x"})
    assert (got.title, got.text, got.published_from) == ("Tên", f"{text}hết.", "time")


def test_a_rule_that_is_no_selector_or_finds_nothing_falls_back_to_the_general_way() -> None:
    text = "Một câu đủ dài để là nội dung của trang này. " * 12
    page = f"<h1>Phường mở quầy</h1><div class=noi-dung><p>{text}</p></div>"
    got = _read(page, selectors={"title": "..", "text": ".khong-co", "published": "p:", "drop": "&&"})
    assert (got.title, got.text) == ("Phường mở quầy", text.strip())


@pytest.mark.parametrize(
    "block",
    [
        '<div class="related"><p>{}</p></div>',
        '<div class="box-tin-lien-quan"><p>{}</p></div>',
        "<aside><p>{}</p></aside>",
        '<div class="VCSortableInPreviewMode" type="RelatedOneNews"><p>{}</p></div>',
        '<ul class="list-news"><li>{}</li></ul>',
        '<div id="comments"><p>{}</p></div>',
        '<div class="binh-luan"><p>{}</p></div>',
        '<section class="share-box"><p>{}</p></section>',
        '<div style="display: none"><p>{}</p></div>',
        "<div hidden><p>{}</p></div>",
        '<div class="quang-cao"><p>{}</p></div>',
        "<footer><p>{}</p></footer>",
        "<form><label>{}</label></form>",
        '<p><a href="/x">{}</a></p>',
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_what_is_none_of_the_article_is_left_out(block: str, inside: bool) -> None:
    alien = block.format("Câu này không thuộc bài, dù nó cũng dài và kết thúc bằng dấu chấm như mọi câu khác trong trang.")
    prose = "".join(
        f"<p>Câu thứ {n} của bài, đủ dài để ai đọc cũng hiểu rằng đây là nội dung chính của trang báo này.</p>" for n in range(8)
    )
    page = f"<h1>Tên bài</h1><div class='noi-dung'>{prose}{alien if inside else ''}{prose}</div>{'' if inside else alien}"
    got = _read(page)
    assert "không thuộc bài" not in got.text
    assert got.text.count("của bài, đủ dài") == 16


def test_the_data_of_a_page_tells_which_paragraphs_are_the_articles() -> None:
    told = [f"Đoạn {n} của bài viết, nói rõ một việc và đủ dài để nhận ra giữa những khối chữ khác của trang." for n in range(6)]
    alien = "Một khối chữ chen ngang không được khai trong dữ liệu của trang, cũng dài và cũng kết thúc bằng dấu chấm."
    shown = "".join(f"<div><p>{p}</p><p>{alien}</p></div>" if n == 2 else f"<div><p>{p}</p></div>" for n, p in enumerate(told))
    data = json.dumps({"@type": "NewsArticle", "articleBody": " ".join(told)}, ensure_ascii=False)
    got = _read(f'<script type="application/ld+json">{data}</script><h1>Tên bài</h1>{shown}')
    assert got.text == "\n".join(told)


def test_a_body_in_the_data_that_the_page_does_not_show_is_not_believed() -> None:
    prose = "".join(f"<p>Câu thứ {n} của bài, đủ dài để ai đọc cũng hiểu rằng đây là nội dung chính của trang.</p>" for n in range(8))
    data = json.dumps({"@type": "NewsArticle", "articleBody": "Thuốc giả bán chạy. " * 30}, ensure_ascii=False)
    got = _read(f'<script type="application/ld+json">{data}</script><h1>Tên</h1><div class="noi-dung">{prose}</div>')
    assert "Thuốc giả" not in got.text


def test_a_body_cut_by_advertisements_is_joined_but_not_with_the_next_article() -> None:
    def part(name: str) -> str:
        return (
            "<div class='article-body'>"
            + "".join(f"<p>Phần {name}, câu {n}, dài vừa đủ để là một đoạn văn thật sự của bài.</p>" for n in range(9))
            + "</div>"
        )

    page = f"<h1>Bài một</h1><div>{part('đầu')}<div class='quang-cao'>Mua ngay</div>{part('giữa')}</div><h1>Bài hai</h1>{part('lạ')}"
    got = _read(page, entry_title="Bài một")
    assert ("Phần đầu" in got.text, "Phần giữa" in got.text, "Phần lạ" in got.text) == (True, True, False)


def test_a_page_that_yields_less_than_the_feed_keeps_the_feeds_text_and_says_so() -> None:
    page = "<html><body><p>Đang tải</p></body></html>"
    got = _read(page, entry_title="Tên bài", entry_summary_html="<p>Tóm tắt dài hơn nội dung trang.</p>")
    assert (got.title, got.text, got.partial) == ("Tên bài", "Tóm tắt dài hơn nội dung trang.", True)
    assert "text from the feed" in got.notes


@pytest.mark.parametrize("body", [b"", b"   ", b"\x00\x01\x02", b"<", b"<html>", b"<?xml version='1.0' encoding='x'?><a/>", b"\xff\xfe"])
def test_bytes_that_are_no_page_are_partial_and_never_raise(body: bytes) -> None:
    got = _read(body, entry_title="Tên bài")
    assert got.partial
    assert got.title == "Tên bài"
    assert got.published_at is None
    assert got.published_from == "none"


def test_mojibake_that_cannot_be_undone_is_refused_and_never_stored() -> None:
    broken = "Chuy\ufffd\ufffdn \ufffd\ufffdi s\ufffd\ufffd ph\ufffd\ufffdng, ng\ufffd\ufffdi d\ufffdn kh\ufffdng ch\ufffd. " * 5
    with pytest.raises(HostileError, match="chữ hỏng mã hóa"):
        _read(f"<html><body><h1>Tin</h1><p>{broken}</p></body></html>")
    with pytest.raises(HostileError, match="chữ hỏng mã hóa"):
        extract_entry(Entry(source_id="a", url="https://a.vn/1", canonical_url="https://a.vn/1", title=broken, summary_html=""), NOW)


def test_a_broken_title_is_replaced_by_the_feeds() -> None:
    text = "Một câu đủ dài để là nội dung của trang này. " * 12
    page = f"<h1>Ph\ufffd\ufffdng m\ufffd qu\ufffd\ufffdy</h1><div class=noi-dung><p>{text}</p></div>"
    assert _read(page, entry_title="Phường mở quầy").title == "Phường mở quầy"


def test_single_letters_that_are_lost_are_flagged() -> None:
    text = "Một câu đủ dài để là nội dung của trang này. " * 12
    got = _read(f"<h1>Tin</h1><div class=noi-dung><p>{text} S\ufffd liệu.</p></div>")
    assert got.partial
    assert "letters lost" in got.notes


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"%PDF-1.7 \xff\xfe", "PDF"),
        (b"PK\x03\x04abc", "ZIP"),
        (b"<title>Just a moment...</title>", "máy đọc"),
        ("<h1>Không tìm thấy trang</h1>".encode(), "không còn"),
        ("<title>Đăng nhập</title><p>Vui lòng đăng nhập để xem tiếp</p>".encode(), "đăng nhập"),
    ],
)
def test_what_stands_in_the_way_of_an_article_is_refused_with_a_sentence(body: bytes, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        _read(body, entry_title="Tên bài")


def test_an_article_about_a_login_or_a_404_is_no_wall() -> None:
    text = "Người dân phải đăng nhập để xem hồ sơ, nhiều người gặp lỗi 404 và trang không tồn tại khi bấm vào liên kết cũ. " * 8
    got = _read(f"<h1>Nhiều người gặp lỗi 404 khi vào cổng dịch vụ</h1><div class=noi-dung><p>{text}</p></div>")
    assert not got.partial


def test_the_feed_judges_between_titles_and_stands_in_when_none_fits() -> None:
    page = "<title>Trang chủ</title><h1>Trang chủ</h1>"
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
def test_noise_is_read_or_refused_with_a_sentence(noise: bytes) -> None:
    with suppress(ParseError):
        _read(b"<html><body><h1>Tin</h1><p>" + noise + b"</p></body></html>")


def test_the_newsrooms_pages_are_read_whole_in_every_layout() -> None:
    found = list(pages.newsroom(3))
    layouts = {page.layout for page in found}
    assert len(layouts) >= 12
    for layout in layouts:
        of_it = [page for page in found if page.layout == layout]
        assert sum(page.rouge for page in of_it) / len(of_it) >= 0.97, layout
        assert all(page.title and page.date for page in of_it), layout
