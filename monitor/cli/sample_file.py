"""The file of the weekly hand check, which a person fills in with a spreadsheet; written one way, read in any way it comes back."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from crawlers.sources import recall
from crawlers.urls import resolve
from monitor.errors import MonitorError
from monitor.figures import Sample, SampleItem
from monitor.text import clean, fold

COLUMNS = ("Tuần", "Số", "Nơi đăng", "Ngày", "Tìm ở đâu, lấy bài nào", "Địa chỉ bài tìm được", "Tiêu đề bài tìm được")
MAX_BYTES = 2_000_000
LONGEST_TITLE = 500
_KEYS = ("tuan", "so", "noi dang", "ngay", "tim o dau", "dia chi", "tieu de")  #: how the folded columns begin


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What a file says: the items as filled in (an empty address and title: nothing found), and what is wrong with which line."""

    week: str
    items: tuple[SampleItem, ...]
    wrong: tuple[str, ...]
    lossy: bool  #: saved in an old encoding that has no room for Vietnamese letters


def write(sample: Sample) -> bytes:
    """The sample as CSV in UTF-8 with a BOM, without which Excel takes it for something else."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(COLUMNS)
    for item in sample.items:
        cells = (sample.week, str(item.number), item.outlet, f"{item.day:%d/%m/%Y}", recall.instruction(item), item.url, item.title)
        writer.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in cells])
    return made.getvalue().encode("utf-8-sig")


def read(body: bytes, name: str) -> Filled:
    """Read a file that came back; which of its numbers exist only the database knows.

    Raises:
        MonitorError: it is not such a file, or its rows belong to several weeks.
    """
    if len(body) > MAX_BYTES:
        raise MonitorError(f"Tệp {name} lớn hơn {MAX_BYTES // 1_000_000} MB, không phải phiếu kiểm tra mẫu.")
    text, lossy = _decoded(body)
    rows = list(_rows(text, name))
    places = _places(rows[0][1] if rows else [], name)
    weeks, items, wrong = set[str](), dict[int, SampleItem](), []
    for number, cells in rows[1:]:
        told = {key: cells[at].strip().removeprefix("'") if at < len(cells) else "" for key, at in places.items()}
        if not any(told.values()):
            continue
        weeks.add(told["tuan"].upper())
        try:
            item = _item(told)
            if item.number in items:
                raise ValueError(f"số {item.number} đã có ở dòng trên")
            items[item.number] = item
        except ValueError as error:
            wrong.append(f"dòng {number}: {error}")
    if len(weeks) != 1:
        found = f"có nhiều tuần ({', '.join(sorted(weeks)[:3])})" if weeks else "không có dòng nào"
        raise MonitorError(f"Tệp {name} {found}; mỗi phiếu là của đúng một tuần.")
    return Filled(week=weeks.pop(), items=tuple(items.values()), wrong=tuple(wrong), lossy=lossy)


def _item(told: dict[str, str]) -> SampleItem:
    try:
        number = int(told["so"])
    except ValueError:
        raise ValueError(f"cột “Số” ghi “{told['so']:.20}”, cần số thứ tự") from None
    item = SampleItem(number=number, outlet=told["noi dang"], day=_day(told["ngay"]), title=clean(told["tieu de"], LONGEST_TITLE))
    url = told["dia chi"]
    if not url:
        return item
    if "://" not in url and "." in url.partition("/")[0]:
        url = f"https://{url}"  # as a browser shows it
    if resolve(url, url) is None:
        raise ValueError(f"“{url:.60}” không phải địa chỉ web")
    return replace(item, url=url)


def _day(text: str) -> date:
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(text.partition(" ")[0], form).date()  # a day, no moment
        except ValueError:
            continue
    raise ValueError(f"cột “Ngày” ghi “{text:.20}”, cần dạng 09/11/2026")


def _decoded(body: bytes) -> tuple[str, bool]:
    """The text, whichever of its ways of saving Excel took, and whether that way loses letters."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace"), False
    try:
        return body.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return unicodedata.normalize("NFC", body.decode("cp1258", "replace")), True


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """(line of the spreadsheet, cells); the separator is the one that the first line holds most of."""
    skipped = 0
    if text[:4].lower() == "sep=":
        text, skipped = text.partition("\n")[2], 1
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        yield from ((number, cells) for number, cells in enumerate(reader, 1 + skipped))
    except csv.Error as error:
        raise MonitorError(f"Tệp {name}, dòng {reader.line_num + skipped}: không phải CSV đúng cách.") from error


def _places(header: Sequence[str], name: str) -> dict[str, int]:
    """Where each column stands: by its title, else as it was written."""
    titles = [fold(cell).strip() for cell in header]
    found = {key: next((n for n, title in enumerate(titles) if title.startswith(key)), -1) for key in _KEYS}
    if -1 not in found.values():
        return found
    if len(header) >= len(COLUMNS):  # titles lost their letters in an old encoding
        return {key: n for n, key in enumerate(_KEYS)}
    missing = [column for column, key in zip(COLUMNS, _KEYS, strict=True) if found[key] < 0]
    raise MonitorError(f"Tệp {name}, dòng 1: thiếu cột {', '.join(f'“{column}”' for column in missing)}; hãy dùng tệp do lệnh draw ghi ra.")
