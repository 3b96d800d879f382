"""Tables that people enter: any spreadsheet's CSV, XLSX, Vietnamese headers; a bad row is one sentence."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from datetime import UTC, datetime

import pytest
import xlsxwriter

from crawlers.documents import tables
from monitor.errors import ParseError
from monitor.masking import leads_nowhere
from monitor.records import Source

NOW = datetime(2026, 11, 12, 3, 0, tzinfo=UTC)
BY_HAND = Source(id="nhap_tay", name="Nhập tay", kind="manual", url="", tier="social")
TEXT = 'Tiêu đề;Nội dung;Thời gian\nĐường sá được sửa;"Dòng một; vẫn thế\ndòng hai";12/11/2026 08:30\n\nTin sau;Chữ;\n'
ROWS = [
    (2, {"title": "Đường sá được sửa", "text": "Dòng một; vẫn thế\ndòng hai", "published": "12/11/2026 08:30"}),
    (5, {"title": "Tin sau", "text": "Chữ"}),
]


def cp1258(text: str) -> bytes:
    """As an old Windows writes it: base letters whole, tones as marks of their own."""
    found = ""
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
        found += unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones)) + tones
    return found.encode("cp1258")


ENCODINGS = {
    "utf-8": TEXT.encode(), "utf-8 with BOM": TEXT.encode("utf-8-sig"), "utf-16": TEXT.encode("utf-16"),
    "utf-16-le": TEXT.encode("utf-16-le"),
    "utf-16-be": TEXT.encode("utf-16-be"), "sep line": ("sep=;\r\n" + TEXT).encode("utf-8-sig"),
    "commas": TEXT.replace(";", ",").replace("một, vẫn", "một; vẫn").encode(),
    "tabs": TEXT.replace(";", "\t").replace("một\t", "một;").encode(),
    "windows line ends": TEXT.replace("\n", "\r\n").encode(), "windows-1258": cp1258(TEXT),
}  # fmt: skip


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_way_a_spreadsheet_saves_csv(name: str) -> None:
    found = [(line, {k: v.replace("\r\n", "\n") for k, v in row.items()}) for line, row in tables.read(ENCODINGS[name], "a.csv")]
    lines = [(line + (name == "sep line"), row) for line, row in ROWS]
    assert found == lines


def workbook(*rows: list[object], first: list[list[object]] | None = None) -> bytes:
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        if first is not None:
            cover = book.add_worksheet("Bìa")
            for number, row in enumerate(first):
                cover.write_row(number, 0, row)
        sheet, day = book.add_worksheet("Tin"), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell, *([day] if isinstance(cell, datetime) else []))
    return body.getvalue()


def test_a_workbook_is_read_dates_and_numbers_included() -> None:
    header = ["Nguồn", "Địa chỉ", "Ngày đăng", "TIÊU ĐỀ *", "Ghi chú"]
    body = workbook(header, ["bao", "https://a.vn/1", datetime(2026, 11, 12, 8, 30), 2026, "x"], first=[["Tổng hợp tuần"], ["a", 1]])
    ((line, row),) = tables.read(body, "Tin.XLSX")
    assert (line, row) == (2, {"source": "bao", "url": "https://a.vn/1", "published": "2026-11-12 08:30:00", "title": "2026"})
    assert tables.entry(row, BY_HAND, NOW).published_raw == "2026-11-12 08:30:00"


def hostile_zip() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (tables.MAX_UNPACKED + 1))
    return body.getvalue()


NO_TABLES = {
    "empty": (b"", "a.csv", "không có dòng tiêu đề"),
    "no header": ("Một;Hai\n1;2".encode(), "a.csv", "không có dòng tiêu đề"),
    "mojibake": (("title;text\n" + "ChuyÓn ®æi \ufffd\ufffd sè cña ph­êng \ufffd" * 20).encode("utf-8"), "a.csv", "chữ bị vỡ"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0", "a.xlsx", "không phải tệp XLSX"),
    "bomb": (hostile_zip, "a.xlsx", "quá lớn sau khi giải nén"),
    "empty zip": (b"PK\x05\x06" + b"\0" * 18, "a.xlsx", "không phải tệp XLSX"),
    "endless cell": (b"url;text\n" + b'"' + b"a" * 1_100_000, "a.csv", "dòng 2: không đọc được"),
    "too many rows": (b"url\n" + b"https://a.vn/1\n" * (tables.MAX_ROWS + 1), "a.csv", "nhiều hơn 20.000 dòng"),
    "too large": (b"url\n" + b" " * tables.MAX_BYTES, "a.csv", "lớn hơn 20 MB"),
}


@pytest.mark.parametrize("name", NO_TABLES)
def test_what_is_no_table_is_one_sentence(name: str) -> None:
    body, file, said = NO_TABLES[name]
    with pytest.raises(ParseError, match=said):
        tables.read(body() if callable(body) else body, file)


BAD_ROWS = [
    ({"text": "x", "published": "99/99/2024"}, "không hiểu thời gian “99/99/2024”"),
    ({"url": "javascript:alert(1)"}, "không phải địa chỉ http"),
    ({"title": "chỉ có tiêu đề"}, "không có địa chỉ và cũng không có nội dung"),
]


@pytest.mark.parametrize(("row", "said"), BAD_ROWS)
def test_a_bad_row_says_what_is_wrong(row: dict[str, str], said: str) -> None:
    with pytest.raises(ParseError, match=said):
        tables.entry(row, BY_HAND, NOW)


def test_rows_become_entries() -> None:
    whole = tables.entry({"url": "https://a.vn/1?utm_source=x", "title": "A < B", "text": "3 < 5\nhai"}, BY_HAND, NOW)
    assert (whole.complete, whole.canonical_url, whole.title, whole.summary_html) == (True, "https://a.vn/1", "A &lt; B", "3 &lt; 5\nhai")
    assert not tables.entry({"url": "https://a.vn/1"}, BY_HAND, NOW).complete


def test_words_without_an_address_get_one_of_their_own_that_leads_nowhere() -> None:
    made = [tables.entry({"text": text}, BY_HAND, NOW).url for text in ("một", "một ", "hai")]
    assert made[0] == made[1] != made[2]
    assert made[0].startswith("https://nhap-tay.invalid/")
    assert leads_nowhere(made[0])
