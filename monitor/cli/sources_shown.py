"""How the register is shown: the table, one source with its history, what a survey found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from rich.table import Table
from rich.text import Text

from alerts.wording import HANOI_TIME, TIERS, moment, percent
from crawlers.sources.register import plain as plain_value
from crawlers.sources.survey import GUESSED, Candidate, Survey
from crawlers.urls import canonical
from monitor.cli.common import out, say, visible
from monitor.figures import SourceChange
from monitor.records import Source, SourceState

HEADINGS = ("Mã", "Tên", "Loại", "Nhóm", "Nhịp", "Tin mới gần nhất", "Trạng thái")
NAMES = {
    "id": "Mã", "name": "Tên", "kind": "Loại", "url": "Địa chỉ", "tier": "Nhóm", "every": "Nhịp", "homepage": "Trang chủ",
    "subject": "Lĩnh vực", "reach": "Độ phủ", "official": "Chính thức", "ward": "Phường, xã", "unit": "Đơn vị chủ quản",
    "access_basis": "Căn cứ đọc", "enabled": "Trạng thái", "reason": "Lý do tắt", "notes": "Ghi chú", "options": "Tùy chọn",
}  # fmt: skip
BASES = {
    "public feed": "nguồn tin công khai (RSS, Atom)", "sitemap": "sitemap công khai", "listing page": "trang danh mục công khai",
    "API with the office's key": "API, bằng khóa của cơ quan", "manual": "nhập tay",
}  # fmt: skip
REACHES = {
    "unknown": "chưa rõ", "small": "dưới 10.000 lượt một ngày", "medium": "dưới 100.000 lượt một ngày", "large": "từ 100.000 lượt một ngày"
}  # fmt: skip
KINDS = {"feed": "RSS/Atom", "sitemap": "sitemap", "listing": "trang danh mục", "portal": "cổng thông tin"}
ADAPTIVE = "tự điều chỉnh"


def every(source: Source) -> str:
    """90 → "90s", 900 → "15m"; 0 is adaptive."""
    if not source.every:
        return ADAPTIVE
    unit, size = next((u, s) for u, s in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)) if source.every % s == 0)
    return f"{source.every // size}{unit}"


def state(source: Source) -> str:
    """On or off, with the reason."""
    return "bật" if source.enabled else f"tắt: {source.reason or 'không ghi lý do'}"


def when(at: datetime | None) -> str | None:
    """A moment for JSON, at +07:00."""
    return at.astimezone(HANOI_TIME).isoformat() if at else None


def plain(source: Source) -> dict[str, Any]:
    """A source for JSON."""
    return {key: plain_value(value) for key, value in asdict(source).items()}


def is_empty_ward(source: Source) -> bool:
    """True for the entry of a ward that still waits for an address."""
    return source.tier == "ward" and not source.url and not source.enabled


def wards_line(sources: Sequence[Source], states: Mapping[str, SourceState], wards: Collection[str]) -> str:
    """How many wards have a source that is read, and how many of those were read with success."""
    on = {s.ward: s for s in sources if s.enabled and s.ward in wards}
    proved = {s.ward for s in sources if s.enabled and (last := states.get(s.id)) and last.last_ok_at and s.ward in wards}
    unproved = f" ({len(on) - len(proved)} chưa đọc được lần nào)" if len(proved) < len(on) else ""
    return f"{len(wards)} phường, xã: {len(on)} có nguồn{unproved}, {len(wards) - len(on)} chưa có nguồn."


def print_table(sources: Sequence[Source], states: Mapping[str, SourceState]) -> None:
    """One line a source, as long as it is: a narrow screen breaks lines rather than losing columns."""
    if not sources:
        say("Không có nguồn nào khớp.")
        return
    rows = [(source, _cells(source, states.get(source.id))) for source in sources]
    widths = [max(map(len, column)) for column in zip(HEADINGS, *(cells for _, cells in rows), strict=True)]
    say("  ".join(map(str.ljust, HEADINGS, widths)).rstrip(), style="bold")
    for source, cells in rows:
        say("  ".join(map(str.ljust, cells, widths)).rstrip(), style="" if source.enabled else "dim")


def _cells(source: Source, last: SourceState | None) -> tuple[str, ...]:
    new = moment(last.last_new_at) if last and last.last_new_at else "–"
    cells = (source.id, source.name, source.kind, source.tier, every(source), new, state(source))
    return tuple(" ".join(visible(cell).split()) for cell in cells)


def print_one(source: Source, last: SourceState | None, changes: Sequence[SourceChange]) -> None:
    """All fields, the last reading, the history."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for key, title in NAMES.items():
        if key != "reason":
            table.add_row(title, Text(visible(value_shown(key, getattr(source, key), source))))
    for title, text in _reading(last):
        table.add_row(title, Text(visible(text)))
    out.print(table)
    say("")
    say("Lịch sử:" if changes else "Lịch sử: chưa có thay đổi nào được ghi.")
    for change in changes:
        say(f"  {moment(change.at)}  {change.who}: {change_line(change)}")


def value_shown(key: str, value: object, source: Source | None = None) -> str:
    """One field as people read it."""
    match key:
        case "enabled" if source is not None:
            return state(source)
        case "enabled":
            return "bật" if value else "tắt"
        case "every" if source is not None:
            return every(source) + (f" ({source.every} giây)" if source.every else "")
        case "every":
            return f"{value} giây" if value else ADAPTIVE
        case "official":
            return "có" if value else "không"
        case "tier":
            return f"{value} ({TIERS.get(value, '')})"  # type: ignore[call-overload]
        case "access_basis":
            return BASES.get(str(value), str(value))
        case "reach":
            return REACHES.get(str(value), str(value))
        case "options":
            return "; ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, Mapping) and value else "–"
    return str(value) if value not in (None, "") else "–"


def change_line(change: SourceChange) -> str:
    """What changed, field by field; a new entry is said as such."""
    what = dict(change.what)
    if "name" in what and what["name"][0] is None:
        return "thêm nguồn"
    listed = what.pop("listed", None)
    parts = ["đưa lại vào danh mục" if listed[1] else "không còn trong danh mục"] if listed else []
    parts += [f"{NAMES.get(key, key).lower()}: {value_shown(key, old)} → {value_shown(key, new)}" for key, (old, new) in what.items()]
    return "; ".join(parts)


def print_survey(found: Survey, present: Mapping[str, Source]) -> None:
    """Every candidate with what it brought, or why it did not."""
    say(f"Trang: {found.url}" + (f" ({found.name})" if found.name else ""))
    known = {canonical(s.url): s.id for s in present.values() if s.url}
    missed: dict[str, list[str]] = {}
    for candidate in found.candidates:
        if candidate.problem and candidate.how == GUESSED:  # many of one sort: said together
            missed.setdefault(candidate.problem, []).append(urlsplit(candidate.url).path)
            continue
        sign, style = ("✓", "") if candidate.works else ("✗", "yellow")
        say(f"  {sign} {KINDS.get(candidate.kind, candidate.kind)}: {candidate.url}  [{candidate.how}]", style=style)
        say(f"      {_said(candidate)}")
        if mine := known.get(canonical(candidate.url)):
            say(f"      đã có trong danh mục: {mine}")
    for problem, paths in missed.items():
        say(f"  ✗ {GUESSED}: {', '.join(paths)}", style="yellow")
        say(f"      {problem}")
    if found.untried:
        say(f"  Trang còn nêu {len(found.untried)} nguồn tin khác, chưa đọc thử:")
        for address in found.untried[:20]:
            say(f"      {address}")
        if len(found.untried) > 20:
            say(f"      … và {len(found.untried) - 20} địa chỉ nữa")
    if found.problem:
        say(f"Không tìm thấy nguồn nào: {found.problem}.", style="yellow")


def _said(candidate: Candidate) -> str:
    if candidate.problem:
        return candidate.problem
    own = round(candidate.own * candidate.entries)
    newest = f"; mới nhất{f' ({moment(candidate.newest_at)})' if candidate.newest_at else ''}: {candidate.newest or 'không có tiêu đề'}"
    stale = "; tin mới nhất đã cũ, có thể trang không cập nhật nguồn này nữa" if candidate.stale else ""
    foreign = "; phần lớn mục dẫn sang trang của nơi khác nên không dùng" if not candidate.works else ""
    return f"{candidate.entries} mục, {percent(own, candidate.entries)} trên cùng trang{newest}{stale}{foreign}"


def _reading(last: SourceState | None) -> list[tuple[str, str]]:
    if last is None or last.last_read_at is None:
        return [("Lần đọc gần nhất", "chưa đọc lần nào")]
    rows = [("Lần đọc gần nhất", moment(last.last_read_at)), ("Đọc được gần nhất", moment(last.last_ok_at) if last.last_ok_at else "chưa")]
    rows.append(("Tin mới gần nhất", moment(last.last_new_at) if last.last_new_at else "chưa"))
    if last.failures:
        rows.append(("Đang lỗi", f"{last.failures} lần liền: {last.reason}"))
    return rows
