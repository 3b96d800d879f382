"""What every command shares: the Typer app, the --config option, what is printed and how, the log."""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.text import Text

from monitor import config_file as configuration
from monitor.cli import vocabulary
from monitor.config import Config
from monitor.errors import MonitorError
from storage.store import Store

cli = typer.Typer(
    name="monitor",
    help="Theo dõi báo chí và mạng xã hội công khai: thu thập, phân loại, cảnh báo, tổng hợp.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, markup=False, emoji=False)  # no markup: what we print holds words of strangers
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="Tệp cấu hình.", envvar="MONITOR_CONFIG")]
DEFAULT_CONFIG = Path("config.yaml")

# Orders to a terminal, letters that turn the direction of writing, and halves of characters: never printed as they are.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """`text` with everything that could steer a terminal as "·"; lines and tabs stay."""
    return _UNPRINTABLE.sub("·", text)


def say(text: str, *, style: str = "", console: Console = out) -> None:
    """Print one text as it stands: no markup, no control characters, no wrapping."""
    console.print(Text(visible(text), style), soft_wrap=True)


def notice(text: str) -> None:
    """Say something beside the result, on stderr: standard output stays what the command was asked for."""
    say(text, console=err)


def to_json(value: object) -> str:
    """One line of JSON in UTF-8; control characters and halves of characters are escaped, so that they survive and do no harm."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(value, ensure_ascii=False))


def load(path: Path) -> Config:
    """Read the configuration, check the ids it uses, and set up the log as it says."""
    config = configuration.load(path)
    vocabulary.check(config, path)
    set_up_log(config.log_level)
    return config


def opened_store(settings: Config) -> Store:
    """The database as the service left it; a SQLite file that is not there yet is not made just to be looked at."""
    scheme, _, name = settings.database_url.partition(":///")
    file = Path(name.partition("?")[0])
    if scheme.startswith("sqlite") and name and not name.startswith((":memory:", "file:")) and not (file.is_file() and file.stat().st_size):
        raise MonitorError(f"Chưa có dữ liệu: tệp {file} chưa được tạo; hãy chạy monitor once hoặc monitor run trước.")
    return Store(settings.database_url)


def make_data_dir(settings: Config) -> None:
    """The folder of the SQLite file."""
    if not settings.database:
        settings.data_dir.mkdir(parents=True, exist_ok=True)


def set_up_log(level: str, *, stream: str = "stderr") -> None:
    """Structured lines (JSON) on stderr; a terminal gets readable ones. Libraries are kept quiet: httpx prints URLs with tokens."""
    number = getattr(logging, level.upper())
    file = getattr(sys, stream)
    renderer = structlog.dev.ConsoleRenderer() if file.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    for name in ("httpx", "httpcore", "telegram", "scrapy", "apscheduler", "aiohttp.client"):
        logging.getLogger(name).setLevel(logging.WARNING)
