"""How people read our words: Vietnamese names of classes, levels, tiers and states; numbers 1.234 and dates 09/11/2026 at +07:00."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

from monitor.records import CaseClass, CaseState, Document, Sentiment, Severity, Tier

HANOI_TIME = timezone(timedelta(hours=7), "+07:00")

#: "khác với văn bản", never "sai sự thật": a difference is what we can see, the judgement is a person's.
CLASSES: Mapping[CaseClass, str] = {
    "misinformation": "Nội dung khác với văn bản chính thức",
    "unverified_claim": "Thông tin chưa kiểm chứng",
    "wrong_figure": "Số liệu khác với văn bản",
    "fraud_impersonation": "Lừa đảo, giả mạo",
    "data_leak": "Lộ dữ liệu",
    "outage_surge": "Sự cố dịch vụ",
    "service_feedback": "Phản ánh dịch vụ",
    "press_criticism": "Báo chí phê bình, chất vấn",
    "information_gap": "Câu hỏi chưa có trả lời chính thức",
    "official_contradiction": "Nguồn chính thức chưa thống nhất",
    "positive_model": "Mô hình tốt",
    "routine": "Tin thường",
}
LEVELS: Mapping[Severity, str] = {"S4": "khẩn", "S3": "cao", "S2": "trung bình", "S1": "thấp", "S0": "ghi nhận"}
LEVEL_SIGNS: Mapping[Severity, str] = {"S4": "🔴", "S3": "🟠", "S2": "🟡", "S1": "🔵", "S0": "⚪"}
TIERS: Mapping[Tier, str] = {
    "national": "báo trung ương",
    "city": "báo Hà Nội",
    "province": "báo địa phương",
    "official": "nguồn chính thức",
    "ward": "trang xã, phường",
    "social": "mạng xã hội",
    "forum": "diễn đàn",
    "foreign": "báo nước ngoài",
}
STATES: Mapping[CaseState, str] = {
    CaseState.NEW: "chưa ai nhận",
    CaseState.ACKNOWLEDGED: "đang xử lý",
    CaseState.ANSWERED: "đã phản hồi",
    CaseState.NOT_RELEVANT: "không liên quan",
}
SENTIMENTS: Mapping[Sentiment, str] = {"neg": "tiêu cực", "neu": "trung tính", "pos": "tích cực"}

NO_NUMBER = "chưa có số"
DRAFT = "BẢN THẢO – CHƯA DUYỆT"
NO_TEXT = "chưa có văn bản chính thức"


def level(severity: Severity) -> str:
    """The head of a message: S3 CAO."""
    return f"{severity} {LEVELS[severity].upper()}"


def number(value: int) -> str:
    """1234 as "1.234"."""
    return f"{value:,}".replace(",", ".")


def percent(part: int, whole: int) -> str:
    """A share as "12,5%"; "–" of nothing."""
    if not whole:
        return "–"
    tenths = (2000 * part + whole) // (2 * whole)  # halves go up, as a reader with a calculator expects
    return f"{tenths // 10},{tenths % 10}%".replace(",0%", "%")


def change(now: int, before: int) -> str:
    """The change against an earlier count: "+3 (+12,5%)", "−2 (−10%)", "không đổi"."""
    if now == before:
        return "không đổi"
    sign = "+" if now > before else "−"
    share = f" ({sign}{percent(abs(now - before), before)})" if before else ""
    return f"{sign}{number(abs(now - before))}{share}"


def day(value: date | datetime) -> str:
    """09/11/2026, by the calendar of Hà Nội."""
    if isinstance(value, datetime):
        value = value.astimezone(HANOI_TIME).date()
    return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"


def moment(value: datetime) -> str:
    """08:30 09/11/2026, local time of Hà Nội."""
    return f"{value.astimezone(HANOI_TIME):%H:%M} {day(value)}"


def document(source: Document) -> str:
    """A document as cited: "22-KH/BTGDVTU, 26/01/2026, mục II.2.2.1 (3)"; a missing number is "chưa có số", its issuer named instead."""
    if source.number is None:
        head = f"{source.issuer}, {NO_NUMBER}"
    else:
        head = source.number
    parts = [head, day(source.date) if source.date else "chưa có ngày"]
    if source.section:
        parts.append(f"mục {source.section}")
    return ", ".join(parts)


def name_of(key: str, names: Mapping[str, str]) -> str:
    """The Vietnamese name of a topic, ward or unit; without one the id is shown readably, so that nothing is hidden."""
    found = names.get(key)
    if found:
        return found
    head, _, rest = key.partition("_")
    return (rest if head[:1] in "tbpc" and head[1:].isdigit() and rest else key).replace("_", " ")
