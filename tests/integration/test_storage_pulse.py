"""The few numbers that say whether the desk lives, on both engines."""

from __future__ import annotations

from datetime import timedelta

from monitor.figures import Pulse, Quarantined
from monitor.records import LedgerState
from storage.store import Store
from tests.integration.storage_items import T0, article, delivery, entry, source, tags

MINUTE = timedelta(minutes=1)


def test_an_empty_base_has_a_pulse(store: Store) -> None:
    pulse = store.pulse(T0)
    assert pulse.size > 0
    assert pulse == Pulse(articles=0, stored=0, hour=0, day=0, due=0, owed_since=None, quarantined=0, size=pulse.size)


def test_what_is_new_what_waits_what_is_owed(store: Store) -> None:
    store.sync_sources([source("bao_a"), source("bao_b")], T0 - timedelta(days=2))
    store.enter([entry("cu")], T0 - timedelta(days=2), first_reading=True)
    store.enter([entry(n, "bao_b") for n in range(7)], T0 - 30 * MINUTE, first_reading=True)
    store.enter([entry(n) for n in range(3)], T0 - timedelta(hours=5))
    store.enter([entry(n) for n in range(3, 5)], T0 - 10 * MINUTE)
    store.enter([entry("mai")], T0 + MINUTE)
    store.mark(entry(0).canonical_url, LedgerState.WAITING, retry_at=T0 + MINUTE, now=T0)
    store.mark(entry(1).canonical_url, LedgerState.FAILED, now=T0)
    one = article(2)
    store.save(one, tags(one), now=T0)
    store.owe([delivery("a", due_at=T0 - 9 * MINUTE), delivery("b", due_at=T0 - 3 * MINUTE), delivery("c", due_at=T0 + MINUTE)], T0)
    store.failed("a", "không gửi được", retry_at=None, now=T0)
    store.put_in_quarantine(
        Quarantined(body_hash="h", source_id="bao_a", url="http://a", reason="quá giới hạn", size=9, first_at=T0, last_at=T0)
    )
    pulse = store.pulse(T0)
    assert (pulse.hour, pulse.day) == (2, 5)
    assert pulse.due == 1 + 7 + 2 + 1  # the old one, the first reading of the other source, two of the last hour, the one of tomorrow
    assert (pulse.articles, pulse.stored, pulse.quarantined) == (1, 1, 1)
    assert pulse.owed_since == T0 - 3 * MINUTE  # a dead message is not owed, a later one not yet


def test_what_was_ever_stored_does_not_fall_when_an_article_is_forgotten(store: Store) -> None:
    one = article(1)
    store.save(one, tags(one), now=T0)
    store.forget(one.url, who="thử", now=T0)
    assert (store.pulse(T0).articles, store.pulse(T0).stored) == (0, 1)
