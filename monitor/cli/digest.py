"""digest: the weekly letter, to look at or to send."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Annotated

import typer

from alerts.digest import as_page
from monitor import pipeline, weekly
from monitor.app import build, opened
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, notice, say, visible
from monitor.errors import MonitorError


def register(cli: typer.Typer) -> None:
    """Add this command."""
    cli.command("digest")(digest)


def digest(
    config: ConfigOption = DEFAULT_CONFIG,
    week: Annotated[str | None, typer.Option("--week", help="Tuần ISO, ví dụ 2026-W47; mặc định là tuần vừa qua.")] = None,
    preview: Annotated[Path | None, typer.Option("--preview", help="Ghi bản xem trước (HTML) ra tệp, không gửi.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Gửi cho người nhận chưa có bản tin của tuần này.")] = False,
) -> None:
    """Soạn bản tin tuần: xem trước (--preview) hoặc gửi (--send); không chọn gì thì in bản chữ."""
    if preview is not None and send:
        raise MonitorError("Chọn một trong hai: --preview hoặc --send.")
    if week is not None:
        _refuse_no_week(week)
    app = build(load(config))
    chosen = week or weekly.last_whole_week(app.clock())

    async def work() -> None:
        async with opened(app):
            if send:
                owed = await weekly.owe(app, chosen)
                await pipeline.deliver_all(app)
                counts = await app.db(app.store.delivery_counts)
                say(f"Bản tin tuần {chosen}: {owed} tin mới; còn chờ {counts.get('pending', 0)}, không gửi được {counts.get('dead', 0)}.")
                return
            message = await weekly.compose(app, chosen)
            if preview is None:
                typer.echo(visible(message.text))
                return
            preview.write_text(as_page(message), encoding="utf-8")
            notice(f"Đã ghi bản xem trước vào {preview}")

    asyncio.run(work())


def _refuse_no_week(week: str) -> None:
    try:
        if not re.fullmatch(r"20[0-9]{2}-W[0-9]{2}", week):  # the years of this desk: figures look back and ahead of a week
            raise ValueError(week)
        weekly.week_bounds(week)
    except ValueError:
        raise MonitorError(f"--week {week}: không phải tuần ISO, cần dạng 2026-W47.") from None
