"""Feeds, sitemaps and JSON into entries: links resolved and clean, everything else as printed, error pages never healthy."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.collectors import forum, json_api, youtube
from crawlers.documents import feeds, sitemaps
from monitor.errors import EmptySourceError, HostileError, ParseError
from monitor.records import Entry

DATA = Path(__file__).parents[1] / "data/feeds"
NOW = datetime(2026, 11, 12, 3, 0, tzinfo=UTC)
URL = "https://baothu.example/rss/home.rss"


def recorded(name: str) -> bytes:
    return (DATA / name).read_bytes()


def parse(body: bytes | str, charset: str | None = None, url: str = URL) -> tuple[Entry, ...]:
    return feeds.parse(body.encode() if isinstance(body, str) else body, charset, url, "bao_thu")


def rss(*items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{"".join(items)}</channel></rss>'


def test_rss_keeps_what_is_printed_and_resolves_links() -> None:
    first, second = parse(recorded("rss_bao_dien_tu.xml"))
    assert first == Entry(
        source_id="bao_thu",
        url="https://baothu.example/phuong-thu-nghiem-tra-ket-qua-20261105083012345.htm?utm_source=rss",
        canonical_url="https://baothu.example/phuong-thu-nghiem-tra-ket-qua-20261105083012345.htm",
        title="Phường thử nghiệm trả kết quả hồ sơ qua tin nhắn",
        summary_html='<a href="https://baothu.example/x.htm"><img src="https://cdn.example/a.jpg"></a></br>'
        "Người dân nhận kết quả ngay trên <b>điện thoại</b>.",
        published_raw="Thu, 05 Nov 2026 08:30:00 +07",
        guid="20261105083012345",
    )
    assert second.url == "https://baothu.example/cong-dich-vu-cong-nghen-20261105090000001.htm"
    assert second.title == 'Cổng dịch vụ công "nghẽn" sáng nay & lý do'
    assert (second.published_raw, second.guid) == ("11/5/2026 9:00:00 AM", "")
    assert "Toàn văn dài hơn" in second.summary_html


def test_atom() -> None:
    first, second = parse(recorded("atom_tap_chi.xml"), url="https://tapchithu.example/atom.xml")
    assert (first.title, first.published_raw) == ("Xã thử nghiệm họp dân <em>trực tuyến</em>", "2026-11-05T10:00:00+07:00")
    assert first.summary_html == "<p>Họp dân từ xa.</p>"  # without the script
    assert (second.url, second.published_raw) == ("https://tapchithu.example/bai/chi-co-ngay-sua", "07/11/2026 10:00")


def test_rdf_and_json_feeds() -> None:
    (one,) = parse(recorded("rdf_cong_thong_tin.xml"))
    assert (one.url, one.published_raw) == ("https://congthu.example/tin/1", "2026-11-05T08:00:00+07:00")
    (two,) = parse(recorded("json_feed.json"))
    assert (two.url, two.guid, two.published_raw) == ("https://bantin.example/12", "12", "2026-11-05T08:30:00+07:00")


@pytest.mark.parametrize("raw", ["7/20/2026 10:06:00\u202fPM", "Tue, 21 Jul 2026 10:45:00 +07", "hôm nay", "32/13/9999"])
def test_dates_stay_as_printed(raw: str) -> None:
    assert parse(rss(f"<item><title>a</title><link>/a</link><pubDate>{raw}</pubDate></item>"))[0].published_raw == raw


def test_a_guid_that_is_an_address_serves_as_link() -> None:
    assert parse(rss("<item><title>a</title><guid>https://baothu.example/a</guid></item>"))[0].url == "https://baothu.example/a"


def test_at_most_500_entries() -> None:
    assert len(parse(rss(*(f"<item><link>/{n}</link></item>" for n in range(700))))) == 500


def test_long_fields_are_cut() -> None:
    entry = parse(rss(f"<item><link>/a</link><title>{'a' * 5000}</title><description>{'b' * 90_000}</description></item>"))[0]
    assert (len(entry.title), len(entry.summary_html)) == (feeds.MAX_TITLE, feeds.MAX_SUMMARY)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "nội dung rỗng"),
        (b" \r\n ", "nội dung rỗng"),
        (b"<!DOCTYPE html><html><body>B\xe1\xba\xa3o tr\xc3\xac</body></html>", "một trang HTML"),
        (b"\xef\xbb\xbf<!-- x --><html><item><link>/a</link></item></html>", "một trang HTML"),
        (b"404 page not found", "không phải RSS/Atom"),
        (b"<kq><loi>1</loi></kq>", "không phải RSS/Atom"),
        (b'{"error": 1}', "không phải JSON Feed"),
        (b"{", "JSON không đọc được"),
        (rss().encode(), "không có mục nào"),
        (rss("<item><link>javascript:alert(1)</link></item>").encode(), "liên kết http/https"),
    ],
)
def test_what_is_no_feed_is_one_sentence(body: bytes, said: str) -> None:
    with pytest.raises(ParseError, match=said) as caught:
        parse(body)
    assert isinstance(caught.value, EmptySourceError) == (said in ("nội dung rỗng", "không có mục nào"))


@pytest.mark.parametrize("charset", ["windows-1258", "utf-8", "utf-16"])
def test_declared_encodings_are_honoured(charset: str) -> None:
    text = f'<?xml version="1.0" encoding="{charset}"?>' + rss("<item><link>/a</link><title>Đường phố số</title></item>").split("?>")[1]
    body = text.encode("utf-16" if charset == "utf-16" else charset, "replace" if charset == "windows-1258" else "strict")
    assert parse(body)[0].title.startswith("Đ")


def test_a_declared_encoding_that_the_bytes_deny_is_not_believed() -> None:
    lie = '<?xml version="1.0" encoding="iso-8859-1"?>' + rss("<item><link>/a</link><title>Phường số</title></item>").split("?>")[1]
    assert parse(lie, "iso-8859-1")[0].title == "Phường số"


def test_characters_that_xml_forbids_do_not_cost_the_feed() -> None:
    assert len(parse(rss("<item><link>/a</link><title>a\x0bb\x00c</title></item>", "<item><link>/b</link></item>"))) == 2


def test_a_feed_that_breaks_off_gives_what_came_before() -> None:
    whole = rss(*(f"<item><title>t{n}</title><link>/{n}</link></item>" for n in range(5)))
    assert [e.title for e in parse(whole[: whole.index("t3")])][:3] == ["t0", "t1", "t2"]


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY x PUBLIC "a" "http://169.254.169.254/">',
        '<!ENTITY % p "b"> %p;',
        '<!ENTITY a "ha"><!ENTITY x "&a;&a;">',
        "<!ENTITY a 'ha'><!ENTITY x '&a;&a;'>",
    ],
)
def test_entities_that_read_files_or_multiply_are_refused(declared: str) -> None:
    item = rss("<item><link>/a</link><title>&x;</title></item>").partition("?>")[2]
    with pytest.raises(HostileError, match="ENTITY"):
        parse(f'<?xml version="1.0"?><!DOCTYPE rss [{declared}]>{item}')


def test_harmless_entities_and_doctypes_pass() -> None:
    item = rss("<item><link>/a</link><title>a &tphn; b</title></item>").partition("?>")[2]
    assert parse(f'<!DOCTYPE rss [<!ENTITY tphn "&#7897;">]>{item}')[0].title.startswith("a ")
    old = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
    assert parse(old + item.replace("&tphn;", "và"))[0].title == "a và b"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (rss(f"<item {' '.join(f'a{n}={chr(34)}1{chr(34)}' for n in range(600))} x='{'y' * 4000}'><link>/a</link></item>"), "thuộc tính"),
        (rss(f"<item {' '.join(f'thuoc_tinh_{n}' for n in range(6000))}><link>/a</link></item>"), "thuộc tính"),
        (rss("<item><link>/a</link><title>" + "<![CDATA[a]]>" * 50_001 + "</title><title>b</title></item>"), "CDATA"),
        (rss("<item><link>/a</link>" + "<b>" * 6000 + "</b>" * 6000 + "</item>"), "lồng"),
        ("<rss>" + "<a>" * 6000, "lồng"),
    ],
)
def test_what_is_made_to_stall_a_parser_is_refused_at_once(body: str, said: str) -> None:
    with pytest.raises(HostileError, match=said):
        parse(body)


def test_a_very_big_real_feed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = f'<img src="data:image/png;base64,{"iVBOR=" * 3000}" alt="một hai ba">'
    items = [
        f"<item><title>t{n}</title><link>/{n}</link><description><![CDATA[{picture}<br><p>x]]></description></item>" for n in range(200)
    ]
    assert len(parse(rss(*items))) == 200
    many = [f"<item><title><![CDATA[t{n}]]></title><link>/{n}</link><p>a<br></p></item>" for n in range(5000)]  # left to feedparser
    assert [e.title for e in parse(rss(*many).replace("</p>", "</br></p>"))] == [f"t{n}" for n in range(500)]


def test_a_packed_feed_that_grows_too_large_is_hostile() -> None:
    with pytest.raises(HostileError, match="quá lớn"):
        parse(gzip.compress(b" " * (feeds.MAX_UNPACKED + 1)))
    with pytest.raises(ParseError, match="cắt giữa chừng"):
        parse(gzip.compress(rss("<item><link>/a</link></item>").encode())[:-20])


def test_comments_before_a_feed_cost_nothing() -> None:
    with pytest.raises(ParseError, match="không phải RSS/Atom"):
        parse("<!---->" * 700 + "<kq/>")


@pytest.mark.parametrize(
    "printed",
    [
        "<script>alert(1)</script>Tin",
        "<ScRiPt src=//x>alert(1)</sCript >Tin",
        "<scr<script></script>ipt>x</script>Tin",
        "Tin<script>",
        "< script>x</script>Tin",
        "Tin</script>",
    ],
)
def test_scripts_never_leave_the_reader(printed: str) -> None:
    said = printed.replace("<", "&lt;")
    (entry,) = parse(rss(f"<item><link>/a</link><title>{said}</title><description>{said}</description><guid>{said}</guid></item>"))
    for field in (entry.title, entry.summary_html, entry.guid):
        assert "<script" not in field.lower()
        assert "Tin" in field


# -- kinds that build on feeds


def test_a_video_is_complete_and_has_one_address() -> None:
    (video,) = youtube.parse(recorded("youtube_kenh.xml"), None, "https://www.youtube.com/feeds/videos.xml", "kenh")
    assert (video.complete, video.canonical_url) == (True, "https://youtube.com/watch?v=aBcDeFgHiJk")
    assert video.summary_html.startswith("Các tổ công nghệ số")


def test_channel_addresses_become_feed_addresses() -> None:
    feed = "https://www.youtube.com/feeds/videos.xml?channel_id=UCthu0000000000000000000"
    assert youtube.feed_url("https://www.youtube.com/channel/UCthu0000000000000000000") == feed
    assert youtube.feed_url(feed) == feed


def test_a_forum_post_is_complete_and_nameless() -> None:
    (post,) = forum.parse(recorded("xenforo_dien_dan.rss"), None, "https://diendan.example/forums/-/index.rss", "dien_dan")
    assert post.complete
    assert "e cũng bị từ sáng" in post.summary_html
    assert "bạn cập nhật bản mới chưa" in post.summary_html
    assert post.voice == "tranvan_thu"  # `crawlers.people.protect` makes a pseudonym of it
    for gone in ("tranvan_thu", "nguyenthu88", "le_thu", "Đọc tiếp"):
        assert gone not in repr(replace(post, voice=""))


# -- sitemaps


def sitemap(body: bytes, days: int = 3, pattern: str = "") -> sitemaps.Map:
    return sitemaps.parse(body, None, "https://kinhte.example/sitemap.xml", "kinh_te", NOW, days, pattern)


def test_a_news_sitemap_newest_first_within_its_window() -> None:
    found = sitemap(recorded("sitemap_tin.xml"), pattern=r"-\d+\.html$").entries
    assert [(e.canonical_url.rpartition("/")[2], e.title, e.published_raw) for e in found] == [
        ("moi-nhat-10002.html", "", "2026-11-12T08:00:00+07:00"),
        ("thanh-toan-so-tang-10001.html", "Thanh toán số tăng ở chợ dân sinh", "2026-11-11T08:00:00+07:00"),
    ]
    assert len(sitemap(recorded("sitemap_tin.xml"), days=60).entries) == 4
    assert sitemap(gzip.compress(recorded("sitemap_tin.xml"))).entries == sitemap(recorded("sitemap_tin.xml")).entries


def test_an_index_gives_its_maps_newest_first() -> None:
    found = sitemap(recorded("sitemap_muc_luc.xml"))
    assert (found.entries, [m[-11:] for m in found.maps]) == ((), ["2026-11.xml", "2026-10.xml", "2026-09.xml"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>x</body></html>", "không phải sơ đồ trang"),
        (b"plain", "không phải sơ đồ trang"),
        (b"", "không phải sơ đồ trang"),
        (b'<urlset xmlns="x"/>', "không có mục nào"),
        (b"<sitemapindex/>", "không có mục nào"),
    ],
)
def test_what_is_no_sitemap_is_one_sentence(body: bytes, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        sitemap(body)


def test_a_wrong_pattern_is_one_sentence() -> None:
    with pytest.raises(ParseError, match=r"options\.pattern"):
        sitemap(recorded("sitemap_tin.xml"), pattern="(")


# -- JSON


def test_a_json_api_by_its_paths() -> None:
    fields = {"url": "duongDan", "title": "tieuDe", "summary": "tomTat", "published": "ngay", "guid": "ma"}
    body, url = recorded("api.json"), "https://cong.example/api"
    (found,) = json_api.parse(body, None, url, "cong", "duLieu.ds", fields, "", False)
    assert (found.url, found.title, found.published_raw) == ("https://cong.example/tin/tam", "Tin tám", "05/11/2026 08:30")
    both = json_api.parse(body, None, url, "cong", "duLieu.ds", fields, "https://cong.example/tin/{slug}-{ma}.html", True)
    assert [e.url for e in both] == ["https://cong.example/tin/hop-mat%20to-7.html", "https://cong.example/tin/x-8.html"]
    assert (both[0].published_raw, both[0].complete) == ("1762317000000", True)


NO_JSON = [(b"<html>", "không phải JSON"), (b"[" * 100_000, "không phải JSON"), (b"{}", "không có danh sách")]


@pytest.mark.parametrize(("body", "said"), NO_JSON)
def test_what_is_no_such_json_is_one_sentence(body: bytes, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        json_api.parse(body, None, "https://cong.example/api", "cong", "duLieu.ds", {"url": "u"}, "", False)
