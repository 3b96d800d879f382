"""The newsroom's outlets and items as records, and how each outlet writes a date and a byte."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

from crawlers.pages.encodings import TCVN3
from monitor.records import Tier
from monitor.text import fold, syllables


@dataclass(frozen=True, kw_only=True)
class Outlet:
    """One invented outlet; see outlets.yaml."""

    id: str
    name: str
    host: str
    tier: Tier
    kind: str
    serves: str
    layout: str = ""
    dates: str = "rfc"
    form: Literal["NFC", "NFD"] = "NFC"
    charset: str = "utf-8"
    declared: str = ""
    validators: str = ""
    slow: float = 0.0
    ward: str | None = None
    unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item as the outlet shows it at a moment."""

    id: str
    outlet: str
    published_at: datetime
    title: str
    lead: str
    body: tuple[str, ...]
    path: str


def _lines(name: str) -> list[dict[str, Any]]:
    text = (resources.files(__package__) / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line]


@lru_cache
def outlets() -> tuple[Outlet, ...]:
    """Every outlet, in the order of the file."""
    text = (resources.files(__package__) / "outlets.yaml").read_text(encoding="utf-8")
    return tuple(Outlet(**o) for o in yaml.safe_load(text)["outlets"])


@lru_cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(sorted(_lines("items.jsonl"), key=lambda row: str(row["published_at"])))


@lru_cache
def truth() -> dict[str, dict[str, Any]]:
    """What is true of each item, by id."""
    return {row["id"]: row for row in _lines("truth.jsonl")}


def items(outlet_id: str, now: datetime) -> list[Item]:
    """What the outlet has published by `now`, newest first, edits applied once their hour has come."""
    found = [_item(row, now) for row in _rows() if row["outlet"] == outlet_id and datetime.fromisoformat(row["published_at"]) <= now]
    return found[::-1]


def _item(row: dict[str, Any], now: datetime) -> Item:
    title, body = row["title"], tuple(row["body"])
    edited = row.get("edited")
    if edited and datetime.fromisoformat(edited["at"]) <= now:
        title = edited.get("title") or title
        body += (edited["body_append"],) if edited.get("body_append") else ()
    slug = "-".join(syllables(fold(row["title"]))[:12]).replace("/", "-")
    return Item(
        id=row["id"],
        outlet=row["outlet"],
        published_at=datetime.fromisoformat(row["published_at"]),
        title=title,
        lead=row["lead"],
        body=body,
        path=f"/{slug}-{row['id'][1:]}.html",
    )


def printed_date(moment: datetime, form: str) -> str:
    """`moment` (+07:00) as an outlet's feed prints it; the forms are those of real feeds."""
    if form == "iso":
        return moment.isoformat()
    if form == "us_clock":  # with the narrow no-break space that some servers put before AM/PM
        hour = moment.hour % 12 or 12
        return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S}\u202f{'AM' if moment.hour < 12 else 'PM'}"
    if form == "rfc_short_zone":
        return format_datetime(moment).replace("+0700", "+07")
    if form == "vietnamese":
        days = ("Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy", "Chủ nhật")
        return f"{days[moment.weekday()]}, {moment:%d/%m/%Y | %H:%M} GMT+7"
    return format_datetime(moment)


def encoded(text: str, outlet: Outlet) -> bytes:
    """The page as this outlet's server sends it, legacy encodings included."""
    text = unicodedata.normalize(outlet.form, text)
    if outlet.charset == "windows-1258":
        return _windows_1258(text)
    if outlet.charset == "tcvn3":
        text = text.translate(str.maketrans("–—“”‘’…", "--\"\"''."))
        return bytes(0x80 + TCVN3.index(char) if char in TCVN3 else ord(char) if char < "\x80" else ord("?") for char in text)
    return text.encode("utf-8")


def _windows_1258(text: str) -> bytes:
    """The code page has vowels with hat, breve and horn, and the five tones as combining marks."""
    pieces = []
    for char in unicodedata.normalize("NFC", text):
        marks = unicodedata.normalize("NFD", char)
        tones = "".join(c for c in marks if c in "\u0300\u0301\u0303\u0309\u0323")
        base = unicodedata.normalize("NFC", "".join(c for c in marks if c not in tones)) if tones else char
        pieces.append(base + tones)
    return "".join(pieces).encode("cp1258", "xmlcharrefreplace")
