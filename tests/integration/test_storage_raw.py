"""Pages as fetched: kept beside their article, replaced by a later one, gone when their time is over."""

from __future__ import annotations

from datetime import timedelta

from monitor.figures import RawBody
from monitor.records import RawItem
from storage.store import Store
from tests.integration.storage_items import T0, article, entry, tags

PURGE = {"raw_press": 30, "raw_social": 7, "social_text": 180, "quarantine": 90, "voice_months": 1}


def page(n: int, body: bytes = b"<p>\x00\xff</p>", **more: object) -> RawItem:
    return RawItem(**({"source_id": "bao_a", "url": f"https://bao_a.vn/{n}?sau=1", "body": body, "charset": "utf-8", "fetched_at": T0,
                       "entry": entry(n)} | more))  # type: ignore[arg-type]  # fmt: skip


def test_a_page_comes_back_byte_for_byte(store: Store) -> None:
    a, b = article(1), article(2)
    store.save(a, tags(a), raw=page(1, bytes(range(256)) * 4_000), now=T0)
    store.save(b, tags(b), now=T0)
    assert store.raw(a.id) == RawBody(url="https://bao_a.vn/1?sau=1", charset="utf-8", fetched_at=T0, body=bytes(range(256)) * 4_000)
    assert store.raw(b.id) is store.raw("?") is None


def test_the_page_of_an_edit_takes_the_place_of_the_first(store: Store) -> None:
    a, later = article(1), T0 + timedelta(hours=1)
    store.save(a, tags(a), raw=page(1, b"first"), now=T0)
    edited = article(1, text="bản sửa")
    store.save(edited, tags(edited), raw=page(1, b"second", fetched_at=later), now=later)
    assert store.raw(a.id) == RawBody(url="https://bao_a.vn/1?sau=1", charset="utf-8", fetched_at=later, body=b"second")
    store.save(edited, tags(edited), now=later)
    assert store.raw(a.id) is not None, "tagging again without the page does not lose it"


def test_pages_go_when_their_time_is_over_those_of_people_first(store: Store) -> None:
    for n, social in ((1, False), (2, True)):
        a = article(n)
        store.save(a, tags(a), raw=page(n), social=social, now=T0)

    def left(days: float) -> list[int]:
        store.purge(T0 + timedelta(days=days), **PURGE)
        return [n for n in (1, 2) if store.raw(article(n).id)]

    assert [left(days) for days in (6.9, 7.1, 29.9, 30.1)] == [[1, 2], [1], [1], []]
    assert store.article(article(2).id) == article(2), "only the page goes"
