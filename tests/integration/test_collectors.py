"""Every kind of source over real HTTP: entries found, unchanged readings recognised, trouble told in a sentence."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from crawlers import collect, options, people
from crawlers.tools import Tools
from monitor import plugins
from monitor.config import SandboxConfig
from monitor.errors import FetchError, MonitorError, ParseError, SourceOffError
from monitor.records import Entry, Reading, SourceState
from tests.integration import web as loopback
from tests.integration.web import NOW, Site, read_article, source, state

DATA = Path(__file__).parents[1] / "data/feeds"

ARTICLE = """<!doctype html><html><head><title>Phường Thử trả kết quả qua tin nhắn</title>
<meta property="article:published_time" content="2026-11-12T08:00:00+07:00"></head><body><article><h1>Phường Thử trả kết quả qua tin nhắn</h1>
""" + "".join(f"<p>Đoạn {n}: người dân phường Thử nhận kết quả hồ sơ qua tin nhắn, không phải chờ ở bộ phận một cửa như trước đây.</p>" for n in range(6)) + "</article></body></html>"  # fmt: skip  # noqa: E501

#: kind → (path, file, media type, options, how many entries)
KINDS: dict[str, tuple[str, str, str, dict[str, object], int]] = {
    "feed": ("/rss", "rss_bao_dien_tu.xml", "application/rss+xml", {}, 2),
    "sitemap": ("/sitemap.xml", "sitemap_tin.xml", "text/xml", {"pattern": r"-\d+\.html$"}, 2),
    "listing": ("/tin-tuc", "danh_sach_cong_phuong.html", "text/html", {}, 3),
    "youtube": ("/feeds/videos.xml", "youtube_kenh.xml", "text/xml", {}, 1),
    "forum": ("/forums/-/index.rss", "xenforo_dien_dan.rss", "application/rss+xml", {}, 1),
    "json_api": ("/api", "api.json", "application/json", {"items": "duLieu.ds", "url": "duongDan", "title": "tieuDe"}, 1),
    "portal": ("/tin-tuc", "../portals/vnptportal.html", "text/html", {}, 3),
}

#: Tested in test_apis.py: they ask several addresses with a key, or none at all.
ELSEWHERE = {"facebook", "manual", "youtube_api"}

#: The fixtures are served here, their addresses lie there: entries that carry their whole text are believed of their own site only.
HOMEPAGES = {"youtube": "https://www.youtube.com/", "forum": "https://diendan.example/"}


def after(reading: Reading) -> SourceState:
    return state(etag=reading.etag, last_modified=reading.last_modified, body_hash=reading.body_hash, read_before=True)


def test_every_collector_is_tested_here() -> None:
    assert plugins.names("crawlers.collectors") == sorted({*KINDS, *ELSEWHERE})


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_finds_its_entries_and_knows_them_again(kind: str, site: Site, tools: Tools) -> None:
    path, file, media_type, options, count = KINDS[kind]
    site.put(path, (DATA / file).read_bytes(), media_type)
    outlet = replace(source(site.url + path, kind, **options), homepage=HOMEPAGES.get(kind, ""))
    first = await collect.discover(outlet, state(), tools)
    assert (len(first.entries), first.unchanged) == (count, False)
    for entry in first.entries:
        assert entry.source_id == "bao_thu"
        assert entry.url.startswith(("http://", "https://"))
        assert entry.complete == (kind in ("youtube", "forum"))
    second = await collect.discover(outlet, after(first), tools)
    assert (second.unchanged, second.entries, second.body_hash) == (True, (), first.body_hash)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", ["", "<!doctype html><html><body><h1>Hệ thống đang bảo trì</h1></body></html>"])
async def test_an_error_page_or_nothing_is_never_a_healthy_source(kind: str, body: str, site: Site, tools: Tools) -> None:
    path, _, _, options, _ = KINDS[kind]
    site.put(path, body)
    with pytest.raises(ParseError) as caught:
        await collect.discover(source(site.url + path, kind, **options), state(), tools)
    assert len(str(caught.value)) > 20
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_dead_source_is_a_fetch_error(kind: str, site: Site, tools: Tools) -> None:
    with pytest.raises(FetchError, match="404"):
        await collect.discover(source(f"{site.url}/mat-roi", kind), state(), tools)


async def test_validators_are_sent_and_304_is_unchanged(site: Site, tools: Tools) -> None:
    async def conditional(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.Response(body=(DATA / "rss_bao_dien_tu.xml").read_bytes(), headers={"ETag": '"1"', "Last-Modified": "x"})

    site.at["/rss"] = conditional
    first = await collect.discover(source(f"{site.url}/rss"), state(), tools)
    second = await collect.discover(source(f"{site.url}/rss"), after(first), tools)
    assert (second.unchanged, second.etag, second.body_hash) == (True, '"1"', first.body_hash)


async def test_an_index_reads_its_newest_maps_and_sends_no_validators(site: Site, tools: Tools) -> None:
    site.put("/sitemap.xml", (DATA / "sitemap_muc_luc.xml").read_bytes(), "text/xml", ETag='"i"')
    page = "<urlset><url><loc>/bai-{0}.html</loc><lastmod>2026-11-12</lastmod></url></urlset>"
    site.put("/sitemap-2026-11.xml", page.format(11), "text/xml")
    site.put("/sitemap-2026-10.xml", page.format(10), "text/xml")
    outlet = source(f"{site.url}/sitemap.xml", "sitemap", maps=2)
    first = await collect.discover(outlet, state(), tools)
    assert [e.url[-7:] for e in first.entries] == ["11.html", "10.html"]
    assert (first.etag, "/sitemap-2026-09.xml" in site.asked) == (None, False)
    assert (await collect.discover(outlet, after(first), tools)).unchanged
    site.put("/sitemap-2026-11.xml", page.format(12), "text/xml")
    assert (await collect.discover(outlet, after(first), tools)).entries[0].url.endswith("12.html")


async def test_the_encoding_option_reads_what_the_server_misnames(site: Site, tools: Tools) -> None:
    text = "<rss version='2.0'><channel><item><link>/a</link><title>Đồng Đăng</title></item></channel></rss>"
    site.put("/rss", text.replace("ồ", "ô\u0300").replace("ă", "ă").encode("cp1258"), "text/xml; charset=utf-16")
    reading = await collect.discover(source(f"{site.url}/rss", encoding="windows-1258"), state(), tools)
    assert reading.entries[0].title.replace("ô\u0300", "ồ") == "Đồng Đăng"


async def test_a_feed_that_would_hang_the_parser_costs_its_time_limit_and_no_more(site: Site) -> None:
    slow = (
        f"<item><title>a</title><title>b</title><author>{'a' * 100_000}</author><link>/a</link></item>"  # feedparser looks for an address
    )
    site.put("/rss", f"<rss version='2.0'><channel>{slow}</channel></rss>", "text/xml")
    site.put("/tot", (DATA / "rss_bao_dien_tu.xml").read_bytes(), "text/xml")
    async with loopback.tools(sandbox=SandboxConfig(seconds=1)) as tools:
        with pytest.raises(ParseError, match="hơn 1 giây"):
            await collect.discover(source(f"{site.url}/rss"), state(), tools)
        assert len((await collect.discover(source(f"{site.url}/tot"), state(), tools)).entries) == 2


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("feed", {"encoding": 1}, "options.encoding"),
        ("listing", {"pages": 99}, "options.pages"),
        ("sitemap", {"maps": "3"}, "options.maps"),
        ("json_api", {"items": 5}, "options.items"),
        ("json_api", {"complete": "có"}, "options.complete"),
        ("portal", {"pages": 9}, "options.pages"),
        ("khong_co", {}, "hiện có: facebook, feed"),
    ],
)
async def test_a_wrong_source_is_one_sentence(kind: str, options: dict[str, object], said: str, site: Site, tools: Tools) -> None:
    site.put("/x", (DATA / "sitemap_muc_luc.xml").read_bytes(), "text/xml")
    with pytest.raises(MonitorError, match=said.replace(".", r"\.")):
        await collect.discover(source(f"{site.url}/x", kind, **options), state(), tools)


@pytest.mark.parametrize("kind", plugins.names("crawlers.collectors"))
async def test_an_unknown_option_names_source_and_key_before_anything_is_asked(kind: str, site: Site, tools: Tools) -> None:
    with pytest.raises(MonitorError, match=r"Nguồn “bao_thu”: khóa lạ options\.slector; có phải là selectors? không\?"):
        await collect.discover(source(f"{site.url}/x", kind, slector=".tin"), state(), tools)
    assert site.requests == []


@pytest.mark.parametrize("kind", plugins.names("crawlers.collectors"))
def test_every_documented_option_is_known(kind: str) -> None:
    module = importlib.import_module(f"crawlers.collectors.{kind}")
    for key in module.OPTIONS | options.EVERYWHERE:
        collect.check(source("https://a.vn/", kind, **{key: "x"}))


# -- posts: who speaks


async def test_a_forums_author_becomes_a_voice_and_nothing_else(site: Site, tools: Tools) -> None:
    site.put("/index.rss", (DATA / "xenforo_dien_dan.rss").read_bytes(), "application/rss+xml")
    outlet = replace(source(f"{site.url}/index.rss", "forum"), homepage=HOMEPAGES["forum"], tier="forum")
    (post,) = (await collect.discover(outlet, state(), tools)).entries
    assert post.voice == "tranvan_thu"
    (stored,) = people.protect([post], outlet, b"thang")
    assert "tranvan_thu" not in repr(stored)
    assert re.fullmatch("[0-9a-f]{16}", stored.voice)


async def test_names_of_journalists_never_leave_the_crawlers(site: Site, tools: Tools) -> None:
    text = "<rss version='2.0'><channel><item><link>/a</link><title>A</title><author>Hà Diệp</author></item></channel></rss>"
    site.put("/rss", text, "text/xml")
    assert [e.voice for e in (await collect.discover(source(f"{site.url}/rss"), state(), tools)).entries] == [""]


async def test_the_voice_of_an_api_is_mapped_by_configuration(site: Site, tools: Tools) -> None:
    site.put("/api", '[{"link": "/bai/1", "text": "Chờ lâu quá", "who": {"nick": "an_1"}}]', "application/json")
    options = {"url": "link", "summary": "text", "title": "text", "voice": "who.nick", "complete": True}
    outlet = replace(source(f"{site.url}/api", "json_api", **options), tier="social")
    assert [e.voice for e in (await collect.discover(outlet, state(), tools)).entries] == ["an_1"]
    press = replace(outlet, tier="city")
    assert [e.voice for e in (await collect.discover(press, state(), tools)).entries] == [""]


async def test_a_page_of_people_is_masked_before_it_is_an_article(site: Site, tools: Tools) -> None:
    site.put("/bai-1.html", ARTICLE.replace("không phải chờ", "gọi 0912 345 678 gặp @nguyenthu88, không phải chờ"))
    outlet = replace(source(site.url), tier="social")
    found = await read_article(entry(f"{site.url}/bai-1.html", voice="a" * 16), outlet, tools)
    assert "gọi [số điện thoại] gặp [tài khoản cá nhân], không phải chờ" in found.text
    assert found.voice == "a" * 16


# -- portals


async def test_a_portal_is_followed_from_its_entrance_to_its_news_and_feed(site: Site, tools: Tools) -> None:
    portals = Path(__file__).parents[1] / "data/portals"
    site.put("/", (portals / "sharepoint.html").read_bytes())
    site.put("/tin-tuc/Pages/default.aspx", (portals / "sharepoint_section.html").read_bytes())
    item = "<item><link>/tin-tuc/Pages/chi-co-trong-rss-99.aspx</link><title>Chỉ có trong RSS</title></item>"
    site.put("/_layouts/15/listfeed.aspx", f"<rss version='2.0'><channel>{item}</channel></rss>", "text/xml")
    found = (await collect.discover(source(f"{site.url}/", "portal"), state(), tools)).entries
    assert [e.url.rpartition("-")[2] for e in found] == ["99.aspx", "104.aspx", "103.aspx", "102.aspx"]
    assert found[1].published_raw == "12/11/2026"
    site.put("/_layouts/15/listfeed.aspx", "hỏng", status=500)
    site.put("/tin-tuc/Pages/default.aspx", "", status=500)
    assert len((await collect.discover(source(f"{site.url}/", "portal"), state(), tools)).entries) == 2


@pytest.mark.parametrize(("name", "count"), [("liferay", 3), ("joomla", 3), ("wordpress", 2), ("vnptportal", 3), ("dnn", 3)])
async def test_the_common_portal_systems_are_read_without_any_option(name: str, count: int, site: Site, tools: Tools) -> None:
    site.put("/tin-tuc", (Path(__file__).parents[1] / f"data/portals/{name}.html").read_bytes())
    found = (await collect.discover(source(f"{site.url}/tin-tuc", "portal"), state(), tools)).entries
    assert len(found) == count
    assert all("hử" in e.title or "số" in e.title or "mạng" in e.title or "lịch" in e.title for e in found)
    assert not [path for path in site.asked if "comments" in path]


async def test_a_portals_pages_are_bounded_and_its_selector_counts(site: Site, tools: Tools) -> None:
    def page(number: int) -> str:
        items = "".join(f'<li><a href="/tin/{number}{n}001">Tin số {n} của trang {number} phường Thử</a></li>' for n in range(3))
        return f'<ul class="tin">{items}</ul><ul><li><a href="/moc-90001">Một liên kết ngoài danh sách tin</a></li></ul><a href="/tin?trang={number + 1}">Trang sau</a>'  # noqa: E501

    for number in range(1, 9):
        site.put(f"/tin?trang={number}", page(number))
    outlet = source(f"{site.url}/tin?trang=1", "portal", pages=3, selector=".tin", pattern=r"/tin/\d+")
    assert len((await collect.discover(outlet, state(), tools)).entries) == 9
    assert "/tin?trang=4" not in site.asked
    jumping = source(f"{site.url}/tin?trang=1", "portal", pages=2, selector=".tin", next=f"{site.url}/tin?trang={{page}}")
    assert len((await collect.discover(jumping, state(), tools)).entries) == 6


async def test_a_portal_without_an_address_is_off(tools: Tools) -> None:
    with pytest.raises(SourceOffError, match="Chưa có địa chỉ"):
        await collect.discover(source("", "portal"), state(), tools)


# -- from an entry to an article


def entry(url: str, **more: object) -> Entry:
    return Entry(**({"source_id": "bao_thu", "url": url, "canonical_url": url, "title": "Tiêu đề trong nguồn tin"} | more))


async def test_a_page_becomes_an_article(site: Site, tools: Tools) -> None:
    site.put("/bai-1.html", ARTICLE)
    found = await read_article(entry(f"{site.url}/bai-1.html", published_raw="x"), source(site.url), tools)
    assert found.title == "Phường Thử trả kết quả qua tin nhắn"
    assert "Đoạn 5: người dân" in found.text
    assert (found.published_at.isoformat(), found.first_seen_at, found.published_raw) == ("2026-11-12T01:00:00+00:00", NOW, "x")
    again = await read_article(entry(f"{site.url}/bai-1.html?utm_source=zalo"), source(site.url), tools)
    assert (again.id, again.content_hash) == (found.id, found.content_hash)


async def test_a_complete_entry_needs_no_page_and_markup_is_gone(site: Site, tools: Tools) -> None:
    summary = "<p>Xin <b>chào</b></p><script>alert(1)</script>"
    post = entry(f"{site.url}/v", complete=True, title="A &lt;script&gt;x&lt;/script&gt; B", summary_html=summary)
    found = await read_article(post, source(site.url), tools)
    assert (found.text, found.partial, found.published_from, found.published_at) == ("Xin chào", False, "none", NOW)
    assert "<" not in found.title
    assert site.requests == []


async def test_the_entry_alone_makes_a_partial_article(tools: Tools) -> None:
    told = entry("https://baothu.example/a", summary_html="Tóm tắt.")
    found = await collect.extract(told, source("https://baothu.example"), tools)
    assert (found.text, found.partial) == ("Tóm tắt.", True)


def put_pdf(site: Site) -> None:
    site.put("/a", b"%PDF-1.7", "application/pdf")


def put_nothing(site: Site) -> None:
    site.put("/a", "   ")


def put_front_page(site: Site) -> None:
    site.put("/a", "", status=302, Location="/")
    site.put("/", ARTICLE)


def put_oversized(site: Site) -> None:
    site.put("/a", b"x" * 2_000_001)


NO_ARTICLES = [
    (put_pdf, ParseError, "application/pdf"),
    (put_nothing, ParseError, "trang rỗng"),
    (put_front_page, FetchError, "đã bị gỡ"),
    (put_oversized, FetchError, "lớn hơn giới hạn"),
]


@pytest.mark.parametrize(("put", "error", "said"), NO_ARTICLES)
async def test_what_is_no_article_is_one_sentence(
    put: Callable[[Site], None], error: type[MonitorError], said: str, site: Site, tools: Tools
) -> None:
    put(site)
    with pytest.raises(error, match=said):
        await read_article(entry(f"{site.url}/a"), source(site.url), tools)


@pytest.mark.parametrize("kind", ["youtube", "forum"])
async def test_a_whole_text_under_a_strangers_address_is_not_believed(kind: str, site: Site, tools: Tools) -> None:
    path, file, media_type, options, _ = KINDS[kind]
    site.put(path, (DATA / file).read_bytes(), media_type)
    reading = await collect.discover(source(site.url + path, kind, **options), state(), tools)
    assert reading.entries  # found, written into the ledger, and its own page is asked
    assert not any(entry.complete for entry in reading.entries)
