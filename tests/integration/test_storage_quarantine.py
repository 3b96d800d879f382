"""Quarantine keeps what stopped bytes were, and counts how often they came."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from monitor.figures import Quarantined
from storage.store import Store
from tests.integration.storage_items import T0

HOUR = timedelta(hours=1)


def stopped(body_hash: str = "ab", source_id: str = "bao_a", hours: int = 0) -> Quarantined:
    at = T0 + hours * HOUR
    return Quarantined(
        body_hash=body_hash,
        source_id=source_id,
        url=f"https://{source_id}.vn/rss",
        reason="quá thời gian",
        size=512,
        first_at=at,
        last_at=at,
    )


def test_the_same_bytes_again_are_counted(store: Store) -> None:
    store.put_in_quarantine(stopped())
    again = dataclasses.replace(stopped(hours=2), url="https://bao_a.vn/rss?x", reason="quá bộ nhớ")
    store.put_in_quarantine(again)
    assert store.quarantined() == [dataclasses.replace(again, first_at=T0, times=2)]


def test_the_same_bytes_of_two_sources_are_two(store: Store) -> None:
    store.put_in_quarantine(stopped(source_id="bao_a"))
    store.put_in_quarantine(stopped(source_id="bao_b"))
    assert [item.times for item in store.quarantined()] == [1, 1]
    assert store.quarantine_hashes() == {"ab"}


def test_the_last_seen_come_first(store: Store) -> None:
    assert store.quarantined() == []
    assert store.quarantine_hashes() == set()
    for n, name in enumerate(("a1", "b2", "c3")):
        store.put_in_quarantine(stopped(name, hours=n))
    store.put_in_quarantine(stopped("a1", hours=9))
    assert [item.body_hash for item in store.quarantined(limit=2)] == ["a1", "c3"]
    assert store.quarantine_hashes() == {"a1", "b2", "c3"}


def test_hostile_words_are_stored(store: Store) -> None:
    bad = dataclasses.replace(stopped(), url="https://x.vn/\x00\ud800", reason="' OR 1=1; --")
    store.put_in_quarantine(bad)
    assert store.quarantined() == [dataclasses.replace(bad, url="https://x.vn/")]
