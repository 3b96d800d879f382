"""Owed messages: leased to one sender at a time, sent once, repeated rather than lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from monitor.records import DeliveryStatus
from storage.errors import StorageError
from storage.store import Store
from tests.integration.storage_items import T0, delivery

LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
CHANNELS = ["telegram", "email"]


def test_a_message_comes_back_word_for_word(store: Store) -> None:
    owed = delivery("a")
    assert store.owe([owed], T0) == 1
    (claimed,) = store.claim(T0, LEASE, 10, CHANNELS)
    assert claimed.message == owed.message
    assert (claimed.status, claimed.attempts, claimed.leased_until) == (DeliveryStatus.LEASED, 1, T0 + LEASE)


def test_nothing_is_owed_twice(store: Store) -> None:
    assert store.owe([delivery("a"), delivery("b"), delivery("a")], T0) == 2
    store.sent("a", "77", T0)
    assert store.owe([delivery("a")], T0) == 0
    assert store.delivery_counts() == {"pending": 1, "leased": 0, "sent": 1, "grouped": 0, "dead": 0}


def test_the_most_severe_goes_first_then_the_oldest(store: Store) -> None:
    late = delivery("late", due_at=T0 + SECOND, priority=2)
    store.owe([late, delivery("low"), delivery("s4", priority=4), delivery("s2", priority=2)], T0)
    assert [d.id for d in store.claim(T0 + SECOND, LEASE, 10, CHANNELS)] == ["s4", "s2", "late", "low"]


def test_only_what_is_due_on_open_channels_is_claimed(store: Store) -> None:
    store.owe([delivery("later", due_at=T0 + SECOND), delivery("mail", channel="email"), delivery("sms", channel="sms")], T0)
    assert [d.id for d in store.claim(T0, LEASE, 10, CHANNELS)] == ["mail"]
    assert store.claim(T0 + SECOND, LEASE, 10, []) == []


def test_a_lease_holds_until_it_runs_out(store: Store) -> None:
    store.owe([delivery("a")], T0)
    assert len(store.claim(T0, LEASE, 10, CHANNELS)) == 1
    assert store.claim(T0 + LEASE - SECOND, LEASE, 10, CHANNELS) == []
    (again,) = store.claim(T0 + LEASE, LEASE, 10, CHANNELS)
    assert again.attempts == 2


def test_times_that_a_clock_in_the_future_wrote_hold_nothing_up(store: Store) -> None:
    year = timedelta(days=365)
    store.owe([delivery("tomorrow", due_at=T0 + timedelta(days=1)), delivery("far", due_at=T0 + year)], T0 + year)
    assert [d.id for d in store.claim(T0, timedelta(days=400), 10, CHANNELS)] == ["far"]
    assert [d.id for d in store.claim(T0, LEASE, 10, CHANNELS)] == ["far"], "nobody holds a message for a year"
    assert [d.id for d in store.claim(T0 + timedelta(days=1), LEASE, 10, CHANNELS)] == ["tomorrow", "far"]


def test_failing_retries_later_and_ends_dead_and_can_be_sent_again(store: Store) -> None:
    store.owe([delivery("a")], T0)
    store.claim(T0, LEASE, 10, CHANNELS)
    store.failed("a", "502", retry_at=T0 + 5 * SECOND, now=T0)
    assert store.claim(T0 + SECOND, LEASE, 10, CHANNELS) == []
    assert [d.attempts for d in store.claim(T0 + 5 * SECOND, LEASE, 10, CHANNELS)] == [2]
    store.failed("a", "bị chặn", retry_at=None, now=T0)
    (dead,) = store.deliveries(status=DeliveryStatus.DEAD)
    assert dead.error == "bị chặn"
    store.resend("a", T0)
    assert [d.attempts for d in store.claim(T0, LEASE, 10, CHANNELS)] == [1]
    with pytest.raises(StorageError, match="chưa bị dừng"):
        store.resend("a", T0)


def test_a_confirmed_message_stays_sent(store: Store) -> None:
    store.owe([delivery("a")], T0)
    store.claim(T0, LEASE, 10, CHANNELS)
    store.sent("a", "77", T0)
    store.sent("a", "78", T0 + SECOND)
    store.failed("a", "trễ", retry_at=T0, now=T0)
    (sent,) = store.deliveries()
    assert (sent.status, sent.remote_id, sent.sent_at, sent.leased_until) == (DeliveryStatus.SENT, "77", T0, None)
    assert store.claim(T0 + LEASE, LEASE, 10, CHANNELS) == []
    with pytest.raises(StorageError, match="Không có tin gửi"):
        store.sent("?", "1", T0)


def test_a_week_has_its_digest_once_owed(store: Store) -> None:
    assert store.digests_of("2026-W46") == set()
    store.owe([delivery("digest:2026-W46:email:a@b.vn:1", kind="digest", channel="email")], T0)
    assert len(store.digests_of("2026-W46")) == 1
    assert store.digests_of("2026-W4_") == set()


def test_many_claimers_never_hold_the_same_message(store: Store, database_url: str) -> None:
    store.owe([delivery(f"d{n:03}", priority=n % 5) for n in range(120)], T0)
    taken: list[str] = []
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def work() -> None:
        own = Store(database_url)
        try:
            start.wait()
            while claimed := own.claim(T0, LEASE, 7, CHANNELS):
                taken.extend(d.id for d in claimed)
        except BaseException as error:
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(taken) == [f"d{n:03}" for n in range(120)]


@pytest.mark.postgres
def test_a_claimer_does_not_wait_for_another_on_postgres(postgres_database: str) -> None:
    store = Store(postgres_database)
    try:
        store.owe([delivery("skip:a", priority=4), delivery("skip:b")], T0)
        from storage import outbox

        with store._db.write() as conn:
            assert [d.id for d in outbox.claim(conn, T0, LEASE, 1, CHANNELS)] == ["skip:a"]
            claimed = [d.id for d in store.claim(T0, LEASE, 5, CHANNELS)]  # other tests of this worker may owe something here too
            assert "skip:b" in claimed
            assert "skip:a" not in claimed
    finally:
        store.close()
