"""What a person may answer to each field, typed or as JSON: read, checked, and shown in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from alerts.wording import CLASSES, LEVELS, SENTIMENTS
from classifiers.vocabulary import names
from monitor.cli import vocabulary
from monitor.errors import MonitorError
from monitor.figures import Answer, Field
from monitor.records import SEVERITIES
from monitor.text import fold

FIELDS: tuple[Field, ...] = get_args(Field)
MANY: frozenset[Field] = frozenset({"topic", "ward"})  #: fields of any number of values
TITLES: Mapping[Field, str] = {
    "relevance": "Liên quan", "hanoi": "Hà Nội", "sentiment": "Sắc thái", "topic": "Chủ đề", "class": "Loại", "severity": "Mức",
    "ward": "Xã, phường",
}  # fmt: skip
_LIST = "mã cách nhau dấu phẩy, - là không có"
HINTS: Mapping[Field, str] = {
    "relevance": "c/k", "hanoi": "c/k", "sentiment": "neg/neu/pos", "topic": _LIST, "class": "mã hoặc đầu mã", "severity": "S0…S4",
    "ward": _LIST,
}  # fmt: skip
#: Keys of a batch's line beside the answers: a line may come back with them.
BESIDE = frozenset({"id", "title", "lead", "url", "outlet", "published_at", "labels", "why", "stream", "uncertain"})
_YES_NO = {"c": "yes", "co": "yes", "y": "yes", "yes": "yes", "true": "yes", "k": "no", "khong": "no", "n": "no", "no": "no", "false": "no"}
_TONES = {"tieu cuc": "neg", "am": "neg", "trung tinh": "neu", "tich cuc": "pos", "duong": "pos"}
_NONE = ("-", "khong")


def choices(field: Field) -> Mapping[str, str]:
    """The values of a field with their names in Vietnamese."""
    match field:
        case "relevance" | "hanoi":
            return {"yes": "có", "no": "không"}
        case "sentiment":
            return {str(tone): name for tone, name in SENTIMENTS.items()}
        case "class":
            return {str(kind): name for kind, name in CLASSES.items()}
        case "severity":
            return {level: LEVELS[level] for level in SEVERITIES}
        case "topic":
            return {i: names()[i] for i in vocabulary.topics()}
        case _:
            return {i: names()[i] for i in vocabulary.wards()}


def shown(field: Field, values: Sequence[str]) -> str:
    """Values as a person reads them."""
    named = choices(field)
    return ", ".join(f"{named.get(v, v)}{'' if field in ('relevance', 'hanoi') else f' ({v})'}" for v in values) or "không có"


def typed(field: Field, text: str) -> tuple[str, ...]:
    """The values that a person typed: an id, the beginning of one that no other shares, or a name.

    Raises:
        MonitorError: there is no such value, or several begin so.
    """
    if field in MANY:
        parts = [] if fold(text).strip() in _NONE else [part for part in text.replace(";", ",").split(",") if part.strip()]
        return tuple(sorted({_one(field, part) for part in parts}))
    return (_one(field, text),)


def _one(field: Field, text: str) -> str:
    said, named = fold(text).strip(), choices(field)
    known = {"relevance": _YES_NO, "hanoi": _YES_NO, "sentiment": _TONES}.get(field, {})
    exact = {i.lower(): i for i in named} | {fold(name): i for i, name in named.items()} | known
    if said in exact:
        return exact[said]
    close = sorted({i for i in named if said and i.lower().startswith(said)})
    if len(close) == 1:
        return close[0]
    if close:
        raise MonitorError(f"{TITLES[field]}: “{text.strip():.40}” hợp với nhiều mã: {', '.join(close)}.")
    listed = ", ".join(named) if field != "ward" else "xem classifiers/data/wards.yaml"
    raise MonitorError(f"{TITLES[field]}: không có “{text.strip():.40}”; các giá trị: {listed}.")


def read_lines(body: bytes, name: str) -> list[Answer]:
    """The answers of a JSON Lines file. Keys of a batch are passed over, fields that are absent or null were not looked at.

    Raises:
        MonitorError: names the file and the line.
    """
    answers = []
    for number, line in enumerate(body.decode("utf-8-sig", "replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            answers.append(_answer(line))
        except MonitorError as error:
            raise MonitorError(f"Tệp {name}, dòng {number}: {error}") from None
    if not answers:
        raise MonitorError(f"Tệp {name} không có dòng trả lời nào.")
    return answers


def _answer(line: str) -> Answer:
    try:
        said: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise MonitorError("không phải JSON.") from None
    if not isinstance(said, dict) or not isinstance(said.get("id"), str) or not said["id"]:
        raise MonitorError("cần một đối tượng có khóa “id” (mã bài).")
    strange = sorted(said.keys() - BESIDE - set(FIELDS))
    if strange:
        raise MonitorError(f"khóa lạ “{strange[0]:.40}”; các khóa trả lời: {', '.join(FIELDS)}.")
    values = {field: _json_value(field, said[field]) for field in FIELDS if said.get(field) is not None}
    if not values:
        raise MonitorError(f"không có câu trả lời nào; các khóa trả lời: {', '.join(FIELDS)}.")
    return Answer(article_id=said["id"], values=cast("Mapping[Field, tuple[str, ...]]", values))


def _json_value(field: Field, value: object) -> tuple[str, ...]:
    if isinstance(value, bool) and field in ("relevance", "hanoi"):
        return ("yes",) if value else ("no",)
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts) or (field not in MANY and len(parts) != 1):
        raise MonitorError(f"khóa “{field}”: cần {'một danh sách mã' if field in MANY else 'một mã'}.")
    if field in MANY and isinstance(value, list):
        return tuple(sorted({_one(field, str(part)) for part in parts}))
    return typed(field, str(parts[0]))
