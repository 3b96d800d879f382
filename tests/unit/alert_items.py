"""Small builders for the alerts' tests: a whole record from the one field a test is about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from monitor.records import Alert, Article, Case, CaseState, Document, Label, Source, Spread, Tags, TalkingPoint

NOW = datetime(2026, 11, 9, 2, 0, tzinfo=UTC)  # 09:00 in Hà Nội, a Monday


def article(**changed: Any) -> Article:
    fields: dict[str, Any] = {
        "id": "a1",
        "source_id": "bao",
        "url": "https://bao.example/tin-1.html?a=1&b=2",
        "canonical_url": "https://bao.example/tin-1.html",
        "title": "Cổng dịch vụ công nghẽn, người dân chờ cả buổi",
        "text": "Sáng nay nhiều người dân phản ánh cổng dịch vụ công báo lỗi khi nộp hồ sơ.",
        "published_at": NOW,
        "published_from": "feed",
        "first_seen_at": NOW,
        "content_hash": "h",
        "story_id": "s1",
    }
    return Article(**fields | changed)


def tags(
    case_class: str | None = "service_feedback", *, score: float = 0.8, relevant: bool = True, hanoi: bool = True, **kinds: Any
) -> Tags:
    """Labels by kind: `tags("data_leak", signal=["leak"], ward=["bo_de"])`."""
    labels = [Label(kind="relevance", value="yes" if relevant else "no", score=0.9)]
    if hanoi:
        labels.append(Label(kind="hanoi", value="yes", score=0.9))
    if case_class:
        labels.append(Label(kind="class", value=case_class, score=score, why=("cụm “báo lỗi”",)))
    labels += [Label(kind=kind, value=v, score=0.9 - n / 100) for kind, values in kinds.items() for n, v in enumerate(values)]
    return Tags(article_id="a1", labels=tuple(labels))


def source(tier: Any = "national", **changed: Any) -> Source:
    fields = {"id": "bao", "name": "Báo Tin Bắc Hà", "kind": "feed", "url": "https://bao.example/rss", "tier": tier, "every": 900}
    return Source(**fields | changed)


def spread(**changed: Any) -> Spread:
    return Spread(**{"articles": 1, "outlets": 1} | changed)


def case(**changed: Any) -> Case:
    fields: dict[str, Any] = {
        "id": "3f9ac0ffee3f9ac0ffee3f9a",
        "number": 12,
        "story_id": "s1",
        "case_class": "outage_surge",
        "severity": "S3",
        "state": CaseState.NEW,
        "unit": None,
        "topics": ("t06_cai_cach_tthc",),
        "wards": ("bo_de",),
        "title": "Cổng dịch vụ công nghẽn",
        "url": "https://bao.example/tin-1.html",
        "why": ("quy tắc su_co: sự cố dịch vụ", "bộ phân loại: Sự cố dịch vụ (0,80)"),
        "opened_at": NOW,
        "updated_at": NOW,
    }
    return Case(**fields | changed)


def point(**changed: Any) -> TalkingPoint:
    fields: dict[str, Any] = {
        "id": "tp11",
        "topics": ("t06_cai_cach_tthc",),
        "text": "Thủ tục hành chính được cải cách để giảm chi phí xã hội, phục vụ người dân và doanh nghiệp tốt hơn.",
        "document": document(),
        "valid_from": date(2026, 1, 26),
        "valid_until": date(2026, 12, 31),
    }
    return TalkingPoint(**fields | changed)


def document(**changed: Any) -> Document:
    fields: dict[str, Any] = {"number": "22-KH/BTGDVTU", "date": date(2026, 1, 26), "issuer": "Ban Tuyên giáo", "section": "II.2.2.1 (6)"}
    return Document(**fields | changed)


def alert(**changed: Any) -> Alert:
    fields: dict[str, Any] = {
        "case": case(),
        "article": article(),
        "outlet": "Báo Tin Bắc Hà",
        "tier": "national",
        "passage": "Nhiều người dân phản ánh cổng dịch vụ công báo lỗi khi nộp hồ sơ.",
        "points": (point(),),
        "spread": spread(),
        "unit_name": "Trung tâm Phục vụ hành chính công Thành phố",
        "topic_names": ("Cải cách thủ tục hành chính thực chất",),
        "ward_names": ("phường Bồ Đề",),
    }
    return Alert(**fields | changed)
