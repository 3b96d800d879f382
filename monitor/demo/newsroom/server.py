"""A small real HTTP server on one loopback port; each outlet is a virtual host of it and shows only what its hour has published."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateNotFound

from monitor.demo.newsroom import hostile
from monitor.demo.newsroom.items import Item, Outlet, encoded, items, outlets, printed_date
from monitor.records import Clock

PER_PAGE = 12  #: items of one listing page
IN_FEED = 30  #: items of one feed

FEED_PATHS = {
    "rss": "/rss/tin-moi.rss",
    "atom": "/atom.xml",
    "sitemap": "/sitemap.xml",
    "listing": "/tin-tuc",
    "youtube": "/feeds/videos.xml",
    "json": "/api/bai-viet",
    "xenforo": "/forums/-/index.rss",
    "gone": "/rss/home.rss",
    "error_page": "/rss/home.rss",
    "hostile": "/rss/tin-la.rss",
}

ROBOTS = "User-agent: *\nDisallow: /noi-bo/\nCrawl-delay: 0\n"


def _template(name: str) -> str:
    try:
        return (resources.files(__package__) / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise TemplateNotFound(name) from None


_TEMPLATES = Environment(loader=FunctionLoader(_template), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def feed_url(outlet: Outlet) -> str:
    """The address that a source of this outlet is configured with."""
    return f"http://{outlet.host}{FEED_PATHS[outlet.serves]}"


class _Newsroom(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, clock: Clock) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.clock = clock
        self.hosts = {o.host: o for o in outlets()}

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Newsroom
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet: the demo's console belongs to the alerts."""

    def do_GET(self) -> None:
        outlet = self.server.hosts.get((self.headers.get("Host") or "").split(":")[0])
        if outlet is None:
            self._send(404, b"unknown host", "text/plain")
            return
        if outlet.slow:
            time.sleep(outlet.slow)  # a slow host is a promise of the newsroom, not a wait for luck
        path = urlsplit(self.path)
        if path.path == "/robots.txt":
            self._send(200, ROBOTS.encode(), "text/plain")
        elif path.path == FEED_PATHS[outlet.serves] or path.path.startswith("/sitemap-news"):
            self._feed(outlet, path.path, path.query)
        else:
            self._page(outlet, path.path)

    def _feed(self, outlet: Outlet, path: str, query: str) -> None:
        if outlet.serves == "gone":
            self._send(404, b"<html><body>404 Not Found</body></html>", "text/html")
            return
        if outlet.serves == "error_page":
            closed = _TEMPLATES.get_template("layouts/bao_tri.html.j2").render()
            self._send(200, closed.encode(), "text/html; charset=utf-8")
            return
        if outlet.serves == "hostile":
            self._send(200, hostile.feed(outlet.host).encode(), "application/rss+xml; charset=utf-8")
            return
        offered = items(outlet.id, self.server.clock())
        if outlet.serves == "json":
            self._send(200, _json(outlet, offered[:IN_FEED]), "application/json")
            return
        body = _feed_text(outlet, offered, path, query).encode()
        self._send(200, body, _media_type(outlet), headers=_validators(outlet, body, offered))

    def _page(self, outlet: Outlet, path: str) -> None:
        if outlet.serves == "hostile":
            status, body = hostile.page(path)
            self._send(status, body, "text/html; charset=utf-8")
            return
        offered = items(outlet.id, self.server.clock())
        item = next((i for i in offered if i.path == path), None)
        if item is None or not outlet.layout:
            self._send(404, b"<html><body>404</body></html>", "text/html")
            return
        others = [i for i in offered if i is not item][:6]
        page = _TEMPLATES.get_template(f"layouts/{outlet.layout}.html.j2").render(
            outlet=outlet,
            item=item,
            others=others,
            iso=item.published_at.isoformat(),
            printed=printed_date(item.published_at, "vietnamese"),
        )
        self._send(200, encoded(page, outlet), f"text/html; charset={outlet.declared or outlet.charset}")

    def _send(self, status: int, body: bytes, media_type: str, *, headers: dict[str, str] | None = None) -> None:
        headers = headers or {}
        unchanged = status == 200 and self._unchanged(headers)
        self.send_response(304 if unchanged else status)
        for name, value in headers.items():
            self.send_header(name, value)
        if not unchanged:
            self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", "0" if unchanged else str(len(body)))
        self.end_headers()
        if not unchanged:
            self.wfile.write(body)

    def _unchanged(self, headers: dict[str, str]) -> bool:
        return any(
            name in headers and self.headers.get(asked) == headers[name]
            for name, asked in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
        ) and not headers.get("ETag", "").startswith('"bat-bien')


def _feed_text(outlet: Outlet, offered: list[Item], path: str, query: str) -> str:
    page = 1
    name = outlet.serves
    if name == "sitemap":
        name = "sitemap_news" if path.startswith("/sitemap-news") else "sitemap_index"
    if name == "listing":
        page = int(query.removeprefix("trang=")) if query.removeprefix("trang=").isdigit() else 1
        offered = offered[(page - 1) * PER_PAGE : page * PER_PAGE]
    folder, suffix = ("layouts", "html.j2") if name == "listing" else ("feeds", "xml.j2")
    return _TEMPLATES.get_template(f"{folder}/{name}.{suffix}").render(
        outlet=outlet, items=offered[:IN_FEED], page=page, printed=lambda i: printed_date(i.published_at, outlet.dates)
    )


def _json(outlet: Outlet, offered: list[Item]) -> bytes:
    rows = [
        {"tieuDe": i.title, "tomTat": i.lead, "duongDan": i.path, "ngayDang": printed_date(i.published_at, outlet.dates)} for i in offered
    ]
    return json.dumps({"tong": len(rows), "duLieu": rows}, ensure_ascii=False).encode()


def _validators(outlet: Outlet, body: bytes, offered: list[Item]) -> dict[str, str]:
    if outlet.validators == "etag":
        return {"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"'}
    if outlet.validators == "constant_etag":  # some servers send one ETag for ever: a body hash must tell
        return {"ETag": '"bat-bien"'}
    if outlet.validators == "last_modified" and offered:
        return {"Last-Modified": format_datetime(offered[0].published_at.astimezone(UTC), usegmt=True)}
    return {}


def _media_type(outlet: Outlet) -> str:
    if outlet.serves == "listing":
        return "text/html; charset=utf-8"
    return "application/atom+xml; charset=utf-8" if outlet.serves in ("atom", "youtube") else "application/xml; charset=utf-8"


@contextmanager
def serving(clock: Clock) -> Iterator[int]:
    """Serve the newsroom while the block runs; yields the loopback port."""
    server = _Newsroom(clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
