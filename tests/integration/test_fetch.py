"""The door to the network against a real server on loopback: what it refuses, where it stops, how it behaves."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from aiohttp import web

from crawlers.door import fetch, guard
from crawlers.door.body import TooLarge
from crawlers.door.fetch import Door, Page
from crawlers.door.guard import Refused
from monitor.config import FetchConfig
from monitor.errors import FetchError
from tests.integration.tls import Authority, Leaf, tls_serving
from tests.integration.web import Site, fetching, serving

ATTACKS = json.loads((Path(__file__).parents[1] / "data/addresses/attacks.json").read_text(encoding="utf-8"))


async def get(url: str, config: FetchConfig | None = None, limit: int = 100_000, **more: str) -> Page:
    async with Door(config or fetching()) as door:
        return await door.get(url, limit=limit, **more)


async def failure(url: str, config: FetchConfig | None = None, limit: int = 100_000) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await get(url, config, limit)
    assert type(caught.value).__name__ in ("FetchError", "Refused", "TooLarge")
    return caught.value


# -- what is never contacted


def with_port(url: str, port: int) -> str:
    """The same address aimed at the canary's port."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc}:{port}")) if "#@" not in url and "\\" not in url else url


@pytest.mark.parametrize("url", ATTACKS["refused"])
async def test_no_attack_address_is_contacted(url: str, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    port = urlsplit(site.url).port
    monkeypatch.setattr(guard, "WEB_PORTS", (80, 443, port))  # so that only the address can be the reason
    for attempt in (url, with_port(url, port)):
        assert isinstance(await failure(attempt, fetching(allow_addresses=[])), Refused)
    assert site.requests == []


@pytest.mark.parametrize("url", ["http://127.0.0.1", "http://127.1", "http://localhost", "http://2130706433", "http://[::ffff:127.0.0.1]"])
async def test_the_socket_itself_is_guarded(url: str, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the look at the spelling wrong one day, the connection would still not be made."""
    port = urlsplit(site.url).port
    monkeypatch.setattr(guard, "WEB_PORTS", (80, 443, port))
    monkeypatch.setattr(fetch, "check_url", lambda url, allow: url)
    await failure(f"{url}:{port}/", fetching(allow_addresses=[]))
    assert site.requests == []


def test_all_41_are_there_and_public_ones_pass() -> None:
    assert len(ATTACKS["refused"]) == 41
    for url in ATTACKS["public"]:
        guard.check_url(url)


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/", "http://10.0.0.1/", "file:///etc/passwd", "//u@127.0.0.1/", ""])
async def test_redirects_are_checked_like_the_first_address(target: str, site: Site) -> None:
    site.put("/go", "", status=302, Location=target)
    assert (await failure(f"{site.url}/go")).kind == "hard"


async def test_a_refusal_names_the_address_in_vietnamese(site: Site) -> None:
    error = await failure("http://10.0.0.1/")
    assert str(error) == "Địa chỉ 10.0.0.1 không phải địa chỉ công khai nên không được truy cập"


# -- redirects


async def test_redirects_are_followed_up_to_the_limit(site: Site) -> None:
    for n in range(6):
        site.put(f"/{n}", "", status=301, Location=f"/{n + 1}")
    site.put("/5", "xong")
    page = await get(f"{site.url}/0")
    assert (page.url, page.body) == (f"{site.url}/5", b"xong")
    site.put("/5", "", status=301, Location="/6")
    assert "5 lần" in str(await failure(f"{site.url}/0"))


# -- limits


async def test_a_body_over_the_limit_is_refused_whether_announced_or_not(site: Site) -> None:
    site.put("/big", b"x" * 100_001)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"y" * 65_536)

    site.at["/endless"] = endless
    for path in ("/big", "/endless"):
        error = await failure(site.url + path)
        assert isinstance(error, TooLarge)
        assert str(error) == "Nội dung trả về lớn hơn giới hạn 100.000 byte"


def deflate(data: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "deflate raw", "two members", "utf-8"])
async def test_one_coding_is_undone(coding: str, site: Site) -> None:
    text = "Phường Bồ Đề chuyển đổi số. ".encode() * 200
    packed = {
        "gzip": gzip.compress(text), "deflate": deflate(text, 15), "deflate raw": deflate(text, -15),
        "two members": gzip.compress(text[:100]) + gzip.compress(text[100:]), "utf-8": text,
    }[coding]  # fmt: skip
    site.put("/", packed, Content_Encoding={"deflate raw": "deflate", "two members": "gzip"}.get(coding, coding))
    assert (await get(site.url)).body == text


async def test_a_bomb_stops_at_the_limit(site: Site) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    site.put("/bomb", bomb, Content_Encoding="gzip")
    assert isinstance(await failure(f"{site.url}/bomb"), TooLarge)
    site.put("/twice", gzip.compress(bomb), Content_Encoding="gzip, gzip")
    assert "không được hỗ trợ" in str(await failure(f"{site.url}/twice"))
    site.put("/once", gzip.compress(bomb), Content_Encoding="gzip")
    assert len((await get(f"{site.url}/once")).body) == len(bomb)  # unpacked once, never further


async def test_broken_and_truncated_compression_is_a_failure_not_half_a_page(site: Site) -> None:
    whole = gzip.compress(b"a" * 5000 + bytes(range(256)) * 20)
    site.put("/cut", whole[:-20], Content_Encoding="gzip")
    site.put("/broken", b"\x1f\x8b\x08" + b"?" * 50, Content_Encoding="gzip")
    assert "cắt giữa chừng" in str(await failure(f"{site.url}/cut"))
    assert "bị hỏng" in str(await failure(f"{site.url}/broken"))


async def test_a_body_shorter_than_announced_is_a_failure(site: Site) -> None:
    async def short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nonly this")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(short, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        error = await failure(f"http://127.0.0.1:{port}/", fetching(respect_robots=False))
    assert (error.kind, str(error)) == ("temporary", f"Máy chủ 127.0.0.1:{port} ngắt kết nối giữa chừng")


async def test_the_time_limit_covers_a_body_that_drips(site: Site) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.02)

    site.at["/drip"] = drip
    error = await failure(f"{site.url}/drip", fetching(timeout=0.3))
    assert error.kind == "temporary"
    assert "không trả lời xong trong 0.3 giây" in str(error)


async def test_the_time_limit_counts_all_redirects_together(site: Site) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.15)
        return web.Response(status=302, headers={"Location": request.path + "x"})

    for n in range(6):
        site.at["/" + "x" * (n + 1)] = slow
    assert "không trả lời xong" in str(await failure(f"{site.url}/x", fetching(timeout=0.4)))
    assert len([path for path in site.asked if path.startswith("/x")]) < 5


# -- answers


KINDS = {"hard": (400, 404, 410), "soft": (304, 401, 403, 451), "temporary": (408, 429, 500, 503)}


@pytest.mark.parametrize(("status", "kind"), [(status, kind) for kind, many in KINDS.items() for status in many])
async def test_a_status_says_whether_to_come_back(status: int, kind: str, site: Site) -> None:
    site.put("/", "", status=status)
    error = await failure(site.url)
    assert error.kind == kind
    assert str(status) in str(error)


async def test_not_modified_is_an_answer_when_it_was_asked_for(site: Site) -> None:
    async def conditional(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"' or "If-Modified-Since" in request.headers:
            return web.Response(status=304, headers={"ETag": '"v1"'})
        return web.Response(text="tin mới", headers={"ETag": '"v1"', "Last-Modified": "Thu, 05 Nov 2026 01:30:00 GMT"})

    site.at["/"] = conditional
    first = await get(site.url)
    assert (first.not_modified, first.etag, first.last_modified) == (False, '"v1"', "Thu, 05 Nov 2026 01:30:00 GMT")
    assert (await get(site.url, etag=first.etag)).not_modified
    assert (await get(site.url, last_modified=first.last_modified)).not_modified
    assert (await get(site.url, etag='"x"\r\nHost: evil.vn')).body == "tin mới".encode()


async def test_a_page_tells_its_charset_and_kind(site: Site) -> None:
    site.put("/", "x", kind="Text/HTML; charset=windows-1258")
    page = await get(site.url)
    assert (page.charset, page.media_type, page.status) == ("windows-1258", "text/html", 200)


async def test_dead_hosts_have_a_sentence(site: Site) -> None:
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    plain = fetching(respect_robots=False)
    assert str(await failure(f"http://127.0.0.1:{port}/", plain)) == f"Máy chủ 127.0.0.1:{port} không nhận kết nối"
    assert str(await failure("http://khong-co-may-chu-nay.invalid/", plain)) == "Không tìm thấy máy chủ khong-co-may-chu-nay.invalid"


async def test_a_server_that_is_no_web_server_is_a_temporary_failure() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x00\xff220 smtp ready\r\n" * 100)
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    async with server:
        error = await failure(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", fetching(respect_robots=False))
    assert error.kind == "temporary"


# -- manners


async def test_no_cookies_no_environment_and_our_own_name(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    site.put("/a", "x", Set_Cookie="who=me; Path=/")
    site.put("/b", "x")
    async with Door(fetching()) as door:
        await door.get(f"{site.url}/a", limit=1000)
        await door.get(f"{site.url}/b", limit=1000, accept="text/html")
    last = site.requests[-1].headers
    assert "Cookie" not in last
    assert last["User-Agent"].startswith("coverage-desk/")
    assert (last["Accept"], last["Accept-Encoding"]) == ("text/html", "gzip, deflate")


async def test_one_host_is_asked_one_at_a_time_with_a_pause(site: Site) -> None:
    now, slept, open_now, most = [0.0], [], [0], [0]

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        now[0] += seconds

    async def answer(_: web.Request) -> web.Response:
        open_now[0] += 1
        most[0] = max(most[0], open_now[0])
        await asyncio.sleep(0.01)
        open_now[0] -= 1
        return web.Response(text="x")

    site.at["/"] = answer
    async with Door(fetching(per_host_delay=2, respect_robots=False), clock=lambda: now[0], sleep=sleep) as door:
        await asyncio.gather(*(door.get(site.url, limit=1000) for _ in range(4)))
    assert (slept, most[0]) == ([2.0, 2.0, 2.0], 1)


async def test_the_whole_door_has_a_limit_of_requests(site: Site) -> None:
    open_now, most = 0, 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.02)
        open_now -= 1
        return web.Response(text="x")

    site.at["/"] = answer
    port = urlsplit(site.url).port
    async with Door(fetching(concurrency=2, respect_robots=False)) as door:
        await asyncio.gather(*(door.get(f"http://h{n}.localhost:{port}/", limit=1000) for n in range(6)))
    assert (most, len(site.requests)) == (2, 6)


async def test_retry_after_is_told_and_the_host_left_alone(site: Site) -> None:
    site.put("/", "", status=429, Retry_After="120")
    site.put("/other", "x")
    async with Door(fetching(respect_robots=False)) as door:
        for path, asked in (("/", 1), ("/other", 1)):
            with pytest.raises(FetchError) as caught:
                await door.get(site.url + path, limit=1000)
            assert (caught.value.kind, round(caught.value.retry_after or 0)) == ("temporary", 120)
            assert len(site.requests) == asked


async def test_retry_after_may_be_a_date(site: Site) -> None:
    site.put("/", "", status=503, Retry_After="Thu, 05 Nov 2026 01:31:30 GMT", Date="Thu, 05 Nov 2026 01:30:00 GMT")
    assert (await failure(site.url, fetching(respect_robots=False))).retry_after == 90


# -- robots.txt


async def test_robots_is_read_once_and_obeyed(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /rieng/\nAllow: /rieng/mo/\n", "text/plain")
    for path in ("/a", "/rieng/b", "/rieng/mo/c"):
        site.put(path, "x")
    async with Door(fetching()) as door:
        await asyncio.gather(door.get(f"{site.url}/a", limit=10), door.get(f"{site.url}/rieng/mo/c", limit=10))
        with pytest.raises(FetchError, match=r"robots\.txt") as caught:
            await door.get(f"{site.url}/rieng/b", limit=10)
    assert caught.value.kind == "soft"
    assert sorted(site.asked) == ["/a", "/rieng/mo/c", "/robots.txt"]


async def test_a_redirect_into_a_forbidden_part_is_not_followed(site: Site) -> None:
    site.put("/robots.txt", "User-agent: coverage-desk\nDisallow: /rieng\n", "text/plain")
    site.put("/a", "", status=302, Location="/rieng")
    assert "robots.txt" in str(await failure(f"{site.url}/a"))
    assert "/rieng" not in site.asked


async def test_a_site_that_cannot_say_is_not_read(site: Site) -> None:
    site.put("/robots.txt", "", status=503)
    site.put("/a", "x")
    assert (await failure(f"{site.url}/a")).kind == "temporary"
    assert site.asked == ["/robots.txt"]


async def test_robots_can_be_turned_off_by_the_operator(site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    site.put("/a", "x")
    assert (await get(f"{site.url}/a", fetching(respect_robots=False))).body == b"x"


# -- fixed addresses and proxy


async def test_a_host_may_be_given_its_address_by_the_operator(site: Site) -> None:
    site.put("/tin", "x")
    config = fetching(resolve={"bao-thu.example": site.url.removeprefix("http://")})
    page = await get("http://bao-thu.example/tin", config)
    assert (page.url, page.body) == ("http://bao-thu.example/tin", b"x")
    assert {request.headers["Host"] for request in site.requests} == {"bao-thu.example"}
    unlisted = fetching(resolve=config.resolve, allow_addresses=[])
    assert isinstance(await failure("http://bao-thu.example/tin", unlisted), Refused)


async def test_a_proxy_is_used_only_when_set_and_private_targets_stay_refused() -> None:
    lines: list[str] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append((await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        config = FetchConfig(proxy=address, per_host_delay=0, timeout=5, respect_robots=False)
        assert (await get("http://8.8.8.8/x", config)).body == b"ok"
        for url in ("http://10.0.0.1/", "http://localhost/"):
            assert isinstance(await failure(url, config), Refused)
    assert lines == ["GET http://8.8.8.8/x HTTP/1.1"]


def test_a_proxy_of_another_kind_is_one_sentence() -> None:
    with pytest.raises(FetchError, match=r"fetch\.proxy"):
        Door(FetchConfig(proxy="socks5://127.0.0.1:1080"))


# -- the office's own keys


async def test_a_key_reaches_the_first_host_only_and_survives_no_change_of_scheme_or_port(site: Site) -> None:
    async with serving() as stranger:
        site.put("/a", "", status=302, Location="/b")
        site.put("/b", "", status=302, Location=f"{stranger.url}/c")
        stranger.put("/c", "", status=302, Location=f"{site.url}/d")
        site.put("/d", "x")
        async with Door(fetching(respect_robots=False)) as door:
            assert (await door.get(f"{site.url}/a", limit=10, headers={"X-Key": "BI-MAT"})).body == b"x"
        assert [request.headers.get("X-Key") for request in site.requests] == ["BI-MAT"] * 3
        assert [request.headers.get("X-Key") for request in stranger.requests] == [None]


async def test_a_key_with_a_line_break_is_not_sent(site: Site) -> None:
    async with Door(fetching()) as door:
        with pytest.raises(FetchError, match="ký tự không hợp lệ") as caught:
            await door.get(site.url, limit=10, headers={"X-Key": "BI-MAT\r\nHost: x"})
    assert "BI-MAT" not in repr(caught.value)
    assert site.requests == []


async def test_an_answer_that_was_asked_for_is_no_failure(site: Site) -> None:
    site.put("/a", '{"error": 1}', status=403)
    async with Door(fetching()) as door:
        page = await door.get(f"{site.url}/a", limit=100, answers={403})
    assert (page.status, page.body) == (403, b'{"error": 1}')
    assert (await failure(f"{site.url}/a")).kind == "soft"


async def test_headers_alone_make_no_question_conditional(site: Site) -> None:
    site.put("/a", "", status=304)
    async with Door(fetching()) as door:
        with pytest.raises(FetchError, match="304"):
            await door.get(f"{site.url}/a", limit=100, headers={"X-Key": "k"})


# -- certificates

HOST = "phuong-thu.example"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own authority in the place of the browsers'."""
    file = tmp_path / "root.pem"
    file.write_bytes(authority.root_pem)
    monkeypatch.setattr("certifi.where", lambda: str(file))
    return tmp_path


async def over_tls(leaf: Leaf, folder: Path, **more: object) -> Page:
    async with tls_serving(leaf, folder) as port:
        config = fetching(respect_robots=False, resolve={HOST: f"127.0.0.1:{port}"}, **more)
        return await get(f"https://{HOST}/", config)


async def test_a_whole_chain_is_read(authority: Authority, trusted: Path) -> None:
    assert (await over_tls(authority.leaf(HOST, whole=True), trusted)).body == b"ok"


async def test_a_missing_link_is_named_and_may_be_supplied(authority: Authority, trusted: Path) -> None:
    leaf = authority.leaf(HOST, whole=False)
    with pytest.raises(FetchError, match=r"phuong-thu\.example gửi thiếu chứng chỉ trung gian.*fetch\.certificates") as caught:
        await over_tls(leaf, trusted)
    assert caught.value.kind == "soft"
    file = trusted / "trung-gian.pem"
    file.write_bytes(authority.intermediate_pem)
    assert (await over_tls(leaf, trusted, certificates=file)).body == b"ok"


async def test_a_link_without_its_authority_is_worth_nothing(authority: Authority, trusted: Path) -> None:
    file = trusted / "trung-gian.pem"
    file.write_bytes(authority.intermediate_pem)
    (trusted / "root.pem").write_bytes(Authority("Gốc khác").root_pem)
    with pytest.raises(FetchError, match="trung gian"):
        await over_tls(authority.leaf(HOST, whole=True), trusted, certificates=file)


async def test_what_else_is_wrong_with_a_certificate_is_said_apart(authority: Authority, trusted: Path) -> None:
    wrong = {
        "đã hết hạn": authority.leaf(HOST, whole=True, days=(-30, -1)),
        "chưa đến ngày": authority.leaf(HOST, whole=True, days=(10, 30)),
        "tên miền khác": authority.leaf("khac.example", whole=True),
        "tự ký": authority.self_signed(HOST),
    }
    for words, leaf in wrong.items():
        with pytest.raises(FetchError, match=f"Chứng chỉ bảo mật của {HOST} .*{words}"):
            await over_tls(leaf, trusted)


@pytest.mark.parametrize(("content", "said"), [(None, "không đọc được tệp"), (b"khong phai chung chi", "không chứa chứng chỉ")])
def test_a_certificate_file_that_is_none_is_one_sentence(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "x.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FetchError, match=rf"fetch\.certificates: .*{said}"):
        Door(fetching(certificates=file))
