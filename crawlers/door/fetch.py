"""The one door to the network: every byte the crawlers read comes through `Door.get`, checked, bounded and polite."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from crawlers.door import body as bodies
from crawlers.door import certificates
from crawlers.door.connector import CheckedResolver, checked_connector, fixed_addresses
from crawlers.door.guard import Refused, check_url, networks
from crawlers.door.pace import Pace
from crawlers.door.robots import MAX_BYTES as ROBOTS_BYTES
from crawlers.door.robots import Robots
from crawlers.urls import resolve
from monitor.config import FetchConfig
from monitor.errors import FetchError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_REFUSED = frozenset({401, 402, 403, 405, 406, 451})
_LATER = frozenset({408, 423, 425, 429})
_HEADER_BYTES = 32_768  #: of one header line; some sites send long security policies
_MAX_RETRY_AFTER = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a server answered, after redirects."""

    url: str  #: where the body really came from
    status: int
    headers: Mapping[str, str]  #: names in lower case
    body: bytes
    charset: str | None  #: from Content-Type
    not_modified: bool = False
    etag: str | None = None
    last_modified: str | None = None

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, lower case; "" when missing."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Door:
    """Reads pages. Use as an async context manager; one for the whole process.

    Args:
        config: limits and manners.
        clock: seconds, monotonic.
        sleep: waits so many seconds.

    Raises:
        FetchError: `fetch.proxy`, `fetch.allow_addresses`, `fetch.resolve` or `fetch.certificates` cannot be used.
    """

    def __init__(
        self, config: FetchConfig, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        if config.proxy is not None and urlsplit(config.proxy).scheme not in ("http", "https"):
            raise FetchError("fetch.proxy phải là địa chỉ http:// hoặc https://", kind="hard")
        self._config = config
        self._clock = clock
        try:
            self._allow = networks(config.allow_addresses)
            self._fixed = fixed_addresses(config.resolve)
        except ValueError as error:
            raise FetchError(f"fetch.allow_addresses hoặc fetch.resolve không hợp lệ ({error})", kind="hard") from error
        self._context = certificates.context(config.certificates)
        self._slots = asyncio.Semaphore(config.concurrency)
        self._pace = Pace(config.per_host_delay, config.per_host_concurrency, clock, sleep)
        self._robots = Robots(self._robots_txt, config.user_agent.partition("/")[0], clock, self._pace.slow_down)
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._client = self._open_client()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def get(
        self, url: str, *, limit: int, etag: str | None = None, last_modified: str | None = None, accept: str = "*/*",
        headers: Mapping[str, str] = MappingProxyType({}), answers: Collection[int] = (),
    ) -> Page:  # fmt: skip
        """Read one address.

        Args:
            url: http or https.
            limit: bytes, of the body as sent and as unpacked.
            etag: the validator of the last reading; with it, or with `last_modified`, the answer may be `not_modified`.
            last_modified: likewise.
            accept: the Accept header.
            headers: more of them, such as the office's own key to an API; the first host alone gets them, over the first scheme.
                Who gave us a key has answered the question that robots.txt asks: there it is not read.
            answers: statuses that are no failures here, because their body says what is wrong.

        Raises:
            FetchError: with its kind; guard.Refused for addresses that are never contacted.
        """
        mine = {"Accept": accept, "If-None-Match": etag, "If-Modified-Since": last_modified}
        sent = {name: value for name, value in mine.items() if value and value.isascii() and value.isprintable()}
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise FetchError("Khóa truy cập chứa ký tự không hợp lệ", kind="soft")
        return await self._walk(url, sent, limit=limit, secret=headers, answers=answers)

    async def _robots_txt(self, url: str) -> bytes:
        return (await self._walk(url, {"Accept": "text/plain, */*;q=0.1"}, limit=ROBOTS_BYTES, robots=True)).body

    async def _walk(
        self, url: str, headers: dict[str, str], *, limit: int, robots: bool = False,
        secret: Mapping[str, str] = MappingProxyType({}), answers: Collection[int] = (),
    ) -> Page:  # fmt: skip
        """Follow redirects by hand, each hop checked like the first. The time limit counts the hops, not the waiting in line."""
        left = self._config.timeout
        trusted = urlsplit(check_url(url, self._allow))[:2] if secret else None
        for _ in range(self._config.max_redirects + 1):
            url = check_url(url, self._allow)
            known = trusted == urlsplit(url)[:2]
            if self._config.respect_robots and not robots and not known:
                await self._robots.check(url)
            async with self._pace.turn(urlsplit(url).netloc), self._slots:
                started = self._clock()
                page = await self._hop(url, headers | dict(secret) if known else headers, limit, left, cut=robots, answers=answers)
                left -= self._clock() - started
            if page.status not in _REDIRECTS:
                return page
            target = resolve(url, page.headers.get("location", ""))
            if target is None:
                raise FetchError(f"Máy chủ {urlsplit(url).netloc} chuyển hướng tới một địa chỉ không hợp lệ", kind="hard")
            url = target
        raise FetchError(f"Chuyển hướng quá {self._config.max_redirects} lần", kind="hard")

    async def _hop(self, url: str, headers: dict[str, str], limit: int, seconds: float, *, cut: bool, answers: Collection[int]) -> Page:
        """One request, one answer; every failure as a FetchError that names the host."""
        host = urlsplit(url).netloc
        if self._client is None:
            raise RuntimeError("the door is not open: use `async with Door(...)`")
        try:
            async with asyncio.timeout(max(seconds, 0)):
                if self._config.proxy is not None:
                    await self._check_behind_proxy(url)
                async with self._client.stream("GET", url, headers=headers) as response:
                    return await self._answer(response, host, limit, cut=cut, answers=answers)
        except TimeoutError:
            raise FetchError(f"Máy chủ {host} không trả lời xong trong {self._config.timeout:g} giây") from None
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
            raise _explained(error, host) from error

    async def _answer(self, response: httpx.Response, host: str, limit: int, *, cut: bool, answers: Collection[int]) -> Page:
        status = response.status_code
        conditional = not {"if-none-match", "if-modified-since"}.isdisjoint(response.request.headers)
        headers = {name.lower(): value for name, value in response.headers.items()}
        not_modified = status == 304 and conditional
        wanted = 200 <= status < 300 or status in answers
        if not (wanted or status in _REDIRECTS or not_modified):
            self._fail(status, headers, host)
        content = b""
        if wanted:
            declared = headers.get("content-length", "")
            if declared.isascii() and declared.isdigit() and int(declared[:18]) > limit and not cut:
                raise bodies.TooLarge(limit)
            content = await bodies.read(response.aiter_raw(), headers.get("content-encoding", ""), limit, cut=cut)
        return Page(
            url=str(response.request.url), status=status, headers=headers, body=content, charset=response.charset_encoding,
            not_modified=not_modified, etag=headers.get("etag"), last_modified=headers.get("last-modified"),
        )  # fmt: skip

    def _fail(self, status: int, headers: Mapping[str, str], host: str) -> None:
        """Raise what an unsuccessful status means."""
        said = f"Máy chủ {host} trả lời mã {status}"
        if status in _GONE:
            raise FetchError(f"{said} (không còn trang này)", kind="hard")
        if status in _REFUSED:
            raise FetchError(f"{said} (từ chối truy cập)", kind="soft")
        wait = _retry_after(headers)
        if status in (429, 503) and wait is not None:
            self._pace.hold(host, wait)
        if status in _LATER or status >= 500:
            raise FetchError(f"{said} (tạm thời)", kind="temporary", retry_after=wait)
        raise FetchError(said, kind="soft" if status < 400 else "hard")

    def _open_client(self) -> httpx.AsyncClient:
        if self._config.proxy is None:
            connector = checked_connector(CheckedResolver(self._allow, self._fixed), self._allow, self._context, self._config.concurrency)
        else:
            connector = aiohttp.TCPConnector(ssl=self._context, limit=self._config.concurrency)  # connects to the proxy alone
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
            max_line_size=_HEADER_BYTES, max_field_size=_HEADER_BYTES,
        )  # fmt: skip
        proxy = httpx.Proxy(self._config.proxy) if self._config.proxy else None
        return httpx.AsyncClient(
            transport=AiohttpTransport(client=session, verify=self._context, trust_env=False, proxy=proxy),
            headers={"User-Agent": self._config.user_agent, "Accept-Encoding": "gzip, deflate", "Accept-Language": "vi, en;q=0.5"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=self._config.timeout, trust_env=False, follow_redirects=False,
        )  # fmt: skip

    async def _check_behind_proxy(self, url: str) -> None:
        """The proxy resolves names, so look ourselves first; a name only the proxy knows is the operator's choice."""
        parts = urlsplit(url)
        resolver = CheckedResolver(self._allow, self._fixed)
        try:
            await resolver.resolve(parts.hostname or "", parts.port or 443)
        except OSError:
            return
        finally:
            await resolver.close()


def _explained(error: Exception, host: str) -> FetchError:
    """The sentence for a failed connection; a refusal by the guard stays one, however deep the libraries wrapped it."""
    seen: BaseException | None = error
    for _ in range(12):
        if isinstance(seen, Refused):
            return seen
        if isinstance(seen, aiohttp.ClientConnectorCertificateError):
            seen = seen.certificate_error
        if isinstance(seen, ssl.SSLCertVerificationError):
            return FetchError(certificates.explained(seen, host), kind="soft")
        if isinstance(seen, aiohttp.ClientConnectorDNSError):
            return FetchError(f"Không tìm thấy máy chủ {host}", kind="temporary")
        if isinstance(seen, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError | ConnectionResetError):
            return FetchError(f"Máy chủ {host} ngắt kết nối giữa chừng", kind="temporary")
        if isinstance(seen, ConnectionRefusedError):
            return FetchError(f"Máy chủ {host} không nhận kết nối", kind="temporary")
        if seen is None:
            break
        seen = seen.__cause__ or seen.__context__
    return FetchError(f"Không đọc được từ {host} ({type(error).__name__})", kind="temporary")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks us to wait; a date is measured by the server's own clock."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _MAX_RETRY_AFTER)
    try:
        wait = (parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 0.0), _MAX_RETRY_AFTER)
