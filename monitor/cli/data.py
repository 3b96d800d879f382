"""backup and restore: one file, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.app import utc_now
from monitor.cli import people
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, make_data_dir, opened_store, say
from storage.store import Store


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    cli.command("backup")(backup)
    cli.command("restore")(restore)


def backup(file: Annotated[Path, typer.Argument(help="Tệp sao lưu sẽ ghi.")], config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Sao lưu dữ liệu vào một tệp (dịch vụ vẫn chạy được); không gồm trang gốc đã tải và khóa bút danh, vốn chỉ giữ ngắn ngày."""
    store = opened_store(load(config))
    try:
        rows = store.backup(file)
    finally:
        store.close()
    say(f"Đã sao lưu {rows} dòng vào {file}.")


def restore(
    file: Annotated[Path, typer.Argument(help="Tệp sao lưu.")],
    forgotten: Annotated[
        Path | None,
        typer.Option("--forgotten", help="Tệp mã các mục đã xóa theo yêu cầu; mặc định: forgotten.txt trong thư mục dữ liệu, nếu có."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Khôi phục từ tệp sao lưu vào cơ sở dữ liệu trống; những gì đã xóa theo yêu cầu không trở lại."""
    settings = load(config)
    make_data_dir(settings)
    beside = people.forgotten_file(settings)
    keys = people.read(forgotten or beside) if forgotten or beside.exists() else set()
    store = Store(settings.database_url)
    try:
        rows = store.restore(file, forgotten=keys, now=utc_now())
        if keys:
            people.remember(beside, store)
    finally:
        store.close()
    say(f"Đã khôi phục {rows} dòng từ {file}.")
    if keys:
        say(f"Đã áp dụng {len(keys)} mã của các mục đã xóa theo yêu cầu.")
