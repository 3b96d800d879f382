"""Extraction speed against trafilatura's default on the same pages in the same run, and of pages whose rules leave nothing open."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import trafilatura

from crawlers.pages.extract import extract_page
from tests.bars import Row, table
from tests.evaluate_collect import extraction

PAGES = Path(__file__).parent.parent / "data/pages"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
_ROUNDS = 3


def _seconds(work: Callable[[], object]) -> float:
    """The processor's seconds, whoever else uses it."""
    started = time.process_time()
    work()
    return time.process_time() - started


def against_trafilatura(rounds: int = _ROUNDS) -> tuple[float, float, float]:
    """Our pages a second, trafilatura's, and the ratio: the median of rounds in which every page is read by both in turn."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    urls, bodies = {key: page["url"] for key, page in extraction.truth().items()}, extraction.bodies()
    for key in list(bodies)[:10]:  # both warm
        extraction.read(bodies[key], urls[key])
        trafilatura.extract(bodies[key].decode("utf-8", "replace"))
    measured = []
    for _ in range(rounds):
        ours = theirs = 0.0
        for key, body in bodies.items():
            ours += _seconds(lambda body=body, key=key: extraction.read(body, urls[key]))  # type: ignore[misc]
            theirs += _seconds(lambda body=body: trafilatura.extract(body.decode("utf-8", "replace")))  # type: ignore[misc]
        measured.append((theirs / ours, len(bodies) / ours, len(bodies) / theirs))
    ratio, ours, theirs = sorted(measured)[len(measured) // 2]
    return ours, theirs, ratio


def by_rules(rounds: int = 10) -> float:
    """Milliseconds for one page whose title, text and date are read by the source's own CSS rules."""
    jobs = []
    for folder in sorted(PAGES.glob("css_*")):
        given = json.loads((folder / "input.json").read_text(encoding="utf-8"))
        if {"title", "text", "published"} <= set(given["selectors"]):
            jobs.append(((folder / "page.html").read_bytes(), given["url"], given["selectors"]))

    def read_all() -> None:
        for body, url, rules in jobs:
            extract_page(body, "utf-8", url, "", "", "", NOW, rules)

    read_all()  # compiles the selectors
    return min(_seconds(read_all) for _ in range(rounds)) * 1000 / len(jobs)


def rows() -> list[Row]:
    """The rows of the table."""
    milliseconds = by_rules()
    found = [
        Row(
            what="a page of a known site, read by its own CSS rules", bar="", goal="0.5 ms",
            measured=f"{milliseconds:.2f} ms", met=True,
        )
    ]  # fmt: skip
    what = "extraction of 181 recorded pages against trafilatura's default"
    if not extraction.BENCHMARK.is_dir():
        return [*found, Row(what=what, bar="1.3×", goal="", measured=extraction.ABSENT, met=False)]
    ours, theirs, ratio = against_trafilatura()
    measured = f"{ratio:.2f}× ({ours:.0f} against {theirs:.0f} pages a second)"
    return [*found, Row(what=what, bar="1.3×", goal="", measured=measured, met=ratio >= 1.3)]


if __name__ == "__main__":
    print(table(rows()))
