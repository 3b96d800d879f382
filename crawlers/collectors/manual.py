"""What people enter themselves (`monitor import`, `monitor reflection`): there is nothing to read on a schedule."""

from __future__ import annotations

from crawlers.tools import Tools
from monitor.errors import SourceOffError
from monitor.records import Reading, Source, SourceState

OPTIONS: frozenset[str] = frozenset()


async def discover(source: Source, state: SourceState, tools: Tools) -> Reading:
    """Never reads. Raises SourceOffError."""
    raise SourceOffError("Nguồn nhập tay, không đọc theo lịch: dùng lệnh monitor import hoặc monitor reflection")
