"""One line of a table of bars: what was promised, what was measured. The benches and evaluations of collection print these."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Row:
    """One bar with its measurement."""

    what: str
    bar: str
    goal: str
    measured: str
    met: bool  #: the bar


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table, the machine and the day above it."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}, {date.today().isoformat()}"
    lines = [f"Measured on {machine}.", "", "| | bar | goal | measured | |", "|---|---|---|---|---|"]
    lines += [f"| {r.what} | {r.bar} | {r.goal} | {r.measured} | {'' if r.met else '**not met**'} |" for r in rows]
    return "\n".join(lines)
