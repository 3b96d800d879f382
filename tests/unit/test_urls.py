from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers import urls

BASE = "https://www.thudomoi.vn/chuyen-muc/tin.html"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/a.html", "https://www.thudomoi.vn/a.html"),
        ("b.html#binh-luan", "https://www.thudomoi.vn/chuyen-muc/b.html"),
        ("  /a b.html\n", "https://www.thudomoi.vn/a%20b.html"),
        ("/tin?id=1&amp;p=2", "https://www.thudomoi.vn/tin?id=1&p=2"),
        ("//cdn.vn/x", "https://cdn.vn/x"),
        ("http://cdn.vn", "http://cdn.vn/"),
        ("/chuyển-đổi-số", "https://www.thudomoi.vn/chuy%E1%BB%83n-%C4%91%E1%BB%95i-s%E1%BB%91"),
        ("/da%20ma-hoa", "https://www.thudomoi.vn/da%20ma-hoa"),
        ("https://VÍ-DỤ.vn/a", "https://xn--v-d-rma6749a.vn/a"),
        ("javascript:alert(1)", None),
        ("java\tscript:alert(1)", None),
        ("JAVASCRIPT:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@b.vn", None),
        ("file:///etc/passwd", None),
        ("ftp://a.vn/x", None),
        ("#top", None),
        ("", None),
        ("http://tot.vn@xau.vn/", None),
        ("http://tot.vn\\@127.0.0.1/", None),
        ("http://a.vn:99999/", None),
        ("http://[::1", None),
        ("http:///x", None),
        ("http://a..vn/", None),
        ("http://a%2eb.vn/", None),
        ("/" + "a" * 3000, None),
    ],
)
def test_resolves_links_and_refuses_what_is_nothing_to_fetch(href: str, expected: str | None) -> None:
    assert urls.resolve(BASE, href) == expected


def test_full_width_hosts_are_shown_for_what_they_are() -> None:
    # The guard at the door refuses it; here it only must not stay disguised.
    assert urls.resolve(BASE, "http://①②⑦.⓪.⓪.①/") == "http://127.0.0.1/"


@pytest.mark.parametrize(
    "twin",
    [
        "http://thudomoi.vn/mot-cua-123.html",
        "https://www.thudomoi.vn/mot-cua-123.html",
        "HTTPS://WWW.ThuDoMoi.VN/mot-cua-123.html",
        "https://thudomoi.vn:443/mot-cua-123.html",
        "http://thudomoi.vn:80/mot-cua-123.html",
        "https://thudomoi.vn./mot-cua-123.html",
        "https://m.thudomoi.vn/mot-cua-123.html",
        "https://amp.thudomoi.vn/mot-cua-123.html",
        "https://www.m.thudomoi.vn/mot-cua-123.html",
        "https://thudomoi.vn/amp/mot-cua-123.html",
        "https://thudomoi.vn/mot-cua-123.html/amp",
        "https://thudomoi.vn/mot-cua-123.html/amp/",
        "https://thudomoi.vn/mot-cua-123.html.amp",
        "https://thudomoi.vn/mot-cua-123-amp.html",
        "https://thudomoi.vn/mot-cua-123.html?amp=1",
        "https://thudomoi.vn/mot-cua-123.html/",
        "https://thudomoi.vn//mot-cua-123.html",
        "https://thudomoi.vn/./tin/../mot-cua-123.html",
        "https://thudomoi.vn/mot-cua-123.html#comment",
        "https://thudomoi.vn/mot-cua-123.html?",
        "https://thudomoi.vn/mot%2Dcua-123.html",
        "https://thudomoi.vn/mot-cua-123.html?utm_source=rss&utm_medium=feed",
        "https://thudomoi.vn/mot-cua-123.html?fbclid=IwAR0x",
        "https://thudomoi.vn/mot-cua-123.html?gidzl=abc&zarsrc=31",
        "https://thudomoi.vn/mot-cua-123.html?vn_source=rss&vn_campaign=home",
        "https://thudomoi.vn/mot-cua-123.html?ref=zalo",
        "https://thudomoi.vn/mot-cua-123.html?from=rss",
        "https://thudomoi.vn/mot-cua-123.html;jsessionid=A1B2",
        "https://thudomoi.vn/mot-cua-123.html?print=1",
        "https://www.google.com/amp/s/thudomoi.vn/mot-cua-123.html",
        "https://thudomoi-vn.cdn.ampproject.org/c/s/thudomoi.vn/mot-cua-123.html",
        "https://thudomoi-vn.cdn.ampproject.org/v/s/thudomoi.vn/mot-cua-123.html?amp=1",
        "  https://thudomoi.vn/mot-cua-123.html\n",
    ],
)
def test_twins_meet_in_one_key(twin: str) -> None:
    assert urls.canonical(twin) == "https://thudomoi.vn/mot-cua-123.html"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.vn/tin?id=1", "https://a.vn/tin?id=2"),
        ("https://a.vn/tin-1.html", "https://a.vn/tin-2.html"),
        ("https://a.vn/Tin", "https://a.vn/tin"),
        ("https://hanoi.gov.vn/x", "https://gov.vn/x"),
        ("https://a.vn/tin?page=1", "https://a.vn/tin?page=2"),
        ("https://a.vn/tin?from=2026-07-01", "https://a.vn/tin"),
        ("https://dichvucong.a.vn/x", "https://a.vn/x"),
        ("https://a.vn:8443/x", "https://a.vn/x"),
        ("https://a.vn/bong-den-amp", "https://a.vn/bong-den"),
        ("https://a.vn/a%2Fb", "https://a.vn/a/b"),
    ],
)
def test_different_pages_keep_different_keys(one: str, other: str) -> None:
    assert urls.canonical(one) != urls.canonical(other)


def test_query_is_sorted_and_repeated_keys_stay() -> None:
    assert urls.canonical("http://a.vn/t?b=2&a=1&a=0") == "https://a.vn/t?a=0&a=1&b=2"


def test_index_pages_are_their_folder_unless_they_carry_a_query() -> None:
    assert urls.canonical("http://a.vn/tin/index.html") == urls.canonical("http://a.vn/tin/") == "https://a.vn/tin"
    assert urls.canonical("http://a.vn/default.aspx?id=7") == "https://a.vn/default.aspx?id=7"


@pytest.mark.parametrize(
    "video",
    ["https://youtu.be/Ab_12-cdEFg?si=x", "https://www.youtube.com/watch?v=Ab_12-cdEFg&t=3s", "https://m.youtube.com/shorts/Ab_12-cdEFg"],
)
def test_a_video_has_one_key(video: str) -> None:
    assert urls.canonical(video) == "https://youtube.com/watch?v=Ab_12-cdEFg"


def test_a_short_host_is_not_eaten() -> None:
    assert urls.canonical("https://m.vn/x") == "https://m.vn/x"
    assert urls.canonical("https://m.com.vn/x") == "https://m.com.vn/x"


def test_decomposed_and_composed_spelling_meet() -> None:
    decomposed = unicodedata.normalize("NFD", "https://a.vn/hà-nội")
    assert urls.canonical(decomposed) == urls.canonical("https://a.vn/hà-nội") == urls.canonical("https://a.vn/h%C3%A0-n%E1%BB%99i")


def test_what_is_no_address_comes_back_as_it_is() -> None:
    assert urls.canonical(" javascript:alert(1) ") == "javascript:alert(1)"


def test_article_id_is_sixteen_bytes_of_hex() -> None:
    found = urls.article_id("https://a.vn/x")
    assert len(found) == 32
    assert int(found, 16) >= 0
    assert found != urls.article_id("https://a.vn/y")


def test_registered_domain_knows_vietnamese_suffixes() -> None:
    assert urls.registered_domain("https://baotintuc.vn/x") == "baotintuc.vn"
    assert urls.registered_domain("https://kinhte.vov.com.vn/x") == "vov.com.vn"
    assert urls.registered_domain("http://127.0.0.1:8000/x") == "127.0.0.1"
    assert urls.same_site("https://a.baodo.vn/1", "https://baodo.vn/2")
    assert not urls.same_site("https://a.gov.vn/1", "https://b.gov.vn/2")


@given(st.text(max_size=200))
def test_nothing_raises_and_canonical_is_stable(text: str) -> None:
    urls.resolve(BASE, text)
    once = urls.canonical("https://a.vn/" + text)
    assert urls.canonical(once) == once
    urls.article_id(text)


def test_a_shown_address_loses_its_click_counters_and_nothing_else() -> None:
    assert urls.without_tracking("http://a.vn/x.html?utm_source=rss&id=7&fbclid=z") == "http://a.vn/x.html?id=7"
    assert urls.without_tracking("http://www.a.vn/x.html?utm_source=rss") == "http://www.a.vn/x.html"
    assert urls.without_tracking("http://a.vn/x?q=a%26b&v=%2F") == "http://a.vn/x?q=a%26b&v=%2F"
