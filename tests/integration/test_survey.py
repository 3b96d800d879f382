"""`survey` over real HTTP: what a site offers is found and read, with few requests; and said clearly when there is nothing."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from aiohttp import web

from crawlers.sources.survey import MAX_REQUESTS, Candidate, survey
from crawlers.tools import Tools
from monitor.errors import MonitorError
from tests.integration import web as loopback
from tests.integration.web import Site

RFC_DATE = "Thu, 12 Nov 2026 08:00:00 +0700"


def rss(links: Iterable[str], date: str = RFC_DATE) -> str:
    items = "".join(f"<item><title>Tin số {n}</title><link>{link}</link><pubDate>{date}</pubDate></item>" for n, link in enumerate(links))
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'


def page(body: str = "", head: str = "") -> str:
    return f"<!doctype html><html><head><title>Trang chủ | Báo Ví Dụ</title>{head}</head><body>{body}<p>Lời chào</p></body></html>"


def alternate(href: str) -> str:
    return f'<link rel="alternate" type="application/rss+xml" href="{href}">'


def news(count: int = 6) -> str:
    titles = [f"Hà Nội đưa dịch vụ công số {n} lên môi trường mạng" for n in range(count)]
    return "".join(f'<div><h3><a href="/dich-vu-cong-truc-tuyen-{100_000 + n}.html">{t}</a></h3></div>' for n, t in enumerate(titles))


def tried(candidates: tuple[Candidate, ...]) -> list[tuple[str, str, bool]]:
    return [(c.kind, c.url.partition("/")[2].partition("/")[2].partition("/")[2], c.works) for c in candidates]


async def test_feeds_of_the_page_are_read_and_the_general_one_is_best(site: Site, tools: Tools) -> None:
    site.put("/", page('<a href="/rss.html">RSS</a>', alternate("/rss/y-te.rss")))
    site.put("/rss.html", page('<a href="/rss/home.rss">Trang chủ</a>' + "".join(f'<a href="/rss/muc-{n}.rss">Mục</a>' for n in range(30))))
    for name in ("home", "y-te", *(f"muc-{n}" for n in range(30))):
        site.put(f"/rss/{name}.rss", rss(f"{site.url}/{name}-{n}.html" for n in range(9)), "application/rss+xml")
    found = await survey(site.url, tools)
    best = found.best
    assert best is not None
    assert (best.kind, best.url, best.entries, best.newest, best.own) == ("feed", f"{site.url}/rss/home.rss", 9, "Tin số 0", 1.0)
    assert best.newest_at is not None
    assert best.newest_at.isoformat() == "2026-11-12T01:00:00+00:00"
    assert found.name == "Báo Ví Dụ"
    assert f"{site.url}/rss/y-te.rss" in [c.url for c in found.candidates if c.works] + list(found.untried)
    assert len(found.untried) + sum(c.kind == "feed" for c in found.candidates) == 32
    assert not found.problem
    assert len(site.asked) <= MAX_REQUESTS


async def test_the_sitemap_that_robots_names_and_known_paths_are_found(site: Site, tools: Tools) -> None:
    site.put("/", page())
    site.put("/robots.txt", "User-agent: *\nAllow: /\nSitemap: /sm/tin-news.xml\n", "text/plain")
    urls = "".join(f"<url><loc>{site.url}/tin-{n}.html</loc><lastmod>2026-11-12T08:00:00+07:00</lastmod></url>" for n in range(4))
    site.put("/sm/tin-news.xml", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>', "text/xml")
    found = await survey(site.url, tools)
    assert found.best is not None
    assert (found.best.kind, found.best.entries, found.best.how) == ("sitemap", 4, "robots.txt")
    del site.at["/robots.txt"]
    site.put("/rss", rss([f"{site.url}/a.html"]), "text/xml")
    async with loopback.tools() as fresh:
        found = await survey(site.url, fresh)
    assert found.best is not None
    assert (found.best.kind, found.best.url, found.best.how) == ("feed", f"{site.url}/rss", "đường dẫn thường gặp")


async def test_the_address_may_be_the_feed_itself(site: Site, tools: Tools) -> None:
    site.put("/tin", rss([f"{site.url}/a.html"]), "text/html")
    found = await survey(f"{site.url}/tin", tools)
    assert tried(found.candidates) == [("feed", "tin", True)]


async def test_a_page_that_only_lists_its_news_is_a_listing(site: Site, tools: Tools) -> None:
    site.put("/tin-tuc", page(news()))
    found = await survey(f"{site.url}/tin-tuc", tools)
    assert found.best is not None
    assert (found.best.kind, found.best.url, found.best.entries) == ("listing", f"{site.url}/tin-tuc", 6)
    assert len(site.asked) <= MAX_REQUESTS + 1


async def test_a_feed_that_is_a_page_a_stranger_s_feed_and_an_old_one_are_told(site: Site, tools: Tools) -> None:
    site.put("/", page(head=alternate("/feed") + alternate("/la.rss") + alternate("/cu.rss")))
    site.put("/feed", page("không phải RSS"))
    site.put("/la.rss", rss(f"https://noi-khac.example/{n}.html" for n in range(5)), "text/xml")
    site.put("/cu.rss", rss([f"{site.url}/cu.html"], "Thu, 12 Nov 2020 08:00:00 +0700"), "text/xml")
    found = await survey(site.url, tools)
    told = {c.url.rpartition("/")[2]: c for c in found.candidates}
    assert "HTML" in told["feed"].problem
    assert (told["la.rss"].works, told["la.rss"].own, told["la.rss"].problem) == (False, 0.0, "")
    assert (told["cu.rss"].works, told["cu.rss"].stale) == (True, True)
    assert found.best is told["cu.rss"]


async def test_strangers_alone_are_no_source(site: Site, tools: Tools) -> None:
    site.put("/", page(head=alternate("/la.rss")))
    site.put("/la.rss", rss(f"https://noi-khac.example/{n}.html" for n in range(5)), "text/xml")
    found = await survey(site.url, tools)
    assert found.best is None
    assert "nơi khác" in found.problem


async def test_a_site_without_anything_says_so_after_few_requests(site: Site, tools: Tools) -> None:
    site.put("/", page())
    found = await survey(site.url, tools)
    assert found.best is None
    assert "không có RSS, sitemap" in found.problem
    assert all(c.problem for c in found.candidates)
    assert {"feed", "sitemap", "listing", "portal"} <= {c.kind for c in found.candidates}
    assert len(site.asked) <= MAX_REQUESTS + 1


@pytest.mark.parametrize(("status", "words"), [(403, ("403", "không vượt rào")), (404, ("404",)), (503, ("503",)), (200, ("không tìm",))])
async def test_a_page_that_cannot_be_had_is_not_gone_around(site: Site, tools: Tools, status: int, words: tuple[str, ...]) -> None:
    site.put("/", page() if status != 200 else "x" * 3_000_000, status=status)
    site.put("/rss", rss([f"{site.url}/a.html"]), "text/xml")
    found = await survey(site.url, tools)
    assert found.candidates == ()
    assert all(word in found.problem for word in words), found.problem
    assert set(site.asked) <= {"/", "/robots.txt"}


async def test_robots_is_obeyed_and_named(site: Site, tools: Tools) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n", "text/plain")
    site.put("/", page(head=alternate("/rss")))
    found = await survey(site.url, tools)
    assert "robots.txt" in found.problem
    assert set(site.asked) == {"/robots.txt"}


async def test_refusals_end_the_guessing(site: Site, tools: Tools) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=403)

    site.put("/", page())
    for path in ("/rss/home.rss", "/rss", "/sitemap-news.xml", "/feed", "/rss.xml", "/news-sitemap.xml", "/sitemap.xml", "/home.rss"):
        site.at[path] = refuse
    await survey(site.url, tools)
    assert sum(path in site.at and path != "/" for path in site.asked) == 2


@pytest.mark.parametrize(
    "body",
    [
        page(head="".join(alternate(f"/rss/{n}") for n in range(10_000))),
        page("".join(f'<a href="javascript:{n}//rss">x</a><a href="//127.0.0.1:9/{n}.rss">x</a>' for n in range(100))),
        page("<a " + " ".join(f"x{n}=1" for n in range(100_000)) + ">"),
        "<div>" * 200_000,
        page('<a href="/rss">RSS</a><a href="/rss.html">RSS</a>'),
        "\x00" * 1000,
        "{" * 100_000,
    ],
    ids=["10,000 alternates", "javascript and odd ports", "attributes", "deep", "overviews that are not there", "zeros", "braces"],
)
async def test_a_hostile_page_costs_few_requests_and_no_crash(site: Site, tools: Tools, body: str) -> None:
    site.put("/", body)
    found = await survey(site.url, tools)
    assert found.best is None
    assert found.problem
    assert len(site.asked) <= MAX_REQUESTS + 2


async def test_a_redirecting_page_is_followed_to_its_site(site: Site, tools: Tools) -> None:
    async def move(_: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("/moi/")

    site.at["/"] = move
    site.put("/moi/", page(head=alternate("rss")))
    site.put("/moi/rss", rss([f"{site.url}/a.html"]), "text/xml")
    found = await survey(site.url, tools)
    assert found.url == f"{site.url}/moi/"
    assert found.best is not None


@pytest.mark.parametrize("url", ["", "báo", "ftp://a.example/", "javascript:1", "http://user@a.example/"])
async def test_what_is_no_address_is_refused(tools: Tools, url: str) -> None:
    with pytest.raises(MonitorError, match="không phải địa chỉ"):
        await survey(url, tools)


async def test_an_address_inside_our_own_network_is_not_asked(site: Site) -> None:
    async with loopback.tools(loopback.fetching(allow_addresses=[])) as strict:
        found = await survey(site.url, strict)
    assert found.problem
    assert site.asked == []
