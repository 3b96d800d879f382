"""The APIs of platforms, spoken over real HTTP on loopback: entries, pages, every refusal, and the key that never gets out."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from crawlers import collect
from crawlers.collectors.youtube_api import until_reset
from crawlers.tools import Tools
from monitor.errors import FetchError, MonitorError, ParseError, SourceOffError
from monitor.records import Source
from tests.integration import web as loopback
from tests.integration.web import NOW, Site, fetching, read_article, serving, source, state

DATA = Path(__file__).parents[1] / "data/feeds"
KEYS = {"youtube_api": "AIza-BI-MAT", "facebook": "EAAB-BI-MAT"}
CHANNEL = "UCthu0000000000000000000"


@pytest.fixture
def tools(tools: Tools) -> Tools:
    return replace(tools, keys=KEYS)


def channel(site: Site, **more: object) -> Source:
    return source(f"https://www.youtube.com/channel/{CHANNEL}", "youtube_api", base=site.url, **more)


def page(site: Site, **more: object) -> Source:
    return source("https://www.facebook.com/phuongthu", "facebook", base=site.url, **more)


def speak_youtube(site: Site) -> list[dict[str, str]]:
    """playlistItems.list: a key is needed, pages follow the token."""
    asked: list[dict[str, str]] = []
    first = json.loads((DATA / "youtube_api.json").read_text(encoding="utf-8"))

    async def answer(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        if request.headers.get("X-Goog-Api-Key") != KEYS["youtube_api"]:
            return web.json_response({"error": {"code": 403, "errors": [{"reason": "forbidden"}]}}, status=403)
        number = len(asked)
        item = {"snippet": {"title": f"Video {number}", "description": ""}, "contentDetails": {"videoId": f"video{number}"}}
        return web.json_response(first if "pageToken" not in request.query else {"items": [item], "nextPageToken": f"T{number}"})

    site.at["/playlistItems"] = answer
    return asked


def speak_facebook(site: Site, *, category: str = "Government organization") -> list[web.Request]:
    """A page and its posts: a token is needed, pages follow the cursor."""
    asked: list[web.Request] = []
    first = json.loads((DATA / "facebook_trang.json").read_text(encoding="utf-8"))

    def guarded(body: object) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            asked.append(request)
            if request.headers.get("Authorization") != f"Bearer {KEYS['facebook']}":
                return web.json_response({"error": {"message": "expired", "code": 190}}, status=400)
            number = len(asked)
            post = {"id": f"1_{number}", "message": f"Bài {number}", "permalink_url": f"https://www.facebook.com/1/posts/{number}"}
            more = {"data": [post], "paging": {"cursors": {"after": f"C{number}"}, "next": "https://ke-la.example/?access_token=x"}}
            return web.json_response(more if "after" in request.query else body)

        return answer

    site.at["/phuongthu"] = guarded({"id": "1"} | ({"category": category} if category else {}))
    site.at["/phuongthu/posts"] = guarded(first)
    return asked


# -- YouTube


async def test_the_uploads_of_a_channel_are_whole_entries(site: Site, tools: Tools) -> None:
    asked = speak_youtube(site)
    reading = await collect.discover(channel(site), state(), tools)
    assert asked == [{"part": "snippet,contentDetails", "maxResults": "50", "playlistId": "UU" + CHANNEL[2:]}]
    (video,) = reading.entries  # the private one has nothing to read
    assert (video.url, video.complete, video.voice) == ("https://www.youtube.com/watch?v=aBcDeFgHiJk", True, "")
    article = await read_article(video, channel(site), tools)
    assert article.title == "Bản tin tối: tổ công nghệ số < 5 người về từng ngõ"
    assert "nộp hồ sơ.\nLiên hệ" in article.text
    again = await collect.discover(channel(site), state(body_hash=reading.body_hash), tools)
    assert again.unchanged


async def test_youtube_pages_are_bounded(site: Site, tools: Tools) -> None:
    asked = speak_youtube(site)
    reading = await collect.discover(source("", "youtube_api", base=site.url, playlist="PLthu00000000", pages=3), state(), tools)
    assert [query.get("pageToken") for query in asked] == [None, "CAUQAA", "T2"]
    assert {query["playlistId"] for query in asked} == {"PLthu00000000"}
    assert len(reading.entries) == 3


YOUTUBE_TROUBLE = [
    (403, "quotaExceeded", "soft", "hạn mức"),
    (403, "rateLimitExceeded", "temporary", "đọc thưa hơn"),
    (400, "keyInvalid", "soft", "MONITOR_ACCESS__YOUTUBE_KEY"),
    (403, "accessNotConfigured", "soft", "MONITOR_ACCESS__YOUTUBE_KEY"),
    (404, "playlistNotFound", "hard", "không có kênh"),
    (500, "backendError", "temporary", "đọc thưa hơn"),
]


@pytest.mark.parametrize(("status", "reason", "kind", "said"), YOUTUBE_TROUBLE)
async def test_what_youtube_refuses_is_said(status: int, reason: str, kind: str, said: str, site: Site, tools: Tools) -> None:
    site.put("/playlistItems", json.dumps({"error": {"code": status, "errors": [{"reason": reason}]}}), "application/json", status)
    with pytest.raises(FetchError, match=said) as caught:
        await collect.discover(channel(site), state(), tools)
    assert caught.value.kind == kind


def test_the_quota_comes_back_at_midnight_in_california() -> None:
    assert until_reset(NOW) == 5 * 3600  # 03:00 UTC in November is 19:00 there


# -- Facebook


async def test_the_posts_of_a_page_are_whole_entries(site: Site, tools: Tools) -> None:
    asked = speak_facebook(site)
    reading = await collect.discover(page(site), state(), tools)
    assert [request.path for request in asked] == ["/phuongthu", "/phuongthu/posts"]
    (post,) = reading.entries  # a picture without words is nothing to read
    assert (post.url, post.title) == (
        "https://www.facebook.com/100064000000001/posts/900000000000001",
        "Phường Thử trả kết quả qua tin nhắn",
    )
    article = await read_article(post, replace(page(site), tier="social"), tools)
    assert "hồ sơ < 1 ngày. Hỏi chị Thử, [số điện thoại]." in article.text
    assert (await collect.discover(page(site), state(body_hash=reading.body_hash, read_before=True), tools)).unchanged


async def test_facebook_pages_are_bounded_and_its_next_links_never_followed(site: Site, tools: Tools) -> None:
    asked = speak_facebook(site)
    reading = await collect.discover(page(site, pages=3), state(read_before=True), tools)
    assert [request.query.get("after") for request in asked] == [None, "QVFI2", "C2"]
    assert not [request for request in asked if "access_token" in request.query]
    assert len(reading.entries) == 3


async def test_a_persons_profile_is_not_read(site: Site, tools: Tools) -> None:
    asked = speak_facebook(site, category="")
    with pytest.raises(SourceOffError, match="không đọc tài khoản cá nhân"):
        await collect.discover(page(site), state(), tools)
    assert [request.path for request in asked] == ["/phuongthu"]


FACEBOOK_TROUBLE = [
    (400, 190, "soft", "hết hạn hoặc bị thu hồi"), (403, 4, "temporary", "đọc thưa hơn"), (400, 17, "temporary", "đọc thưa hơn"),
    (400, 32, "temporary", "đọc thưa hơn"), (500, 2, "temporary", "tạm thời"), (400, 100, "hard", "không có trang này"),
    (403, 10, "soft", "chưa được cấp quyền"), (400, 200, "soft", "chưa được cấp quyền"), (500, 0, "temporary", "tạm thời"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "kind", "said"), FACEBOOK_TROUBLE)
async def test_what_facebook_refuses_is_said(status: int, code: int, kind: str, said: str, site: Site, tools: Tools) -> None:
    answer = json.dumps({"error": {"message": "x", "code": code}}) if code else "<html>Sorry</html>"
    site.put("/phuongthu/posts", answer, "application/json", status)
    with pytest.raises(FetchError, match=said) as caught:
        await collect.discover(page(site), state(read_before=True), tools)
    assert caught.value.kind == kind
    assert (caught.value.retry_after is not None) == ("thưa" in said)


# -- both


MAKERS = [channel, page]


@pytest.mark.parametrize("make", MAKERS)
async def test_without_a_key_the_source_is_off_and_the_variable_named(make: Callable[[Site], Source], site: Site, tools: Tools) -> None:
    with pytest.raises(SourceOffError, match=r"Chưa có .*MONITOR_ACCESS__(YOUTUBE_KEY|FACEBOOK_TOKEN)"):
        await collect.discover(make(site), state(), replace(tools, keys={}))
    assert site.requests == []


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "body", ["", "[]", "<html></html>", "{}", '{"items": 5, "data": 5}', '{"items": [1], "data": [null]}', "[" * 100_000]
)
async def test_no_answer_of_an_api_is_a_healthy_source(body: str, make: Callable[[Site], Source], site: Site, tools: Tools) -> None:
    for path in ("/playlistItems", "/phuongthu/posts"):
        site.put(path, body, "application/json")
    with pytest.raises(ParseError):
        await collect.discover(make(site), state(read_before=True), tools)


@pytest.mark.parametrize("make", MAKERS)
async def test_a_key_goes_only_where_it_belongs(
    make: Callable[[Site], Source], site: Site, tools: Tools, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving() as stranger:
        for path in ("/playlistItems", "/phuongthu/posts"):
            site.put(path, "", status=302, Location=f"{stranger.url}/bay")
        stranger.put("/bay", "<html>trộm</html>")
        with pytest.raises(MonitorError) as caught:
            await collect.discover(make(site), state(read_before=True), tools)
        assert "/bay" in stranger.asked
        assert "BI-MAT" in str([request.headers for request in site.requests])
        assert "BI-MAT" not in str([(request.headers, request.path_qs) for request in stranger.requests])
    told = f"{caplog.text} {caught.value!r} {caught.value.__context__!r} {tools!r} {[r.path_qs for r in site.requests]}"
    assert "BI-MAT" not in told


@pytest.mark.parametrize(("kind", "options"), [("youtube_api", {"channel": CHANNEL}), ("facebook", {"page": "phuongthu"})])
async def test_a_key_is_not_sent_to_an_address_of_a_source_list(kind: str, options: dict[str, str], tools: Tools) -> None:
    with pytest.raises(MonitorError, match=r"options\.base"):
        await collect.discover(source("", kind, base="https://ke-la.example", **options), state(), tools)


@pytest.mark.parametrize(("kind", "key"), [("youtube_api", "channel"), ("facebook", "page")])
async def test_whose_channel_it_is_must_be_said(kind: str, key: str, tools: Tools) -> None:
    with pytest.raises(MonitorError, match=rf"options\.{key}"):
        await collect.discover(source("https://a.vn/x y", kind), state(), tools)


async def test_a_key_answers_what_robots_asks(site: Site) -> None:
    speak_youtube(site)
    site.put("/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    async with loopback.tools(fetching()) as made:
        assert (await collect.discover(channel(site), state(), replace(made, keys=KEYS))).entries
    assert "/robots.txt" not in site.asked


async def test_what_is_entered_by_hand_is_never_read(tools: Tools) -> None:
    with pytest.raises(SourceOffError, match="nhập tay"):
        await collect.discover(source("", "manual"), state(), tools)
