"""A desk that has run for some weeks, for the commands that look at it: sources in every state, a story, messages."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawlers.urls import article_id
from monitor.figures import Quarantined
from monitor.records import Article, Delivery, Entry, Label, LedgerState, Message, Source, SourceState, Tags
from storage.store import Store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def source(id: str, name: str, url: str, kind: str = "feed", **more: object) -> Source:
    return Source(**({"id": id, "name": name, "kind": kind, "url": url, "tier": "city"} | more))  # type: ignore[arg-type]


SOURCES = (
    source("bao_nhanh", "Báo Nhanh", "https://nhanh.vn/rss", tier="national"),
    source("bao_nhanh_sitemap", "Báo Nhanh (sitemap)", "https://nhanh.vn/sitemap.xml", "sitemap", tier="national"),
    source("bao_im", "Báo Im", "https://im.vn/rss"),
    source("bao_chan", "Báo Chặn", "https://chan.vn/rss", tier="national"),
    source("bao_hong", "Báo Hỏng", "https://hong.vn/rss"),
    source("cong_bo_de", "Cổng phường Bồ Đề", "https://bode.hanoi.gov.vn/tin", "listing", tier="ward", ward="bo_de"),
    source("dien_dan", "Diễn đàn", "https://dien-dan.vn/rss", tier="forum", enabled=False, reason="chưa xin phép"),
)


def entry(source_id: str, url: str, title: str = "Tin") -> Entry:
    return Entry(source_id=source_id, url=url, canonical_url=url, title=title)


def article(url: str, source_id: str, at: datetime, title: str, text: str, **more: object) -> Article:
    fields = {
        "id": article_id(url), "source_id": source_id, "url": url, "canonical_url": url, "title": title, "text": text, "published_at": at,
        "published_from": "feed", "first_seen_at": at + timedelta(minutes=4), "content_hash": str(hash((title, text))), "story_id": "sv1",
    }  # fmt: skip
    return Article(**(fields | more))  # type: ignore[arg-type]


def relevant(of: Article, answer: str = "yes") -> Tags:
    return Tags(article_id=of.id, labels=(Label(kind="relevance", value=answer, score=0.9),))


def opened(folder: Path) -> Store:
    """The SQLite base of `folder`, up to date."""
    (folder / "var").mkdir(exist_ok=True)
    store = Store(f"sqlite:///{folder / 'var' / 'monitor.db'}")
    store.upgrade()
    return store


def filled(folder: Path, now: datetime | None = None) -> datetime:
    """Fill the base in `folder`; return the moment that everything is told from."""
    now = now or datetime.now(UTC)
    store = opened(folder)
    store.sync_sources(SOURCES, now - 40 * DAY)
    _weeks(store, now)
    _states(store, now)
    _story(store, now)
    store.beat(now - timedelta(seconds=8), "service")
    store.put_in_quarantine(
        Quarantined(body_hash="h", source_id="bao_hong", url="https://hong.vn/rss", reason="quá 512 MB", size=9, first_at=now, last_at=now)
    )
    message = Message(subject="Cảnh báo", text="Nội dung")
    store.owe(
        [Delivery(id=f"alert:{n}", kind="alert", case_id=None, channel="console", recipient="", message=message, due_at=now - n * HOUR)
         for n in range(3)], now - 3 * HOUR)  # fmt: skip
    store.sent("alert:0", "1", now)
    store.failed("alert:1", "không tới được", retry_at=None, now=now)
    store.close()
    return now


def _weeks(store: Store, now: datetime) -> None:
    """Five weeks of items: one outlet over two paths, one that fell silent three days ago."""
    for name in ("bao_nhanh", "bao_nhanh_sitemap", "bao_im"):
        site = "nhanh.vn" if name != "bao_im" else "im.vn"
        store.enter([entry(name, f"https://{site}/cu/{name}")], now - 36 * DAY, first_reading=True)
    for day in range(35, 0, -1):
        at = now - day * DAY + 12 * HOUR
        store.enter([entry("bao_nhanh", f"https://nhanh.vn/{day}-{n}") for n in range(9)], at)
        store.enter([entry("bao_nhanh_sitemap", f"https://nhanh.vn/{day}-{n}") for n in range(1, 10)], at + HOUR)
        if day > 3:
            store.enter([entry("bao_im", f"https://im.vn/{day}-{n}") for n in range(14)], at)
    for n in range(4):
        store.mark(f"https://nhanh.vn/20-{n}", LedgerState.OFF_TOPIC, now=now - 20 * DAY)
    store.mark("https://nhanh.vn/9-1", LedgerState.FAILED, reason="Máy chủ trả lời 404: trang không còn", now=now - 9 * DAY)
    store.mark("https://nhanh.vn/1-1", LedgerState.WAITING, reason="quá thời hạn 30 giây", retry_at=now + HOUR, now=now - HOUR)


def _states(store: Store, now: datetime) -> None:
    well = {"read_before": True, "last_read_at": now - timedelta(minutes=2), "last_ok_at": now - timedelta(minutes=2)}
    ill = {"read_before": True, "last_read_at": now - HOUR, "last_ok_at": now - 5 * DAY, "last_new_at": now - 5 * DAY}
    store.save_source_states(
        [
            SourceState(source_id="bao_nhanh", last_new_at=now - timedelta(minutes=3), **well),  # type: ignore[arg-type]
            SourceState(source_id="bao_nhanh_sitemap", last_new_at=now - 11 * HOUR, **well),  # type: ignore[arg-type]
            SourceState(source_id="bao_im", last_new_at=now - 4 * DAY + 12 * HOUR, **well),  # type: ignore[arg-type]
            SourceState(
                source_id="bao_chan", failures=7, failure="soft", failing_since=now - 5 * HOUR, reason="Máy chủ từ chối (403)", **ill
            ),  # type: ignore[arg-type]
            SourceState(
                source_id="bao_hong", failures=90, failure="hard", failing_since=now - 5 * DAY, reason="Máy chủ trả lời 404", **ill
            ),  # type: ignore[arg-type]
        ]
    )


def _story(store: Store, now: datetime) -> None:
    at = now - 2 * DAY
    first = article(
        "https://nhanh.vn/dich-vu-cong", "bao_nhanh", at, "Dịch vụ công của Hà Nội gián đoạn", "Cổng ngừng 2 giờ.\nĐã khôi phục."
    )
    again = article(
        "https://im.vn/dang-lai", "bao_im", at + 2 * HOUR, "Cổng dịch vụ công Hà Nội gián đoạn", "Cổng ngừng 2 giờ.", duplicate_of=first.id,
        story_why="cùng sự việc vì đăng lại gần nguyên văn",
    )  # fmt: skip
    post = article(
        "https://bode.hanoi.gov.vn/thong-bao", "cong_bo_de", at + 3 * HOUR, "Thông báo khôi phục dịch vụ công", "Đã khôi phục.",
        story_why="cùng sự việc vì cùng nêu “dịch vụ công”, cách nhau 3 giờ",
    )  # fmt: skip
    aside = article("https://im.vn/the-thao", "bao_im", at, "Bóng đá", "Trận đấu.", story_id="sv2")
    for one in (first, again, post):
        store.save(one, relevant(one), now=one.first_seen_at)
    store.save(aside, relevant(aside, "no"), now=aside.first_seen_at)
    edited = dataclasses.replace(first, text="Cổng ngừng 3 giờ.\nĐã khôi phục.", content_hash="x")
    store.save(edited, relevant(edited), now=at + 5 * HOUR)
