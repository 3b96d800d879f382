"""Feeds whose server is hostile: packed bombs, slow and endless answers, redirects, and answers that are no feeds."""

# ruff: noqa: E501  # one case, one line
from __future__ import annotations

import gzip
import random
import zlib
from functools import lru_cache

from tests.feed_shapes import SHAPES
from tests.hostile.case import Family, item, rss

CANARY = "http://127.0.0.2:{canary}/"  #: where nobody may ever knock
FEED = rss(item()).encode()


@lru_cache
def _bomb() -> bytes:
    return gzip.compress(rss(item(title="a" * 30_000_000)).encode(), 1)


def compression() -> Family:
    cases = Family("compression")
    cases.add("a gzip bomb", _bomb, "marked", kind="hard", headers={"Content-Encoding": "gzip"})
    cases.add("a deflate bomb", lambda: zlib.compress(b" " * 30_000_000, 1), "marked", kind="hard", headers={"Content-Encoding": "deflate"})
    cases.add("a bomb in a file", _bomb, "marked", kind="hostile", media_type="application/gzip")
    cases.add("packed twice", lambda: gzip.compress(_bomb()), "marked", kind="hostile", headers={"Content-Encoding": "gzip"})
    cases.add("packed thrice", lambda: gzip.compress(gzip.compress(gzip.compress(FEED))), "marked", headers={"Content-Encoding": "gzip"})
    cases.add("two codings", lambda: gzip.compress(gzip.compress(FEED)), "marked", headers={"Content-Encoding": "gzip, gzip"})
    cases.add("an unknown coding", FEED, "marked", headers={"Content-Encoding": "br"})
    cases.add("not packed at all", FEED, "marked", headers={"Content-Encoding": "gzip"})
    cases.add("broken", gzip.compress(FEED)[:30] + b"\xff" * 30, "marked", headers={"Content-Encoding": "gzip"})
    cases.add("cut off", gzip.compress(FEED)[:-12], "marked", headers={"Content-Encoding": "gzip"})
    cases.add("a thousand empty members", gzip.compress(b"") * 1_000 + gzip.compress(FEED), headers={"Content-Encoding": "gzip"})
    cases.add("a file with rubbish behind", gzip.compress(FEED) + b"x" * 1_000)
    cases.add("raw deflate", zlib.compress(FEED)[2:-4], "clean", headers={"Content-Encoding": "deflate"})
    return cases


def transport() -> Family:
    cases = Family("transport")
    for manner, what in (
        ("silent", "never answers"), ("drip", "one byte at a time"), ("slow_head", "one header a second"), ("endless", "a body without end"), ("endless_head", "headers without end"),
    ):  # fmt: skip
        cases.add(what, FEED, "marked", manner=manner)
    cases.add("promises more than it sends", FEED, "marked", headers={"Content-Length": str(len(FEED) + 500)})
    cases.add("sends more than it promises", FEED, headers={"Content-Length": "60"})
    cases.add("a length that is no number", FEED, headers={"Content-Length": "-5"})
    cases.add("broken chunks", b"ZZZ\r\n" + FEED, "marked", headers={"Transfer-Encoding": "chunked"})
    cases.add("hangs up at once", b"", "marked", manner="hang_up")
    cases.add("speaks another protocol", b"SSH-2.0-OpenSSH_9.2\r\n", "marked", manner="raw")
    cases.add("a header of 1 MB", FEED, "marked", headers={"X-Long": "a" * 1_000_000})
    cases.add("10,000 cookies", FEED, manner="cookies")
    for status in (204, 206, 304, 401, 403, 404, 410, 418, 429, 500, 503, 599, 999):
        cases.add(
            f"status {status}",
            FEED if status == 206 else b"",
            "either" if status == 206 else "marked",
            status=status,
            headers={"Retry-After": "99999999999"},
        )
    return cases


def redirects() -> Family:
    cases = Family("redirects")
    for where in (
        "/rss", "/xoay/1", "/dai/1", CANARY, "http://127.0.0.2/", "http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://2130706434/",
        "http://0x7f.2/", "//127.0.0.2/", "file:///etc/passwd", "javascript:alert(1)", "data:text/xml,<rss/>", "http://a:b@127.0.0.2/", "ftp://127.0.0.2/", "http://khac.thu.example:22/",
        "", "http://", "\\\\127.0.0.2\\", "http://127.0.0.2%2f@khac.thu.example/",
    ):  # fmt: skip
        cases.add(f"to {where!r}", b"", "marked", status=302, headers={"Location": where})
    return cases


def impostors() -> Family:
    cases = Family("impostors")
    page = "<!DOCTYPE html><html><head><title>Lỗi</title></head><body><h1>{}</h1></body></html>".format
    noise = random.Random(5).randbytes(20_000)
    for what, body, kind in (
        ("nothing", b"", "empty"), ("blanks", b" \r\n" * 1_000, "empty"), ("an error page", page("Bảo trì").encode(), "parse"), ("a page that names a feed", page('<link rel="alternate" href="/rss">').encode(), "parse"),
        ("a cookie challenge", b"<script>document.cookie='D1N=1';location.reload()</script>", "parse"), ("a JSON error", b'{"error": {"code": 500}}', "parse"), ("half a JSON", b'{"items": [', "parse"),
        ("a JSON feed without items", b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "empty"), ("a JSON feed of numbers", b'{"version": "https://jsonfeed.org/version/1.1", "items": [1, null, []]}', ""),
        ("a picture", b"\x89PNG\r\n\x1a\n" + noise, ""), ("a PDF", b"%PDF-1.7\n" + noise, ""), ("an archive", b"PK\x03\x04" + noise, ""), ("noise", noise, ""), ("a sitemap", b"<urlset><url><loc>/a</loc></url></urlset>", "parse"),
        ("an envelope", b'<soap:Envelope xmlns:soap="x"><soap:Body/></soap:Envelope>', "parse"), ("a prolog alone", b'<?xml version="1.0"?>', "parse"), ("a mark alone", b"\xef\xbb\xbf", ""),
        ("a feed without items", rss().encode(), "empty"), ("plain text", "Trang không tồn tại".encode(), "parse"), ("PHP that failed", b"<br />\n<b>Fatal error</b>: Uncaught Error in /var/www/rss.php", ""),
    ):  # fmt: skip
        cases.add(what, body, "marked", kind=kind)
    cases.add(
        "a JSON feed of scripts",
        '{"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "/a", "title": "<script>alert(1)</script>Tin"}]}',
        "clean",
    )
    cases.add("a warning before the feed", b"<br />\n<b>Warning</b>: x in /a.php on line 3<br />\n" + FEED)
    return cases


def cut() -> Family:
    cases = Family("cut")
    for name in ("newspaper", "magazine", "rdf", "wordpress"):
        body = SHAPES[name](3)
        for third in (1, 2):
            site = f"-{third}.vn/".encode()  # else the two share their URLs, and whoever is read first gets all
            cases.add(f"{name} after {third}/3", body[: len(body) * third // 3].replace(b".vn/", site))
    return cases
