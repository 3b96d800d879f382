"""Hostile and broken pages: each a generator, with what must become of it."""

# ruff: noqa: E501  # one case a line

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

SAID = "Sáng nay phường mở thêm quầy hướng dẫn người dân nộp hồ sơ trực tuyến, mỗi lượt chờ chưa đến mười phút."
PROSE = "".join(f"<p>{SAID} Đoạn thứ {n} kể thêm một chi tiết nhỏ về buổi sáng ấy.</p>" for n in range(1, 7))
TITLE = "Phường mở thêm quầy hướng dẫn"
ARTICLE = f"<h1>{TITLE}</h1><div class='noi-dung'>{PROSE}</div>"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One page and what is asked of it."""

    name: str
    build: Callable[[], bytes]
    reads: bool = False  #: its article must be found …
    flagged: bool = False  #: … and may be marked as partial: it lies where no article should
    refused: str = ""  #: its refusal must say this
    absent: tuple[str, ...] = ()  #: must not stand in title or text
    charset: str | None = "utf-8"


def page(body: str, head: str = "") -> bytes:
    """A page in UTF-8."""
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{TITLE}</title>{head}</head><body>{body}</body></html>".encode()


def _ld(value: object, kind: str = "application/ld+json") -> str:
    return f'<script type="{kind}">{json.dumps(value, ensure_ascii=False)}</script>'


def _nested(tag: str, depth: int, inside: str = "") -> str:
    return f"<{tag}>" * depth + inside + f"</{tag}>" * depth


def _deep_json(depth: int) -> str:
    return '<script type="application/ld+json">' + '{"@graph":[' * depth + "]}" * depth + "</script>"


def _recursive() -> str:
    return _ld({"@graph": [{"@id": "#a", "@type": "NewsArticle", "isPartOf": {"@id": "#b"}}, {"@id": "#b", "isPartOf": {"@id": "#a"}}]})


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", SAID * 50)
    return file.getvalue()


def _zalgo(text: str) -> str:
    return "".join(letter + "\u0335\u0321\u0344\u0489" * 40 for letter in text)


_FLOODS = (
    Case(name="open spans", build=lambda: page(ARTICLE + "<span>" * 150_000)),
    Case(name="closed spans", build=lambda: page(ARTICLE + "<span>a</span>" * 100_000), reads=True),
    Case(name="spans before the article", build=lambda: page("<span></span>" * 100_000 + ARTICLE), reads=True),
    Case(name="bold", build=lambda: page(ARTICLE + "<b>" * 100_000)),
    Case(name="fonts around every word", build=lambda: page(ARTICLE + "<p>" + "<font color=red><b>chữ</b></font> " * 30_000 + "</p>")),
    Case(name="line breaks", build=lambda: page(ARTICLE + "<br>" * 300_000), reads=True),
    Case(name="paragraphs", build=lambda: page(ARTICLE + "<p>a" * 200_000)),
    Case(name="headings", build=lambda: page("<h1>Tin</h1>" * 50_000 + ARTICLE)),
    Case(name="list items", build=lambda: page(ARTICLE + "<ul>" + "<li>mục" * 100_000), reads=True),
    Case(name="links", build=lambda: page(ARTICLE + "<a href=/x>liên kết</a> " * 60_000), reads=True),
    Case(name="forms", build=lambda: page(ARTICLE + "<form><input name=a></form>" * 40_000), reads=True),
    Case(name="frames", build=lambda: page(ARTICLE + "<iframe src=//x.example></iframe>" * 30_000), reads=True),
    Case(name="pictures", build=lambda: page(ARTICLE + "<img src=x onerror=alert(1)>" * 60_000), reads=True),
    Case(name="metas", build=lambda: page(ARTICLE, "<meta name='k' content='v'>" * 60_000), reads=True),
    Case(name="canonical links", build=lambda: page(ARTICLE, "<link rel=canonical href='http://khac.example/'>" * 30_000), reads=True),
    Case(name="containers named as the body", build=lambda: page(ARTICLE + "<div class='noi-dung'>x</div>" * 40_000)),
    Case(
        name="nested containers named as the body",
        build=lambda: page(_nested("div class='noi-dung'", 3_000, PROSE)),
        reads=True,
        flagged=True,
    ),
    Case(name="leads", build=lambda: page(f"<meta name=description content='{SAID}'>" + "<p class=sapo>x</p>" * 50_000 + ARTICLE)),
    Case(name="dates", build=lambda: page("<div class=date>1/</div>" * 50_000 + ARTICLE)),
    Case(name="times", build=lambda: page("<time datetime='x'>y</time>" * 50_000 + ARTICLE)),
)
_DEPTHS = (
    *(
        Case(name=f"{n} divs deep", build=lambda n=n: page(_nested("div", n, ARTICLE)), reads=True, flagged=True)
        for n in (1_000, 10_000, 100_000)
    ),
    Case(name="100000 tables deep", build=lambda: page(_nested("table><tr><td", 30_000, ARTICLE)), reads=True, flagged=True),
    Case(name="quotations deep", build=lambda: page(_nested("blockquote", 50_000, PROSE)), reads=True, flagged=True),
    Case(name="lists deep", build=lambda: page(_nested("ul><li", 50_000, PROSE)), reads=True, flagged=True),
    Case(name="an article below a thousand spans", build=lambda: page(_nested("span", 1_000, ARTICLE)), reads=True, flagged=True),
    Case(name="fonts deep", build=lambda: page(_nested("font", 50_000, ARTICLE)), reads=True, flagged=True),
)
_SIZES = (
    Case(name="an attribute of two megabytes", build=lambda: page(f"<div data-x='{'a' * 2_000_000}'>{ARTICLE}</div>"), reads=True),
    Case(name="a hundred thousand attributes", build=lambda: page(f"<div {' '.join(f'a{n}=b' for n in range(100_000))}>{ARTICLE}</div>")),
    Case(name="a class of a megabyte", build=lambda: page(f"<div class='{'related ' * 125_000}'>{ARTICLE}</div>")),
    Case(name="a style of a megabyte", build=lambda: page(f"<div style='{'color:red;' * 100_000}'>{ARTICLE}</div>"), reads=True),
    Case(
        name="a table of a hundred thousand cells",
        build=lambda: page(ARTICLE + "<table>" + "<tr><td>1<td>2<td>3<td>4" * 25_000 + "</table>"),
    ),
    Case(name="a script of two megabytes", build=lambda: page(f"<script>{'var a=1;' * 250_000}</script>{ARTICLE}"), reads=True),
    Case(name="a style sheet of two megabytes", build=lambda: page(ARTICLE, f"<style>{'p{color:red}' * 180_000}</style>"), reads=True),
    Case(name="text of five megabytes", build=lambda: page(f"<h1>{TITLE}</h1><div class='noi-dung'>{PROSE * 6_000}</div>"), reads=True),
    Case(name="one word of three megabytes", build=lambda: page(f"{ARTICLE}<p>{'á' * 1_500_000}</p>")),
    Case(name="one line of a million words", build=lambda: page(f"{ARTICLE}<div>{'chữ ' * 600_000}</div>")),
    Case(name="a title of a megabyte", build=lambda: page(ARTICLE, f"<meta property='og:title' content='{'Tin ' * 250_000}'>"), reads=True),
    Case(name="endless scroll", build=lambda: page((ARTICLE + "<hr>" + ARTICLE.replace("Phường", "Xã")) * 300)),
)
_DATA = (
    Case(name="ten thousand graph nodes", build=lambda: page(ARTICLE, _ld({"@graph": [{"@type": "NewsArticle", "headline": TITLE}] * 10_000})), reads=True),
    Case(name="references in a circle", build=lambda: page(ARTICLE, _recursive()), reads=True),
    Case(name="JSON a hundred thousand deep", build=lambda: page(ARTICLE, _deep_json(100_000)), reads=True),
    Case(name="JSON of two megabytes", build=lambda: page(ARTICLE, _ld({"@type": "NewsArticle", "x": "a" * 2_000_000})), reads=True),
    Case(name="JSON cut in the middle", build=lambda: page(ARTICLE, '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Ti</script>'), reads=True),
    Case(name="numbers without end in JSON", build=lambda: page(ARTICLE, f'<script type="application/ld+json">{{"a":{"9" * 100_000}}}</script>'), reads=True),
    Case(name="other types in every field", build=lambda: page(ARTICLE, _ld({"@type": ["NewsArticle", 5], "headline": {"a": 1}, "datePublished": [1], "articleBody": 7, "url": None})), reads=True),
    Case(name="many scripts of data", build=lambda: page(ARTICLE, _ld({"@type": "NewsArticle", "headline": TITLE}) * 10_000), reads=True),
    Case(name="a body in the data that the page does not show", build=lambda: page(ARTICLE, _ld({"@type": "NewsArticle", "articleBody": "Mua ngay thuốc giả. " * 40})), reads=True, absent=("thuốc giả",)),
    Case(name="a script inside the data", build=lambda: page(ARTICLE, _ld({"@type": "NewsArticle", "headline": "<script>alert(1)<\\/script>Tin <img src=x onerror=y>"})), reads=True, absent=("<", "alert")),
    Case(name="dates of other centuries", build=lambda: page(ARTICLE, _ld({"@type": "NewsArticle", "datePublished": "9999-12-31T23:59:59Z"}) + "<meta property='article:published_time' content='-001-01-01'>"), reads=True),
)  # fmt: skip
_MARKUP = (
    Case(name="comments without end", build=lambda: page(ARTICLE + "<!-- " * 200_000)),
    Case(name="a comment that never closes", build=lambda: page(ARTICLE + f"<!-- {'a' * 1_000_000}"), reads=True),
    Case(name="half comments", build=lambda: page("<!--><!--->" * 50_000 + ARTICLE)),
    Case(name="everything unclosed", build=lambda: page(f"<div><table><tr><td><b><i><h1>{TITLE}<div class=noi-dung>{PROSE.replace('</p>', '')}"), reads=True),
    Case(name="crossed tags", build=lambda: page(f"<b><i><p></b></i>{ARTICLE}</p><div></span></div>" * 1), reads=True),
    Case(name="null bytes", build=lambda: page(ARTICLE.replace("p>", "p\0>").replace(" ", "\0 ")), absent=("\0",)),
    Case(name="null bytes between letters", build=lambda: b"\0".join(page(ARTICLE).split(b"n"))),
    Case(name="CDATA in HTML", build=lambda: page(f"<![CDATA[<script>alert(1)</script>]]>{ARTICLE}"), reads=True, absent=("alert(1)</",)),
    Case(name="processing instructions", build=lambda: page("<?php echo 1; ?>" * 20_000 + ARTICLE)),
    Case(name="doctype bombs", build=lambda: b'<!DOCTYPE html [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + page(ARTICLE + "&b;" * 1_000)),
    Case(name="entities", build=lambda: page(ARTICLE + "<p>" + "&lt;&amp;&#60;" * 100_000 + "</p>"), absent=("<script",)),
    Case(name="entities of entities", build=lambda: page(ARTICLE + "<p>" + "&amp;" * 200_000 + "lt;script&gt;</p>"), absent=("<script",)),
    Case(name="numbers that are no letters", build=lambda: page(ARTICLE + "<p>" + "&#x110000;&#xD800;&#0;&#999999999999;" * 2_000 + "</p>")),
    Case(name="a frameset", build=lambda: b"<html><head><title>T</title></head><frameset><frame src='a.html'></frameset></html>"),
    Case(name="scripts in every field", build=lambda: page(f"<h1 onclick=alert(1)>{TITLE}<script>alert(1)</script></h1><div class='noi-dung'>{PROSE}<svg/onload=alert(1)><p onmouseover=x>&lt;script&gt;alert(1)&lt;/script&gt; hết.</p></div>"), reads=True, absent=("<", "alert(1)</")),
    Case(name="a template that hides the page", build=lambda: page(f"<template>{ARTICLE}</template><noscript>{ARTICLE}</noscript>")),
    Case(name="text only in attributes", build=lambda: page(f"<div title='{SAID}' data-text='{SAID * 20}'></div>")),
    Case(name="an article in white on white", build=lambda: page(f"<div style='display:none'>{PROSE.replace('Sáng nay', 'Giấu kín')}</div>{ARTICLE}"), reads=True, absent=("Giấu kín",)),
)  # fmt: skip
_LETTERS = (
    Case(name="zalgo", build=lambda: page(f"<h1>{TITLE}</h1><div class='noi-dung'>{PROSE}<p>{_zalgo(SAID)}</p></div>"), reads=True),
    Case(name="letters turned around", build=lambda: page(ARTICLE.replace("Phường", "\u202ePhường\u202c\u2066")), reads=True, absent=("\u202e", "\u2066")),
    Case(name="zero width everywhere", build=lambda: page(ARTICLE.replace("a", "a\u200b\u2060")), absent=("\u200b",)),
    Case(name="soft hyphens", build=lambda: page(ARTICLE.replace("a", "a\u00ad")), absent=("\u00ad",)),
    Case(name="surrogates", build=lambda: page(ARTICLE).replace("ờ".encode(), b"\xed\xa0\x80")),
    Case(name="overlong UTF-8", build=lambda: page(ARTICLE).replace(b"<p>", b"<p>\xc0\xbcscript\xc0\xbe")),
    Case(name="noise", build=lambda: bytes((n * 7919 + n // 251) % 256 for n in range(200_000))),
    Case(name="UTF-7", build=lambda: b"<meta charset=utf-7>+ADw-script+AD4-alert(1)+ADw-/script+AD4-" + page(ARTICLE), charset="utf-7"),
    Case(name="a codec that is no encoding", build=lambda: page(ARTICLE), charset="zlib_codec", reads=True),
    Case(name="UTF-16 said to be UTF-8", build=lambda: page(ARTICLE).decode().encode("utf-16-le"), reads=True),
    Case(name="UTF-32", build=lambda: page(ARTICLE).decode().encode("utf-32")),
    Case(name="broken beyond repair", build=lambda: page("<h1>Tin</h1><p>" + "Chuy\ufffd\ufffdn \ufffd\ufffdi s\ufffd\ufffd ph\ufffd\ufffdng " * 40 + "</p>"), refused="hỏng mã hóa"),
    Case(name="letters beyond the first plane", build=lambda: page(ARTICLE + "<p>" + "😀👨‍👩‍👧" * 100_000 + "</p>")),
)  # fmt: skip
_ADDRESSES = (
    Case(name="refresh to somewhere else", build=lambda: page(ARTICLE, "<meta http-equiv=refresh content='0;url=http://169.254.169.254/'>"), reads=True),
    Case(name="a base that is a script", build=lambda: page(ARTICLE, "<base href='javascript:alert(1)//'><link rel=canonical href='/bai-khac-99.html'>"), reads=True),
    Case(name="a base on another host", build=lambda: page(ARTICLE, "<base href='http://127.0.0.1/'><link rel=canonical href='bai-1234.html'>"), reads=True),
    Case(name="a canonical address inside", build=lambda: page(ARTICLE, "<link rel=canonical href='http://10.0.0.1/bai-1234.html'>"), reads=True),
    Case(name="a canonical address elsewhere", build=lambda: page(ARTICLE, "<link rel=canonical href='https://bao-khac.example/bai-1234.html'>"), reads=True),
    Case(name="a canonical address that is a file", build=lambda: page(ARTICLE, "<link rel=canonical href='file:///etc/passwd'><meta property='og:url' content='data:text/html,x'>"), reads=True),
    Case(name="a canonical address of a megabyte", build=lambda: page(ARTICLE, f"<link rel=canonical href='https://a.vn/{'a/' * 500_000}'>"), reads=True),
)  # fmt: skip
_NO_ARTICLE = (
    Case(name="nothing", build=lambda: b""),
    Case(name="white space", build=lambda: b" \r\n\t" * 100_000),
    Case(name="one letter", build=lambda: b"<"),
    Case(name="an empty body", build=lambda: page("")),
    Case(name="a PDF", build=lambda: b"%PDF-1.7\n" + b"\xe2\xe3\xcf\xd3 obj <<>> stream" * 10_000, refused="PDF"),
    Case(name="a ZIP", build=_zip, refused="ZIP"),
    Case(name="a GIF", build=lambda: b"GIF89a" + bytes(range(256)) * 100, refused="GIF"),
    Case(name="gzip inside", build=lambda: gzip.compress(page(ARTICLE)), refused="gzip"),
    Case(name="JSON", build=lambda: json.dumps({"loi": SAID}).encode()),
    Case(name="XML", build=lambda: f"<?xml version='1.0' encoding='utf-16'?><rss><item><title>{TITLE}</title></item></rss>".encode()),
    Case(name="a cookie wall", build=lambda: page("<h2>Chúng tôi sử dụng cookie</h2><p>Bấm chấp nhận để tiếp tục.</p>"), refused="cookie"),
    Case(name="a robot check", build=lambda: b"<title>Just a moment...</title><p>Checking your browser before accessing. Enable JavaScript and cookies to continue</p>", refused="máy đọc"),
    Case(name="a page that is a script", build=lambda: page(f"<script>document.cookie='a=1';location.reload();{'x' * 5_000}</script><noscript>Vui lòng bật JavaScript</noscript><p>Vui lòng bật JavaScript để tiếp tục.</p>"), refused="máy đọc"),
    Case(name="gone but 200", build=lambda: "<title>404 - Không tìm thấy trang</title><h1>Không tìm thấy trang</h1><p>Bài viết không tồn tại hoặc đã bị xóa.</p>".encode(), refused="không còn"),
    Case(name="a login", build=lambda: page("<h1>Đăng nhập</h1><p>Vui lòng đăng nhập để đọc tiếp nội dung này.</p><form><input name=user></form>"), refused="đăng nhập"),
    Case(name="maintenance", build=lambda: "<title>Hệ thống đang bảo trì</title><h1>Hệ thống đang bảo trì</h1><p>Xin quay lại sau.</p>".encode(), refused="bảo trì"),
)  # fmt: skip

CASES = (*_FLOODS, *_DEPTHS, *_SIZES, *_DATA, *_MARKUP, *_LETTERS, *_ADDRESSES, *_NO_ARTICLE)
