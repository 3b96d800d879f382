"""What counts as an article on a listing page, and which page comes after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawlers.documents import listing_links
from monitor.errors import ParseError

PAGE = (Path(__file__).parents[1] / "data/feeds/danh_sach_cong_phuong.html").read_bytes()
URL = "https://phuongthu.example/tin-tuc"


PAGERS = [("rel=next", "2"), ("", "›"), ("", "Trang sau"), ("class='page next'", "x")]


def find(body: bytes | str = PAGE, pattern: str = "", selector: str = "", url: str = URL) -> listing_links.Listing:
    return listing_links.find(body.encode() if isinstance(body, str) else body, None, url, "phuong_thu", pattern, selector)


def test_articles_are_told_from_menus_files_and_strangers() -> None:
    found = find()
    assert [(e.url.rpartition("-")[2], e.title, e.published_raw) for e in found.entries] == [
        ("4521.html", "Phường Thử khai trương điểm hỗ trợ dịch vụ công trực tuyến", "05/11/2026 | 08:30"),
        ("4520.html", "Tổ công nghệ số cộng đồng ra quân hướng dẫn nộp hồ sơ", "2026-11-04T14:00:00+07:00"),
        ("4519.html", "Lịch tiếp công dân tháng 11 &lt;năm 2026&gt;", "03/11/2026"),
    ]
    assert found.entries[0].summary_html == "Điểm hỗ trợ đặt tại nhà văn hóa, mở cửa cả thứ bảy cho người dân."
    assert found.next_url == "https://phuongthu.example/tin-tuc?page=2"


def test_a_pattern_and_a_selector_decide_when_they_are_given() -> None:
    assert [e.url.rpartition("/")[2] for e in find(pattern=r"/lien-he/").entries] == ["dia-chi-tru-so-uy-ban-nhan-dan-12345.html"]
    assert len(find(selector=".item:first-child").entries) == 1


@pytest.mark.parametrize(
    "href",
    [
        "/tin-tuc/-/view_content/123456-tieu-de", "/chi-tiet.aspx?id=4521", "/2026/11/05/ten-bai-viet",
        "/bai-viet-ve-mot-cua-so-c5a99812.html", "/news/detail?newsid=88", "tin/12345", "//phuongthu.example/a-b-c-d-12345.htm", "https://www.phuongthu.example/tin/98765",
    ],
)  # fmt: skip
def test_addresses_as_vietnamese_sites_make_them(href: str) -> None:
    assert len(find(f'<ul><li><h3><a href="{href}">Phường họp triển khai dịch vụ công trực tuyến</a></h3></li></ul>').entries) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "trang rỗng"),
        ("<html><body><div id=app></div><script>render()</script></body></html>", "Không tìm thấy liên kết bài viết"),
        ('<a href="/">Trang chủ</a><a href="/tin-tuc">Tin tức</a>', "Không tìm thấy liên kết bài viết"),
        ("\x00\x01\x02", "Không tìm thấy|không phải trang HTML|trang rỗng"),
    ],
)
def test_a_page_that_lists_nothing_is_one_sentence(body: str, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        find(body)


def test_wrong_options_are_one_sentence() -> None:
    for more, said in (({"pattern": "("}, r"options\.pattern"), ({"selector": "div["}, r"options\.selector"), ({"selector": ".x"}, "khớp")):
        with pytest.raises(ParseError, match=said):
            find(**more)


@pytest.mark.parametrize("pager", [f'<a {attributes} href="?page=2">{said}</a>' for attributes, said in PAGERS])
def test_the_next_page_is_found(pager: str) -> None:
    article = '<h3><a href="/bai-viet-so-hoa-ho-so-12345.html">Bài viết về số hóa hồ sơ</a></h3>'
    assert find(article + pager).next_url == "https://phuongthu.example/tin-tuc?page=2"
    assert find(article).next_url is None
    assert find(article + pager.replace("?page=2", "https://quangcao.example/")).next_url is None
