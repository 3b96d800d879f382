"""run, once, health, check: the service and looks at it."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from typing import Annotated

import typer

from crawlers import collect as crawl
from monitor import bot, pipeline, schedule, web
from monitor.app import App, build, declared, opened, utc_now
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, err, load, opened_store, say, to_json
from monitor.errors import MonitorError
from monitor.records import Source, SourceState


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    cli.command("run")(run)
    cli.command("once")(once)
    cli.command("health")(health)
    cli.command("check")(check)


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Chạy dịch vụ liên tục cho tới khi nhận SIGTERM hoặc Ctrl-C."""
    asyncio.run(_serve(build(load(config))))


async def _serve(app: App) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with opened(app), bot.polling(app), web.serving(app):
        await schedule.run_until(app, stopped)


def once(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng một đối tượng JSON.")] = False,
) -> None:
    """Đọc một lượt mọi nguồn đến hạn rồi gửi các tin còn nợ."""
    app = build(load(config))

    async def work() -> pipeline.Tally:
        async with opened(app):
            return await pipeline.once(app)

    tally = asyncio.run(work())
    if as_json:
        typer.echo(to_json(dataclasses.asdict(tally)))
        return
    owed = tally.deliveries
    say(
        f"Đã đọc {tally.fetched}/{tally.sources} nguồn, phát hiện {tally.discovered} địa chỉ mới, lưu {tally.articles} bài "
        f"({tally.relevant} liên quan), {tally.cases} vụ việc mới, {tally.alerts} cảnh báo. "
        f"Tin gửi: {owed['sent']} xong, {owed['pending']} chờ, {owed['dead']} không gửi được."
    )
    for failure in tally.failed:
        say(f"  Nguồn lỗi {failure['source']}: {failure['reason']}", style="yellow", console=err)


def health(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Mã thoát 0 khi dịch vụ đang tiến triển (dùng cho healthcheck của container)."""
    settings = load(config)
    store = opened_store(settings)
    try:
        last = store.last_beat()
    finally:
        store.close()
    if last is None:
        raise MonitorError("Dịch vụ chưa chạy lần nào với cơ sở dữ liệu này.")
    age = (utc_now() - last).total_seconds()
    if age > settings.schedule.stale_after:
        raise MonitorError(f"Dịch vụ không tiến triển: nhịp cuối cách đây {age / 60:.0f} phút.")
    say(f"Dịch vụ đang chạy, nhịp cuối cách đây {age:.0f} giây.")


def check(
    config: ConfigOption = DEFAULT_CONFIG,
    only: Annotated[str | None, typer.Option("--source", help="Chỉ kiểm tra nguồn có mã này.")] = None,
) -> None:
    """Kiểm tra cấu hình, từng nguồn (truy cập được, đọc được) và từng kênh gửi."""
    settings = load(config)
    say(f"Cấu hình {config}: hợp lệ ({sum(s.enabled for s in declared(settings))} nguồn đang bật).")
    if not asyncio.run(_check(build(settings), only)):
        raise typer.Exit(1)


async def _check(app: App, only: str | None) -> bool:
    sources = [s for s in app.sources if (s.id == only if only else s.enabled)]
    if only and not sources:
        raise MonitorError(f"Không có nguồn nào mang mã “{only}” trong cấu hình.")
    async with opened(app):
        fine = True
        gate = asyncio.Semaphore(app.config.fetch.concurrency)
        for source, verdict in await asyncio.gather(*(_check_source(app, s, gate) for s in sources)):
            ok = verdict.startswith("đọc được")
            fine &= ok
            say(f"  {'✓' if ok else '✗'} {source}: {verdict}", style="" if ok else "yellow")
        for name, channel in sorted(app.channels.items()):
            try:
                say(f"  ✓ kênh {name}: {await channel.check()}")
            except MonitorError as error:
                fine = False
                say(f"  ✗ kênh {name}: {error}", style="yellow")
        return fine


async def _check_source(app: App, source: Source, gate: asyncio.Semaphore) -> tuple[str, str]:
    async with gate:
        try:
            reading = await crawl.discover(source, SourceState(source_id=source.id), app.tools)
        except MonitorError as error:
            return source.id, str(error)
        return source.id, f"đọc được, {len(reading.entries)} mục"
