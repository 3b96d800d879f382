"""Too many alerts at once: the most severe stay messages of their own, the others are told as a list, none is lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from monitor.records import Delivery, DeliveryStatus, Message
from storage.store import Store
from tests.integration.storage_items import T0, delivery

LEASE = timedelta(minutes=1)
CHANNELS = ["telegram", "email"]


def listing(deliveries: Sequence[Delivery]) -> Message:
    return Message(subject="list", text=" ".join(d.id for d in deliveries))


def owed(store: Store, *severities: int, prefix: str = "alert:", **more: object) -> None:
    store.owe([delivery(f"{prefix}{n}", priority=p, **more) for n, p in enumerate(severities)], T0)


def statuses(store: Store) -> dict[str, str]:
    return {d.id: d.status.value for d in store.deliveries() if not d.id.startswith("alert:grouped:")}


def test_the_most_severe_stay_and_the_rest_is_one_message(store: Store) -> None:
    owed(store, 2, 3, 1, 2, 3)
    assert store.group(T0, above=2, compose=listing) == 3
    assert statuses(store) == {"alert:0": "grouped", "alert:1": "pending", "alert:2": "grouped", "alert:3": "grouped", "alert:4": "pending"}
    claimed = store.claim(T0, LEASE, 10, CHANNELS)
    assert [d.message.text for d in claimed[2:]] == ["alert:0 alert:3 alert:2"], "the most severe line first"
    assert [d.id for d in claimed[:2]] == ["alert:1", "alert:4"]
    assert (claimed[2].kind, claimed[2].case_id, claimed[2].priority) == ("alert", None, 2)


def test_an_urgent_alert_is_never_a_line(store: Store) -> None:
    owed(store, 4, 4, 4, 4, 2)
    assert store.group(T0, above=3, compose=listing) == 1
    assert [i for i, s in statuses(store).items() if s == "grouped"] == ["alert:4"]


def test_few_alerts_stay_as_they_are(store: Store) -> None:
    owed(store, 2, 2, 2)
    assert store.group(T0, above=3, compose=listing) == 0
    assert len(store.deliveries()) == 3


def test_recipients_channels_and_kinds_are_not_mixed(store: Store) -> None:
    owed(store, 1, 1, recipient="a", prefix="alert:a")
    owed(store, 1, 1, recipient="b", prefix="alert:b")
    owed(store, 1, 1, recipient="a", prefix="alert:mail", channel="email")
    owed(store, 1, 1, recipient="a", prefix="digest:", kind="digest")
    owed(store, 1, 1, recipient="a", prefix="notice:", kind="notice")
    owed(store, 1, recipient="a", prefix="alert:later", due_at=T0 + timedelta(hours=9))
    assert store.group(T0, above=1, compose=listing) == 3
    lists = {d.message.text: (d.channel, d.recipient) for d in store.deliveries() if d.id.startswith("alert:grouped:")}
    assert lists == {"alert:a1": ("telegram", "a"), "alert:b1": ("telegram", "b"), "alert:mail1": ("email", "a")}


def test_grouping_again_changes_nothing_and_later_alerts_make_another_list(store: Store) -> None:
    owed(store, 1, 1, 1)
    assert store.group(T0, above=1, compose=listing) == 2
    assert store.group(T0, above=1, compose=listing) == 0, "a list is not a line of another"
    owed(store, 2, 2, prefix="alert:new")
    assert store.group(T0, above=1, compose=listing) == 2
    assert store.delivery_counts() == {"pending": 3, "leased": 0, "sent": 0, "grouped": 4, "dead": 0}


def test_a_told_case_may_still_be_pressed_for(store: Store) -> None:
    from tests.integration.storage_items import article, case, tags

    for n in range(3):
        a = article(n)
        store.save(a, tags(a), case=case(a), deliveries=[delivery(f"alert:{n}", case_id=f"c_st_{n}")], now=T0)
    store.group(T0, above=1, compose=listing)
    assert all(store.told(f"c_st_{n}", "telegram", "-100") for n in range(3))


def test_what_is_leased_is_left_alone(store: Store) -> None:
    owed(store, 3, 1, 1)
    assert [d.id for d in store.claim(T0, LEASE, 1, CHANNELS)] == ["alert:0"]
    assert store.group(T0, above=1, compose=listing) == 1
    assert [d.status for d in store.deliveries() if d.id == "alert:0"] == [DeliveryStatus.LEASED]
