"""Feeds whose structure stalls a parser: attributes, CDATA, entities, nesting, volume, ids."""

# ruff: noqa: E501  # one case, one line
from __future__ import annotations

from tests.hostile.case import Family, item, rss

LINK = "<link>/tin-la-1.html</link>"
HIDING = '{0}=">"'


def _attributes(count: int, form: str = '{0}="1"') -> str:
    return " ".join(form.format(f"a{n}") for n in range(count))


def attributes() -> Family:
    cases = Family("attributes")
    cases.add("400 on an item", rss(f"<item {_attributes(400)}><title>a</title>{LINK}</item>"), "clean")
    cases.add("20,000 on an item", lambda: rss(f"<item {_attributes(20_000)}>{LINK}</item>").encode(), "marked", kind="hostile")
    cases.add("100,000 on an item", lambda: rss(f"<item {_attributes(100_000)}>{LINK}</item>").encode(), "marked", kind="hostile")
    cases.add("100,000 on a title", lambda: rss(f"<item><title {_attributes(100_000)}>a</title>{LINK}</item>").encode())
    cases.add("50,000 without values", lambda: rss(f"<item {_attributes(50_000, '{0}')}>{LINK}</item>").encode(), "marked", kind="hostile")
    cases.add("10,000 of one name", rss("<item " + "a='1' " * 10_000 + f">{LINK}</item>"), "marked", kind="hostile")
    cases.add("a value of 2 MB", lambda: rss(f'<item x="{"y" * 2_000_000}"><title>a</title>{LINK}</item>').encode())
    cases.add("2,000 namespaces", rss(item(), spaces=" " + _attributes(2_000, 'xmlns:{0}="u:{0}"')))
    cases.add(
        "hidden behind > in values",
        lambda: rss(f"<item {_attributes(30_000, HIDING)}><title>a</title><title>b</title>{LINK}</item>").encode(),
    )
    return cases


def cdata() -> Family:
    cases = Family("cdata")
    cases.add("50,000 pieces", lambda: rss(item(title="<![CDATA[a]]>" * 50_000)).encode())
    cases.add("300,000 pieces", lambda: rss(item(title="<![CDATA[a]]>" * 300_000)).encode())
    cases.add(
        "300,000 pieces in a broken feed", lambda: (rss(item(title="<![CDATA[a]]>" * 300_000)) + "<x>").encode(), "marked", kind="hostile"
    )
    cases.add("never closed", rss(item(title="<![CDATA[a")))
    cases.add("closed twice", rss(item(title="<![CDATA[a]]>]]>")), "clean")
    cases.add("within another", rss(item(title="<![CDATA[<![CDATA[a]]>]]&gt;")))
    cases.add("split in the middle of a tag", rss(item(title="<![CDATA[<scr]]><![CDATA[ipt>alert(1)</script>Tin]]>")), "clean")
    cases.add("100,000 empty ones", lambda: rss(item(title="<![CDATA[]]>" * 100_000 + "a")).encode(), "clean")
    return cases


def entities() -> Family:
    cases = Family("entities")
    laughs = "".join(f'<!ENTITY h{n} "{f"&h{n - 1};" * 10}">' for n in range(1, 10))
    for what, declared in (
        ("billion laughs", f'<!ENTITY h0 "ha">{laughs}'),
        ("a file", '<!ENTITY h9 SYSTEM "file:///etc/passwd">'),
        ("another server", '<!ENTITY h9 SYSTEM "http://127.0.0.2/">'),
        ("a public identifier", '<!ENTITY h9 PUBLIC "x" "http://169.254.169.254/latest/meta-data/">'),
        ("a parameter", '<!ENTITY % p SYSTEM "http://127.0.0.2/evil.dtd"> %p;'),
        ("itself", '<!ENTITY h9 "&h9;">'),
    ):
        cases.add(
            f"made of {what}", rss(item(title="&h9;"), top=f'<?xml version="1.0"?><!DOCTYPE rss [{declared}]>'), "marked", kind="hostile"
        )
    big = f'<!DOCTYPE rss [<!ENTITY h "{"x" * 50_000}">]>'
    cases.add("quadratic", lambda: rss(item(title="&h;" * 2_000), top=big).encode())
    cases.add("an outer DTD", rss(item(), top='<!DOCTYPE rss SYSTEM "http://127.0.0.2/rss.dtd">'), "clean")
    cases.add("never declared", rss(item(title="a &khong-co; b")), "clean")
    cases.add("never closed", rss(item(title="a &amp b & c &lt")), "clean")
    for reference in ("&#0;", "&#xD800;", "&#x110000;", "&#99999999999999;", "&#-1;", "&#x;"):
        cases.add(f"the character {reference}", rss(item(title=f"Tin {reference} lạ")))
    cases.add("300,000 references", lambda: rss(item(title="&#65;" * 300_000)).encode())
    cases.add("300,000 unknown references", lambda: rss(item(title="&a;" * 300_000)).encode())
    return cases


def nesting() -> Family:
    cases = Family("nesting")
    for levels in (1_000, 10_000, 100_000):
        cases.add(f"{levels} levels", lambda levels=levels: rss(f"<item>{LINK}{'<a>' * levels}{'</a>' * levels}</item>").encode())
    cases.add("100,000 levels never closed", lambda: rss("<item>" + "<a>" * 100_000).encode(), "marked", kind="hostile")
    cases.add("items within items", lambda: rss("<item>" * 5_000 + LINK + "</item>" * 5_000).encode())
    cases.add("media groups", lambda: rss(
        f"<item>{LINK}{'<media:group>' * 3_000}{'</media:group>' * 3_000}</item>", spaces=' xmlns:media="http://search.yahoo.com/mrss/"').encode())  # fmt: skip
    cases.add("markup in a summary", lambda: rss(item(more=f"<description><![CDATA[{'<div>' * 50_000}x]]></description>")).encode())
    cases.add("spans in a summary", lambda: rss(item(more=f"<description><![CDATA[{'<span>' * 60_000}x]]></description>")).encode())
    cases.add("JSON lists", "[" * 100_000, "marked", media_type="application/json")
    cases.add("JSON objects", '{"a":' * 100_000, "marked", media_type="application/feed+json")
    cases.add("XHTML in Atom", lambda: (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="/a"/><content type="xhtml">'
        + "<div>" * 4_000 + "x" + "</div>" * 4_000 + "</content></entry></feed>").encode())  # fmt: skip
    return cases


def volume() -> Family:
    cases = Family("volume")
    cases.add(
        "60,000 items of three addresses",
        lambda: rss(*(item(f"Tin {n}", f"/tin-{n % 3}.html", "") for n in range(60_000))).encode(),
        "clean",
    )
    cases.add("100,000 items, minimal", lambda: rss(*(f"<item><link>/{n % 9}</link></item>" for n in range(100_000))).encode(), "clean")
    cases.add(
        "5,000 items in a broken feed",
        lambda: (rss(*(item(f"Tin {n}", f"/tin-{n % 3}.html", "") for n in range(5_000))) + "<x>").encode(),
        "clean",
    )
    cases.add("a title of 1 MB", lambda: rss(item(title="Tin lạ " * 120_000)).encode(), "clean")
    cases.add("a summary of 4 MB", lambda: rss(item(more=f"<description>{'đoạn ' * 600_000}</description>")).encode(), "clean")
    cases.add("a date of 1 MB", lambda: rss(item(more=f"<pubDate>{'1' * 1_000_000}</pubDate>")).encode(), "clean")
    cases.add("a link of 1 MB", lambda: rss(item(link="/" + "a" * 1_000_000), item()).encode(), "clean")
    cases.add("a category of 1 MB", lambda: rss(item(more=f"<category>{'x' * 1_000_000}</category>")).encode(), "clean")
    cases.add("10,000 categories", lambda: rss(item(more="<category>a</category>" * 10_000)).encode(), "clean")
    cases.add("10,000 authors", lambda: rss(item(more="<author>a@b.vn (x)</author>" * 10_000)).encode(), "clean")
    cases.add(
        "an author without end",
        lambda: rss(item(more=f"<title>x</title><author>{'a' * 100_000}</author>")).encode(),
        "marked",
        kind="hostile",
    )
    cases.add(
        "two authors without end",
        lambda: rss(item(more=f"<title>x</title><author>{'a.' * 80_000}@</author>")).encode(),
        "marked",
        kind="hostile",
    )
    cases.add("6 MB, more than the limit", lambda: rss(item()).encode() + b" " * 6_000_000, "marked", kind="hard")
    cases.add("a million comments' worth", lambda: rss(item(), "<!-- x -->" * 200_000).encode(), "clean")
    cases.add("a prolog of 1 MB", lambda: (f'<?xml version="1.0" {" " * 1_000_000}?>' + rss(item(), top="")).encode())
    cases.add("900,000 open brackets", lambda: rss(item(), "<" * 900_000).encode())
    return cases


def ids() -> Family:
    cases = Family("ids")
    guid = '<guid isPermaLink="{0}">{1}</guid>'.format
    cases.add("none at all", rss("<item><title>Tin không có gì</title></item>"), "marked")
    cases.add("one for all", rss(*(item(f"Tin {n}", f"/tin-{n}.html", guid("false", "1")) for n in range(3))), "clean")
    cases.add("all alike", rss(*(item(more=guid("false", "1")) for _ in range(200))), "clean")
    cases.add("of 1 MB", lambda: rss(item(more=guid("false", "x" * 1_000_000))).encode(), "clean")
    cases.add("a script", rss(f"<item><title>a</title>{guid('true', 'javascript:alert(1)')}</item>"), "marked")
    cases.add("with a NUL", rss(item(more=guid("false", "a\x00b"))), "clean")
    cases.add("a relative permalink", rss(f"<item><title>Tin</title>{guid('true', '/tin-9.html')}</item>"), "clean")
    cases.add("another outlet's", rss(item(more=guid("true", "https://tuoitre.vn/a.htm"))), "clean")
    cases.add("empty", rss(item(more=guid("true", ""))), "clean")
    return cases
