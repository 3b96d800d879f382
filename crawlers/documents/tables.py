"""Reads what people enter: tables of items (CSV, XLSX) into rows, rows into entries. Pure; tables are read in the sandbox."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from hashlib import blake2b
from html import escape
from itertools import islice
from typing import Any

from crawlers.documents.feeds import MAX_DATE, MAX_SUMMARY, MAX_TITLE
from crawlers.pages import dates
from crawlers.pages.encodings import MOJIBAKE, decode
from crawlers.urls import canonical, resolve
from monitor.errors import ParseError
from monitor.masking import NOWHERE
from monitor.records import Entry, Source
from monitor.text import clean, fold

MAX_BYTES = 20_000_000  #: of a file
MAX_UNPACKED = 200_000_000  #: bytes of an XLSX file, which is a zip file
MAX_PARTS = 2_000  #: files inside it
MAX_ROWS = 20_000
MAX_CELLS = 40  #: columns looked at

#: Column → its names in a header, folded.
COLUMNS = {
    "url": ("url", "link", "dia chi", "duong dan", "lien ket", "dia chi bai", "duong link"),
    "title": ("title", "tieu de", "ten bai", "tit"),
    "text": ("text", "noi dung", "toan van", "content", "tom tat"),
    "published": ("published", "thoi gian", "ngay", "ngay dang", "thoi gian dang", "ngay gio", "date", "published_at", "ngay xuat ban"),
    "source": ("source", "nguon", "ma nguon", "bao", "co quan bao chi", "ten nguon"),
}
_NAMES = {name: column for column, names in COLUMNS.items() for name in names}
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)  # Excel's own first line

Row = tuple[int, dict[str, str]]  #: line of the file (the header is line 1), text by column


def read(body: bytes, name: str) -> list[Row]:
    """Return the rows of a table; those without any text are left out.

    Args:
        body: the file.
        name: its name; .xlsx is a workbook (its first sheet with a header is read), everything else text.

    Raises:
        ParseError: it is no table, too large, in no known encoding, or has no column `url` or `text`.
    """
    if len(body) > MAX_BYTES:
        raise ParseError(f"tệp lớn hơn {MAX_BYTES // 1_000_000} MB")
    found = _workbook(body) if name.lower().endswith((".xlsx", ".xlsm")) else [_text_table(body)]
    for lines in found:
        if (rows := _rows(lines)) is not None:
            return rows
    raise ParseError("không có dòng tiêu đề với cột địa chỉ (url) hoặc nội dung (text)")


def entry(row: dict[str, str], source: Source, now: datetime) -> Entry:
    """Make an entry of a row: complete when it carries the text, else a page to be fetched.

    Raises:
        ParseError: what is missing or wrong, as the end of a sentence.
    """
    url, title, text, published = (row.get(column, "").strip() for column in ("url", "title", "text", "published"))
    if published and dates.parse(published, now) is None:
        raise ParseError(f"không hiểu thời gian “{published:.40}”")
    if url and resolve(url, url) is None:
        raise ParseError(f"“{url:.80}” không phải địa chỉ http hoặc https")
    if not url and not text:
        raise ParseError("không có địa chỉ và cũng không có nội dung")
    return written(source, url=url, title=title, text=text, published=published)


def written(source: Source, *, text: str, title: str = "", published: str = "", url: str = "") -> Entry:
    """The entry of words that somebody entered; without an address they get one that leads nowhere, the same for the same words."""
    where = resolve(url, url) or nowhere(source, title, text, published)
    return Entry(
        source_id=source.id, url=where, canonical_url=canonical(where), title=escape(title[:MAX_TITLE], quote=False),
        summary_html=escape(text, quote=False)[:MAX_SUMMARY], published_raw=published[:MAX_DATE], complete=bool(text),
    )  # fmt: skip


def nowhere(source: Source, *words: str) -> str:
    """An address for what has none: unique to the words, and never a link (`monitor.masking.leads_nowhere`)."""
    digest = blake2b("\n".join(" ".join(word.split()) for word in words).encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"https://{source.id.replace('_', '-')}{NOWHERE}/{digest}"


def _rows(lines: Iterable[tuple[int, Sequence[str]]]) -> list[Row] | None:
    """The rows below the header; None when the first line with words is no header."""
    columns: list[str] = []
    rows: list[Row] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = [_NAMES.get(" ".join(fold(cell).replace("*", " ").split()), "") for cell in cells[:MAX_CELLS]]
            if not {"url", "text"} & set(columns):
                return None
            continue
        if len(rows) == MAX_ROWS:
            raise ParseError(f"nhiều hơn {MAX_ROWS:,} dòng; hãy chia thành nhiều tệp".replace(",", "."))
        row: dict[str, str] = {}
        for column, cell in zip(columns, cells, strict=False):
            if column and cell.strip():
                row.setdefault(column, clean(cell))
        rows.append((number, row))
    return rows if columns else None


def _text_table(body: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    text = _decoded(body).replace("\x00", "")
    told = _SEPARATOR_LINE.match(text)
    text = text[told.end() :] if told else text
    head = text.lstrip().split("\n", 1)[0]
    delimiter = told[1] if told else max(",;\t", key=head.count)
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 2 if told else 1
    while True:
        number = reader.line_num + start
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ParseError(f"dòng {number}: không đọc được ({error})") from None
        if cells is None:
            return
        yield number, cells


def _decoded(body: bytes) -> str:
    if not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and body[:200].count(0) * 3 >= len(body[:200]) > 0:
        return body.decode("utf-16-le" if body[1:2] == b"\0" else "utf-16-be", "replace")
    text, note = decode(body, None)
    if MOJIBAKE in note:
        raise ParseError("chữ bị vỡ, không nhận ra bảng mã; hãy lưu lại dạng UTF-8 hoặc XLSX")
    return text.lstrip("\ufeff")


def _workbook(body: bytes) -> Iterator[Iterator[tuple[int, Sequence[str]]]]:
    import openpyxl  # late: only the sandbox's child pays for it

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            parts = packed.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise ParseError("tệp XLSX quá lớn sau khi giải nén")
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise ParseError(f"không phải tệp XLSX đọc được ({type(error).__name__})") from None
    for sheet in book.worksheets[:10]:
        sheet.reset_dimensions()  # a sheet may claim any size
        lines = sheet.iter_rows(max_col=MAX_CELLS, values_only=True)
        yield ((number, [_shown(cell) for cell in cells]) for number, cells in enumerate(islice(lines, 2 * MAX_ROWS), 1))


def _shown(cell: Any) -> str:
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
