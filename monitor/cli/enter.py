"""import, reflection: what people enter themselves, through the same ledger and pipeline as everything else."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from classifiers import vocabulary as words
from crawlers import collect
from crawlers.documents import tables
from crawlers.pages import dates
from crawlers.sandbox import Sandbox
from crawlers.urls import registered_domain
from monitor import pipeline
from monitor.app import App, build, declared, opened, utc_now
from monitor.cli import vocabulary
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, notice, opened_store, say
from monitor.config import Config, SandboxConfig
from monitor.errors import MonitorError, ParseError
from monitor.masking import mask
from monitor.records import Entry, Reading, Source
from monitor.text import clean, fold

WHO = "monitor import"
READ_SECONDS = 120.0  #: for a table; it is the office's own file, but it may come from anywhere
ALIVE_SECONDS = 90.0  #: after its last heartbeat the service counts as running, and takes what was entered itself
MAX_TITLE = 150  #: characters of a reflection's first line that stand as its title

BY_HAND = Source(
    id="nhap_tay", name="Nhập tay", kind="manual", url="", tier="social", access_basis="manual", enabled=False,
    reason="nhập tay, không đọc theo lịch", notes="mục nhập bằng lệnh monitor import mà không rõ nguồn",
)  # fmt: skip
REFLECTIONS = Source(
    id="phan_anh_hien_truong", name="Phản ánh tại cơ sở", kind="manual", url="", tier="social", subject="phản ánh của người dân",
    access_basis="manual", enabled=False, reason="nhập tay, không đọc theo lịch",
)  # fmt: skip


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    cli.command("import")(import_)
    cli.command("reflection")(reflection)


def import_(
    file: Annotated[Path, typer.Argument(metavar="TỆP", help="Tệp .csv hoặc .xlsx; cột: địa chỉ, tiêu đề, nội dung, thời gian, nguồn.")],
    source: Annotated[str | None, typer.Option("--source", help="Mã nguồn của các dòng không ghi nguồn.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ kiểm tra tệp, không ghi gì.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Nhập các mục từ tệp CSV hoặc XLSX vào kho tin (không cảnh báo; nhập lại không sinh mục trùng)."""
    settings = load(config)
    rows = asyncio.run(_table(_content(file), file, settings))
    if dry_run:
        plan = _planned(rows, _listed(settings), source, utc_now())
        say(f"Tệp {file}: {len(rows)} dòng, nhập được {plan.count}, lỗi {len(plan.problems)}. Chưa ghi gì (--dry-run).")
    else:
        plan = asyncio.run(_import(build(settings), rows, source, file))
    for problem in plan.problems:
        notice(f"  {file.name}, {problem}")
    if plan.problems:
        raise typer.Exit(1)


def reflection(
    text: Annotated[str | None, typer.Argument(metavar="[NỘI DUNG]", help="Nội dung phản ánh; bỏ trống: đọc từ đầu vào chuẩn.")] = None,
    ward: Annotated[str, typer.Option("--ward", help="Mã xã, phường nơi ghi nhận (ví dụ bo_de).")] = "",
    title: Annotated[str, typer.Option("--title", help="Tiêu đề ngắn; bỏ trống: dòng đầu của nội dung.")] = "",
    day: Annotated[str, typer.Option("--day", help="Ngày ghi nhận, ví dụ 12/11/2026; bỏ trống: hôm nay.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Nhập phản ánh của người dân ghi nhận tại cơ sở. Không ghi tên, số điện thoại, địa chỉ; nếu có sẽ được che trước khi lưu."""
    settings = load(config)
    if ward not in vocabulary.wards():
        raise MonitorError(f"--ward “{ward}”: không có xã, phường này; xem mã trong classifiers/data/wards.yaml, ví dụ bo_de.")
    said = clean(text if text is not None else sys.stdin.buffer.read(1_000_000).decode("utf-8", "replace"))
    if not said:
        raise MonitorError("Phản ánh không có nội dung.")
    app = build(settings)
    now = app.clock()
    when = dates.parse(day, now) if day else now
    if when is None:
        raise MonitorError(f"--day “{day}”: không phải ngày, hoặc ngày chưa tới; cần dạng 12/11/2026.")
    say(asyncio.run(_reflect(app, _reflection(clean(title), said, ward, when), ward)))


# ---- a table


@dataclass
class _Plan:
    """What the rows of a table become."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)  #: by source
    sources: dict[str, Source] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)  #: one sentence each, with its line

    @property
    def count(self) -> int:
        """How many entries there are."""
        return sum(map(len, self.entries.values()))


def _content(file: Path) -> bytes:
    if file.stat().st_size > tables.MAX_BYTES:
        raise MonitorError(f"Tệp {file} lớn hơn {tables.MAX_BYTES // 1_000_000} MB; hãy chia thành nhiều tệp.")
    return file.read_bytes()


async def _table(content: bytes, file: Path, settings: Config) -> list[tables.Row]:
    limits = SandboxConfig(workers=1, seconds=READ_SECONDS, memory_mb=settings.sandbox.memory_mb)
    box = Sandbox(limits)
    try:
        return await box.run(tables.read, content, file.name)
    except ParseError as error:
        raise MonitorError(f"Tệp {file}: {error}.") from None
    finally:
        await box.aclose()


def _listed(settings: Config) -> Sequence[Source]:
    """The register in the database; as the files declare it when there is no database yet."""
    try:
        store = opened_store(settings)
    except MonitorError:
        return declared(settings)
    try:
        return store.sources() or declared(settings)
    finally:
        store.close()


def _planned(rows: Sequence[tables.Row], sources: Sequence[Source], default: str | None, now: datetime) -> _Plan:
    """Sort the rows by source; a bad one is a sentence and holds up nothing."""
    by_id = {s.id: s for s in sources}
    if default is not None and default not in by_id:
        raise MonitorError(f"--source “{default}”: không có nguồn nào mang mã này; xem monitor sources list.")
    by_name = {fold(s.name): s for s in reversed(sources)}
    by_site = {registered_domain(s.homepage or s.url): s for s in reversed(sources) if s.homepage or s.url}
    plan = _Plan()
    for line, row in rows:
        try:
            source = _source_of(row, by_id, by_name, by_site, by_id[default] if default else None)
            entry = tables.entry(row, source, now)
            if entry.complete and not collect.believed(source, entry.url):
                raise ParseError(f"địa chỉ không thuộc trang của nguồn “{source.id}” nên không nhập kèm nội dung được")
        except ParseError as error:
            plan.problems.append(f"dòng {line}: {error}.")
            continue
        plan.sources[source.id] = source
        plan.entries.setdefault(source.id, []).append(entry)
    return plan


def _source_of(
    row: Mapping[str, str],
    by_id: Mapping[str, Source],
    by_name: Mapping[str, Source],
    by_site: Mapping[str, Source],
    default: Source | None,
) -> Source:
    """The source a row names, else the one given for all, else the one on whose site its address lies, else "by hand"."""
    named = row.get("source", "").strip()
    if named:
        found = by_id.get(named) or by_name.get(fold(named))
        if found is None:
            raise ParseError(f"không có nguồn “{named:.60}” trong danh mục")
        return found
    site = registered_domain(row.get("url", ""))
    return default or (by_site.get(site) if site else None) or by_id.get(BY_HAND.id, BY_HAND)


async def _import(app: App, rows: Sequence[tables.Row], default: str | None, file: Path) -> _Plan:
    async with opened(app):
        plan = _planned(rows, app.sources, default, app.clock())
        tally, new = pipeline.Tally(), 0
        alive = await _alive(app)
        for source_id, entries in plan.entries.items():
            source = await _listed_in(app, plan.sources[source_id])
            # the oldest first: who was first matters to stories
            moment = app.clock()
            newest_first = sorted(entries, key=lambda e: dates.parse(e.published_raw, moment) or moment, reverse=True)
            new += await pipeline.enter(app, source, Reading(entries=tuple(newest_first)), first_reading=True)
            if not alive:
                await pipeline.take_waiting(app, source, tally, complete=True)
    waiting = sum(not e.complete for entries in plan.entries.values() for e in entries)
    then = "dịch vụ đang chạy sẽ xử lý trong vài phút" if alive else f"lưu {tally.articles} bài ({tally.relevant} liên quan)"
    later = f" {waiting} địa chỉ không kèm nội dung sẽ được tải khi dịch vụ chạy." if waiting and not alive else ""
    say(f"Tệp {file}: {len(rows)} dòng, {new} mục mới, {plan.count - new} mục đã có, {len(plan.problems)} dòng lỗi; {then}.{later}")
    return plan


async def _listed_in(app: App, source: Source) -> Source:
    """The source, in the register: the two for what is entered by hand are added when they are first needed."""
    if app.source(source.id) is None:
        await app.db(app.store.put_source, source, who=WHO, now=app.clock())
        app.sources = (*app.sources, source)
    return source


async def _alive(app: App) -> bool:
    """True while the service runs: it takes what was entered, so that one story index decides."""
    last = await app.db(app.store.last_beat, "service")
    return last is not None and (app.clock() - last).total_seconds() < ALIVE_SECONDS


# ---- a reflection


def _reflection(title: str, said: str, ward: str, when: datetime) -> Entry:
    """The entry of a reflection; where it was heard stands in its words, so that it survives whatever happens before it is tagged."""
    place, day = words.names()[ward], when.astimezone(dates.LOCAL)
    heard = f"Ghi nhận tại {place}, thành phố Hà Nội, ngày {day:%d/%m/%Y}."
    said, title = mask(said, links=False), mask(title, links=False)
    first = said.split("\n", 1)[0]
    headline = title or (first if len(first) <= MAX_TITLE else first[:MAX_TITLE].rpartition(" ")[0] + "…")
    url = tables.nowhere(REFLECTIONS, ward, f"{day:%Y-%m-%d}", said)
    return tables.written(REFLECTIONS, url=url, title=headline, text=f"{heard}\n{said}", published=f"{when:%Y-%m-%dT%H:%M:%S%z}")


async def _reflect(app: App, entry: Entry, ward: str) -> str:
    async with opened(app):
        source = await _listed_in(app, app.source(REFLECTIONS.id) or REFLECTIONS)
        tally = pipeline.Tally()
        if not await pipeline.enter(app, source, Reading(entries=(entry,)), first_reading=False):
            return "Phản ánh này đã được nhập trước đó."
        if await _alive(app):
            return "Đã nhập phản ánh; dịch vụ đang chạy sẽ xử lý trong vài phút."
        await pipeline.take_waiting(app, replace(source, ward=ward), tally)
    owed = " Có cảnh báo, sẽ gửi khi dịch vụ chạy." if tally.alerts else ""
    return f"Đã nhập phản ánh tại {words.names()[ward]} ({'liên quan' if tally.relevant else 'không liên quan'} chuyển đổi số).{owed}"
