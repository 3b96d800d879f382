from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import wording
from alerts.render import BUTTONS, UNITS, VISIBLE, alert_message, as_email, buttons, cut, utf16
from monitor.records import CASE_NUMBER_SLOT, SEVERITIES, Alert, Message
from tests.fake_bot_api import parse_html
from tests.unit.alert_items import alert, article, case, document, point, spread

LONG = "Một câu tiếng Việt rất dài về chuyển đổi số ở phường và những điều người dân còn băn khoăn. " * 30


def shown(message: Message) -> str:
    """What a chat shows, without the link."""
    assert message.html is not None
    return parse_html(message.html).replace("Đọc bài gốc\n", "")


def test_an_alert_as_the_team_reads_it() -> None:
    message = alert_message(alert())
    assert message.text.split("\n") == [
        "🟠 S3 CAO · Sự cố dịch vụ",
        "Cổng dịch vụ công nghẽn, người dân chờ cả buổi",
        "“Nhiều người dân phản ánh cổng dịch vụ công báo lỗi khi nộp hồ sơ.”",
        "Bài gốc: https://bao.example/tin-1.html?a=1&b=2",
        "Báo Tin Bắc Hà (báo trung ương) · đăng 09:00 09/11/2026 · thấy 09:00 09/11/2026 (+07:00)",
        "Nguồn chính thức: chưa thấy lên tiếng",
        "Điểm phát ngôn [BẢN THẢO – CHƯA DUYỆT]: Thủ tục hành chính được cải cách để giảm chi phí xã hội, phục vụ người dân và "
        "doanh nghiệp tốt hơn.",
        "Văn bản: 22-KH/BTGDVTU, 26/01/2026, mục II.2.2.1 (6)",
        "Chủ đề: Cải cách thủ tục hành chính thực chất · Xã, phường: phường Bồ Đề · Đơn vị: Trung tâm Phục vụ hành chính công Thành phố",
        "Vì sao: quy tắc su_co: sự cố dịch vụ; bộ phân loại: Sự cố dịch vụ (0,80)",
        "Vụ việc số 12",
    ]
    assert '<a href="https://bao.example/tin-1.html?a=1&amp;b=2">Đọc bài gốc</a>' in (message.html or "")
    assert message.subject == "[S3 CAO] Sự cố dịch vụ: Cổng dịch vụ công nghẽn, người dân chờ cả buổi"


def test_an_approved_point_carries_no_mark_and_a_missing_number_is_said() -> None:
    approved = alert_message(alert(points=(point(approved=True),))).text
    assert "BẢN THẢO" not in approved
    unnumbered = alert_message(alert(points=(point(document=document(number=None, date=None)),))).text
    assert "Văn bản: Ban Tuyên giáo, chưa có số, chưa có ngày, mục II.2.2.1 (6)" in unnumbered


def test_no_point_is_said_plainly() -> None:
    assert "Điểm phát ngôn: chưa có văn bản chính thức\n" in alert_message(alert(points=())).text


def test_a_draft_never_leaves_the_team() -> None:
    message = alert_message(alert(), team=False)
    assert point().text not in message.text + (message.html or "")
    assert "chưa có văn bản chính thức đã duyệt" in message.text
    assert point().text in alert_message(alert(points=(point(id="x", text="Bản thảo."), point(approved=True))), team=False).text


@pytest.mark.parametrize("case_class", ["misinformation", "wrong_figure", "official_contradiction"])
def test_a_difference_is_called_a_difference_and_nothing_stronger(case_class: str) -> None:
    message = alert_message(alert(case=case(case_class=case_class)))
    assert "khác với văn bản" in message.text
    for word in ("sai sự thật", "tin giả", "xuyên tạc", "thù địch"):
        assert word not in " ".join((message.text, message.subject, *wording.CLASSES.values())).lower()


def test_the_official_position() -> None:
    assert "Nguồn chính thức: đã lên tiếng" in alert_message(alert(spread=spread(official=True))).text
    assert "Nguồn chính thức: chính bài này" in alert_message(alert(tier="ward")).text


def test_times_are_hanois_and_a_guessed_time_is_not_shown() -> None:
    late = article(published_at=datetime(2026, 11, 9, 17, 30, tzinfo=UTC), first_seen_at=datetime(2026, 11, 9, 17, 41, tzinfo=UTC))
    assert "đăng 00:30 10/11/2026 · thấy 00:41 10/11/2026 (+07:00)" in alert_message(alert(article=late)).text
    assert "không rõ giờ đăng" in alert_message(alert(article=replace(late, published_from="none"))).text


def test_the_note_and_the_spread_are_shown() -> None:
    text = alert_message(alert(note="đơn vị chưa cấu hình", spread=spread(outlets=4, articles=6))).text
    assert "Lưu ý: đơn vị chưa cấu hình" in text
    assert "4 nơi đăng" in text


def test_a_case_without_a_number_has_a_slot_for_it() -> None:
    message = alert_message(alert(case=case(number=0)))
    assert message.text.endswith(f"Vụ việc số {CASE_NUMBER_SLOT}")
    filled = message.numbered(207)
    assert filled.text.endswith("Vụ việc số 207")
    assert (filled.html or "").endswith("Vụ việc số 207")
    assert CASE_NUMBER_SLOT not in message.numbered(0).text


def test_peoples_particulars_are_masked_wherever_they_stand() -> None:
    told = "Gọi 0912 345 678 hoặc viết abc@gmail.com"
    message = alert_message(alert(passage=told, article=article(title=told), case=case(why=(told,))))
    for part in (message.text, message.html or "", message.subject):
        assert "345" not in part
        assert "gmail" not in part


# ── length ──
def test_the_longest_alert_keeps_every_line_within_the_limit() -> None:
    message = alert_message(longest())
    assert len(shown(message)) <= VISIBLE
    lines = message.text.split("\n")
    assert [line.split(":")[0].split(" ")[0] for line in lines[3:]] == [
        "Bài", "Một", "Nguồn", "Điểm", "Văn", "Chủ", "Vì", "Lưu", "Vụ",
    ]  # fmt: skip
    assert len(lines[1]) >= 90, "the claim keeps its room"
    assert len(shown(message)) > VISIBLE - 120, "room is not wasted"


def test_what_matters_most_is_cut_last() -> None:
    """With all lines too long, title and passage get the spare room; why and topics shrink to their floor."""
    lines = alert_message(longest()).text.split("\n")
    assert lines[9].startswith("Vì sao:")
    assert len(lines[9]) <= 50


def longest() -> Alert:
    why = tuple(f"lý do thứ {i} khá dài dòng của quy tắc" for i in range(6))
    return alert(
        case=case(why=why, number=0),
        article=article(title=LONG, url="https://bao.example/" + "a" * 900),
        passage=LONG[7:],
        outlet=LONG,
        points=(point(text=LONG, document=document(issuer=LONG, number=None, section=LONG)),),
        topic_names=(LONG, LONG, LONG),
        ward_names=(LONG, LONG),
        unit_name=LONG,
        note=LONG,
        spread=spread(outlets=126, official=True),
    )


NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from("<>&\"'\n\t \u202e\u200b\u2066\u0301\u0323\ue000\U0001f600\u200d\ufe0fđĐơưếộ"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=400,
)


@settings(max_examples=150, deadline=None)
@given(
    title=NASTY, passage=NASTY, outlet=NASTY, fact=NASTY, name=NASTY, why=NASTY, level=st.sampled_from(SEVERITIES),
    case_class=st.sampled_from(sorted(wording.CLASSES)), url=st.one_of(NASTY, NASTY.map("https://bao.example/".__add__)),
    team=st.booleans(), repeat=st.integers(1, 12),
)  # fmt: skip
def test_whatever_is_written_telegram_takes_it(
    title: str, passage: str, outlet: str, fact: str, name: str, why: str, level: Any, case_class: Any, url: str, team: bool, repeat: int
) -> None:
    message = alert_message(
        alert(
            case=case(why=(why,), severity=level, case_class=case_class),
            article=article(title=title * repeat, url=url),
            passage=passage * repeat,
            outlet=outlet,
            points=(point(text=fact * repeat or "x", approved=True),),
            topic_names=(name,),
            ward_names=(name,),
            unit_name=name,
            note=name,
        ),
        team=team,
    )
    assert message.html is not None
    assert len(shown(message)) <= VISIBLE
    assert utf16(message.html) <= UNITS
    assert utf16(message.text) <= UNITS
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", message.text + message.html)
    assert set(re.findall(r"</?(\w+)", message.html)) <= {"b", "a", "blockquote", "i"}
    assert all(href.startswith(("http://", "https://")) for href in re.findall(r'href="([^"]*)"', message.html))
    assert unescape(re.sub(r"</?(?:b|i|blockquote)>", "", message.html)).startswith(wording.LEVEL_SIGNS[level])
    assert message.text.endswith("Vụ việc số 12")
    email = as_email(message)
    assert "<script" not in (email.html or "")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//host/x",
        "https://",
        "https://a b",
        "",
        "https://b.example/" + "&" * 2000,
        "https://[x",
    ],
)
def test_only_a_short_web_address_is_linked(url: str) -> None:
    message = alert_message(alert(article=article(url=url)))
    assert "<a " not in (message.html or "")
    assert "Bài gốc: xem địa chỉ trong hệ thống" in message.text


@given(st.text(max_size=200), st.integers(0, 120))
def test_a_cut_is_never_longer_and_never_splits_a_sign(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= max(limit, 0)
    if len(text) > limit > 2:
        kept = short.removesuffix("…").rstrip()
        assert text.startswith(kept)
        following = text[len(kept) : len(kept) + 1]
        assert not kept or not following or not unicodedata.combining(following)


def test_a_cut_stands_between_words() -> None:
    assert cut("Hà Nội công bố kế hoạch chuyển đổi số", 20) == "Hà Nội công bố kế…"
    assert cut("👨‍👩‍👧 gia đình", 4) != "👨‍👩…"


# ── buttons ──
def test_the_buttons_carry_action_and_case() -> None:
    assert alert_message(alert()).buttons == tuple((label, f"v1:{action}:{case().id}") for label, action in BUTTONS)
    assert [label for label, _ in BUTTONS] == ["Nhận xử lý", "Không liên quan", "Đã phản hồi"]


def test_callback_data_over_64_bytes_is_refused() -> None:
    assert all(len(payload.encode()) <= 64 for _, payload in buttons("c" * 50))
    with pytest.raises(ValueError, match="64"):
        buttons("c" * 51)


def test_an_email_is_a_page_without_buttons() -> None:
    page = as_email(alert_message(alert(article=article(title="1 < 2 & 3"))))
    assert page.buttons == ()
    assert "<html lang=" in (page.html or "")
    assert "1 &lt; 2 &amp; 3" in (page.html or "")
    assert "<br>" in (page.html or "")
