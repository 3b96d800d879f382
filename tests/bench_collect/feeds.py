"""Reading feeds against plain feedparser: the same bytes, CPU time, taken in turns so that a busy machine burdens both alike."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable

import feedparser
import psutil

from crawlers.documents import feeds
from crawlers.reading import digest
from crawlers.sandbox import Sandbox
from monitor.config import SandboxConfig
from tests.bars import Row, table
from tests.feed_shapes import SHAPES

ITEMS = 50
NAMES = (
    "newspaper",
    "cdata_everywhere",
    "wordpress",
    "portal_joomla",
    "media_titles",
    "magazine",
    "rdf",
    "xenforo",
    "tracked_links",
    "youtube",
)
ROUNDS, REPEATS = 7, 10  #: of ours, for one of feedparser
JOBS = 300  #: through the sandbox
URL, SOURCE = "https://bao.vn/rss/tin-moi.rss", "bao"


def rows() -> list[Row]:
    """The measured bars."""
    bodies = {name: SHAPES[name](ITEMS) for name in NAMES}
    ratios = {name: _ratio(body) for name, body in bodies.items()}
    middle, slowest = statistics.geometric_mean(ratios.values()), min(ratios, key=lambda name: ratios[name])
    body = bodies["newspaper"]
    plain = _cpu(lambda: feedparser.parse(body), 5)
    boxed = plain / asyncio.run(_boxed(body))
    same = plain / _cpu(lambda: digest(body), 500)
    return [
        Row(
            what=f"healthy feeds of {ITEMS} items in {len(NAMES)} shapes, bytes to entries, against plain feedparser",
            bar="10×", goal="35×", measured=f"{middle:.0f}× (slowest shape {slowest}: {ratios[slowest]:.0f}×)", met=ratios[slowest] >= 10,
        ),
        Row(what="the same through the sandbox, CPU of both processes", bar="—", goal="—", measured=f"{boxed:.0f}×", met=True),
        Row(what="unchanged feed: a hash, no parse", bar="no parse", goal="no parse", measured=f"{same:,.0f}×", met=same >= 100),
    ]  # fmt: skip


def _ratio(body: bytes) -> float:
    """Median of the ratios of several rounds."""
    _cpu(lambda: _ours(body), 1)
    return statistics.median(_cpu(lambda: feedparser.parse(body), 1) / _cpu(lambda: _ours(body), REPEATS) for _ in range(ROUNDS))


def _ours(body: bytes) -> None:
    if len(feeds.parse(body, None, URL, SOURCE)) != ITEMS:
        raise AssertionError("not all items were read")


def _cpu(call: Callable[[], object], times: int) -> float:
    """Seconds of one call."""
    started = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - started) / times


async def _boxed(body: bytes) -> float:
    """CPU seconds of one feed through the sandbox, the parent's and the child's."""
    box = Sandbox(SandboxConfig(workers=1))
    try:
        await box.run(feeds.parse, body, None, URL, SOURCE)
        children = psutil.Process().children()
        before = time.process_time() + _spent(children)
        for _ in range(JOBS):
            await box.run(feeds.parse, body, None, URL, SOURCE)
        return (time.process_time() + _spent(children) - before) / JOBS
    finally:
        await box.aclose()


def _spent(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


if __name__ == "__main__":
    print(table(rows()))
