"""Posts before they are stored: nothing of a person stays but a pseudonym that lives for a month."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers import people
from crawlers.people import is_people, outward, protect
from monitor.records import Entry, Source

KEY = b"thang 11"
FORUM = Source(id="dien_dan", name="Diễn đàn", kind="forum", url="https://diendan.example/index.rss", tier="forum")
PRESS = Source(id="bao", name="Báo", kind="feed", url="https://bao.example/rss", tier="city")


def post(**more: object) -> Entry:
    return Entry(**({"source_id": "dien_dan", "url": "https://diendan.example/t/1", "canonical_url": "https://diendan.example/t/1"} | more))


def stored(**more: object) -> Entry:
    return protect([post(**more)], FORUM, KEY)[0]


@pytest.mark.parametrize(
    ("tier", "kind", "expected"),
    [
        ("forum", "feed", True),
        ("social", "youtube_api", True),
        ("city", "manual", True),
        ("city", "forum", True),
        ("city", "feed", False),
        ("ward", "portal", False),
    ],
)
def test_where_people_speak(tier: str, kind: str, expected: bool) -> None:
    assert is_people(Source(id="x", name="x", kind=kind, url="", tier=tier)) is expected  # type: ignore[arg-type]


HTML = [
    "gọi <b>0912</b> 345 <i>678</i>",
    "gọi 09<span>12345</span>678",
    '<a href="https://facebook.com/nguyen.van.a" title="Nguyễn Văn A 0912345678" data-user="nguyen.van.a">trang em</a>',
    '<img alt="0912345678" src="https://x.example/0912345678.jpg"> ảnh',
    "<!-- 0912345678 nguyen.van.a -->chào",
    "<script>var phone='0912345678'</script>chào",
    "&#48;912345678 và &lt;b&gt;0912345678&lt;/b&gt;",
    "0912\u200b345\u200b678 và ０９１２３４５６７８",
    "@<b>nguyen.van.a</b> ơi, nguyen.van.a@gmail.com",
]


@pytest.mark.parametrize("markup", HTML)
def test_nothing_of_a_person_stays_in_markup(markup: str) -> None:
    for entry in (stored(summary_html=markup), stored(title=markup)):
        for left in ("0912", "345678", "345 678", "nguyen.van.a", "Nguyễn Văn A", "&#48;"):
            assert left not in entry.summary_html + entry.title
        assert "<" not in entry.summary_html


def test_the_words_themselves_stay() -> None:
    kept = stored(
        title="Thủ tục &lt; 5 phút?", summary_html="<p>Nộp <b>hồ sơ</b> 3 &lt; 5 lần</p><p>Vẫn lỗi, xem https://baothu.vn/a-1.html</p>"
    )
    assert kept.title == "Thủ tục &lt; 5 phút?"
    assert kept.summary_html == "Nộp hồ sơ 3 &lt; 5 lần\nVẫn lỗi, xem https://baothu.vn/a-1.html"


@given(st.text(max_size=80).map(lambda s: s.replace("\ud800", "")), st.text(alphabet="<>&;abc0912345678@. \n", max_size=60))
def test_protecting_twice_changes_no_word(title: str, summary: str) -> None:
    once = stored(title=title, summary_html=summary)
    again = protect([once], FORUM, KEY)[0]
    assert (again.title, again.summary_html, again.guid) == (once.title, once.summary_html, once.guid)


def test_a_voice_is_the_same_within_a_month_and_a_site_and_nowhere_else() -> None:
    def voice(name: str, source: Source = FORUM, key: bytes = KEY) -> str:
        return protect([post(voice=name)], source, key)[0].voice

    other_feed = Source(id="dien_dan_2", name="Diễn đàn", kind="forum", url="https://www.diendan.example/2.rss", tier="forum")
    elsewhere = Source(id="khac", name="Khác", kind="forum", url="https://khac.example/rss", tier="forum")
    assert voice("tranvan_thu") == voice(" TranVan_Thu ") == voice("tranvan_thu", other_feed)
    assert len({voice("tranvan_thu"), voice("le_thu"), voice("tranvan_thu", elsewhere), voice("tranvan_thu", key=b"thang 12")}) == 4
    assert (len(voice("tranvan_thu")), voice(""), voice("tranvan_thu", PRESS)) == (16, "", "")


def test_a_guid_that_names_somebody_stays_recognisable_and_names_nobody() -> None:
    plain = "https://diendan.example/threads/app.4521/"
    assert stored(guid=plain).guid == plain
    named = stored(guid="tag:x,2026:@nguyen.van.a/1").guid
    assert named == stored(guid="tag:x,2026:@nguyen.van.a/1").guid != stored(guid="tag:x,2026:@nguyen.van.a/2").guid
    assert "nguyen" not in named


@pytest.mark.parametrize(
    ("url", "nameless"),
    [
        ("https://twitter.com/nguyen_a/status/123?s=20", "https://x.com/i/status/123"),
        ("https://www.tiktok.com/@nguyen_a/video/77", "https://www.tiktok.com/@/video/77"),
        ("https://diendan.example/threads/goi-0912345678.1/", "https://diendan.example/threads/1/"),
    ],
)
def test_links_that_go_outward_carry_no_handle(url: str, nameless: str) -> None:
    assert outward(url) == outward(nameless) == nameless
    assert "nguyen_a" not in repr(stored(url=url, canonical_url=url))


def test_the_press_keeps_everything_but_the_name() -> None:
    entry = post(title="Gọi 0912345678", summary_html="<p>x</p>", voice="Hà Diệp", guid="g")
    (kept,) = protect([entry], PRESS, KEY)
    assert kept == post(title="Gọi 0912345678", summary_html="<p>x</p>", guid="g")


def test_a_month_is_local() -> None:
    assert people.month(datetime(2026, 10, 31, 18, 0, tzinfo=UTC)) == "2026-11"
