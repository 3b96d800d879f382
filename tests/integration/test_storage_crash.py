"""kill −9 at any moment: what was acknowledged is there, whole; what was not is there whole or not at all."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.records import DeliveryStatus
from storage.store import Store
from tests.integration.storage_items import T0, article, case, delivery, tags

ROOT = Path(__file__).parents[2]
LEASE = timedelta(seconds=60)

SAVING = """
import sys
from storage.store import Store
from tests.integration.storage_items import T0, article, case, delivery, entry, tags
store, run = Store(sys.argv[1]), sys.argv[2]
for n in range(100_000):
    a = article(f"{run}-{n}", title=f"kill {run} {n}", text="đống đa " * 60)
    store.enter([entry(f"{run}-{n}")], T0)
    c = case(a)
    store.save(a, tags(a, topics=("t01",)), case=c, deliveries=[delivery(f"alert:{run}-{n}", case_id=c.id)], now=T0)
    print(n, flush=True)
"""

SENDING = """
import sys
from datetime import timedelta
from storage.store import Store
from tests.integration.storage_items import T0
store = Store(sys.argv[1])
while claimed := store.claim(T0, timedelta(seconds=60), 3, ["telegram"]):
    for d in claimed:
        store.sent(d.id, "r", T0)
        print(d.id, flush=True)
"""


@contextmanager
def child(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def acknowledged(code: str, lines: int, *arguments: str) -> list[str]:
    """What the child said was done before it was killed, a moment after its n-th line."""
    with child(code, *arguments) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(lines)]
        process.kill()
        said += [line.strip() for line in process.stdout if line.endswith("\n")]
    return said


@pytest.mark.parametrize("run", range(3))
def test_no_acknowledged_article_or_message_is_lost(database_url: str, run: int) -> None:
    said = acknowledged(SAVING, random.Random(run).randrange(1, 60), database_url, str(run))
    store = Store(database_url)
    try:
        for n in said:
            a = article(f"{run}-{n}")
            assert store.article(a.id), n
            assert store.tags(a.id).values("topic") == ("t01",)
        counts, total = store.ledger_counts(), len(said)
        assert counts["kept"] in (total, total + 1)  # one may have been written and not yet said
        assert counts["waiting"] <= 1
        owed = store.deliveries()
        assert len(owed) == len(store.cases()) == len(store.search("dong da", limit=10_000)) == counts["kept"]
        assert {d.case_id for d in owed} == {c.id for c in store.cases()}
        assert [c.number for c in store.cases()] == list(range(counts["kept"], 0, -1))
        after = article("after")
        assert store.save(after, tags(after), case=case(after), now=T0) is not None
    finally:
        store.close()


def test_no_owed_message_is_lost_and_no_confirmed_one_is_owed(database_url: str) -> None:
    store = Store(database_url)
    try:
        store.owe([delivery(f"d{n:03}") for n in range(200)], T0)
        said = acknowledged(SENDING, 17, database_url)
        sent = {d.id for d in store.deliveries(status=DeliveryStatus.SENT)}
        assert set(said) <= sent
        assert len(sent) <= len(said) + 1
        again = store.claim(T0 + LEASE, LEASE, 1_000, ["telegram"])
        assert {d.id for d in again} | sent == {f"d{n:03}" for n in range(200)}
        assert not {d.id for d in again} & sent
    finally:
        store.close()
