"""Cases: numbers, history, and who pressed first."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from monitor.records import CaseState
from storage.errors import StorageError
from storage.store import Store
from tests.integration.storage_items import T0, article, case, tags


def opened(store: Store, n: int = 1) -> str:
    a = article(n)
    stored = store.save(a, tags(a), case=case(a), now=T0)
    assert stored is not None
    return stored.id


def test_cases_are_numbered_and_found(store: Store) -> None:
    ids = [opened(store, n) for n in range(3)]
    assert [store.case(n).id for n in (1, 2, 3)] == ids  # type: ignore[union-attr]
    found = store.case_of_story("st_1")
    assert found is not None
    assert found == dataclasses.replace(case(article(1)), number=2)
    assert (store.case(99), store.case("?"), store.case_of_story("?")) == (None, None, None)
    assert [c.number for c in store.cases()] == [3, 2, 1]
    assert store.cases(states=[CaseState.ANSWERED]) == []
    assert store.cases(since=T0 + timedelta(days=1)) == []


def test_the_first_press_wins(store: Store) -> None:
    id = opened(store)
    assert store.press(id, "ack", who="An", at=T0) == (store.case(id), True)
    taken, first = store.press(id, "ack", who="Bình", at=T0 + timedelta(seconds=1))
    assert (taken.state, first) == (CaseState.ACKNOWLEDGED, False)
    assert [(e.action, e.who) for e in store.case_events(id)] == [
        ("opened", ""),
        ("ack", "An"),
        ("ack", "Bình"),
    ]  # the late press is kept too


def test_an_answer_closes_and_taking_does_not_reopen(store: Store) -> None:
    id = opened(store)
    assert store.press(id, "answered", who="An", at=T0)[0].state is CaseState.ANSWERED
    assert store.press(id, "ack", who="An", at=T0)[1] is False
    assert store.press(id, "irrelevant", who="An", at=T0)[1] is False
    assert [e.number for e in store.case_events(id)] == [1, 2, 3, 4]


def test_a_mistaken_irrelevant_can_be_taken_back(store: Store) -> None:
    id = opened(store)
    assert store.press(id, "irrelevant", who="An", at=T0)[0].state is CaseState.NOT_RELEVANT
    assert store.press(id, "ack", who="Bình", at=T0)[0].state is CaseState.ACKNOWLEDGED


def test_a_new_article_raises_the_case_but_not_over_a_persons_press(store: Store) -> None:
    id = opened(store)
    store.press(id, "ack", who="An", at=T0)
    later = article(7, story_id="st_1")
    grown = dataclasses.replace(case(article(1)), severity="S4", state=CaseState.NEW, revision=2)
    stored = store.save(later, tags(later), case=grown, now=T0)
    assert stored is not None
    assert (stored.number, stored.severity, stored.state, stored.revision) == (1, "S4", CaseState.ACKNOWLEDGED, 2)
    assert [(e.action, e.detail) for e in store.case_events(id)][-1] == ("severity", "S2 → S4")
    stale = store.save(later, tags(later), case=dataclasses.replace(grown, revision=1), now=T0)
    assert stale is not None
    assert stale.revision == 2


def test_unknown_presses_are_refused(store: Store) -> None:
    with pytest.raises(StorageError, match="Không có vụ việc"):
        store.press("?", "ack", who="An", at=T0)
    with pytest.raises(StorageError, match="thao tác"):
        store.press(opened(store), "explode", who="An", at=T0)
