from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import outgoing, passage
from alerts.outgoing import UNKNOWN_OUTCOME
from monitor.config import Recipient, UnitConfig
from monitor.errors import SendError
from monitor.records import CASE_NUMBER_SLOT, CaseState, Decision, Delivery, Label, Message, Tags
from tests.fake_bot_api import parse_html
from tests.unit.alert_items import NOW, article, case, point, source, spread, tags

UNITS = [UnitConfig(id="pvhcc", name="Trung tâm PVHCC", topics=["t06_cai_cach_tthc"])]
TEAM, MAIL = Recipient(channel="telegram"), Recipient(channel="email", to="truc@hanoi.example")


def decision(severity: Any = "S3", case_class: Any = "outage_surge") -> Decision:
    return Decision(case_class=case_class, severity=severity, why=("vì thế",), rule="r")


def test_a_new_case_belongs_to_its_story_and_its_unit() -> None:
    labels = tags("outage_surge", topic=["t06_cai_cach_tthc"], ward=["bo_de"])
    opened = outgoing.new_case(article(), labels, decision(), NOW, units=UNITS)
    assert (opened.unit, opened.topics, opened.wards, opened.number) == ("pvhcc", ("t06_cai_cach_tthc",), ("bo_de",), 0)
    assert opened.state is CaseState.NEW
    assert outgoing.new_case(article(id="a2"), labels, decision(), NOW).id == opened.id, "one story, one case, whoever tells it first"
    assert outgoing.new_case(article(story_id="s2"), labels, decision(), NOW).id != opened.id


def test_a_case_grows_and_rises_but_never_falls() -> None:
    prior = case(severity="S3", state=CaseState.ACKNOWLEDGED)
    milder = outgoing.grown_case(prior, article(), tags(ward=["lang"]), decision("S0", "routine"), NOW + timedelta(hours=1))
    assert (milder.severity, milder.case_class, milder.revision) == ("S3", "outage_surge", 1)
    assert milder.wards == ("bo_de", "lang")
    worse = outgoing.grown_case(prior, article(title="Nặng hơn"), tags(), decision("S4", "data_leak"), NOW)
    assert (worse.severity, worse.case_class, worse.revision, worse.title) == ("S4", "data_leak", 2, "Nặng hơn")
    assert worse.state is CaseState.ACKNOWLEDGED


def deliveries(**changed: Any) -> list[Delivery]:
    fields: dict[str, Any] = {
        "case": case(number=0), "article": article(), "source": source(), "tags": tags(), "spread": spread(), "points": (point(),),
        "recipients": [(TEAM, ""), (MAIL, "đơn vị chưa cấu hình")], "units": UNITS, "now": NOW,
        "names": {"t06_cai_cach_tthc": "Cải cách thủ tục", "bo_de": "phường Bồ Đề"},
    }  # fmt: skip
    return outgoing.deliveries(**fields | changed)


def test_each_recipient_is_owed_a_message_rendered_for_its_channel() -> None:
    chat, mail = deliveries()
    assert chat.id == f"alert:{case().id}:telegram::1"
    assert mail.id == f"alert:{case().id}:email:truc@hanoi.example:1"
    assert (chat.priority, chat.due_at, chat.kind, chat.case_id) == (3, NOW, "alert", case().id)
    assert "Lưu ý" not in chat.message.text
    assert "Lưu ý: đơn vị chưa cấu hình" in mail.message.text
    assert "Chủ đề: Cải cách thủ tục · Xã, phường: phường Bồ Đề · Đơn vị: Trung tâm PVHCC" in chat.message.text
    assert (mail.message.html or "").startswith("<!DOCTYPE html>")
    assert CASE_NUMBER_SLOT in chat.message.text


def test_the_same_revision_is_never_owed_twice_and_the_next_one_is() -> None:
    assert [d.id for d in deliveries()] == [d.id for d in deliveries(now=NOW + timedelta(hours=1))]
    assert {d.id for d in deliveries()}.isdisjoint(d.id for d in deliveries(case=case(revision=2)))


def test_outside_the_team_no_draft_is_shown() -> None:
    (delivery,) = deliveries(recipients=[(Recipient(channel="telegram", to="-200", team=False), "")])
    assert point().text not in delivery.message.text


def local(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 9, hour, minute, tzinfo=outgoing.wording.HANOI_TIME).astimezone(UTC)


@pytest.mark.parametrize(
    ("severity", "now", "due"),
    [
        ("S2", local(7, 59), local(8)),
        ("S2", local(8), local(8)),
        ("S2", local(21, 59), local(21, 59)),
        ("S2", local(22), local(8) + timedelta(days=1)),
        ("S1", local(0), local(8)),
        ("S3", local(3), local(3)),
        ("S4", local(23), local(23)),
    ],
)
def test_the_quiet_hours_hold_s1_and_s2_until_eight(severity: Any, now: datetime, due: datetime) -> None:
    assert outgoing.due_at(case(severity=severity), now, (22, 8)) == due


def test_a_digest_is_owed_once_per_week_and_recipient() -> None:
    letter = Message(subject="s", text="Một\n\nHai", html="<p>", images={"a": b"x"})
    owed = outgoing.digest_deliveries(letter, week="2026-W46", recipients=[(TEAM, ""), (MAIL, "")], now=NOW)
    assert [d.id for d in owed] == ["digest:2026-W46:telegram::1", "digest:2026-W46:email:truc@hanoi.example:1"]
    assert owed[0].message == Message(subject="s", text="Một\n\nHai")
    assert owed[1].message == letter


# ── trying again ──
def test_pauses_double_up_to_an_hour_and_end() -> None:
    error = SendError("x")
    pauses = [outgoing.retry_at(attempts=n, most=12, error=error, now=NOW) for n in range(1, 13)]
    seconds = [(p - NOW).total_seconds() if p else None for p in pauses]
    assert seconds == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, None]


def test_a_permanent_refusal_is_dead_at_once() -> None:
    assert outgoing.retry_at(attempts=1, most=12, error=SendError("x", permanent=True), now=NOW) is None


def test_being_asked_to_wait_is_obeyed_exactly_and_never_kills() -> None:
    assert outgoing.retry_at(attempts=99, most=12, error=SendError("x", retry_after=7.5), now=NOW) == NOW + timedelta(seconds=7.5)


@pytest.mark.parametrize(
    ("attempts", "error", "marked"),
    [
        (1, "", False),
        (2, "", True),  # the sender died while it held the lease
        (2, f"Không liên lạc được với Telegram: x; {UNKNOWN_OUTCOME}", True),
        (2, "Telegram yêu cầu chờ: Flood control exceeded", False),
        (1, f"x; {UNKNOWN_OUTCOME}", False),  # a dead message that a person had sent again
    ],
)
def test_only_an_unknown_outcome_is_marked_as_sent_again(attempts: int, error: str, marked: bool) -> None:
    delivery = Delivery(
        id="x", kind="alert", case_id=None, channel="telegram", recipient="", message=Message(subject="", text="x"), due_at=NOW,
        attempts=attempts, error=error,
    )  # fmt: skip
    assert outgoing.repeated(delivery) is marked


# ── the passage ──
TEXT = (
    "Buổi sáng trời đẹp và phố đông người qua lại như mọi ngày. "
    "Theo nhiều người, ứng dụng giả mạo đòi mã OTP rồi rút sạch tiền trong tài khoản. "
    "Công an khuyên không bấm vào đường dẫn lạ."
)


def test_the_passage_is_verbatim_and_holds_the_evidence() -> None:
    labels = Tags(article_id="a", labels=(Label(kind="class", value="fraud_impersonation", score=0.9, why=("cụm “giả mạo”", "mã OTP")),))
    picked = passage.pick(article(text=TEXT), labels)
    assert picked.startswith("Theo nhiều người, ứng dụng giả mạo")
    assert picked in TEXT


def test_without_evidence_the_passage_is_the_beginning_and_without_text_the_title() -> None:
    assert passage.pick(article(text=TEXT), Tags(article_id="a")).startswith("Buổi sáng")
    assert passage.pick(article(text="", title="Chỉ có tít"), Tags(article_id="a")) == "Chỉ có tít"


def owed(n: int, title: str, severity: Any = "S2", to: Recipient = TEAM) -> Delivery:
    (made,) = deliveries(case=case(severity=severity, number=n), article=article(title=title), recipients=[(to, "")])
    return dataclasses.replace(made, message=made.message.numbered(n))


def test_a_list_says_level_number_and_headline_of_each_alert() -> None:
    message = outgoing.grouped([owed(12, "Cổng dịch vụ công nghẽn", "S3"), owed(7, "Hồ sơ <b>chậm</b> & thiếu")])
    assert message.text.split("\n") == [
        "2 cảnh báo khác cùng lúc:",
        "🟠 S3 CAO · số 12 · Sự cố dịch vụ: Cổng dịch vụ công nghẽn",
        "🟡 S2 TRUNG BÌNH · số 7 · Sự cố dịch vụ: Hồ sơ <b>chậm</b> & thiếu",
    ]
    assert parse_html(message.html or "") == message.text
    assert (message.html or "").startswith("<b>2 cảnh báo khác cùng lúc:</b>\n🟠 S3 CAO · số 12")
    assert "Hồ sơ &lt;b&gt;chậm&lt;/b&gt; &amp; thiếu" in (message.html or "")
    assert message.subject.startswith("2 cảnh báo khác cùng lúc, cao nhất: 🟠 S3 CAO · số 12")
    assert message.buttons == ()


def test_a_long_list_stays_readable_and_counts_the_rest() -> None:
    message = outgoing.grouped([owed(n, f"Tiêu đề thứ {n} " + "rất dài " * 20) for n in range(1, 41)])
    lines = message.text.split("\n")
    assert len(message.text) <= 900
    assert len(parse_html(message.html or "")) <= 900
    assert lines[-1] == f"… và {40 - (len(lines) - 2)} vụ việc khác"
    assert len(lines) >= 7
    assert all(line.endswith("…") for line in lines[1:-1])


def test_a_list_for_a_mailbox_is_a_page() -> None:
    message = outgoing.grouped([owed(n, f"<i>{n}</i>", to=MAIL) for n in (1, 2)])
    assert (message.html or "").startswith("<!DOCTYPE html>")
    assert "&lt;i&gt;2&lt;/i&gt;" in (message.html or "")


@given(st.lists(st.text(max_size=300), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_no_headline_breaks_a_list(titles: list[str]) -> None:
    message = outgoing.grouped([owed(n, title) for n, title in enumerate(titles, 1)])
    assert len(message.text) <= 900
    assert parse_html(message.html or "") == message.text
    assert f"{len(titles)} cảnh báo khác" in message.text
