"""Corrections, offers and models on both engines: only ever added, shown at once, carried by a backup, untouched by forgetting."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from monitor.figures import Answer, Recorded, SearchFilters
from monitor.records import Label
from storage import promotions, schema
from storage.articles import PURGED
from storage.errors import StorageError
from storage.store import Store
from tests.integration.storage_items import T0, article, source, tags
from tests.integration.test_storage_backup import other

__all__ = ["other"]
DAY = timedelta(days=1)


def kept(store: Store, *numbers: int, **more: Any) -> list[str]:
    """Relevant articles; their ids."""
    found = [article(n, **more) for n in numbers]
    for one in found:
        store.save(one, tags(one, topics=("t01",), wards=("bo_de",)), now=T0)
    return [one.id for one in found]


def say(store: Store, article_id: str, account: str = "truc_1", *, at: datetime = T0, per_day: int = 200, **values: Any) -> Recorded:
    answer = Answer(article_id=article_id, values={k.rstrip("_"): tuple(v) for k, v in values.items()})  # type: ignore[misc]
    return store.record([answer], account=account, model="linear@1", per_day=per_day, now=at)


def test_a_correction_shows_at_once_in_labels_search_and_counts(store: Store) -> None:
    (a,) = kept(store, 1)
    done = say(
        store, a, relevance=["yes"], hanoi=["no"], sentiment=["neg"], topic=["t02", "t04"], class_=["data_leak"], severity=["S3"], ward=[]
    )
    assert [(c.number, c.field, c.old, c.new) for c in done.corrections] == [
        (1, "relevance", ("yes",), ("yes",)), (2, "hanoi", ("yes",), ("no",)), (3, "sentiment", ("neu",), ("neg",)),
        (4, "topic", ("t01",), ("t02", "t04")), (5, "class", ("routine",), ("data_leak",)), (6, "severity", ("S0",), ("S3",)),
        (7, "ward", ("bo_de",), ()),
    ]  # fmt: skip
    assert store.corrections(a) == list(done.corrections)
    now = store.tags(a)
    assert (now.relevant, now.hanoi, now.values("topic"), now.values("ward")) == (True, False, ("t02", "t04"), ())
    (row,) = store.search("", SearchFilters(sentiment="neg", severity="S3", case_class="data_leak", topic="t04"))
    assert row.article_id == a
    assert store.search("", SearchFilters(ward="bo_de")) == []
    with store._db.read() as conn:
        counted = conn.execute(text("SELECT kind, value, hanoi, sentiment, articles FROM daily_counts WHERE articles > 0")).all()
    assert sorted((r.kind, r.value, bool(r.hanoi), r.sentiment, r.articles) for r in counted) == [
        ("all", "", False, "neg", 1), ("topic", "t02", False, "neg", 1), ("topic", "t04", False, "neg", 1),
    ]  # fmt: skip


def test_tagging_again_undoes_neither_what_was_said_nor_that_there_is_nothing(store: Store) -> None:
    a = article(1)
    store.save(a, tags(a, topics=("t01",), wards=("bo_de",)), now=T0)
    say(store, a.id, hanoi=["no"], sentiment=["pos"], ward=[])
    edited = article(1, text="Bản sửa.")
    store.save(edited, tags(edited, sentiment="neg", topics=("t03",), wards=("viet_hung",)), now=T0)
    now = store.tags(a.id)
    assert (now.hanoi, now.values("sentiment"), now.values("ward"), now.values("topic")) == (False, ("pos",), (), ("t03",))


def test_what_a_person_calls_irrelevant_has_no_tone_class_or_level_and_no_doubt(store: Store) -> None:
    a = article(1)
    doubts = tuple(Label(kind="uncertain", value=v, score=0.5) for v in ("relevance", "sentiment"))
    band = Label(kind="band", value="review", score=0.5)
    full = dataclasses.replace(tags(a, topics=("t01",)), labels=(*tags(a, topics=("t01",)).labels, *doubts, band))
    store.save(a, full, now=T0)
    say(store, a.id, sentiment=["neg"])
    assert store.tags(a.id).values("uncertain") == ("relevance",)
    say(store, a.id, relevance=["no"])
    assert {x.kind for x in store.tags(a.id).labels} == {"relevance", "hanoi"}
    with store._db.read() as conn:
        row = conn.execute(text("SELECT relevant, sentiment, case_class, severity FROM articles")).one()
    assert (bool(row.relevant), row.sentiment, row.case_class, row.severity) == (False, None, None, None)
    edited = dataclasses.replace(a, text="khác", content_hash="khác")
    store.save(edited, full, now=T0)
    assert {x.kind for x in store.tags(a.id).labels} == {"relevance", "hanoi"}


def test_the_cap_of_an_account_and_day_refuses_whole_answers(store: Store) -> None:
    a, b, c = kept(store, 1, 2, 3)
    late = datetime(2026, 11, 9, 16, 59, tzinfo=UTC)  # 23:59 in Hà Nội
    assert len(say(store, a, at=late, per_day=3, relevance=["yes"], sentiment=["neg"]).corrections) == 2
    over = say(store, b, at=late, per_day=3, relevance=["yes"], sentiment=["neg"])
    assert (over.corrections, over.refused) == ((), 1)
    assert store.tags(b).values("sentiment") == ("neu",)
    assert len(say(store, c, "truc_2", at=late, per_day=3, sentiment=["neg"]).corrections) == 1  # another account has its own
    assert len(say(store, b, at=late + timedelta(minutes=1), per_day=3, relevance=["yes"], sentiment=["neg"]).corrections) == 2
    assert store.corrections_today("truc_1", late) == 2


def test_the_same_said_twice_is_written_once_and_the_last_word_of_two_people_counts(store: Store) -> None:
    (a,) = kept(store, 1)
    assert say(store, a, sentiment=["neg"]).known == 0
    assert say(store, a, sentiment=["neg"]) == Recorded(corrections=(), refused=0, known=1)
    say(store, a, "truc_2", sentiment=["pos"])
    assert len(say(store, a, sentiment=["neg"]).corrections) == 1  # it was contradicted meanwhile
    (lesson,) = store.lessons()
    assert [(c.account, c.new) for c in lesson.corrections] == [("truc_1", ("neg",))]
    with pytest.raises(StorageError, match="Không có bài mã"):
        say(store, "f" * 32, sentiment=["neg"])
    assert len(store.corrections()) == 3


def test_nobody_is_asked_twice_and_two_kinds_of_stream_do_not_mix(store: Store) -> None:
    a, b, c, d = kept(store, 1, 2, 3, 4)
    reprint = article(5, duplicate_of=a)
    store.save(reprint, tags(reprint), now=T0)
    assert [u.article_id for u in store.unchecked("truc_1", 10)] == [d, c, b, a]
    assert [u.article_id for u in store.unchecked("truc_1", 2)] == [d, c]
    assert store.unchecked("truc_1", 1)[0].tags.relevant
    assert store.offer("truc_1", a, "random", T0)
    assert not store.offer("truc_1", a, "uncertain", T0)
    assert store.offer("truc_1", b, "disagree", T0)
    say(store, c, "truc_3", sentiment=["neg"])
    assert [u.article_id for u in store.unchecked("truc_1", 10)] == [d]
    streams = {u.article_id: (u.drawn, u.chosen) for u in store.unchecked("truc_2", 10)}
    assert streams == {a: (True, False), b: (False, True), d: (False, False)}
    assert say(store, a, sentiment=["neg"]).corrections[0].stream == "random"
    assert say(store, b, sentiment=["neg"]).corrections[0].stream == "disagree"
    assert say(store, d, sentiment=["neg"]).corrections[0].stream == "other"


def test_the_random_stream_and_its_stories_are_marked(store: Store) -> None:
    store.sync_sources([source("bao_a", tier="forum")], T0)
    a, b = kept(store, 1, 2, story_id="st_x")
    (c,) = kept(store, 3)
    store.offer("truc_1", a, "random", T0)
    for one in (a, b, c):
        say(store, one, sentiment=["neg"])
    assert {x.article_id: (x.test, x.tier) for x in store.lessons()} == {a: (True, "forum"), b: (True, "forum"), c: (False, "forum")}


def test_no_row_is_ever_changed_or_taken_out(store: Store) -> None:
    (a,) = kept(store, 1)
    store.offer("truc_1", a, "random", T0)
    say(store, a, sentiment=["neg"])
    taken(store, b"1")
    for table, change in ((schema.corrections, {"new": []}), (schema.offers, {"stream": "other"}), (schema.models, {"role": "x"})):
        for statement in (update(table).values(**change), delete(table)):
            with pytest.raises(DBAPIError, match="only ever added"), store._db.write() as conn:
                conn.execute(statement)
    assert len(store.corrections()) == 1


def test_forgetting_and_purging_leave_ids_and_no_words(store: Store) -> None:
    store.sync_sources([source("bao_a", tier="forum")], T0)
    a, b = article(1, title="Chuyện riêng tư của một người"), article(2, title="Chuyện thứ hai của một người")
    for one in (a, b):
        store.save(one, tags(one, topics=("t01",)), now=T0)
        say(store, one.id, sentiment=["neg"])
    store.forget("Chuyện riêng tư", who="ca_tp", now=T0)
    assert [c.article_id for c in store.corrections()] == [a.id, b.id]
    assert [x.article_id for x in store.lessons()] == [b.id]
    store.purge(T0 + 400 * DAY, raw_press=30, raw_social=7, social_text=180, quarantine=90, voice_months=1)
    assert store.article(b.id).title == PURGED  # type: ignore[union-attr]
    assert store.lessons() == []
    assert store.unchecked("truc_2", 10) == []
    with store._db.read() as conn:
        assert "riêng tư" not in "".join(map(str, conn.execute(text("SELECT * FROM corrections")).all()))


def taken(store: Store, blob: bytes, *, parent: str = "linear@shipped", after: int = 0) -> Any:
    digest = hashlib.sha256(blob).hexdigest()
    return store.promote(
        version=f"linear@{digest[:8]}", role="van_hanh", parent=parent, after=after, learned=3, figures={"frozen": {"items": 3}},
        manifest={"files": {"weights.npz": digest}}, weights=blob, now=T0,
    )  # fmt: skip


def test_a_promotion_is_the_model_in_use_and_rolling_back_walks_the_way_back(store: Store) -> None:
    assert store.promoted() is None
    first = taken(store, b"\x00\xffmot")
    second = taken(store, b"hai", parent=first.version, after=1)
    assert (store.promoted(), second.number, second.action) == (second, 2, "retrain")
    assert store.model_weights(1) == b"\x00\xffmot"
    third = store.roll_back_model(role="to_truong", shipped="linear@shipped", now=T0 + DAY)
    assert (third.number, third.version, third.action, third.role) == (3, first.version, "rollback", "to_truong")
    assert store.model_weights(3) == b"\x00\xffmot"
    fourth = store.roll_back_model(role="van_hanh", shipped="linear@shipped", now=T0 + DAY)
    assert (fourth.version, fourth.manifest, store.model_weights(4)) == ("linear@shipped", {}, None)
    with pytest.raises(StorageError, match="không có mô hình nào trước nó"):
        store.roll_back_model(role="van_hanh", shipped="linear@shipped", now=T0)
    assert [p.number for p in store.promotions()] == [1, 2, 3, 4]
    assert taken(store, b"ba", after=4).number == 5


def test_a_promotion_that_does_not_fit_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError, match="không khớp mã băm"):
        store.promote(version="linear@1", role="x", parent="", after=0, learned=0, figures={}, manifest={"files": {}}, weights=b"", now=T0)
    taken(store, b"mot")
    with pytest.raises(StorageError, match="vừa được thay"):
        taken(store, b"hai", after=0)
    monkeypatch.setattr(promotions, "MOST_BYTES", 2)
    with pytest.raises(StorageError, match="quá"):
        taken(store, b"hai", after=1)
    assert len(store.promotions()) == 1
    assert taken_number(store) == 1


def taken_number(store: Store) -> int:
    found = store.promoted()
    return found.number if found else 0


def test_a_backup_carries_corrections_offers_and_weights(store: Store, other: Store, tmp_path: Any) -> None:
    (a,) = kept(store, 1)
    store.offer("truc_1", a, "random", T0)
    say(store, a, sentiment=["neg"], ward=[])
    blob = bytes(range(256)) * 40
    taken(store, blob)
    store.backup(tmp_path / "b.gz")
    other.restore(tmp_path / "b.gz")
    assert other.corrections() == store.corrections()
    assert other.lessons() == store.lessons()
    assert (other.promoted(), other.model_weights(1)) == (store.promoted(), blob)
    assert other.tags(a) == store.tags(a)
    assert not other.offer("truc_1", a, "random", T0)
    assert say(other, a, "truc_2", sentiment=["pos"]).corrections[0].number == 3


def test_an_old_base_is_brought_up_with_its_corrected_labels(store: Store) -> None:
    """`labels.corrected` alone, as versions before this one wrote it, still stands."""
    a = article(1)
    store.save(a, tags(a), now=T0)
    store.correct(a.id, Label(kind="sentiment", value="pos", score=1.0, model="người"), T0)
    edited = article(1, text="Bản sửa.")
    store.save(edited, tags(edited, sentiment="neg"), now=T0)
    assert store.tags(a.id).values("sentiment") == ("pos",)
    with store._db.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM corrections")).scalar() == 0


def test_an_edit_is_judged_by_what_people_have_said(store: Store) -> None:
    a = article(1)
    store.save(a, tags(a, topics=("t01",)), now=T0)
    say(store, a.id, relevance=["no"])
    edited = tags(article(1, text="Bản sửa."), sentiment="neg", topics=("t03",))
    assert edited.relevant
    assert not store.as_corrected(edited).relevant
    assert store.as_corrected(tags(article(2))).relevant  # nobody has judged that one


def test_a_row_is_not_replaced_either(store: Store) -> None:
    (a,) = kept(store, 1)
    say(store, a, relevance=["yes"])
    if store._db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE")
    with pytest.raises(DBAPIError, match="only ever added"), store._db.write() as conn:
        conn.execute(text("INSERT OR REPLACE INTO corrections SELECT * FROM corrections WHERE number = 1"))
