"""The command line: thin commands over `monitor.app` and `monitor.pipeline`. Errors are caught here, once."""

from __future__ import annotations

import os
import sys

from rich.console import Console

from monitor.cli import data, demo, digest, measure, run, search, setup
from monitor.cli.common import cli
from monitor.records import MonitorError

__all__ = ["cli", "main"]

for module in (run, demo, setup, search, digest, measure, data):
    module.register(cli)


def main() -> None:
    """Entry point of `monitor`: a mistake a person can mend is one sentence and exit code 2, never a traceback."""
    try:
        cli()
    except MonitorError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]Lỗi:[/] {error}", markup=True, soft_wrap=True)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output went away (| head): not an error of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
