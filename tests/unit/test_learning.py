"""What corrections teach, whose count, and when a new model is worse: pure, with a corpus of a few hundred items."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from classifiers import learning, models, promoted, review, scores, train
from classifiers.tag import Tagger
from monitor.figures import Correction, Lesson, Unchecked
from monitor.records import Label, Tags

AT = datetime(2026, 11, 9, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def small() -> list[dict[str, Any]]:
    return train.corpus()[::20]


def correction(number: int, article_id: str, field: str, *new: str, account: str = "truc_1", stream: str = "uncertain") -> Correction:
    return Correction(number=number, article_id=article_id, field=field, old=(), new=new, account=account, at=AT, model="m", stream=stream)  # type: ignore[arg-type]


def lesson(article_id: str, *corrections: Correction, test: bool = False, **more: Any) -> Lesson:
    fields = {"title": f"Bài {article_id}", "text": "Nội dung.", "tier": "city", "story_id": article_id} | more
    return Lesson(article_id=article_id, corrections=corrections, test=test, **fields)  # type: ignore[arg-type]


def judged(
    article_id: str, number: int, *, account: str = "truc_1", stream: str = "uncertain", tone: str = "neg"
) -> tuple[Correction, ...]:
    said = {"relevance": ("yes",), "hanoi": ("yes",), "sentiment": (tone,), "topic": ("t04_kpi",), "class": ("routine",)}
    return tuple(correction(number + n, article_id, f, *v, account=account, stream=stream) for n, (f, v) in enumerate(said.items()))


def test_the_random_stream_is_measured_with_and_never_trained_on() -> None:
    lessons = [
        lesson("a", *judged("a", 1)),
        lesson("b", *judged("b", 11, stream="random"), test=True, drawn=True),
        lesson("c", *judged("c", 21), test=True),  # its story stands in the random stream
    ]
    plan = learning.plan(lessons, share=1)
    assert [i["id"] for i in plan.items] == ["a"]
    assert [i["id"] for i in plan.test] == ["b"]
    assert plan.test[0]["relevant"] is True
    assert plan.corrections == 4  # the place is no model's business


def test_a_second_opinion_does_not_take_an_item_out_of_the_random_stream() -> None:
    confirmed = lesson("b", *judged("b", 11, stream="other"), test=True, drawn=True)
    assert [i["id"] for i in learning.plan([confirmed], share=1).test] == ["b"]


def test_an_item_of_the_random_stream_that_was_not_judged_whole_does_not_measure() -> None:
    half = lesson("a", correction(1, "a", "relevance", "yes", stream="random"), test=True, drawn=True)
    whole = lesson("b", correction(2, "b", "relevance", "no", stream="random"), test=True, drawn=True)
    assert [i["id"] for i in learning.plan([half, whole], share=1).test] == ["b"]


@pytest.mark.parametrize(
    ("counted", "share", "allowed"),
    [
        ({"a": 10}, 0.5, {"a": 0}),
        ({"a": 10}, 1, {"a": 10}),
        ({"a": 100, "b": 20}, 0.5, {"a": 20, "b": 20}),
        ({"a": 100, "b": 20}, 0.6, {"a": 30, "b": 20}),
        ({"a": 60, "b": 50, "c": 1}, 0.5, {"a": 51, "b": 50, "c": 1}),
        ({}, 0.5, {}),
    ],
)
def test_no_account_makes_up_more_than_its_share(counted: dict[str, int], share: float, allowed: dict[str, int]) -> None:
    assert learning.within_share(counted, share) == allowed


def test_any_mix_of_accounts_keeps_the_share() -> None:
    chance = Random(57)
    for _ in range(300):
        counted = {f"a{n}": chance.randrange(0, 90) for n in range(chance.randrange(1, 7))}
        share = chance.choice([0.2, 0.34, 0.5, 0.7, 0.9])
        allowed = learning.within_share(counted, share)
        assert all(0 <= allowed[a] <= counted[a] for a in counted)
        assert all(n <= share * sum(allowed.values()) + 1e-6 for n in allowed.values())


def test_what_lies_beyond_a_share_is_the_oldest_and_is_told() -> None:
    lessons = [lesson(f"a{n}", correction(n, f"a{n}", "relevance", "no")) for n in range(1, 9)]
    lessons += [lesson(f"b{n}", correction(n, f"b{n}", "relevance", "no", account="truc_2")) for n in range(20, 23)]
    plan = learning.plan(lessons, share=0.5)
    assert Counter(i["id"][0] for i in plan.items) == {"a": 3, "b": 3}
    assert {i["id"] for i in plan.items} >= {"a6", "a7", "a8"}
    assert plan.left_out == {"truc_1": 5}


def test_an_item_teaches_only_what_was_judged(small: list[dict[str, Any]]) -> None:
    """Two hundred items judged by their tone alone leave relevance as it was, but for the words that they bring."""
    tone_only = learning.item_of(lesson("x"), [correction(1, "x", "sentiment", "neg")])
    assert (tone_only["judged"], tone_only["relevant"], tone_only["class"]) == (["sentiment"], True, None)
    base = [{**i, learning.JUDGED: ["relevance"]} for i in small[:40]]
    untaught = [{**i, "relevant": not i["relevant"], learning.JUDGED: []} for i in small[:40]]
    names, _, outputs, weights, _ = train.fit([*small, *base])
    same, _, others, again, _ = train.fit([*small, *base, *untaught])
    at = {n: i for i, n in enumerate(same)}
    column = outputs.index("relevance:yes"), others.index("relevance:yes")
    shared = [(i, at[n]) for i, n in enumerate(names) if n in at and n.startswith("lex ")]
    moved = [abs(weights[i, column[0]] - again[j, column[1]]) for i, j in shared]
    assert max(moved) < 0.6  # only the rarity of words moved; the wrong answers were not learned
    flipped = [{**i, learning.JUDGED: ["relevance"]} for i in untaught]
    _, _, third, taught, _ = train.fit([*small, *base, *flipped])
    assert max(abs(weights[i, column[0]] - taught[j, third.index("relevance:yes")]) for i, j in shared) > 2 * max(moved)


def test_a_refit_can_be_opened_again_and_only_as_it_was_written(small: list[dict[str, Any]]) -> None:
    plan = learning.plan([lesson("a", *judged("a", 1))], share=1)
    made = learning.refit(small, plan)
    assert made.manifest["corrections"] == {"used": 4, "items": 1, "last": 5}
    assert learning.learned_already(plan, made.manifest)
    assert not learning.learned_already(learning.plan([lesson("a", *judged("a", 7))], share=1), made.manifest)
    again = promoted.opened(made.manifest, made.weights)
    assert again.version == made.tagger.version == promoted.version_of(made.manifest)
    assert len(made.weights) < 10_000_000
    with pytest.raises(models.BrokenModel, match="mô hình trong cơ sở dữ liệu"):
        promoted.opened(made.manifest, made.weights[:-1] + b"x")
    with pytest.raises(models.BrokenModel):
        promoted.opened({**made.manifest, "outputs": ["relevance:yes"]}, made.weights)


def test_it_measures_as_make_evaluate_does() -> None:
    tagger, items = Tagger.load(), learning.frozen()[:150]
    ours, theirs = learning.measure(tagger, items), scores.figures(items, scores.tagged(tagger, items))
    for metric in learning.METRICS:
        assert ours[metric] == pytest.approx(getattr(theirs, metric), abs=1e-9), metric


def test_few_items_of_a_kind_leave_a_metric_open_instead_of_failing() -> None:
    gadget = {"id": "a", "title": "Điện thoại gập", "text": "Màn hình 8 inch.", "relevant": False, "hanoi": False, "topics": []}
    found = learning.measure(Tagger.load(), [gadget | {"sentiment": None, "class": None}] * 3)
    assert found == dict.fromkeys(learning.METRICS)


def test_worse_is_what_falls_by_more_than_the_tolerance() -> None:
    old: dict[str, float | None] = dict.fromkeys(learning.METRICS, 0.8)
    assert learning.worse(old, old, 0) == []
    assert learning.worse(old | {"relevant_f1": 0.795}, old, 0.005) == []
    assert learning.worse(old | {"relevant_f1": 0.7949}, old, 0.005) == ["relevant_f1"]
    assert learning.worse(old | {"class_macro": None}, old, 0.005) == ["class_macro"]
    assert learning.worse(old, old | {"class_macro": None}, 0.005) == []


def test_the_frozen_items_stand_in_no_corpus() -> None:
    known = {i["title"] + i["text"] for i in train.corpus()}
    assert not [i["id"] for i in learning.frozen() if i["title"] + i["text"] in known]


def unchecked(number: int, *labels: Label, drawn: bool = False, chosen: bool = False) -> Unchecked:
    tags = Tags(article_id=str(number), labels=labels)
    return Unchecked(article_id=str(number), tags=tags, drawn=drawn, chosen=chosen)


def relevance(score: float, value: str = "yes") -> Label:
    return Label(kind="relevance", value=value, score=score)


def test_a_batch_is_three_fifths_doubt_one_fifth_lot_one_fifth_disagreement() -> None:
    ruled = Label(kind="class", value="data_leak", score=1.0, model="rule:lo_du_lieu")
    pool = [unchecked(n, relevance(0.99), ruled) for n in range(50)]
    pool += [unchecked(n, relevance(0.5 + (n - 50) / 1000)) for n in range(50, 150)]
    pool += [unchecked(n, relevance(0.01, "no")) for n in range(150, 1000)]
    batch = review.choose(pool, 20, Random(57))
    assert Counter(stream for stream, _ in batch) == {"uncertain": 12, "random": 4, "disagree": 4}
    assert len({i for _, i in batch}) == 20
    assert all(int(i) < 50 for stream, i in batch if stream == "disagree")
    assert all(50 <= int(i) < 70 for stream, i in batch if stream == "uncertain")
    assert batch == review.choose(pool, 20, Random(57))
    assert batch != review.choose(pool, 20, Random(58))


def test_the_lot_falls_on_every_item_alike() -> None:
    pool = [unchecked(n, relevance(0.5 if n < 10 else 0.99)) for n in range(100)]
    drawn = Counter(i for seed in range(2000) for stream, i in review.choose(pool, 10, Random(seed)) if stream == "random")
    assert len(drawn) == 100
    assert max(drawn.values()) < 3 * min(drawn.values())


def test_what_one_kind_of_stream_had_the_other_leaves_alone() -> None:
    pool = [unchecked(n, relevance(0.5), drawn=n % 2 == 0, chosen=n % 2 == 1) for n in range(40)]
    batch = review.choose(pool, 20, Random(1))
    assert {int(i) % 2 for stream, i in batch if stream == "random"} == {0}
    assert {int(i) % 2 for stream, i in batch if stream == "uncertain"} == {1}


def test_a_dry_stream_leaves_its_places_to_the_doubtful() -> None:
    assert Counter(s for s, _ in review.choose([unchecked(n, relevance(0.9)) for n in range(30)], 10, Random(1))) == {
        "uncertain": 8, "random": 2,
    }  # fmt: skip
    assert review.choose([], 10, Random(1)) == []
    assert len(review.choose([unchecked(1, relevance(0.9))], 10, Random(1))) == 1


def test_doubt_is_a_label_of_it_first_then_the_nearest_decision() -> None:
    doubtful = Tags(article_id="a", labels=(relevance(0.99), Label(kind="uncertain", value="sentiment", score=0.4)))
    tones = [Label(kind="sentiment_score", value=v, score=s) for v, s in (("neg", 0.45), ("neu", 0.44), ("pos", 0.11))]
    torn = Tags(article_id="b", labels=(relevance(0.99), *tones))
    near = Tags(article_id="c", labels=(relevance(0.53),))
    sure = Tags(article_id="d", labels=(relevance(0.99),))
    assert sorted([sure, near, torn, doubtful], key=lambda t: review.doubt(t)) == [doubtful, torn, near, sure]


def test_rule_and_model_disagree_on_class_or_tone() -> None:
    def said(*labels: Label) -> bool:
        return review.disagrees(Tags(article_id="a", labels=(relevance(0.9), *labels)))

    assert said(Label(kind="class", value="data_leak", score=1.0, model="rule:lo_du_lieu"))
    assert not said(Label(kind="class", value="data_leak", score=0.7, model="rule:lo_du_lieu"))  # the tagger says the same
    assert not said(Label(kind="class", value="data_leak", score=1.0, model="người"))
    assert said(Label(kind="signal", value="criticism", score=0.8), Label(kind="sentiment", value="pos", score=0.6))
    assert said(Label(kind="signal", value="good_model", score=0.8), Label(kind="sentiment", value="neg", score=0.6))
    assert not said(Label(kind="signal", value="criticism", score=0.8), Label(kind="sentiment", value="neg", score=0.6))
    assert not review.disagrees(Tags(article_id="a", labels=(relevance(0.1, "no"),)))


def test_the_shipped_version_is_told_without_reading_the_weights(tmp_path: Path) -> None:
    assert promoted.shipped() == Tagger.load().version
    with pytest.raises(models.BrokenModel, match="bản kê"):
        promoted.shipped(tmp_path)
    (tmp_path / models.MANIFEST).write_text(json.dumps({"files": {}}), encoding="utf-8")
    with pytest.raises(models.BrokenModel):
        promoted.shipped(tmp_path)
