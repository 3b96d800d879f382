"""Every hostile page through the real sandbox: clean text or one clear sentence, in bounded time, and the good pages beside it are read."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import nh3
import psutil
import pytest
import pytest_asyncio

from crawlers.pages.extract import extract_page
from crawlers.sandbox import Sandbox
from monitor.config import SandboxConfig
from monitor.errors import ParseError
from monitor.records import Extracted
from tests.hostile.pages import ARTICLE, CASES, SAID, TITLE, Case, page

NOW = datetime(2026, 11, 12, 3, 0, tzinfo=UTC)
URL = "https://a.vn/bai-1234.html"
SECONDS, MEMORY = 4, 512
_DONE: set[str] = set()
_BEFORE: list[float] = []  # processor time of children before the first case

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    _BEFORE.append(_children_seconds())
    running = Sandbox(SandboxConfig(workers=2, seconds=SECONDS, memory_mb=MEMORY))
    yield running
    await running.aclose()


def _children_seconds() -> float:
    """Processor time of our children, of those that ended and of those that run."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = [child.cpu_times() for child in psutil.Process().children()]
    return ended.ru_utime + ended.ru_stime + sum(times.user + times.system for times in running)


async def _read(sandbox: Sandbox, body: bytes, charset: str | None = "utf-8") -> Extracted:
    return await sandbox.run(extract_page, body, charset, URL, "", "", "", NOW)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_hostile_page_is_read_or_refused_and_the_good_one_beside_it_is_read(case: Case, sandbox: Sandbox) -> None:
    started = time.monotonic()
    hostile, good = await asyncio.gather(_read(sandbox, case.build(), case.charset), _read(sandbox, page(ARTICLE)), return_exceptions=True)
    spent = time.monotonic() - started
    _DONE.add(case.name)
    assert isinstance(good, Extracted)
    assert (good.title, good.partial, good.text.count(SAID)) == (TITLE, False, 6)
    assert spent < SECONDS + 10  # and a child's start
    if case.refused:
        assert isinstance(hostile, ParseError)
        assert case.refused in str(hostile)
    if isinstance(hostile, ParseError):
        assert not case.reads
        sentence = str(hostile)
        assert 10 < len(sentence) < 300
        assert "\n" not in sentence
        assert "Error" not in sentence  # a sentence for people, not an exception's name
        return
    assert isinstance(hostile, Extracted)
    _is_clean(hostile, case)


def _is_clean(got: Extracted, case: Case) -> None:
    said = f"{got.title}\n{got.text}"
    assert not [phrase for phrase in case.absent if phrase in said]
    assert nh3.clean(said, tags=set(), clean_content_tags=set()).count("<") == 0
    assert not [c for c in said if (ord(c) < 32 and c != "\n") or 0xD800 <= ord(c) < 0xE000 or c in "\u200b\u202e\ufeff"]
    assert len(got.text) <= 20_000
    assert len(got.title) <= 300
    assert got.canonical_url == URL or got.canonical_url.startswith("https://a.vn/")
    assert got.published_at is None or got.published_at.year >= 1997
    if case.reads:
        assert SAID in got.text
        assert TITLE in got.title or got.title.startswith("Tin")
        assert case.flagged or not got.partial


async def test_there_are_at_least_sixty_and_together_they_take_less_than_45_seconds(sandbox: Sandbox) -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    if len(_DONE) == len(CASES):  # only when all of them ran; the processor's seconds, whoever else uses it
        assert _children_seconds() - _BEFORE[0] < 45
