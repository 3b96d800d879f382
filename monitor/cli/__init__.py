"""The command line: thin commands over `monitor.app` and `monitor.pipeline`. Errors are caught here, once."""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

import typer
from rich.text import Text

from monitor.cli import (
    data,
    demo,
    digest,
    enter,
    label,
    ledger,
    measure,
    model,
    people,
    retrain,
    run,
    search,
    setup,
    sources,
    status,
    story,
    usage,
)
from monitor.cli.common import cli, err, visible
from monitor.errors import MonitorError, reason

__all__ = ["cli", "main"]

for module in (run, status, demo, setup, sources, ledger, search, story, digest, label, retrain, model, measure, enter, people, data):
    module.register(cli)


def main() -> None:
    """Entry point of `monitor`: a mistake a person can mend is one sentence and exit code 2, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # our words are Vietnamese, whatever the machine's locale is
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    usage.speak_vietnamese()
    try:
        code = cli(prog_name="monitor", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output went away (| head): not an error of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except MonitorError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"Không truy cập được {error.filename}: {reason(error)}." if error.filename else f"Hệ điều hành báo lỗi: {reason(error)}.")
    except typer.Abort:
        _fail("Đã dừng giữa chừng.")
    except typer.TyperException as error:
        _fail(usage.sentence(error))
    sys.exit(code if isinstance(code, int) else 0)


def _fail(sentence: str) -> NoReturn:
    if sentence:
        err.print(Text.assemble(("Lỗi: ", "bold red"), visible(sentence)), soft_wrap=True)
    sys.exit(2)
