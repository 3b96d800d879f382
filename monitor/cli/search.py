"""search: the analysts' way into the coverage database."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer
import xlsxwriter
from rich.table import Table
from rich.text import Text
from xlsxwriter.exceptions import FileCreateError

from monitor.cli import vocabulary
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, notice, opened_store, out, say, to_json, visible
from monitor.errors import MonitorError, reason
from monitor.figures import CoverageRow, SearchFilters
from monitor.masking import leads_nowhere

TABLE_ROWS, EXPORT_ROWS = 50, 100_000  #: the most without --limit: what is read on a screen, and what is taken away
HANOI = timezone(timedelta(hours=7))
COLUMNS = {
    "published_at": "Đăng lúc",
    "outlet": "Nguồn",
    "title": "Tiêu đề",
    "sentiment": "Sắc thái",
    "case_class": "Loại",
    "severity": "Mức",
    "topics": "Chủ đề",
    "wards": "Phường, xã",
    "story_id": "Sự việc",
    "url": "Địa chỉ",
}


def register(cli: typer.Typer) -> None:
    """Add this command."""
    cli.command("search")(search)


def search(
    query: Annotated[str, typer.Argument(help="Từ cần tìm, có hoặc không dấu; cụm từ đặt trong ngoặc kép.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    since: Annotated[str | None, typer.Option("--from", help="Từ ngày (2026-11-09 hoặc 09/11/2026).")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Đến hết ngày.")] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Mã chủ đề.")] = None,
    ward: Annotated[str | None, typer.Option("--ward", help="Mã phường, xã.")] = None,
    sentiment: Annotated[str | None, typer.Option("--sentiment", help="neg, neu hoặc pos.")] = None,
    case_class: Annotated[str | None, typer.Option("--class", help="Loại vụ việc.")] = None,
    severity: Annotated[str | None, typer.Option("--severity", help="S2 là đúng mức ấy; S2+ là từ mức ấy trở lên.")] = None,
    outlet: Annotated[str | None, typer.Option("--outlet", help="Mã nguồn.")] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="Nhóm nguồn.")] = None,
    story: Annotated[str | None, typer.Option("--story", help="Mã sự việc.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Cả bài không liên quan.")] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, max=EXPORT_ROWS, help=f"Số bài nhiều nhất; mặc định in {TABLE_ROWS} bài, còn xuất ra thì tất cả."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Mỗi bài một dòng JSON.")] = False,
    as_csv: Annotated[Path | None, typer.Option("--csv", help="Ghi ra tệp CSV (mở được bằng Excel).")] = None,
    as_xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Ghi ra tệp Excel.")] = None,
) -> None:
    """Tìm trong kho tin bài, mới nhất trước."""
    vocabulary.check_choices(topic=topic, ward=ward, sentiment=sentiment, class_=case_class, severity=severity, tier=tier)
    filters = SearchFilters(
        since=_day(since, "--from"), until=_day(until, "--to", end=True), topic=topic, ward=ward, sentiment=sentiment,
        case_class=case_class, severity=severity, outlet=outlet, tier=tier, story=story, relevant=None if everything else True,
    )  # fmt: skip
    exported = as_json or as_csv or as_xlsx
    store = opened_store(load(config))
    try:
        store.check_version()
        rows = store.search(query, filters, limit=limit or (EXPORT_ROWS if exported else TABLE_ROWS))
    finally:
        store.close()
    if as_json:
        for row in rows:
            typer.echo(to_json(_plain(row)))
    if as_csv:
        _write_csv(as_csv, rows)
        notice(f"Đã ghi {len(rows)} bài vào {as_csv}")
    if as_xlsx:
        _write_xlsx(as_xlsx, rows)
        notice(f"Đã ghi {len(rows)} bài vào {as_xlsx}")
    if not exported:
        _print(rows)
        if limit is None and len(rows) == TABLE_ROWS:
            notice(f"Chỉ in {TABLE_ROWS} bài mới nhất; muốn nhiều hơn hãy dùng --limit, --csv hoặc --xlsx.")


def _day(text: str | None, option: str, *, end: bool = False) -> datetime | None:
    if text is None:
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            day: date = datetime.strptime(text, form).date()  # the zone is set below
            return datetime.combine(day + timedelta(days=end), time(), HANOI).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    raise MonitorError(f"{option} {text}: không phải ngày, cần dạng 2026-11-09 hoặc 09/11/2026.")


def _plain(row: CoverageRow) -> dict[str, object]:
    return {k: v.astimezone(HANOI).isoformat() if isinstance(v, datetime) else v for k, v in asdict(row).items()}


def _cells(row: CoverageRow) -> list[str]:
    values = asdict(row)
    values["published_at"] = row.published_at.astimezone(HANOI).strftime("%d/%m/%Y %H:%M")
    values["url"] = "" if leads_nowhere(row.url) else row.url
    return [", ".join(v) if isinstance(v, list | tuple) else str(v or "") for v in (values[c] for c in COLUMNS)]


def _safe(cell: str) -> str:
    """A title that begins like a formula (after spaces, or in full width) must not run in a spreadsheet."""
    first = next((c for c in unicodedata.normalize("NFKC", cell) if c.isprintable() and c != " "), "")
    return f"'{cell}" if cell[:1] in ("\t", "\r") or first in ("=", "+", "-", "@") else cell


def _write_csv(path: Path, rows: Sequence[CoverageRow]) -> None:
    with _opened(path), path.open("w", encoding="utf-8-sig", newline="") as file:  # Excel reads UTF-8 only with a BOM
        writer = csv.writer(file)
        writer.writerow(COLUMNS.values())
        writer.writerows([_safe(cell) for cell in _cells(row)] for row in rows)


def _write_xlsx(path: Path, rows: Sequence[CoverageRow]) -> None:
    with _opened(path), xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Tin bài")
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 1, 18)
        sheet.set_column(2, 2, 80)
        bold = book.add_format({"bold": True})
        sheet.write_row(0, 0, list(COLUMNS.values()), bold)
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, _cells(row))


class _opened:
    """Turns a file that cannot be written into one sentence."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        cause = error.args[0] if isinstance(error, FileCreateError) and error.args else error
        if isinstance(cause, OSError):
            raise MonitorError(f"Không ghi được tệp {self._path}: {reason(cause)}") from error


def _print(rows: Sequence[CoverageRow]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Đăng lúc", "Nguồn", "Mức", "Sắc thái", "Tiêu đề"):
        table.add_column(name, overflow="fold")
    for row in rows:
        cells = dict(zip(COLUMNS, _cells(row), strict=True))
        table.add_row(*(Text(visible(cells[c])) for c in ("published_at", "outlet", "severity", "sentiment", "title")))
    if rows:
        out.print(table)
    else:
        say("Không có bài nào khớp.")
