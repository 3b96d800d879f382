"""The digest's figures equal what is in the base, also after edits and corrections."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from monitor.figures import DigestFigures, GroupCount
from monitor.records import CaseState, Label, SourceState
from storage.store import Store
from tests.integration.storage_items import T0, article, case, source, tags

MONDAY = datetime(2026, 11, 8, 17, 0, tzinfo=UTC)  # 9 November 00:00 in Hà Nội
WEEK = timedelta(days=7)
DAY = timedelta(days=1)


def figures(store: Store, start: datetime = MONDAY) -> DigestFigures:
    return store.week_figures(start, start + WEEK, now=start + WEEK + timedelta(hours=7))


def test_an_empty_week(store: Store) -> None:
    found = figures(store)
    assert (found.start, found.end, found.total, found.relevant) == (date(2026, 11, 9), date(2026, 11, 16), 0, 0)
    assert dict(found.by_sentiment) == {"neg": 0, "neu": 0, "pos": 0}
    assert [(d.day.day, d.neg, d.neu, d.pos) for d in found.by_day] == [(9 + n, 0, 0, 0) for n in range(7)]
    assert dict(found.outcomes) == dict.fromkeys(CaseState, 0)


def test_days_begin_at_midnight_in_hanoi(store: Store) -> None:
    for n, at in enumerate((MONDAY - timedelta(seconds=1), MONDAY, MONDAY + WEEK - timedelta(seconds=1), MONDAY + WEEK)):
        a = article(n, at=at)
        store.save(a, tags(a), now=T0)
    found = figures(store)
    assert (found.total, found.previous.total) == (2, 1)
    assert [d.neu for d in found.by_day] == [1, 0, 0, 0, 0, 0, 1]
    assert sum(s.articles for s in found.top_stories) == 2
    with pytest.raises(ValueError, match="midnight"):
        store.week_figures(T0, T0 + WEEK, now=T0)


def test_the_rollup_equals_the_base_after_many_changes(store: Store) -> None:
    pick = random.Random(57)
    for _ in range(250):
        n = pick.randrange(90)
        a = article(n, text=f"bản {pick.randrange(3)}", at=MONDAY - WEEK + DAY * (n % 14), source_id=f"bao_{n % 4}")
        given = tags(a, relevant=pick.random() < 0.8, sentiment=pick.choice(["neg", "neu", "pos"]), hanoi=pick.random() < 0.7,
                     topics=tuple(pick.sample(["t01", "t02", "t03"], pick.randrange(3))), wards=("bo_de",) if n % 3 else ())  # fmt: skip
        store.save(a, given, now=T0)
        if pick.random() < 0.1:
            store.correct(a.id, Label(kind="sentiment", value="neg", score=1.0, model="người"), T0)
    found = figures(store)
    with store._db.read() as conn:
        since = {"a": MONDAY.replace(tzinfo=None), "b": (MONDAY + WEEK).replace(tzinfo=None)}
        if conn.dialect.name != "sqlite":
            since = {"a": MONDAY, "b": MONDAY + WEEK}
        else:
            since = {k: f"{v}.000000" for k, v in since.items()}
        where = "a.published_at >= :a AND a.published_at < :b"
        one = conn.execute(text(f"SELECT count(*), sum(CASE WHEN relevant THEN 1 ELSE 0 END) FROM articles a WHERE {where}"), since).one()
        signs = conn.execute(text(f"SELECT sentiment, count(*) FROM articles a WHERE relevant AND {where} GROUP BY 1"), since).all()
        topics = conn.execute(text(
            "SELECT l.value, count(*), sum(CASE WHEN a.sentiment = 'neg' THEN 1 ELSE 0 END) "
            "FROM labels l JOIN articles a ON a.seq = l.article "
            f"WHERE l.kind = 'topic' AND a.relevant AND {where} GROUP BY 1 ORDER BY 2 DESC, 1"), since).all()  # fmt: skip
    assert (found.total, found.relevant) == tuple(one)
    assert {k: v for k, v in found.by_sentiment.items() if v} == {s: n for s, n in signs if s}
    assert [(g.id, g.articles, g.negative) for g in found.by_topic] == [tuple(t) for t in topics]
    assert found.relevant == sum(d.neg + d.neu + d.pos for d in found.by_day) > 0
    assert found.hanoi <= found.relevant


def test_groups_stories_and_models(store: Store) -> None:
    store.sync_sources([source(f"bao_{n}", name=f"Báo {n}") for n in range(4)], T0)
    for n in range(4):  # one story in four outlets, told first by bao_3
        a = article(f"s{n}", title=f"Sập cổng {n}", source_id=f"bao_{n}", story_id="big", at=T0 - timedelta(minutes=n))
        store.save(a, tags(a, sentiment="neg", topics=("t01",), wards=("bo_de",), severity=f"S{n}"), now=T0)
    a = article("m", story_id="model", at=T0 + DAY)
    store.save(a, tags(a, sentiment="pos", topics=("t01", "t02"), case_class="positive_model", severity="S1"), now=T0)
    off = article("off", story_id="big", source_id="bao_9")
    store.save(off, tags(off, relevant=False), now=T0)
    found = figures(store)
    assert found.by_topic == (GroupCount(id="t01", articles=5, negative=4), GroupCount(id="t02", articles=1, negative=0))
    assert found.by_ward == (GroupCount(id="bo_de", articles=4, negative=4),)
    first, second = found.top_stories
    assert (first.story_id, first.title, first.outlet) == ("big", "Sập cổng 3", "Báo 3")
    assert (first.outlets, first.articles, first.severity) == (4, 4, "S3")
    assert (second.story_id, second.sentiment) == ("model", "pos")
    assert [s.story_id for s in found.good_models] == ["model"]
    assert found.previous.relevant == 0


def test_cases_of_the_week_and_what_became_of_them(store: Store) -> None:
    store.sync_sources([source("bao_a", name="Báo A")], T0)
    for n, (at, press) in enumerate([(T0, "answered"), (T0, None), (T0 - WEEK, "ack"), (T0 - WEEK, "irrelevant"), (T0 + WEEK, None)]):
        a = article(n, at=at)
        stored = store.save(a, tags(a), case=case(a, severity=f"S{n % 5}"), now=at)
        assert stored is not None
        if press:
            store.press(stored.id, press, who="An", at=at)
    found = figures(store)
    assert [(c.case.number, c.outlet) for c in found.cases] == [(3, "Báo A"), (2, "Báo A"), (1, "Báo A")]
    assert {s: n for s, n in found.outcomes.items() if n} == {CaseState.NEW: 1, CaseState.ACKNOWLEDGED: 1, CaseState.ANSWERED: 1}


def test_silent_and_failing_sources(store: Store) -> None:
    names = ("ok", "failing", "silent", "never", "disabled", "gone")
    store.sync_sources([source(n, name=n, enabled=n != "disabled") for n in names], T0)
    store.sync_sources([source(n, name=n, enabled=n != "disabled") for n in names if n != "gone"], T0)
    store.save_source_state(SourceState(source_id="ok", last_new_at=T0))
    store.save_source_state(SourceState(source_id="failing", last_new_at=T0, failures=3, reason="403"))
    store.save_source_state(SourceState(source_id="silent", last_new_at=MONDAY - 3 * DAY))
    found = {s.id: s.reason for s in figures(store).silent_sources}
    assert found == {"failing": "lỗi 3 lần liên tiếp: 403", "silent": "không có bài mới đã 10 ngày", "never": "chưa có bài nào"}


def test_the_views_for_people_who_prefer_sql(store: Store) -> None:
    store.sync_sources([source("bao_a", name="Báo A")], T0)
    a = article(1, title="Tít", at=datetime(2026, 11, 9, 20, 30, tzinfo=UTC))
    store.save(a, tags(a, sentiment="neg", topics=("t01", "t02"), wards=("bo_de",)), case=case(a), now=T0)
    with store._db.read() as conn:
        (row,) = conn.execute(text("SELECT * FROM v_coverage")).mappings()
        (day,) = conn.execute(text("SELECT * FROM v_daily")).mappings()
        topics = conn.execute(text("SELECT topic, articles FROM v_daily_topic ORDER BY topic")).all()
        wards = conn.execute(text("SELECT ward, articles FROM v_daily_ward")).all()
    assert str(row["published_local"])[:16] == "2026-11-10 03:30"
    assert (row["outlet"], row["topics"], row["wards"], row["case_number"], row["case_state"]) == ("Báo A", "t01, t02", "bo_de", 1, "new")
    assert (str(day["day"]), day["outlet"], day["sentiment"], day["articles"]) == ("2026-11-10", "Báo A", "neg", 1)
    assert [tuple(t) for t in topics] == [("t01", 1), ("t02", 1)]
    assert [tuple(w) for w in wards] == [("bo_de", 1)]
