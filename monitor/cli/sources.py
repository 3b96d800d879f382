"""sources: the register as people keep it. Every change is written into its history with the role that made it."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.wording import TIERS
from crawlers.door.fetch import Door
from crawlers.sandbox import Sandbox
from crawlers.sources import exchange, survey
from crawlers.sources import register as catalogue
from crawlers.tools import Tools
from crawlers.urls import canonical
from monitor.app import declared, utc_now
from monitor.cli import sources_shown as shown
from monitor.cli import vocabulary
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, make_data_dir, notice, say, to_json
from monitor.config import Config
from monitor.errors import MonitorError, reason
from monitor.records import Source
from storage.store import Store

WhoOption = Annotated[str, typer.Option("--who", help="Vai trò ra lệnh, ghi vào lịch sử (ví dụ: tổ trực); không ghi tên người.")]
IdArgument = Annotated[str, typer.Argument(metavar="MÃ", help="Mã nguồn.")]
IdsArgument = Annotated[list[str], typer.Argument(metavar="MÃ…", help="Mã một hay nhiều nguồn.")]
DEFAULT_WHO = "quản trị"
MAX_WHO = 60  #: characters


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Danh mục nguồn: xem, thêm, bật, tắt, nhập, xuất, tìm nguồn của một trang.", no_args_is_help=True)
    for name, command in (("list", list_), ("show", show), ("add", add), ("enable", enable), ("disable", disable),
                          ("import", import_), ("export", export), ("test", look)):  # fmt: skip
        group.command(name)(command)
    cli.add_typer(group, name="sources")


@contextmanager
def opened(settings: Config) -> Iterator[Store]:
    """The database with the register as the files and the commands so far have it."""
    make_data_dir(settings)
    store = Store(settings.database_url)
    try:
        store.upgrade()
        sources = declared(settings)
        store.sync_sources(sources, utc_now(), shipped={s.id for s in sources} - {s.id for s in settings.sources})
        yield store
    finally:
        store.close()


def list_(
    config: ConfigOption = DEFAULT_CONFIG,
    tier: Annotated[str | None, typer.Option("--tier", help="Chỉ nhóm này: " + ", ".join(TIERS) + ".")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Chỉ loại này: feed, sitemap, listing, portal …")] = None,
    state: Annotated[str, typer.Option("--state", help="enabled (đang bật), disabled (đang tắt) hoặc all.")] = "all",
    ward: Annotated[str | None, typer.Option("--ward", help="Chỉ phường, xã có mã này.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Mỗi nguồn một dòng JSON.")] = False,
) -> None:
    """Liệt kê nguồn. Phường, xã chưa có nguồn chỉ được đếm; xem tên bằng --tier ward."""
    if state not in ("enabled", "disabled", "all"):
        raise MonitorError(f"--state {state}: không có giá trị này; hiện có: enabled, disabled, all.")
    vocabulary.check_choices(tier=tier, ward=ward)
    with opened(load(config)) as store:
        everything, states = store.sources(), store.source_states()
    chosen = [s for s in everything if tier in (None, s.tier) and kind in (None, s.kind) and ward in (None, s.ward)]
    chosen = [s for s in chosen if state == "all" or s.enabled == (state == "enabled")]
    if as_json:
        for source in chosen:
            last = states.get(source.id)
            typer.echo(to_json(shown.plain(source) | {"last_new_at": shown.when(last.last_new_at if last else None)}))
        return
    listed = [s for s in chosen if not shown.is_empty_ward(s) or tier == "ward" or ward]
    shown.print_table(listed, states)
    say(f"{len(listed)} nguồn trong bảng, {sum(s.enabled for s in listed)} đang bật.")
    say(shown.wards_line(everything, states, vocabulary.wards()))


def show(source_id: IdArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Mọi điều danh mục biết về một nguồn, và lịch sử thay đổi."""
    with opened(load(config)) as store:
        source = _known(store, source_id)
        last, changes = store.source_state(source_id), store.source_changes(source_id)
    shown.print_one(source, last, changes)


def add(
    source_id: Annotated[str, typer.Option("--id", help="Mã ngắn, không trùng: a-z, 0-9, _.")],
    config: ConfigOption = DEFAULT_CONFIG,
    name: Annotated[str | None, typer.Option("--name", help="Tên như hiện trong cảnh báo.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Địa chỉ được đọc.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Cách đọc: feed, sitemap, listing, portal …")] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="Nhóm: " + ", ".join(TIERS) + ".")] = None,
    every: Annotated[str | None, typer.Option("--every", help="Nhịp cố định (90s, 15m, 2h); không nêu hoặc 0s: tự điều chỉnh.")] = None,
    homepage: Annotated[str | None, typer.Option("--homepage", help="Trang chủ.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="Lĩnh vực.")] = None,
    reach: Annotated[str | None, typer.Option("--reach", help="Độ phủ: unknown, small, medium, large.")] = None,
    official: Annotated[bool | None, typer.Option("--official/--not-official", help="Có phải kênh của cơ quan nhà nước.")] = None,
    ward: Annotated[str | None, typer.Option("--ward", help="Mã phường, xã.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Mã đơn vị chủ quản.")] = None,
    access_basis: Annotated[str | None, typer.Option("--access-basis", help="Căn cứ được đọc.")] = None,
    notes: Annotated[str | None, typer.Option("--notes", help="Ghi chú.")] = None,
    option: Annotated[list[str] | None, typer.Option("--option", help="Tùy chọn của cách đọc, dạng khóa=giá trị; nhiều lần được.")] = None,
    enabled: Annotated[bool | None, typer.Option("--enabled/--disabled", help="Bật ngay hay để tắt.")] = None,
    why: Annotated[str | None, typer.Option("--reason", help="Lý do tắt.")] = None,
    replace_: Annotated[bool, typer.Option("--replace", help="Sửa nguồn đã có; điều không nêu thì giữ nguyên.")] = False,
    who: WhoOption = DEFAULT_WHO,
) -> None:
    """Thêm một nguồn, hoặc sửa nguồn đã có (--replace)."""
    given: dict[str, Any] = {
        "id": source_id, "name": name, "url": url, "kind": kind, "tier": tier, "every": every, "homepage": homepage, "subject": subject,
        "reach": reach, "official": official, "ward": ward, "unit": unit, "access_basis": access_basis, "notes": notes,
        "enabled": enabled, "reason": why, "options": _options(option) if option else None,
    }  # fmt: skip
    given = {key: value for key, value in given.items() if value is not None}
    if kind in catalogue.BASIS:
        given.setdefault("access_basis", catalogue.BASIS[kind])
    settings = load(config)
    with opened(settings) as store:
        before = store.source(source_id)
        if before is not None and not replace_:
            raise MonitorError(f"Nguồn “{source_id}” đã có ({before.name}); thêm --replace nếu muốn sửa.")
        source = catalogue.valid((catalogue.entry(before) if before else {}) | given, f"Nguồn “{source_id}”")
        _put(store, settings, [replace(source, reason="") if source.enabled else source], who)


def enable(ids: IdsArgument, config: ConfigOption = DEFAULT_CONFIG, who: WhoOption = DEFAULT_WHO) -> None:
    """Bật nguồn."""
    settings = load(config)
    with opened(settings) as store:
        _put(store, settings, [replace(_known(store, one), enabled=True, reason="") for one in ids], who)


def disable(
    ids: IdsArgument,
    why: Annotated[str, typer.Option("--reason", help="Vì sao tắt, để không ai bật lại nhầm.")],
    config: ConfigOption = DEFAULT_CONFIG,
    who: WhoOption = DEFAULT_WHO,
) -> None:
    """Tắt nguồn, kèm lý do; tin đã thu vẫn giữ."""
    if not why.strip():
        raise MonitorError("--reason: cần nêu lý do tắt.")
    settings = load(config)
    with opened(settings) as store:
        _put(store, settings, [replace(_known(store, one), enabled=False, reason=why.strip()) for one in ids], who)


def import_(
    file: Annotated[Path, typer.Argument(metavar="TỆP", help="Tệp .csv (có dòng tên cột) hoặc .opml.")],
    config: ConfigOption = DEFAULT_CONFIG,
    tier: Annotated[str | None, typer.Option("--tier", help="Nhóm của nguồn mới không nêu nhóm (OPML của phần mềm khác).")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Bỏ qua dòng sai, nhập các dòng còn lại.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ xem sẽ đổi gì, không ghi.")] = False,
    who: WhoOption = DEFAULT_WHO,
) -> None:
    """Nhập nguồn từ CSV hoặc OPML: dòng trùng mã thì sửa nguồn ấy. Có dòng sai thì không nhập gì, trừ khi --skip-bad."""
    vocabulary.check_choices(tier=tier)
    settings = load(config)
    try:
        with file.open("rb") as stream:
            body = stream.read(exchange.MAX_BYTES + 1)
    except OSError as error:
        raise MonitorError(f"Không đọc được tệp {file}: {reason(error)}") from error
    rows = exchange.read(body, str(file))
    with opened(settings) as store:
        found = exchange.plan(rows, {s.id: s for s in store.sources()}, tier=tier)
        for sentence in found.wrong:
            notice(f"{file}: {sentence}")
        for sign, group in (("+", found.new), ("~", found.changed)):
            for source in group:
                say(f"  {sign} {source.id}: {source.name}")
        say(f"{len(found.new)} nguồn mới, {len(found.changed)} nguồn sửa, {found.same} nguồn không đổi, {len(found.wrong)} dòng sai.")
        if found.wrong and not skip_bad:
            raise MonitorError("Chưa nhập gì vì có dòng sai; sửa tệp rồi nhập lại, hoặc thêm --skip-bad để bỏ qua các dòng ấy.")
        if dry_run:
            say("Chỉ xem trước, chưa ghi gì.")
            return
        _put(store, settings, (*found.new, *found.changed), who, quiet=True)
        say("Đã nhập xong.")


def export(
    file: Annotated[Path, typer.Argument(metavar="TỆP", help="Tệp .csv, .opml (chỉ các nguồn RSS) hoặc .yaml.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Ghi danh mục ra tệp; nhập lại tệp ấy thì danh mục như cũ."""
    with opened(load(config)) as store:
        sources = store.sources()
    match file.suffix.lower():
        case ".csv":
            body = exchange.to_csv(sources)
        case ".opml":
            body = exchange.to_opml(sources, TIERS)
        case ".yaml" | ".yml":
            body = exchange.to_yaml(sources)
        case _:
            raise MonitorError(f"Tệp {file}: cần đuôi .csv, .opml hoặc .yaml.")
    try:
        file.write_bytes(body)
    except OSError as error:
        raise MonitorError(f"Không ghi được tệp {file}: {reason(error)}") from error
    count = sum(s.kind in exchange.FEEDS and bool(s.url) for s in sources) if file.suffix.lower() == ".opml" else len(sources)
    notice(f"Đã ghi {count} nguồn vào {file}")


def look(
    url: Annotated[str, typer.Argument(metavar="URL", help="Một trang bất kỳ của nơi muốn theo dõi, thường là trang chủ.")],
    config: ConfigOption = DEFAULT_CONFIG,
    add_: Annotated[bool, typer.Option("--add", help="Thêm ngay đề xuất tốt nhất vào danh mục và bật.")] = False,
    source_id: Annotated[str | None, typer.Option("--id", help="Mã thay cho mã đề xuất.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Tên thay cho tên đề xuất.")] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="Nhóm thay cho nhóm đề xuất.")] = None,
    ward: Annotated[str | None, typer.Option("--ward", help="Mã phường, xã của trang.")] = None,
    who: WhoOption = DEFAULT_WHO,
) -> None:
    """Tìm RSS, sitemap, danh sách tin của một trang, đọc thử từng nơi và đề xuất một dòng cho danh mục."""
    vocabulary.check_choices(tier=tier, ward=ward)
    settings = load(config)
    notice("Đang đọc thử, mỗi địa chỉ cách nhau vài giây cho đúng phép lịch sự; có thể mất nửa phút …")
    found = asyncio.run(_survey(url, settings))
    with opened(settings) as store:
        present = {s.id: s for s in store.sources()}
        shown.print_survey(found, present)
        source = survey.proposal(found, present, ward=ward)
        if source is None:
            raise typer.Exit(1)
        if mine := next((s for s in present.values() if s.url and canonical(s.url) == canonical(source.url)), None):
            hint = "không cần thêm" if mine.enabled else f"bật bằng: monitor sources enable {mine.id}"
            say(f"Địa chỉ tốt nhất đã có trong danh mục: {mine.id} ({shown.state(mine)}); {hint}.")
            return
        given = {"id": source_id, "name": name, "tier": tier}
        source = catalogue.valid(catalogue.entry(source) | {key: value for key, value in given.items() if value}, "Nguồn đề xuất")
        taken = present.get(source.id)
        say("Dòng cho config.yaml (mục sources):")
        say(catalogue.line(source))
        say("Hoặc thêm bằng lệnh:")
        say("  " + shlex.join(["monitor", "sources", "add", *_words(source), *(["--replace", "--enabled"] if taken else [])]))
        if add_:
            if taken and taken.url:
                raise MonitorError(f"Nguồn “{source.id}” đã có ({taken.name}); chọn mã khác bằng --id, hoặc sửa bằng lệnh trên.")
            _put(store, settings, [source], who)


async def _survey(url: str, settings: Config) -> survey.Survey:
    box = Sandbox(settings.sandbox)
    try:
        async with Door(settings.fetch) as door:
            return await survey.survey(url, Tools(door, box, utc_now, settings.fetch, settings.access.keys()))
    finally:
        await box.aclose()


def _known(store: Store, source_id: str) -> Source:
    source = store.source(source_id)
    if source is None:
        raise MonitorError(f"Không có nguồn nào mang mã “{source_id}”; xem: monitor sources list.")
    return source


def _put(store: Store, settings: Config, sources: Sequence[Source], who: str, *, quiet: bool = False) -> None:
    """Check every entry, then write them all down."""
    who = who.strip()
    if not 0 < len(who) <= MAX_WHO:
        raise MonitorError(f"--who: cần một vai trò, nhiều nhất {MAX_WHO} ký tự.")
    units = {unit.id for unit in settings.units}
    for source in sources:
        where = f"Nguồn “{source.id}”"
        if wrong := catalogue.fault(source) or catalogue.unreadable(source) or vocabulary.wrong_place(source, units):
            raise MonitorError(f"{where}: {wrong}" + ("" if wrong.endswith("?") else "."))
    now = utc_now()
    for source in sources:
        change = store.put_source(source, who=who, now=now)
        if not quiet:
            say(f"{source.id}: " + (shown.change_line(change) if change else "không có gì đổi"))


def _options(pairs: Sequence[str]) -> dict[str, Any]:
    """Options as YAML would read them: pages=2 is a number, complete=true a truth."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            raise MonitorError(f"--option {pair}: cần dạng khóa=giá trị, ví dụ pages=2.")
        found[key.strip()] = int(value) if value.isdecimal() and value.isascii() else {"true": True, "false": False}.get(value, value)
    return found


def _words(source: Source) -> Iterator[str]:
    """The options of `add` that make this entry."""
    for key, value in catalogue.entry(source).items():
        if key == "options":
            for name, inner in value.items():
                yield from ("--option", f"{name}={str(inner).lower() if isinstance(inner, bool) else inner}")
        elif key == "official":
            yield "--official" if value else "--not-official"
        elif key == "enabled":
            yield "--enabled" if value else "--disabled"
        else:
            yield from (f"--{key.replace('_', '-')}", str(value))
