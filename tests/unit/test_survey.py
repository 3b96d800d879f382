"""What a page says of its feeds, hostile pages too; and the entry that a survey proposes."""

from __future__ import annotations

import time

import pytest

from crawlers.documents import site_links
from crawlers.sources import register
from crawlers.sources.survey import Candidate, Survey, proposal
from monitor.records import Source

URL = "https://baovidu.vn/thoi-su/"


def feeds(page: str, url: str = URL) -> list[str]:
    return [address for address, _ in site_links.find(page.encode(), "utf-8", url)["feeds"]]


def test_what_a_page_promises_comes_first_and_relative_links_are_resolved() -> None:
    page = """<html><head><title>Thời sự - Báo Ví Dụ</title><base href="/goc/"><link rel="stylesheet" href="/rss.css">
    <link rel="Alternate" type="application/rss+xml; charset=utf-8" title=" Trang chủ " href="home.rss">
    <link rel="alternate" hreflang="en" href="/en"><link rel="alternate" type="application/json+oembed" href="/oembed?rss=1">
    <link rel="alternate" type="application/atom+xml" href="//feeds.example/vidu"></head>
    <body><a href="/rss/thoi-su.rss">Thời sự</a><a href="?format=rss">x</a><a href="/rss.html">RSS</a><a href="/rssphong.aspx?kt=tt">y</a>
    <a href="/feedback">góp ý</a><a href="https://noi-khac.example/rss">z</a><a href="/rss/thoi-su.rss#top">lại</a></body></html>"""
    found = site_links.find(page.encode(), "utf-8", URL)
    assert found["feeds"] == [
        ("https://baovidu.vn/goc/home.rss", "Trang chủ"),
        ("https://baovidu.vn/rss/thoi-su.rss", "Thời sự"),
        ("https://baovidu.vn/goc/?format=rss", "x"),
        ("https://baovidu.vn/rssphong.aspx?kt=tt", "y"),
        ("https://feeds.example/vidu", ""),
    ]
    assert found["overviews"] == ["https://baovidu.vn/rss.html"]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ('<meta property="og:site_name" content=" Báo \u200b Ví Dụ ">', "Báo Ví Dụ"),
        ("<title>Tin mới nhất trong ngày về đời sống | Báo Ví Dụ</title>", "Báo Ví Dụ"),
        ("<title>Báo Ví Dụ</title>", "Báo Ví Dụ"),
        ("", ""),
    ],
)
def test_the_name_of_a_site(head: str, name: str) -> None:
    assert site_links.find(f"<html><head>{head}</head><body>x</body></html>".encode(), None, URL)["name"] == name


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'<?xml version="1.0"?>\n<!-- x <html> -->\n<rss version="2.0"/>', "feed"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "feed"),
        (b'<rdf:RDF xmlns:rdf="x"/>', "feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "feed"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><urlset/>", "sitemap"),
        (b"<sitemapindex/>", "sitemap"),
        (b"<!doctype html><html><body><rss></body></html>", ""),
        (b"{}", ""),
        (b"", ""),
    ],
)
def test_a_source_is_told_from_a_page(body: bytes, kind: str) -> None:
    assert site_links.find(body, None, URL)["document"] == kind


@pytest.mark.parametrize(
    "page",
    [
        "".join(f'<link rel=alternate type="application/rss+xml" href="/rss/{n}">' for n in range(10_000)),
        "".join(f'<a href="/rss/{n}.rss">x</a>' for n in range(50_000)),
        "<!--" * 400_000,
        "<!---->" * 200_000 + "<p>",
        "<div>" * 300_000,
        "<title>" + " - x" * 300_000 + "</title>",
    ],
    ids=["alternates", "anchors", "comments", "closed comments", "deep", "title"],
)
def test_a_hostile_page_costs_little(page: str) -> None:
    started = time.process_time()
    found = site_links.find(page.encode(), "utf-8", URL)
    assert time.process_time() - started < 4
    assert len(found["feeds"]) <= site_links.MAX_FOUND


def test_only_web_addresses_are_taken() -> None:
    hrefs = ["javascript:alert(1)//rss", "data:text/xml,<rss/>", "file:///etc/rss", "http://user@baovidu.vn/rss", "\\\\x\\rss", "http://[::1/rss",
             "/rss/" + "x" * 3000, "mailto:a@b.example?rss", "JaVaScRiPt:rss"]  # fmt: skip
    page = "".join(f'<a href="{h}">x</a><link rel="alternate" type="application/rss+xml" href="{h}">' for h in hrefs)
    assert feeds(page) == []


def test_robots_names_sitemaps_news_first() -> None:
    robots = (
        b"User-agent: *\nSitemap: /sitemap.xml\nSITEMAP : https://baovidu.vn/news-sitemap.xml # x\nSitemap: javascript:1\nSitemap:\n"
        b"Sitemap: /sitemap.xml\nxSitemap: /no.xml\n" + b"Sitemap: /x\n" * 100_000
    )
    found = site_links.sitemaps(robots, "https://baovidu.vn/robots.txt")
    assert found == ["https://baovidu.vn/news-sitemap.xml", "https://baovidu.vn/sitemap.xml", "https://baovidu.vn/x"]


# ---- the proposal


def surveyed(url: str, name: str = "", kind: str = "feed", own: float = 1.0) -> Survey:
    return Survey(url=url, name=name, candidates=(Candidate(kind=kind, url=url + "rss", how="", entries=9, own=own),))


def present() -> dict[str, Source]:
    return {source.id: source for source in register.shipped()}


@pytest.mark.parametrize(
    ("url", "source_id", "name", "tier"),
    [
        ("https://www.baovidu.vn/", "baovidu", "Báo Ví Dụ", "national"),
        ("https://tin.baovidu.com.vn/", "baovidu_tin", "Báo Ví Dụ", "national"),
        ("https://so.vidu.gov.vn/", "vidu_so", "Báo Ví Dụ", "official"),
        ("http://127.0.0.1:8000/", "127_0_0_1", "Báo Ví Dụ", "national"),
        ("https://vnexpress.net/", "vnexpress_2", "VnExpress", "national"),
        ("https://hanoimoi.vn/", "hanoimoi", "Hà Nội Mới", "city"),
    ],
)
def test_an_entry_is_proposed(url: str, source_id: str, name: str, tier: str) -> None:
    source = proposal(surveyed(url, "Báo Ví Dụ"), present())
    assert source is not None
    assert (source.id, source.name, source.tier, source.url, source.homepage) == (source_id, name, tier, url + "rss", url)
    assert source.enabled
    assert source.every == 0
    assert not register.fault(source)


@pytest.mark.parametrize("url", ["https://bode.hanoi.gov.vn/", "https://phuongbode.hanoi.gov.vn/", "https://bo-de.hanoi.gov.vn/"])
def test_a_page_of_a_ward_fills_the_ward_s_own_entry(url: str) -> None:
    source = proposal(surveyed(url, "Trang chủ", kind="portal"), present())
    assert source is not None
    assert (source.id, source.name, source.tier, source.ward, source.kind) == ("phuong_bo_de", "Phường Bồ Đề", "ward", "bo_de", "portal")
    assert source.official
    filled = present() | {source.id: source}
    again = proposal(surveyed(url), filled)
    assert again is not None
    assert (again.id, again.ward) != ("phuong_bo_de", None)


def test_the_operator_knows_the_ward_better_than_the_address() -> None:
    source = proposal(surveyed("https://phuong.example/"), present(), ward="viet_hung")
    assert source is not None
    assert (source.id, source.tier, source.ward) == ("phuong_viet_hung", "ward", "viet_hung")
    assert proposal(surveyed("https://so.hanoi.gov.vn/"), present()).ward is None  # type: ignore[union-attr]


def test_a_feed_of_strangers_is_not_proposed() -> None:
    assert proposal(surveyed("https://baovidu.vn/", own=0.2), {}) is None
    assert proposal(Survey(url="https://baovidu.vn/"), {}) is None
