"""Short ways to write the records that the storage tests store."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.records import Article, Case, CaseState, Delivery, Entry, Label, Message, Source, Tags

T0 = datetime(2026, 11, 9, 3, 0, tzinfo=UTC)  # a Monday, 10:00 in Hà Nội


def source(id: str = "bao_a", **more: Any) -> Source:
    return Source(**({"id": id, "name": f"Báo {id}", "kind": "feed", "url": f"https://{id}.vn/rss", "tier": "city", "every": 900} | more))


def entry(n: int | str, source_id: str = "bao_a", **more: Any) -> Entry:
    url = f"https://{source_id}.vn/{n}"
    return Entry(**({"source_id": source_id, "url": url, "canonical_url": url, "title": f"Bài {n}"} | more))


def article(n: int | str, *, title: str = "", text: str = "", at: datetime = T0, source_id: str = "bao_a", **more: Any) -> Article:
    url = f"https://{source_id}.vn/{n}"
    title, text = title or f"Bài số {n}", text or f"Nội dung của bài {n}."
    fields = {
        "id": hashlib.blake2b(url.encode(), digest_size=16).hexdigest(),
        "source_id": source_id,
        "url": url,
        "canonical_url": url,
        "title": title,
        "text": text,
        "published_at": at,
        "published_from": "feed",
        "first_seen_at": at + timedelta(minutes=2),
        "content_hash": hashlib.blake2b(f"{title}\n{text}".encode("utf-8", "ignore"), digest_size=16).hexdigest(),
        "story_id": f"st_{n}",
    }
    return Article(**(fields | more))


def tags(of: Article, *, relevant: bool = True, sentiment: str = "neu", topics: tuple[str, ...] = (), wards: tuple[str, ...] = (),
         case_class: str = "routine", severity: str = "S0", hanoi: bool = True) -> Tags:  # fmt: skip
    found = [("relevance", "yes" if relevant else "no")]
    if relevant:
        found += [("sentiment", sentiment), ("class", case_class), ("severity", severity)]
        found += [("topic", t) for t in topics] + [("ward", w) for w in wards]
        found += [("hanoi", "yes")] if hanoi else []
    labels = tuple(Label(kind=k, value=v, score=1 - i / 100, why=("vì “chuyển đổi số”",), model="m@1") for i, (k, v) in enumerate(found))
    return Tags(article_id=of.id, labels=labels)


def case(of: Article, **more: Any) -> Case:
    fields = {
        "id": f"c_{of.story_id}",
        "number": 0,
        "story_id": of.story_id,
        "case_class": "press_criticism",
        "severity": "S2",
        "state": CaseState.NEW,
        "unit": "so_khcn",
        "topics": ("t01",),
        "wards": ("bo_de",),
        "title": of.title,
        "url": of.url,
        "why": ("báo chí đặt câu hỏi",),
        "opened_at": of.first_seen_at,
        "updated_at": of.first_seen_at,
    }
    return Case(**(fields | more))


def delivery(id: str, **more: Any) -> Delivery:
    images, buttons = {"chart": b"\x89PNG\x00"}, (("Nhận", "v1:ack:1"),)
    message = Message(subject="Cảnh báo", text="Nội dung ạ", html="<b>x</b>", images=images, buttons=buttons)
    fields = {"id": id, "kind": "alert", "case_id": None, "channel": "telegram", "recipient": "-100", "message": message, "due_at": T0}
    return Delivery(**(fields | more))
