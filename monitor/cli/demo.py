"""demo: the main job on the bundled newsroom, to look at before anything is configured."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from monitor.cli import vocabulary
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, out, say, set_up_log
from monitor.config import FileConfig
from monitor.config_file import load
from monitor.demo import play


def register(cli: typer.Typer) -> None:
    """Add this command."""
    cli.command("demo")(demo)


def demo(
    config: ConfigOption = DEFAULT_CONFIG,
    folder: Annotated[Path, typer.Option("--folder", help="Thư mục ghi kết quả.")] = Path("var/demo"),
) -> None:
    """Chạy thử toàn bộ công việc trên tòa soạn giả lập kèm theo (02–15/11/2026), không cần Internet."""
    base = load(config, FileConfig)
    vocabulary.check(base, config)
    set_up_log("error")
    folder.mkdir(parents=True, exist_ok=True)
    say(
        "Bản chạy thử: 18 tòa soạn giả lập trên máy này, đồng hồ đóng băng đi từ 02/11 đến 16/11/2026.\n"
        "Lần đọc đầu tiên của mỗi nguồn chỉ lưu, không cảnh báo. Cảnh báo hiện ra dưới đây đúng như trong Telegram.\n"
    )
    with play.newsroom(base, folder) as (app, clock):
        bar = Progress(
            TextColumn("Đang theo dõi {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=out,
            transient=True,
        )
        with bar:
            steps = int((play.LAST - play.FIRST) / play.STEP) + 1
            task = bar.add_task("02/11/2026", total=steps)
            played = asyncio.run(
                play.play(app, clock, digest_file=folder / "ban-tin-tuan.html", on_step=lambda now: _advance(bar, task, now))
            )
    _summary(played, config, folder)


def _advance(bar: Progress, task: TaskID, now: datetime) -> None:
    bar.update(task, advance=1, description=(now + timedelta(hours=7)).strftime("%d/%m/%Y"))


def _summary(played: play.Played, config: Path, folder: Path) -> None:
    total = played.totals
    say(
        f"\nKết quả: phát hiện {total.discovered} địa chỉ, lưu {total.articles} bài ({total.relevant} liên quan), "
        f"{total.stories} sự việc, {total.cases} vụ việc, {total.alerts} cảnh báo; tin đã gửi {total.deliveries['sent']}, "
        f"còn chờ {total.deliveries['pending']}, không gửi được {total.deliveries['dead']}."
    )
    if not total.discovered:
        say("Lần chạy trước đã lưu và báo tất cả: đọc lại mọi nguồn từ đầu mà không có gì mới, không tin nào gửi lần hai.")
    for source, reason in sorted(played.failing.items()):
        say(f"  Nguồn lỗi {source}: {reason}", style="yellow")
    say(
        f"\nXem tiếp:\n  Bản tin tuần   {played.digest}\n  Kho tin bài    {played.database} (SQLite)\n"
        f'  Tìm kiếm       MONITOR_DATABASE=sqlite:///{played.database} .venv/bin/monitor search "dịch vụ công"\n'
        "  Chạy thật      sửa config.yaml, rồi: .venv/bin/monitor check và .venv/bin/monitor run"
    )
