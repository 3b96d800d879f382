"""purge, forget: what is kept no longer, and what is taken out on request and stays out, also after a restore."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from alerts.wording import number
from crawlers.urls import canonical, without_tracking
from monitor.app import utc_now
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, opened_store, say
from monitor.config import Config
from monitor.errors import MonitorError, reason
from monitor.figures import Forgotten
from storage.store import Store

SHOWN = 5  #: headlines shown before asking
_KEY = re.compile(r"[0-9a-f]{32}")
_HEAD = "# Mã của các mục đã xóa theo yêu cầu; monitor restore đọc tệp này để không đưa chúng trở lại.\n"
_GONE = {
    "raw_press": "trang gốc của báo",
    "raw_social": "bản gốc của bài trên mạng xã hội",
    "posts": "bài đăng bị xóa nội dung",
    "messages": "tin gửi bị xóa nội dung",
    "quarantine": "mục cách ly",
    "voice_keys": "khóa bút danh theo tháng",
    "voices": "bút danh",
}


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    cli.command("purge")(purge)
    cli.command("forget")(forget)


def purge(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Xóa những gì đã quá thời hạn lưu giữ (mục retention trong cấu hình); số liệu thống kê giữ lại mãi."""
    settings = load(config)
    store = opened_store(settings)
    try:
        store.check_version()
        gone = store.purge(utc_now(), **settings.retention.model_dump())
    finally:
        store.close()
    told = [f"{number(gone[name])} {words}" for name, words in _GONE.items() if gone[name]]
    say(f"Đã xóa: {', '.join(told)}." if told else "Không có gì quá hạn lưu giữ.")


def forget(
    what: Annotated[str, typer.Argument(metavar="ĐỊA_CHỈ|NỘI_DUNG", help="Địa chỉ bài, hoặc đoạn chữ (từ 8 ký tự) có trong bài.")],
    who: Annotated[str, typer.Option("--who", help="Vai trò của người yêu cầu (không ghi tên riêng).")] = "người vận hành",
    yes: Annotated[bool, typer.Option("--yes", help="Không hỏi lại.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Xóa hẳn một mục theo yêu cầu: bài, bản cũ, chỉ mục, trang gốc, tin đã gửi; không thu thập lại, kể cả sau khi khôi phục."""
    settings = load(config)
    also = (canonical(what), without_tracking(what)) if "://" in what else ()
    store = opened_store(settings)
    try:
        store.check_version()
        _ask(*store.to_forget(what, also=also), yes=yes)
        gone = store.forget(what, also=also, who=who, now=utc_now())
        remember(forgotten_file(settings), store)
    finally:
        store.close()
    say(_told(gone))


def forgotten_file(settings: Config) -> Path:
    """Where the digests of what was forgotten are kept beside the database."""
    return settings.data_dir / "forgotten.txt"


def remember(file: Path, store: Store) -> None:
    """Add what the base has forgotten to the file, which appears only when whole."""
    keys = sorted(store.forgotten_keys() | (read(file) if file.exists() else set()))
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as out:
            out.write(_HEAD + "".join(f"{key}\n" for key in keys))
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        raise MonitorError(f"Không ghi được tệp {file}: {reason(error)}; cần tệp này khi khôi phục từ bản sao lưu.") from error


def read(file: Path) -> set[str]:
    """The digests in the file.

    Raises:
        MonitorError: it cannot be read, or a line is no digest.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        said = reason(error) if isinstance(error, OSError) else "không phải tệp chữ UTF-8"
        raise MonitorError(f"Không đọc được tệp {file}: {said}.") from error
    for place, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#") and not _KEY.fullmatch(line.strip()):
            raise MonitorError(f"Tệp {file}, dòng {place}: không phải mã của một mục đã xóa.")
    return {line.strip() for line in lines if _KEY.fullmatch(line.strip())}


def _ask(titles: Collection[str], addresses: int, *, yes: bool) -> None:
    say(f"Sẽ xóa hẳn {number(len(titles))} bài, {number(addresses)} địa chỉ trong sổ thu thập.")
    for title in list(titles)[:SHOWN]:
        say(f"  – {title}")
    if len(titles) > SHOWN:
        say(f"  … và {number(len(titles) - SHOWN)} bài nữa")
    if not yes:
        typer.confirm("Không thể lấy lại được. Tiếp tục?", abort=True)


def _told(gone: Forgotten) -> str:
    if not gone.keys:
        return "Không có mục nào như vậy; không xóa gì."
    taken = f"{number(gone.articles)} bài, {number(gone.addresses)} địa chỉ, nội dung của {number(gone.messages)} tin gửi"
    return f"Đã xóa {taken}; các mục này sẽ không được thu thập lại."
