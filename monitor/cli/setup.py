"""init, telegram setup, db upgrade: from nothing to a running desk."""

from __future__ import annotations

import asyncio
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from alerts.channels.telegram import TelegramChannel
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, make_data_dir, say
from monitor.errors import MonitorError
from monitor.records import Message
from storage.store import Store


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    cli.command("init")(init)
    telegram = typer.Typer(help="Kênh Telegram.", no_args_is_help=True)
    telegram.command("setup")(telegram_setup)
    cli.add_typer(telegram, name="telegram")
    db = typer.Typer(help="Cơ sở dữ liệu.", no_args_is_help=True)
    db.command("upgrade")(db_upgrade)
    cli.add_typer(db, name="db")


def init(
    folder: Annotated[Path, typer.Argument(help="Thư mục đặt tệp.")] = Path("."),
    force: Annotated[bool, typer.Option("--force", help="Ghi đè tệp đã có.")] = False,
) -> None:
    """Tạo config.yaml có chú thích và mẫu .env.example cho mật khẩu, mã truy cập."""
    folder.mkdir(parents=True, exist_ok=True)
    templates = resources.files("monitor") / "templates"
    for name in ("config.yaml", "env.example"):
        target = folder / (".env.example" if name == "env.example" else name)
        if target.exists() and not force:
            raise MonitorError(f"Tệp {target} đã có; thêm --force nếu muốn ghi đè.")
        target.write_text((templates / name).read_text(encoding="utf-8"), encoding="utf-8")
        say(f"Đã tạo {target}")
    say("Bước tiếp theo: chép .env.example thành .env, điền mã bot, rồi chạy: monitor check")


def telegram_setup(
    config: ConfigOption = DEFAULT_CONFIG,
    wait: Annotated[int, typer.Option("--wait", help="Số giây chờ tin nhắn đầu tiên trong nhóm.")] = 60,
) -> None:
    """Tìm mã nhóm chat (hãy thêm bot vào nhóm rồi gửi một tin) và gửi tin thử."""
    settings = load(config).channels.telegram
    token = settings.secret()
    if token is None:
        raise MonitorError("Chưa có mã bot: đặt MONITOR_CHANNELS__TELEGRAM__TOKEN trong tệp .env hoặc channels.telegram.token_file.")
    found = asyncio.run(_find_and_test(TelegramChannel(settings, token), settings.chat, wait))
    for chat, title in found:
        say(f"Nhóm “{title}”: chat = {chat} (ghi vào channels.telegram.chat); đã gửi tin thử.")


async def _find_and_test(channel: TelegramChannel, chat: str, wait: int) -> list[tuple[str, str]]:
    try:
        chats = [(chat, "đã cấu hình")] if chat else await channel.chats(wait)
        if not chats:
            raise MonitorError(f"Không thấy tin nhắn nào trong {wait} giây: hãy thêm bot vào nhóm, gửi một tin rồi chạy lại.")
        for number, _ in chats:
            await channel.send(Message(subject="Tin thử", text="Tin thử: kênh cảnh báo đã sẵn sàng."), number)
    finally:
        await channel.aclose()
    return chats


def db_upgrade(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Nâng cơ sở dữ liệu lên phiên bản của chương trình."""
    settings = load(config)
    make_data_dir(settings)
    store = Store(settings.database_url)
    try:
        store.upgrade()
    finally:
        store.close()
    say("Cơ sở dữ liệu đã ở phiên bản mới nhất.")
