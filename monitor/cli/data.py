"""backup and restore: one file, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, make_data_dir, opened_store, say
from storage.store import Store


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    cli.command("backup")(backup)
    cli.command("restore")(restore)


def backup(file: Annotated[Path, typer.Argument(help="Tệp sao lưu sẽ ghi.")], config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Sao lưu toàn bộ dữ liệu vào một tệp (dịch vụ vẫn chạy được)."""
    store = opened_store(load(config))
    try:
        rows = store.backup(file)
    finally:
        store.close()
    say(f"Đã sao lưu {rows} dòng vào {file}.")


def restore(file: Annotated[Path, typer.Argument(help="Tệp sao lưu.")], config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Khôi phục từ tệp sao lưu vào cơ sở dữ liệu trống."""
    settings = load(config)
    make_data_dir(settings)
    store = Store(settings.database_url)
    try:
        rows = store.restore(file)
    finally:
        store.close()
    say(f"Đã khôi phục {rows} dòng từ {file}.")
