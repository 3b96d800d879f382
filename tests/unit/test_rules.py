from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts import rules
from alerts.severity import USUAL
from monitor.config import AlertingConfig, Condition, Config, Rule
from monitor.config_file import load
from monitor.records import CaseState, Decision
from tests.unit.alert_items import NOW, article, case, point, source, spread, tags

OFFICE = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture(scope="module")
def office() -> Config:
    return load(OFFICE)


def by_office(office: Config, case_class: str | None, *, text: str = "", tier: str = "national", **more: Any) -> Decision:
    told = spread(outlets=more.pop("outlets", 1), official=more.pop("official", False))
    return rules.decide(
        article(text=text), tags(case_class, **more), source=source(tier), spread=told, prior=None, rules=office.rules,
        adjustments=office.adjustments,
    )  # fmt: skip


def decide(case_class: str | None, chosen: list[Rule], **labels: Any) -> Decision:
    return rules.decide(article(), tags(case_class, **labels), source=source(), spread=spread(), prior=None, rules=chosen, adjustments=[])


def rule(name: str, severity: str, **when: Any) -> Rule:
    return Rule.model_validate({"id": name, "say": f"vì {name}", "when": when, "case_class": "data_leak", "severity": severity})


def test_the_first_rule_that_holds_decides_and_is_named() -> None:
    decision = decide("data_leak", [rule("khong_khop", "S1", classes=["routine"]), rule("khop", "S4"), rule("sau", "S0")])
    assert (decision.severity, decision.rule) == ("S4", "khop")
    assert decision.why[0] == "quy tắc khop: vì khop"
    assert "bộ phân loại: Lộ dữ liệu (0,80)" in decision.why


@pytest.mark.parametrize(("case_class", "level"), USUAL.items())
def test_without_a_rule_every_class_keeps_its_usual_level(case_class: str, level: str) -> None:
    decision = decide(case_class, [])
    assert (decision.case_class, decision.severity) == (case_class, level)
    assert decision.rule == ""


def test_no_class_label_is_routine() -> None:
    assert decide(None, []).case_class == "routine"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"classes": ["data_leak"]}, True),
        ({"classes": ["routine"]}, False),
        ({"signals": ["leak", "fraud"]}, True),
        ({"signals": ["fraud"]}, False),
        ({"without_signals": ["fraud"]}, True),
        ({"without_signals": ["leak"]}, False),
        ({"topics": ["t20_an_toan_niem_tin_so"]}, True),
        ({"topics": ["t04_kpi"]}, False),
        ({"bottlenecks": ["b4_ngap_ung"]}, False),
        ({"wards": ["bo_de"]}, True),
        ({"wards": ["kim_lien"]}, True),  # told of by another article of the story
        ({"wards": ["lang"]}, False),
        ({"sentiment": ["neg"]}, True),
        ({"sentiment": ["pos"]}, False),
        ({"tiers": ["national"]}, True),
        ({"tiers": ["forum"]}, False),
        ({"min_score": 0.8}, True),
        ({"min_score": 0.81}, False),
        ({"min_outlets": 3}, True),
        ({"min_outlets": 4}, False),
        ({"min_wards": 2}, True),
        ({"min_wards": 3}, False),
        ({"official": True}, False),
        ({"official": False}, True),
        ({"phrases": ["phản ánh", "không có"]}, True),
        ({"phrases": ["hồ sơ giấy"]}, False),
        ({"classes": ["data_leak"], "signals": ["fraud"]}, False),
        ({}, True),
    ],
)
def test_every_condition_counts_and_all_must_hold(when: dict[str, Any], expected: bool) -> None:
    labels = tags("data_leak", signal=["leak"], topic=["t20_an_toan_niem_tin_so"], ward=["bo_de"], sentiment=["neg"])
    seen = rules.Evidence(article=article(), tags=labels, source=source(), spread=spread(outlets=3, wards=("kim_lien", "bo_de")))
    assert rules.holds(Condition.model_validate(when), seen, "data_leak") is expected


def test_every_field_of_a_condition_is_looked_at() -> None:
    """A field that nobody evaluates would hold silently: each must be able to fail."""
    never: dict[str, Any] = {
        "classes": ["routine"], "signals": ["x"], "without_signals": ["leak"], "topics": ["x"], "bottlenecks": ["x"], "wards": ["x"],
        "sentiment": ["pos"], "tiers": ["forum"], "phrases": ["không hề có"], "min_score": 1.0, "min_outlets": 9, "min_wards": 9,
        "official": True,
    }  # fmt: skip
    assert set(never) == set(Condition.model_fields)
    seen = rules.Evidence(article=article(), tags=tags("data_leak", signal=["leak"]), source=source(), spread=spread())
    for name, value in never.items():
        assert not rules.holds(Condition.model_validate({name: value}), seen, "data_leak"), name


def test_phrases_are_whole_words_and_folded_only_in_text_typed_without_diacritics() -> None:
    def says(text: str, phrase: str) -> bool:
        seen = rules.Evidence(article=article(title="", text=text), tags=tags(), source=None, spread=spread())
        return seen.text.says(phrase)

    assert says("Hồ sơ đã TRỄ HẠN ba ngày", "trễ hạn")
    assert not says("Hồ sơ đã trễ hạng", "trễ hạn")
    assert says("ho so tre han ba ngay roi ma chua ai tra loi", "trễ hạn")
    assert not says("Câu chuyện dối trá", "chuyển đổi")
    assert not says("ho so tre qua", "trễ")  # one folded syllable says nothing
    assert not says("gì cũng được", "")


def test_an_article_without_source_or_label_is_decided_too() -> None:
    chosen = [rule("x", "S2", tiers=["forum"])]
    decision = rules.decide(article(), tags(None), source=None, spread=spread(), prior=None, rules=chosen, adjustments=[])
    assert decision.severity == "S0"


def test_what_was_answered_is_one_level_less_urgent() -> None:
    prior = case(state=CaseState.ANSWERED)
    decision = rules.decide(article(), tags("outage_surge"), source=source(), spread=spread(), prior=prior, rules=[], adjustments=[])
    assert decision.severity == "S2"
    assert decision.why[-1] == "hạ mức: vụ việc số 12 đã được phản hồi"


@pytest.mark.parametrize("case_class", ["misinformation", "wrong_figure"])
def test_without_a_fact_in_force_a_claim_is_only_unverified(case_class: Any) -> None:
    decision = Decision(case_class=case_class, severity="S4", why=("vì",), rule="r")
    held = rules.with_fact(decision, ())
    assert (held.case_class, held.severity) == ("unverified_claim", "S3")
    assert "chưa có văn bản để đối chiếu" in held.why[-1]
    assert rules.with_fact(decision, (point(),)) == decision
    fraud = Decision(case_class="fraud_impersonation", severity="S4", why=(), rule="r")
    assert rules.with_fact(fraud, ()) == fraud


def test_tagged_carries_the_decision_and_keeps_the_other_labels() -> None:
    before = tags("service_feedback", topic=["t06_cai_cach_tthc"])
    after = rules.tagged(before, Decision(case_class="data_leak", severity="S4", why=("vì",), rule="r"))
    assert after.values("class") == ("data_leak",)
    assert after.values("severity") == ("S4",)
    assert after.values("topic") == before.values("topic")
    assert rules.tagged(before, None) == before


# ── may an item alert at all? ──
CONFIG = AlertingConfig()


def may(*, tier: str = "national", first: bool = False, config: AlertingConfig = CONFIG, hours: float = 1, **labels: Any) -> str | None:
    item = article(published_at=NOW - timedelta(hours=hours))
    return rules.may_alert(item, tags("data_leak", **labels), source(tier), first_reading=first, now=NOW, config=config)


def test_a_fresh_item_about_hanoi_may_alert() -> None:
    assert may() is None
    assert may(tier="province") is None


def test_an_irrelevant_item_may_not() -> None:
    assert "không liên quan" in (may(relevant=False) or "")


def test_another_place_may_not_but_a_national_service_may() -> None:
    assert "không phải Hà Nội" in (may(hanoi=False) or "")
    assert may(hanoi=False, scope=["national"]) is None


def test_a_national_service_tied_to_another_province_may_not() -> None:
    assert "địa phương khác" in (may(hanoi=False, scope=["national"], province=["nghe_an"]) or "")
    assert "địa phương khác" in (may(hanoi=False, scope=["national"], tier="province") or "")
    assert may(hanoi=True, scope=["national"], province=["nghe_an"]) is None


def test_a_first_reading_may_not_unless_the_office_says_so() -> None:
    assert "lần đọc đầu tiên" in (may(first=True) or "")
    assert may(first=True, config=AlertingConfig(alert_first_reading=True)) is None


def test_old_items_may_not() -> None:
    assert may(hours=24) is None
    assert "cũ hơn 24 giờ" in (may(hours=24.01) or "")
    assert may(hours=40, config=AlertingConfig(max_age_hours=48)) is None
    assert "tương lai" in (may(hours=-30) or "")


# ── the office's own rules, as alert_rules.md has them ──
LADDER: list[tuple[str, dict[str, Any], str, str]] = [
    # class, circumstances, expected class, expected level
    ("routine", {}, "routine", "S0"),
    ("positive_model", {}, "positive_model", "S1"),
    ("service_feedback", {}, "service_feedback", "S1"),
    ("service_feedback", {"signal": ["vulnerable"]}, "service_feedback", "S2"),
    ("service_feedback", {"text": "Hồ sơ quá hạn mười ngày"}, "service_feedback", "S2"),
    ("service_feedback", {"signal": ["vulnerable"], "text": "Hồ sơ quá hạn", "ward": ["a", "b", "c"]}, "service_feedback", "S2"),
    ("press_criticism", {}, "press_criticism", "S2"),
    ("press_criticism", {"text": "Loạt bài điều tra của báo"}, "press_criticism", "S3"),
    ("press_criticism", {"text": "Loạt bài điều tra", "tier": "forum"}, "press_criticism", "S2"),
    ("information_gap", {}, "information_gap", "S2"),
    ("information_gap", {"signal": ["penalty"]}, "information_gap", "S3"),
    ("information_gap", {"outlets": 3, "signal": ["penalty", "vulnerable"]}, "information_gap", "S3"),
    ("unverified_claim", {}, "unverified_claim", "S2"),
    ("unverified_claim", {"signal": ["penalty"]}, "unverified_claim", "S3"),
    ("unverified_claim", {"outlets": 3}, "unverified_claim", "S3"),
    ("misinformation", {"tier": "forum"}, "misinformation", "S2"),
    ("misinformation", {"tier": "forum", "outlets": 2}, "misinformation", "S3"),
    ("misinformation", {}, "misinformation", "S3"),
    ("misinformation", {"outlets": 3}, "misinformation", "S4"),
    ("misinformation", {"tier": "official"}, "official_contradiction", "S2"),
    ("wrong_figure", {}, "wrong_figure", "S2"),
    ("wrong_figure", {"outlets": 3}, "wrong_figure", "S3"),
    ("wrong_figure", {"tier": "ward"}, "official_contradiction", "S2"),
    ("official_contradiction", {}, "official_contradiction", "S2"),
    ("fraud_impersonation", {}, "fraud_impersonation", "S3"),
    ("fraud_impersonation", {"text": "Đã có nhiều người mất tiền vì ứng dụng giả"}, "fraud_impersonation", "S4"),
    ("fraud_impersonation", {"ward": ["a", "b", "c"]}, "fraud_impersonation", "S4"),
    ("fraud_impersonation", {"official": True}, "fraud_impersonation", "S2"),
    ("data_leak", {}, "data_leak", "S3"),
    ("data_leak", {"text": "Cơ quan quản lý xác nhận dữ liệu đã bị lộ"}, "data_leak", "S4"),
    ("data_leak", {"text": "Cơ quan quản lý chưa xác nhận, đang xác minh"}, "data_leak", "S3"),
    ("data_leak", {"signal": ["denial"]}, "data_leak", "S2"),
    ("outage_surge", {}, "outage_surge", "S3"),
    ("outage_surge", {"text": "Cổng không vào được, chưa có thông báo chính thức"}, "outage_surge", "S4"),
    ("outage_surge", {"text": "Cổng dịch vụ công Hà Nội ngừng, nhiều phường đều kêu", "ward": ["lang"]}, "outage_surge", "S4"),
    ("outage_surge", {"text": "Cổng dịch vụ công Hà Nội ngừng, đơn vị đã thông báo"}, "outage_surge", "S3"),
    ("outage_surge", {"text": "Máy lấy số hỏng, chưa có thông báo", "ward": ["bo_de"]}, "outage_surge", "S3"),
    ("outage_surge", {"text": "Cổng không vào được, chưa có thông báo", "official": True}, "outage_surge", "S3"),
    # never a case
    ("misinformation", {"signal": ["denial"]}, "routine", "S0"),
    ("fraud_impersonation", {"signal": ["denial"]}, "routine", "S0"),
    ("service_feedback", {"signal": ["resolved"]}, "routine", "S0"),
    ("service_feedback", {"signal": ["resolved", "complaint"]}, "service_feedback", "S1"),
]


@pytest.mark.parametrize(("case_class", "seen", "expected", "level"), LADDER)
def test_the_offices_ladder(office: Config, case_class: str, seen: dict[str, Any], expected: str, level: str) -> None:
    decision = by_office(office, case_class, **seen)
    assert (decision.case_class, decision.severity) == (expected, level), decision.why


@pytest.mark.parametrize("case_class", USUAL)
def test_sentiment_alone_never_moves_a_level(office: Config, case_class: str) -> None:
    levels = {by_office(office, case_class, sentiment=[tone]).severity for tone in ("neg", "neu", "pos")}
    assert len(levels) == 1


@pytest.mark.parametrize("case_class", ["service_feedback", "press_criticism", "information_gap"])
def test_opinions_never_become_misinformation(office: Config, case_class: str) -> None:
    signals = ["complaint", "criticism", "question", "vulnerable", "penalty", "figure"]
    worst = {"signal": signals, "outlets": 9, "ward": ["a", "b", "c", "d"]}
    assert by_office(office, case_class, **worst).case_class == case_class


def test_no_text_of_the_office_calls_anything_false(office: Config) -> None:
    for entry in (*office.rules, *office.adjustments):
        assert "sai sự thật" not in entry.say
        assert "thù địch" not in entry.say
