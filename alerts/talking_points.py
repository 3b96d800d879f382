"""The official sentences of the office: read from YAML, checked, and chosen for a case by topic and text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from alerts.phrases import PhraseView
from monitor.errors import MonitorError
from monitor.records import Document, TalkingPoint

DOCUMENTS = "documents.yaml"
LEAD = 2_500  #: characters of an item that say what it is about
GOOD_ENOUGH = 1.5  #: score below which a point is no answer
NEAREST = 0.5  #: a second point must reach this share of the best one's score


class TalkingPointError(MonitorError):
    """A file of talking points cannot be used; the sentence names the file and the point."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: str | None
    date: date | None
    issuer: str


class _Point(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    topics: list[str]
    text: str
    document: str
    section: str
    valid_from: date | None
    valid_until: date | None
    audience: list[str] = []
    do_not_say: str = ""
    phrases: list[str] = []
    approved: bool


def load(directory: Path | None = None) -> tuple[TalkingPoint, ...]:
    """Read every *.yaml of `directory`, or those that ship with the program, sorted by id.

    Raises:
        TalkingPointError: a file is missing, malformed or contradicts itself; an approved point lacks its number or date.
    """
    folder: Traversable = directory if directory is not None else resources.files("alerts") / "talking_points"
    try:
        files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml") and f.name != DOCUMENTS), key=lambda f: f.name)
    except OSError as error:
        raise TalkingPointError(f"Không đọc được thư mục điểm phát ngôn {folder}: {error.strerror}") from error
    documents = _documents(folder / DOCUMENTS)
    points = [_record(raw, documents, file.name) for file in files for raw in _entries(file, "points", list)]
    ids = [point.id for point in points]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise TalkingPointError(f"Điểm phát ngôn trùng mã: {', '.join(twice)}")
    return tuple(sorted(points, key=lambda p: p.id))


def _documents(file: Traversable) -> dict[str, _Document]:
    found: dict[str, _Document] = {}
    for key, raw in _entries(file, "documents", dict).items():
        try:
            found[key] = _Document.model_validate(raw)
        except ValidationError as error:
            raise TalkingPointError(f"Tệp {file.name}, văn bản {key}: {_sentence(error)}") from error
    return found


def _entries(file: Traversable, key: str, kind: type[Any]) -> Any:
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TalkingPointError(f"Không đọc được tệp điểm phát ngôn {file.name}: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", dòng {mark.line + 1}" if mark else ""
        raise TalkingPointError(f"Tệp {file.name}{where}: sai cú pháp YAML") from error
    found = raw.get(key) if isinstance(raw, dict) else None
    if not isinstance(found, kind) or (isinstance(raw, dict) and set(raw) != {key}):
        raise TalkingPointError(f"Tệp {file.name}: cần đúng một khóa “{key}”")
    return found


def _record(raw: object, documents: Mapping[str, _Document], file: str) -> TalkingPoint:
    name = str(raw.get("id", "?")) if isinstance(raw, dict) else "?"
    try:
        point = _Point.model_validate(raw)
    except ValidationError as error:
        raise TalkingPointError(f"Tệp {file}, điểm {name}: {_sentence(error)}") from error
    if point.document not in documents:
        raise TalkingPointError(f"Tệp {file}, điểm {name}: không có văn bản “{point.document}” trong {DOCUMENTS}")
    source = documents[point.document]
    if point.approved and (source.number is None or source.date is None):
        raise TalkingPointError(f"Tệp {file}, điểm {name}: không được duyệt khi văn bản {point.document} chưa có số hoặc ngày")
    return TalkingPoint(
        id=point.id,
        topics=tuple(point.topics),
        text=point.text,
        document=Document(number=source.number, date=source.date, issuer=source.issuer, section=point.section),
        valid_from=point.valid_from,
        valid_until=point.valid_until,
        audience=tuple(point.audience),
        do_not_say=point.do_not_say,
        approved=point.approved,
        phrases=tuple(point.phrases),
    )


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    reasons = {"missing": f"thiếu khóa “{key}”", "extra_forbidden": f"khóa lạ “{key}”"}
    return reasons.get(first["type"], f"khóa “{key}” không hợp lệ ({first['msg']})")


def in_force(point: TalkingPoint, on: date) -> bool:
    """True when `on` lies within the validity of the point, both ends included."""
    return (point.valid_from is None or point.valid_from <= on) and (point.valid_until is None or on <= point.valid_until)


def choose(points: Sequence[TalkingPoint], *, topics: Iterable[str], text: str, on: date, limit: int) -> tuple[TalkingPoint, ...]:
    """The points in force that answer the item, best first, at most `limit`; empty when none is good enough.

    A point must share a topic (when the item has any) and be spoken of: its phrases or its own words stand in the item.
    """
    wanted = tuple(topics)
    title, _, _ = text.partition("\n")
    lead, head = PhraseView(text[:LEAD]), PhraseView(title)
    scored = [(_score(point, wanted, lead, head), point) for point in points if in_force(point, on)]
    good = sorted(((s, p) for s, p in scored if s >= GOOD_ENOUGH), key=lambda sp: (-sp[0], sp[1].id))
    return tuple(point for score, point in good if score >= good[0][0] * NEAREST)[:limit]


def _score(point: TalkingPoint, topics: tuple[str, ...], lead: PhraseView, head: PhraseView) -> float:
    ranks = [topics.index(t) for t in point.topics if t in topics]
    if topics and not ranks:
        return 0.0
    spoken = sum(_weight(p) * (1.5 if head.says(p) else 1.0) for p in point.phrases if lead.says(p))
    own_words = lead.share_of_pairs(point.text)
    if not spoken and own_words < 0.3:
        return 0.0
    first = 1.0 if ranks and min(ranks) == 0 else 0.25 if ranks else 0.0
    narrow = 0.25 / len(point.topics)  # a sentence on one topic says more about it than one on six
    return spoken + 3 * own_words + first + narrow


def _weight(phrase: str) -> float:
    """Longer phrases are rarer, so they say more: 0.75 for one word, 1 for two syllables, 1.5 for four and more."""
    return min(1.5, 0.5 + 0.25 * len(phrase.split()))
