"""What every command shares: the Typer app, the --config option, the console, the log."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console

from monitor import config as configuration
from monitor.config import Config

cli = typer.Typer(
    name="monitor",
    help="Theo dõi báo chí và mạng xã hội công khai: thu thập, phân loại, cảnh báo, tổng hợp.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="Tệp cấu hình.", envvar="MONITOR_CONFIG")]
DEFAULT_CONFIG = Path("config.yaml")


def load(path: Path) -> Config:
    """Read the configuration and set up the log as it says."""
    config = configuration.load(path)
    set_up_log(config.log_level)
    return config


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
