from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from alerts import chart, digest, wording
from alerts.digest import CHART, compose, for_chat
from monitor.figures import CaseFigures, Counts, DayCount, DigestFigures, GroupCount, SilentSource, StoryFigures
from monitor.records import CaseState, Message
from tests.unit.alert_items import case

MONDAY = date(2026, 11, 9)
NOW = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
NAMES = {"t06_cai_cach_tthc": "Cải cách thủ tục hành chính thực chất", "bo_de": "phường Bồ Đề"}


def story(n: int = 1, **changed: Any) -> StoryFigures:
    fields: dict[str, Any] = {
        "story_id": f"s{n}", "title": f"Chuyện số {n} ở Hà Nội", "url": f"https://bao.example/{n}?a=1&b=2", "outlet": "Thủ đô Ngày nay",
        "outlets": 3, "articles": 4, "published_at": NOW - timedelta(days=3), "sentiment": "neg", "severity": "S3",
    }  # fmt: skip
    return StoryFigures(**fields | changed)


def figures(**changed: Any) -> DigestFigures:
    fields: dict[str, Any] = {
        "start": MONDAY,
        "end": MONDAY + timedelta(days=7),
        "total": 1234,
        "relevant": 400,
        "hanoi": 268,
        "by_sentiment": {"neg": 97, "neu": 209, "pos": 94},
        "previous": Counts(total=1102, relevant=380, hanoi=268, by_sentiment={"neg": 70, "neu": 220, "pos": 90}),
        "by_topic": (GroupCount(id="t06_cai_cach_tthc", articles=120, negative=44), GroupCount(id="t99_moi", articles=3, negative=0)),
        "by_ward": (GroupCount(id="bo_de", articles=12, negative=3),),
        "top_stories": (story(1), story(2, severity="S0", sentiment=None, articles=1, outlets=1)),
        "cases": (CaseFigures(case=case(state=CaseState.ANSWERED), outlet="Báo Tin Bắc Hà"), CaseFigures(case=case(number=13), outlet="")),
        "outcomes": {CaseState.NEW: 1, CaseState.ACKNOWLEDGED: 0, CaseState.ANSWERED: 1, CaseState.NOT_RELEVANT: 0},
        "good_models": (story(7, title="Tổ công nghệ số đi từng nhà"),),
        "silent_sources": (SilentSource(id="x", name="Báo Cũ", reason="lỗi 12 lần liên tiếp", last_new_at=None),),
        "by_day": tuple(DayCount(day=MONDAY + timedelta(days=n), neg=n, neu=2 * n, pos=3) for n in range(7)),
    }
    return DigestFigures(**fields | changed)


def made(**changed: Any) -> Message:
    return compose(figures(**changed), week="2026-W46", office="Ban Tuyên giáo", key_phrases=[("nghẽn cổng", 14)], now=NOW, names=NAMES)


class _Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._href = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self._href = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._href = ""

    def handle_data(self, data: str) -> None:
        self.text.append(data.strip())
        if self._href:
            self.links[data.strip()] = self._href


def page(message: Message) -> _Page:
    assert message.html is not None
    return _Page(message.html)


def test_figures_against_last_week_with_vietnamese_numbers() -> None:
    text = made().text
    assert "- Tin, bài đã đọc: 1.234 (tuần trước 1.102; +132 (+12%))" in text
    assert "- … trong đó về Hà Nội: 268 (tuần trước 268; không đổi)" in text
    assert "(09/11/2026 – 15/11/2026)" in text
    assert made().subject == "Bản tin tuần 46/2026: 400 tin, bài liên quan, 2 vụ việc"


@pytest.mark.parametrize(
    ("negative", "relevant", "share"), [(97, 400, "24,3%"), (1, 3, "33,3%"), (2, 3, "66,7%"), (0, 5, "0%"), (5, 5, "100%"), (0, 0, "–")]
)
def test_the_share_of_negative_items_is_that_of_the_base(negative: int, relevant: int, share: str) -> None:
    message = made(relevant=relevant, by_sentiment={"neg": negative, "neu": relevant - negative, "pos": 0})
    assert f"- Tiêu cực: {negative} bài, {share} " in message.text
    cells = page(message).text
    at = cells.index("Tiêu cực", cells.index("Sắc thái (trên tin liên quan)"))
    assert [c for c in cells[at:] if c][1:3] == [str(negative), share]


def test_every_title_is_linked_in_page_and_text() -> None:
    message = made()
    titles = {s.title: s.url for s in (*figures().top_stories, *figures().good_models)}
    titles |= {f.case.title: f.case.url for f in figures().cases}
    links = page(message).links
    for title, url in titles.items():
        assert links[title] == url
        assert url in message.text


def test_every_section_is_there() -> None:
    message = made()
    for words in (
        "Cải cách thủ tục hành chính thực chất", "phường Bồ Đề", "Tổ công nghệ số đi từng nhà", "Báo Cũ", "lỗi 12 lần liên tiếp",
        "nghẽn cổng (14)", "đã phản hồi", "Sự cố dịch vụ", "chưa từng có bài",
    ):  # fmt: skip
        assert words.lower() in message.text.lower(), words
        assert words.lower() in (message.html or "").lower(), words


def test_an_unnamed_topic_is_shown_by_its_id_not_hidden() -> None:
    assert "- Moi: 3, tiêu cực 0 (0%)" in made().text


def test_an_empty_week_is_a_whole_letter_too() -> None:
    message = made(
        total=0, relevant=0, hanoi=0, by_sentiment={}, previous=Counts(), by_topic=(), by_ward=(), top_stories=(), cases=(), outcomes={},
        good_models=(), silent_sources=(), by_day=(),
    )  # fmt: skip
    assert "Không có vụ việc nào." in message.text
    assert "Mọi nguồn đang chạy đều có tin mới." in (message.html or "")
    assert message.images[CHART].startswith(b"\x89PNG")


def test_strangers_words_cannot_break_the_page() -> None:
    evil = "<script>alert(1)</script>\u202e & <img src=x onerror=y> gọi 0912345678"
    message = made(
        top_stories=(story(title=evil, url="javascript:alert(1)", outlet=evil),),
        cases=(CaseFigures(case=case(title=evil, url='https://x.example/"><script>'), outlet=evil),),
        silent_sources=(SilentSource(id="x", name=evil, reason=evil, last_new_at=NOW),),
    )
    tags = {tag for tag, _ in page(message).tags}
    ours = "html head meta title body table tr td th h1 h2 div p br span a b img"
    assert tags <= set(ours.split())
    assert all(not name.startswith("on") for _, attributes in page(message).tags for name in attributes)
    assert [a["src"] for tag, a in page(message).tags if tag == "img"] == [f"cid:{CHART}"]
    assert all(href.startswith("https://") for href in page(message).links.values())
    for part in (message.text, message.html or ""):
        assert "0912345678" not in part
        assert "\u202e" not in part


def test_styles_are_inline_for_mail_readers() -> None:
    html = made().html or ""
    assert "<style" not in html
    assert "<link" not in html
    assert all("style" in attributes for tag, attributes in page(made()).tags if tag in ("td", "th", "h1", "h2"))


def test_the_chart_is_one_picture_with_the_same_bytes_for_the_same_week() -> None:
    days = figures().by_day
    assert chart.by_day(days) == chart.by_day(days)
    assert made().images.keys() == {CHART}
    assert chart.by_day(days) != chart.by_day(days[:-1])


def test_the_page_for_a_browser_carries_its_picture() -> None:
    assert 'src="data:image/png;base64,' in digest.as_page(made())
    assert "cid:" not in digest.as_page(made())


def test_a_chat_gets_whole_sections_below_its_bound() -> None:
    many = made(top_stories=tuple(story(n, title=f"Chuyện số {n} " + "rất dài " * 15) for n in range(40)))
    short = for_chat(many)
    assert len(short.text.encode("utf-16-le")) // 2 <= 4096
    assert short.html is None
    assert not short.images
    assert short.text.endswith("lệnh monitor digest.")
    assert "VỤ VIỆC" in short.text
    assert for_chat(made()).text.endswith("kể cả tin tiêu cực.")


def test_text_has_no_ragged_blank_lines() -> None:
    assert "\n\n\n" not in made().text
    assert not re.search(r"[ \t]+\n", made().text)


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [(3, 3, "không đổi"), (4, 3, "+1 (+33,3%)"), (2, 4, "−2 (−50%)"), (5, 0, "+5"), (0, 5, "−5 (−100%)"), (2500, 1000, "+1.500 (+150%)")],
)
def test_changes_are_said_the_vietnamese_way(now: int, before: int, shown: str) -> None:
    assert wording.change(now, before) == shown
