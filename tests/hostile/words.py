"""Feeds whose words are hostile: scripts, links, dates, encodings, letters."""

# ruff: noqa: E501  # one case, one line
from __future__ import annotations

import codecs

from crawlers.pages.encodings import _VISCII, TCVN3
from tests.hostile.case import Family, escaped, item, rss

SCRIPTS = (
    "<script>alert(1)</script>", "<ScRiPt src=//x.vn/a.js></sCrIpT>", "<scr<script></script>ipt>alert(1)</script>", "<script", "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<iframe src=javascript:alert(1)>", "<a href=javascript:alert(1)>Tin</a>",
    "<a href='java\tscript:alert(1)'>Tin</a>", "<body onload=alert(1)>", "<math><mtext><script>alert(1)</script>", "<style>*{x:expression(alert(1))}</style>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=>", "<meta http-equiv=refresh content=0;url=javascript:alert(1)>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--<script>alert(1)</script>-->", "<template><script>alert(1)</script></template>", "\"><script>alert(1)</script>", "{{7*7}}${7*7}<%= 7*7 %>",
    "<form action=//x.vn><input name=q>", "<noscript><p title='</noscript><script>alert(1)</script>'>", "<textarea><script>alert(1)</script>", "< script >alert(1)</ script >",
)  # fmt: skip
LINKS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "file:///etc/passwd",
    "ftp://bao.vn/a", "gopher://127.0.0.1:6379/_x", "mailto:a@b.vn", "tel:0912345678", "about:blank", "blob:x", "#a", "", " ", "?", "//", "http://", "http:///a",
    "//khac.thu.example/a", "\\\\khac.thu.example\\a", "http:\\khac.thu.example", "http://ten:mat-khau@khac.thu.example/a", "http://khac.thu.example@127.0.0.2/a",
    "http://127.0.0.2/a", "http://2130706434/a", "http://0x7f000002/a", "http://0177.0.0.2/a", "http://[::1]/a", "http://[::ffff:127.0.0.2]/a", "http://169.254.169.254/latest",
    "http://10.0.0.1/a", "http://127.0.0.2:22/a", "http://khac.thu.example:99999/a", "http://bảo.thu.example/a", "http://ⓚⓗⓐⓒ.thu.example/a", "http://a b.vn/", "http://a%00b.vn/",
    "http://" + "a" * 300 + ".vn/", "../../../../a", "/a/../../b", "/%00", "/tin\x00.html", "/" + "%2e%2e/" * 50, "/tin lạ.html", "/tin?" + "a=1&" * 500,
)  # fmt: skip
DATES = (
    "", "hôm nay", "0", "-1", "99999999999999999999", "Thu, 32 Foo 2026 25:61:61 +9999", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "-0001-01-01", "1970-01-01T00:00:00Z",
    "2036-01-01T00:00:00Z", "11/5/2026 9:00:00\u202fPM", "2026-02-30", "05/11/2026 08:30 GMT+7", "Thứ năm, 5/11/2026", "Thu, 05 Nov 2026 08:30:00 ICT", "2026-11-05T08:30:00+99:99",
    "٢٠٢٦-١١-٠٥", "20261105083000", "<script>alert(1)</script>", "\u202e5/11/2026", "1" * 5_000, "2026-11-05T24:00:00", "Mon, 00 Jan 0000 00:00:00 GMT",
)  # fmt: skip
TEXT = "Sở Thông tin hướng dẫn người dân đăng ký dịch vụ công trực tuyến, thủ tục được rút ngắn, phường đã sẵn sàng hỗ trợ."


def scripts() -> Family:
    cases = Family("scripts")
    for payload, plain in zip(SCRIPTS, escaped(SCRIPTS), strict=True):
        parts = f"<description>{plain}</description><author>{plain}</author><category>{plain}</category><guid isPermaLink='false'>{plain}</guid><pubDate>{plain}</pubDate>"
        cases.add(f"{payload} in every field", rss(item(f"Tin lạ {plain}", "/tin-la.html", parts)), "clean")
    for payload in SCRIPTS[:12]:
        raw = f"<description><![CDATA[{payload}Đoạn tóm tắt.]]></description><content:encoded><![CDATA[<p>Toàn văn {payload}</p>]]></content:encoded>"
        cases.add(f"{payload} as it is", rss(item(more=raw), spaces=' xmlns:content="http://purl.org/rss/1.0/modules/content/"'))
    return cases


def links() -> Family:
    cases = Family("links")
    for link, plain in zip(LINKS, escaped(LINKS), strict=True):
        cases.add(f"{link[:60]!r} beside a good one", rss(item("Liên kết lạ", plain), item("Liên kết lành", "/lanh.html")), "clean")
    return cases


def dates() -> Family:
    cases = Family("dates")
    for date, plain in zip(DATES, escaped(DATES), strict=True):
        cases.add(f"{date[:40]!r}", rss(item(more=f"<description>Tin có ngày lạ.</description><pubDate>{plain}</pubDate>")), "clean")
    return cases


def _bytes(text: str, upper: str) -> bytes:
    """`text` in an encoding given by its upper half."""
    return b"".join(bytes([0x80 + upper.index(c)]) if c in upper else c.encode("latin-1", "replace") for c in text)


def encodings() -> Family:
    cases = Family("encodings")
    body = rss(item(TEXT, more=f"<description>{TEXT}</description>"), top="")
    cp1258 = body.replace("Sở", "Sơ\u0309").encode("cp1258", "replace")
    packed = {
        "TCVN3": _bytes(body, TCVN3), "VISCII": _bytes(body, _VISCII), "windows-1258": cp1258, "VNI": _vni(body), "UTF-16 without BOM": body.encode("utf-16-le"),
        "UTF-16 BE without BOM": body.encode("utf-16-be"), "UTF-32": body.encode("utf-32"), "UTF-7": body.encode("utf-7"), "UTF-8 twice": body.encode().decode("latin-1").encode(),
        "UTF-8 with bad bytes": body.encode().replace("ư".encode(), b"\xc6"),
    }  # fmt: skip
    for name, content in packed.items():
        for declared in ("", "utf-8", "iso-8859-1", "windows-1258"):
            prolog = f'<?xml version="1.0" encoding="{declared}"?>'.encode() if declared else b""
            wide = name.startswith("UTF-16") or name == "UTF-32"
            cases.add(
                f"{name} declared {declared or 'as nothing'}",
                content if wide else prolog + content,
                media_type=f"text/xml; charset={declared}" if declared else "text/xml",
            )
    for name in (
        "utf-16",
        "hex",
        "rot13",
        "base64",
        "zlib",
        "unicode_escape",
        "punycode",
        "undefined",
        "x-unknown",
        "utf-8\x00",
        "a" * 2_000,
        "none",
        "idna",
    ):
        cases.add(
            f"the name {name[:20]!r}",
            f'<?xml version="1.0" encoding="{name[:60]}"?>{body}',
            media_type=f"text/xml; charset={name[:200]}".replace("\x00", ""),
        )
    for name, mark in (
        ("UTF-16", codecs.BOM_UTF16_LE),
        ("UTF-16 BE", codecs.BOM_UTF16_BE),
        ("UTF-8", codecs.BOM_UTF8),
        ("UTF-32", codecs.BOM_UTF32_LE),
        ("two of UTF-8", codecs.BOM_UTF8 * 2),
    ):
        cases.add(f"a {name} mark before UTF-8", mark + body.encode())
    cases.add("lone surrogates", body.replace("Sở", "Sở \ud800").encode("utf-8", "surrogatepass"))
    cases.add("NULs everywhere", body.replace(" ", " \x00").encode(), "clean")
    cases.add("overlong letters", body.encode().replace(b"Tin", b"\xc1\x94in"))
    return cases


def _vni(text: str) -> bytes:
    """Two bytes a letter, as the fonts of VNI had it (a few letters are enough to look broken)."""
    table = {
        "ở": "ôû",
        "ư": "ö",
        "ớ": "ôù",
        "ẫ": "aãâ",
        "ờ": "ôø",
        "đ": "ñ",
        "ă": "aê",
        "ý": "yù",
        "ị": "ò",
        "ụ": "uï",
        "ự": "öï",
        "ế": "eá",
        "ủ": "uû",
        "ượ": "öôï",
        "ã": "aõ",
    }
    return "".join(table.get(c, c) for c in text).encode("latin-1", "replace")


def letters() -> Family:
    cases = Family("letters")
    for what, text in (
        ("stacked marks", "T" + "\u0301\u0323\u0302" * 300 + "in"), ("a river of marks", "a" + "\u0301" * 300_000), ("overrides of direction", "\u202eTin lạ\u202d\u2066\u2069"),
        ("a flood of emoji", "😀" * 100_000), ("families of emoji", "👩‍👩‍👧‍👦" * 20_000), ("zero width", "T\u200bi\u200cn\u200d \u2060l\ufeffạ"), ("tag letters", "Tin" + "".join(chr(0xE0000 + ord(c)) for c in "script")),
        ("one unbroken run", "a" * 500_000), ("private use", "\ue000\uf8ff Tin \U000f0000"), ("variation selectors", "T\ufe0fi\ufe0fn" * 1_000), ("spaces of all kinds", "\u00a0\u2003\u3000\u202f Tin \u2028\u2029"),
        ("controls", "T\x01i\x02n\x1b[31m lạ\x7f\x85"), ("look-alikes", "Тіn tứс сhuуển đổі ѕố"), ("the slot of a case number", "\ue000 Tin số \ue000"), ("a formula", '=HYPERLINK("http://x.vn","Tin")'),
    ):  # fmt: skip
        cases.add(
            what, lambda text=text: rss(item(text, more=f"<description>{text} Đoạn tóm tắt.</description>")).encode("utf-8", "replace")
        )
    return cases
