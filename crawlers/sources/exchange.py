"""The register as a file to take elsewhere and to bring back: CSV, OPML and YAML out, CSV and OPML in; pure.

What comes in was written by strangers: its size is bounded, it is read without entities or network, and every line is checked.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from crawlers.sources import register
from crawlers.urls import canonical
from monitor.config import SourceConfig
from monitor.errors import ConfigError, MonitorError
from monitor.records import Source, Tier

MAX_BYTES = 5_000_000  #: of one file
MAX_LINES = 20_000  #: entries of one file
COLUMNS = tuple(SourceConfig.model_fields)
FEEDS = ("feed", "forum")  #: kinds whose address any feed reader understands
_OWN = "urn:coverage-desk:register"  #: OPML 2.0 allows further attributes in a namespace only
_WORDS = ("name", "url", "homepage", "subject", "reason", "notes")  #: columns that an empty cell makes empty, not unsaid
_YES_NO = dict.fromkeys(("có", "bật", "yes", "true", "1"), True) | dict.fromkeys(("không", "tắt", "no", "false", "0"), False)
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One entry as it stands in a file."""

    number: int  #: of its line
    given: Mapping[str, Any]  #: by the keys of config.yaml
    wrong: str = ""  #: why it cannot be read


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What bringing a file in would do."""

    new: tuple[Source, ...] = ()
    changed: tuple[Source, ...] = ()
    same: int = 0
    wrong: tuple[str, ...] = ()  #: one sentence a line, with its number


def to_csv(sources: Sequence[Source]) -> bytes:
    """All fields of the sources; spreadsheets open it as UTF-8 and run nothing of it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for source in sources:
        full = {name: getattr(source, name) for name in COLUMNS}
        full["options"] = json.dumps(register.plain(source.options), ensure_ascii=False) if source.options else ""
        writer.writerow([_cell(full[name]) for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig", "replace")


def to_yaml(sources: Sequence[Source]) -> bytes:
    """The list `sources` as config.yaml holds it, one line each."""
    return ("sources:\n" + "".join(f"{register.line(source)}\n" for source in sources)).encode("utf-8", "replace")


def to_opml(sources: Sequence[Source], groups: Mapping[Tier, str]) -> bytes:
    """The sources that any feed reader can read, as OPML 2.0 in groups by tier; `groups` names them."""
    from lxml import etree  # late: few commands need it

    root = etree.Element("opml", nsmap={"cd": _OWN}, version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Danh mục nguồn"
    body = etree.SubElement(root, "body")
    order = list(groups)
    feeds = sorted((s for s in sources if s.kind in FEEDS and s.url), key=lambda s: (order.index(s.tier), s.id))
    for tier, members in groupby(feeds, key=lambda s: s.tier):
        group = etree.SubElement(body, "outline", text=groups[tier])
        for source in members:
            outline = etree.SubElement(group, "outline", type="rss", text=_xml(source.name), xmlUrl=_xml(source.url))
            if source.homepage:
                outline.set("htmlUrl", _xml(source.homepage))
            for name, value in register.entry(source).items():
                if name not in ("name", "url", "homepage"):
                    outline.set(f"{{{_OWN}}}{name}", _xml(json.dumps(value) if name == "options" else _printed(value)))
    found: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return found


def read(body: bytes, name: str) -> list[Row]:
    """Read a file by the ending of its name. Raises MonitorError when no line of it can be read."""
    if len(body) > MAX_BYTES:
        raise MonitorError(f"Tệp {name} lớn hơn {MAX_BYTES // 1_000_000} MB.")
    ending = name.lower().rpartition(".")[2]
    if ending in ("csv", "opml", "xml"):
        rows = _csv_rows(body, name) if ending == "csv" else _opml_rows(body, name)
        if not rows:
            raise MonitorError(f"Tệp {name} không có nguồn nào.")
        return rows
    raise MonitorError(f"Tệp {name}: chỉ nhập được .csv và .opml; các dòng YAML thì dán vào mục sources của config.yaml.")


def plan(rows: Sequence[Row], present: Mapping[str, Source], *, tier: str | None = None) -> Plan:
    """Check every row and say what it would do.

    Args:
        rows: as read.
        present: the register, by id.
        tier: of new entries that name none.
    """
    known = {canonical(source.url): source.id for source in present.values() if source.url}
    made: dict[str, Source] = {}
    wrong = []
    for row in rows:
        try:
            if row.wrong:
                raise ConfigError(f"Dòng {row.number}: {row.wrong}")
            source = _merged(row, present, known, made, tier)
        except ConfigError as error:
            wrong.append(str(error))
        else:
            made[source.id] = source
    different = [source for source in made.values() if present.get(source.id) != source]
    return Plan(
        new=tuple(s for s in different if s.id not in present), changed=tuple(s for s in different if s.id in present),
        same=len(made) - len(different), wrong=tuple(wrong),
    )  # fmt: skip


def _merged(row: Row, present: Mapping[str, Source], known: Mapping[str, str], made: Mapping[str, Source], tier: str | None) -> Source:
    """The entry that a row gives: what it does not name stays as it was."""
    where = f"Dòng {row.number}"
    given = dict(row.given)
    if not given.get("id"):  # from another program: the same address is the same source
        words = str(given.get("name", ""))
        given["id"] = known.get(canonical(str(given.get("url", "")))) or register.new_id(words, present.keys() | made.keys())
        if given["id"] in present:
            return present[given["id"]]
    if given["id"] in made:
        raise ConfigError(f"{where}: mã “{given['id']:.60}” đã có ở một dòng trên")
    before = present.get(given["id"])
    base = register.entry(before) if before else {"tier": tier} if tier else {}
    source = register.valid({k: v for k, v in (base | given).items() if v is not None}, where)
    if source != before and (wrong := register.unreadable(source)):
        raise ConfigError(f"{where}: {wrong}")
    return source


def _csv_rows(body: bytes, name: str) -> list[Row]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MonitorError(f"Tệp {name} không phải UTF-8 (byte thứ {error.start}); trong Excel hãy lưu dạng “CSV UTF-8”.") from error
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    header = [cell.strip().lower() for cell in _next(reader, name) or []]
    strange = [cell for cell in header if cell not in COLUMNS]
    if strange or "id" not in header or len(set(header)) < len(header):
        what = f"cột lạ “{strange[0]:.40}”" if strange else "thiếu cột id" if "id" not in header else "có cột trùng tên"
        raise MonitorError(f"Tệp {name}, dòng 1: {what}; các cột: {', '.join(COLUMNS)}.")
    rows = []
    number = reader.line_num + 1
    while (cells := _next(reader, name)) is not None:
        if any(cell.strip() for cell in cells):
            rows.append(_csv_row(number, header, cells))
        if len(rows) > MAX_LINES:
            raise MonitorError(f"Tệp {name} có hơn {MAX_LINES} dòng.")
        number = reader.line_num + 1
    return rows


def _next(reader: Any, name: str) -> list[str] | None:
    try:
        found: list[str] | None = next(reader, None)
    except csv.Error as error:
        where = f"Tệp {name}, dòng {reader.line_num}"
        raise MonitorError(f"{where}: không phải CSV đúng cách (dấu ngoặc kép chưa đóng hoặc ô quá dài).") from error
    return found


def _csv_row(number: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(header):
        return Row(number=number, given={}, wrong=f"có {len(cells)} ô, cần {len(header)}")
    return _row(number, {column: _uncell(cell) for column, cell in zip(header, cells, strict=True)})


def _row(number: int, told: Mapping[str, str]) -> Row:
    """What the words of a row mean; an empty word is the default of its key."""
    given: dict[str, Any] = {}
    for key, word in told.items():
        value: Any = word.strip() if word.strip() or key in _WORDS else None
        if value is not None and key in ("enabled", "official"):
            value = _YES_NO.get(value.lower(), value)
        if value is not None and key == "options":
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return Row(number=number, given={}, wrong="khóa “options” phải là một đối tượng JSON")
        given[key] = value
    return Row(number=number, given=given)


def _opml_rows(body: bytes, name: str) -> list[Row]:
    from lxml import etree  # late: few commands need it

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise MonitorError(f"Tệp {name}{f', dòng {line}' if line else ''}: không phải XML đúng cách.") from error
    if root.getroottree().docinfo.doctype or root.tag != "opml":
        raise MonitorError(f"Tệp {name} không phải OPML.")
    outlines = [outline for outline in root.iter("outline") if outline.get("xmlUrl")]
    if len(outlines) > MAX_LINES:
        raise MonitorError(f"Tệp {name} có hơn {MAX_LINES} mục.")
    return [_row(outline.sourceline, dict(_outline(outline))) for outline in outlines]


def _outline(outline: Any) -> Iterator[tuple[str, str]]:
    """The keys of one outline: the usual attributes, and our own where the file came from us."""
    yield "name", outline.get("title") or outline.get("text") or ""
    yield "url", outline.get("xmlUrl", "")
    yield "homepage", outline.get("htmlUrl", "")
    yield "kind", "feed"
    own = {name: outline.get(f"{{{_OWN}}}{name}") for name in COLUMNS}
    if own["id"]:
        yield from ((name, value or "") for name, value in own.items() if name not in ("name", "url", "homepage"))


def _cell(value: object) -> str:
    """A cell that begins like a formula must not run in a spreadsheet."""
    text = _printed(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _uncell(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _printed(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or value == 0 else str(value)


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
