"""The measuring instrument itself: what `make evaluate` says must be so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from classifiers.scores import figures
from monitor.records import Label, Tags
from tests.evaluate_understanding import __main__ as command
from tests.evaluate_understanding import bars, baselines, card, curve, diversity, measures, runs, sections, sets, spellings, trust, wards
from tests.evaluate_understanding.measures import interval
from tests.evaluate_understanding.runs import Measured, Run
from tests.evaluate_understanding.verdicts import Verdict, read_back

T6, T20 = "t06_cai_cach_tthc", "t20_an_toan_niem_tin_so"


def item(number: int, **more: Any) -> dict[str, Any]:
    told = {"id": f"i{number}", "title": "Nộp hồ sơ trực tuyến", "text": "Bà con nộp ở phường.", "relevant": True, "hanoi": True,
            "topics": [T6], "sentiment": "neu", "class": "routine", "severity": "S0", "wards": [], "tier": "city"}  # fmt: skip
    return told | more


def said(**more: Any) -> Verdict:
    told: dict[str, Any] = {"relevant": True, "hanoi": True, "topics": frozenset((T6,)), "sentiment": "neu", "first_class": "routine",
                            "case_class": "routine", "severity": "S0"}  # fmt: skip
    return Verdict(**(told | more))


ITEMS = [
    item(0), item(1, sentiment="neg", severity="S2", **{"class": "press_criticism"}), item(2, topics=[T6, T20]),
    item(3, relevant=False, hanoi=False, topics=[], sentiment=None, severity=None, **{"class": None}), item(4, sentiment="pos"),
    item(5, relevant=False, topics=[], sentiment=None, severity=None, **{"class": None}),
]  # fmt: skip
VERDICTS = [
    said(), said(sentiment="neg", case_class="press_criticism", severity="S2"),
    said(topics=frozenset((T20,)), relevant=False, band="review"), said(), said(sentiment="neu", severity="S2"),
    said(relevant=False, band="drop", hanoi=False, sentiment="pos"),
]  # fmt: skip


def run(name: str = "tune", verdicts: list[Verdict] | None = None) -> Run:
    return Run(name, ITEMS, verdicts or VERDICTS)


def tags(verdict: Verdict, name: str) -> Tags:
    found = [("relevance", "yes" if verdict.relevant else "no"), ("band", verdict.band), ("sentiment", str(verdict.sentiment)),
             ("class", str(verdict.case_class)), *(("topic", t) for t in verdict.topics)]  # fmt: skip
    found += [("hanoi", "yes")] if verdict.hanoi else []
    return Tags(article_id=name, labels=tuple(Label(kind=k, value=v, score=1.0) for k, v in found))


def test_the_figures_are_those_that_retraining_compares_by() -> None:
    theirs = figures(ITEMS, [tags(v, i["id"]) for i, v in zip(ITEMS, VERDICTS, strict=True)])
    ours = {f.label: f.of(run()) for f in bars.FIGURES}
    for label, value in {
        "relevant F1": theirs.relevant_f1, "relevant precision": theirs.relevant_precision, "relevant recall": theirs.relevant_recall,
        "relevant recall, band review counted as found": theirs.review_recall, "Hà Nội F1": theirs.hanoi_f1,
        "topics micro-F1": theirs.topics_micro, "topics macro-F1": theirs.topics_macro,
        "sentiment macro-F1": theirs.sentiment_macro,
    }.items():  # fmt: skip
        found = ours[label]
        assert found is not None
        assert found.value == pytest.approx(value), label


def test_precision_recall_and_f1_are_the_usual_ones() -> None:
    chance = np.random.default_rng(3)
    true, told = chance.random(200) < 0.4, chance.random(200) < 0.5
    sheet = measures.yes(list(true), list(told))
    assert interval(measures.precision, sheet).value == pytest.approx(precision_score(true, told))
    assert interval(measures.recall, sheet).value == pytest.approx(recall_score(true, told))
    assert interval(measures.micro, sheet).value == pytest.approx(f1_score(true, told))


def test_an_interval_is_seeded_holds_its_figure_and_narrows_with_more_items() -> None:
    few, many = measures.yes([True, False] * 30, [True, True, False] * 20), measures.yes([True, False] * 300, [True, True, False] * 200)
    first = interval(measures.micro, few)
    assert first == interval(measures.micro, few)
    assert first.low < first.value < first.high
    assert first.high - first.low > 2 * (interval(measures.micro, many).high - interval(measures.micro, many).low)


def test_a_difference_is_taken_in_pairs() -> None:
    sheet = measures.yes([True, False, True, False], [True, True, True, False])
    same = measures.difference(measures.micro, sheet, sheet)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_a_class_that_was_never_said_counts_as_nothing_found() -> None:
    sheet = measures.chosen(("a", "b", "c"), ["a", "b"], ["a", "a"])
    assert interval(measures.macro, sheet).value == pytest.approx((2 / 3 + 0) / 2)  # c is true of none: not counted


def test_the_confusion_has_a_column_for_what_is_not_named() -> None:
    table = measures.confusion(ITEMS, VERDICTS, "sentiment", ("neg", "neu"))
    assert table == [[1, 0, 0], [0, 2, 0]]
    assert measures.confusion(ITEMS, [said(sentiment="pos")] * 6, "sentiment", ("neg", "neu")) == [[0, 0, 1], [0, 0, 2]]


def test_calibration_error_is_the_distance_from_what_came_true() -> None:
    sure = trust.Sure([0.95] * 10 + [0.55] * 10, [True] * 9 + [False] + [True] * 5 + [False] * 5, [False] * 10 + [True] * 10)
    assert [(name, n) for name, n, _, _ in sure.bins()] == [("0.5–0.6", 10), ("0.9–1.0", 10)]
    assert sure.calibration_error == pytest.approx(0.05)
    assert sure.abstained() == (0.5, 0.9, 0.5)


def test_fewer_and_surer_items_are_right_more_often() -> None:
    sure = trust.Sure([0.9, 0.8, 0.7, 0.6], [True, True, True, False], [False] * 4)
    assert dict(sure.curve())[1.0] == 0.75
    assert dict(sure.curve())[0.5] == 1.0


def test_a_topic_is_right_when_the_strongest_is_one_of_the_items() -> None:
    told = [said(first_topic=T6, topic_share=0.9), said(first_topic=T20), said(first_topic=T6, topic_share=0.6), said(), said(), said()]
    found = trust.topic(ITEMS, [*told[:2], Verdict(**(vars(told[2]) | {"unsure": frozenset(("topic",))})), *told[3:]])
    assert (found.right, found.left) == ([True, False, True, False], [False, False, True, False])


def test_a_score_of_one_has_a_bin() -> None:
    assert trust.Sure([1.0], [True], [False]).bins() == [("0.9–1.0", 1, 1.0, 1.0)]


@pytest.mark.parametrize(("value", "told"), [(0.85, "**not met**"), (0.86, "met"), (0.93, "goal met")])
def test_a_bar_is_met_or_it_is_said_that_it_is_not(value: float, told: str) -> None:
    assert bars.verdict(value, 0.86, 0.93) == told


def test_the_largest_fall_is_named() -> None:
    spoiled = run(verdicts=[said(hanoi=False)] * 6)
    name, fall = bars.worst_fall(run(verdicts=[said(hanoi=i["hanoi"]) for i in ITEMS]), spoiled)
    assert (name, fall) == ("Hà Nội F1", 1.0)


def test_keywords_follow_the_rule_of_the_taxonomy() -> None:
    texts = ["Hà Nội họp về chuyển đổi số", "Mua app qua phần mềm lạ", "Dùng app nấu ăn", "Giá vàng tăng", "HA NOI HOP VE CHUYEN DOI SO"]
    found = baselines.keywords([{"title": t, "text": ""} for t in texts])
    assert [v.relevant for v in found] == [True, True, False, False, True]
    assert [v.hanoi for v in found] == [True, False, False, False, True]


def test_the_majority_is_that_of_the_items_it_has_seen() -> None:
    only = baselines.majority(ITEMS[:2], ITEMS)[0]
    assert (only.relevant, only.topics, only.sentiment, only.case_class) == (True, frozenset((T6,)), "neu", "routine")


def test_without_history_there_is_no_previous_model() -> None:
    assert baselines.previous(ITEMS, commit="0" * 40) is None


def test_what_monitor_classify_prints_is_read_back() -> None:
    line = {"relevant": True, "band": "accept", "relevant_score": 0.9, "hanoi": False, "wards": ["lang"], "topics": [{"id": T6}],
            "sentiment": "neg", "class": "routine", "severity": "S0"}  # fmt: skip
    (found,) = read_back([line])
    assert (found.wards, found.topics, found.sentiment, found.likely) == (frozenset(("lang",)), frozenset((T6,)), "neg", 0.9)


def test_every_kind_of_spelling_changes_something_and_every_term_is_known_as_it_should_be_written() -> None:
    assert len(spellings.KINDS) == 17
    assert len(set(spellings.TERMS)) == 30
    assert [term for term in spellings.TERMS if not spellings.recognised(term, term)] == []
    assert not spellings.recognised("chuyển đổi số", "đi chợ")
    assert [
        kind for kind, change in spellings.KINDS.items() if kind != "old tone marks" and change("chuyển đổi số") == "chuyển đổi số"
    ] == []
    assert spellings.old_tones("hòa thủy Hòa HÒA") == "hoà thuỷ Hoà HOÀ"


def test_copies_of_one_sentence_are_not_varied() -> None:
    same = [item(n) for n in range(40)]
    assert diversity.self_similarity(same, 1) == 1.0
    assert diversity.openings(same, 1) == 1.0
    assert diversity.distinct(same, 1)[0] < 20


def test_the_gain_of_another_500_is_the_slope_at_the_end() -> None:
    points = [{"items": n, "F1": 0.5 + n / 100_000} for n in (500, 4_000, 5_000, 7_000)]
    assert curve.gain(points, "F1") == pytest.approx(0.005)


def test_the_learning_curve_is_kept_with_the_corpus_it_belongs_to() -> None:
    kept = json.loads(curve.KEPT.read_text(encoding="utf-8"))
    assert len(kept["points"]) >= 5
    assert set(curve.TASKS) < set(kept["points"][-1])
    assert "has changed since" in sections.learning(kept, "another corpus")
    assert "has changed since" not in sections.learning(kept, kept["corpus_sha256"])


def test_while_tuning_the_report_half_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def dev(half: str) -> list[dict[str, Any]]:
        asked.append(half)
        return ITEMS

    monkeypatch.setattr(sets, "dev", dev)
    monkeypatch.setattr(runs, "judged", lambda _tagger, items, _change=None: [said()] * len(items))
    monkeypatch.setattr(baselines, "previous", lambda _items: None)
    monkeypatch.setattr(wards, "measured", lambda _tagger: {})
    monkeypatch.setattr(spellings, "measured", lambda: None)
    tune = runs.measure(None, tune_only=True)  # type: ignore[arg-type]
    assert (asked, tune.head.name) == (["tune"], "tune")
    both = runs.measure(None, tune_only=False)  # type: ignore[arg-type]
    assert (asked, both.head.name) == (["tune", "tune", "report"], "report")


def test_each_state_of_the_models_is_one_look_at_the_report_half(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "LOOKS", tmp_path / "looks.jsonl")
    assert command.looked(None, keep=False) == []
    assert len(command.looked("linear@a", keep=False)) == 1
    assert not command.LOOKS.exists()
    command.looked("linear@a", keep=True)
    command.looked("linear@a", keep=True)
    assert len(command.looked("linear@b", keep=True)) == 2
    assert len(command.looked(None, keep=False)) == 2


@pytest.fixture
def small() -> Measured:
    perfect = measures.wards(ITEMS, VERDICTS)
    spelt = spellings.Recognised(dict.fromkeys(spellings.KINDS, 30) | {"dots": 0}, (("dots", "iHanoi"),), {"harsh": 1})
    copies = tuple(run(name) for name in runs.COPIES)
    rivals = (run("previous model", [said()] * 6), run("majority", [said()] * 6))
    newsroom, frozen = run("newsroom"), run("frozen")
    return Measured(run(), (newsroom, frozen), copies, rivals, newsroom, {"both sets": perfect, "newsroom": perfect}, spelt)


def test_the_card_says_what_it_rests_on_and_what_falls_short(small: Measured) -> None:
    text = card.render(small, version="linear@12345678", day="2026-11-21", options="--tune-only", looks=[], curve=None, texture="## T")
    assert "Provisional" in text
    assert "linear@12345678" in text
    assert "| relevant F1 | 0.86 | 0.93 |" in text
    assert "**not met**" in text
    assert "- **dots**: iHanoi" in text
    for heading in ("Bars", "By task", "Confusion", "Hidden spellings", "Baselines", "Found at S2", "Wards", "Learning curve", "Limits"):
        assert f"## {heading}" in text
    assert not any(len({line.count("|") for line in block.splitlines()}) > 1 for block in text.split("\n\n") if block.startswith("|"))


def test_a_full_run_is_not_provisional(small: Measured) -> None:
    full = Measured(run("report"), (small.head, *small.others), small.copies, small.rivals, small.newsroom, small.wards, small.spelt)
    text = card.render(full, version="v", day="2026-11-21", options="", looks=["2026-11-21 v"], curve=None, texture="")
    assert "Provisional" not in text
    assert "1 so far" in text
