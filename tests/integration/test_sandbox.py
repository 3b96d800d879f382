"""The killable children: what they return, how they are stopped, and that the next job always finds one."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from crawlers import sandbox as module
from crawlers.sandbox import Sandbox, SandboxClosed
from monitor.config import SandboxConfig
from monitor.records import Entry, ParseError
from tests.integration import jobs
from tests.integration.web import until


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    running = Sandbox(SandboxConfig(seconds=1, memory_mb=256))
    yield running
    await running.aclose()


async def test_results_and_records_come_back(sandbox: Sandbox) -> None:
    assert await sandbox.run(jobs.double, 21) == 42
    found = await sandbox.run(jobs.entry, "https://bao.vn/a")
    assert found == Entry(source_id="s", url="https://bao.vn/a", canonical_url="https://bao.vn/a")


async def test_hundreds_of_jobs_run_in_one_child_at_speed(sandbox: Sandbox) -> None:
    first = await sandbox.run(jobs.pid)
    started = time.monotonic()
    assert await asyncio.gather(*(sandbox.run(jobs.double, n) for n in range(400))) == [2 * n for n in range(400)]
    assert time.monotonic() - started < 10
    assert await sandbox.run(jobs.pid) == first


async def test_a_child_is_replaced_after_its_share_of_jobs(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_JOBS", 3)
    pids = [await sandbox.run(jobs.pid) for _ in range(7)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]
    assert [psutil.pid_exists(pid) for pid in dict.fromkeys(pids)] == [False, False, True]


async def test_workers_run_side_by_side() -> None:
    two = Sandbox(SandboxConfig(workers=2, seconds=10))
    try:
        first = asyncio.create_task(two.run(jobs.nap, 0.3))
        second = asyncio.create_task(two.run(jobs.nap, 0.3))
        assert await first != await second
    finally:
        await two.aclose()


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (jobs.spin, "hơn 1 giây"),
        (jobs.crash, "dừng đột ngột"),
        (jobs.leave, "dừng đột ngột"),
        (jobs.oversized, "quá lớn"),
        (jobs.evil, "dữ liệu lạ"),
    ],
)
async def test_a_job_that_takes_its_child_along_is_a_parse_error_and_the_next_one_runs(job: object, reason: str, sandbox: Sandbox) -> None:
    before = await sandbox.run(jobs.pid)
    with pytest.raises(ParseError, match=reason):
        await sandbox.run(job)
    assert not psutil.pid_exists(before)
    assert await sandbox.run(jobs.double, 4) == 8
    assert not os.path.exists("/tmp/the-parent-was-taken-over")  # noqa: ASYNC240  # a look, not a wait


async def test_memory_is_bounded(sandbox: Sandbox) -> None:
    with pytest.raises(ParseError, match="256 MB"):
        await sandbox.run(jobs.hog, 400)
    assert await sandbox.run(jobs.hog, 50) == 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("job", "said"),
    [(jobs.refuse, "Đây không phải nguồn tin"), (jobs.fail, "KeyError"), (jobs.untravelling, "Không phân tích được nội dung")],
)
async def test_a_failed_job_is_a_parse_error_and_keeps_its_child(job: object, said: str, sandbox: Sandbox) -> None:
    before = await sandbox.run(jobs.pid)
    with pytest.raises(ParseError, match=said):
        await sandbox.run(job)
    assert await sandbox.run(jobs.pid) == before


async def test_what_a_library_prints_does_not_mix_with_answers(sandbox: Sandbox) -> None:
    assert await sandbox.run(jobs.chat) == "ok"
    assert await sandbox.run(jobs.double, 1) == 2


async def test_no_secret_reaches_a_child(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_CHANNELS__TELEGRAM__TOKEN", "123:secret")
    assert not [name for name in await sandbox.run(jobs.environment) if name.startswith("MONITOR_")]


async def test_a_cancelled_job_ends_its_child_and_the_next_one_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    task = asyncio.create_task(sandbox.run(jobs.mark_and_nap, str(file)))
    await until(lambda: file.exists() and file.read_text() != "")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(int(file.read_text()))
    assert await sandbox.run(jobs.double, 3) == 6


async def test_closing_ends_busy_children_and_says_nothing_about_the_content(tmp_path: Path) -> None:
    sandbox = Sandbox(SandboxConfig(seconds=30))
    file = tmp_path / "pid"
    busy = asyncio.create_task(sandbox.run(jobs.mark_and_nap, str(file)))
    queued = asyncio.create_task(sandbox.run(jobs.double, 1))
    await until(lambda: file.exists() and file.read_text() != "")
    await sandbox.aclose()
    for task in (busy, queued):
        with pytest.raises(SandboxClosed):
            await task
    assert not psutil.pid_exists(int(file.read_text()))
    with pytest.raises(SandboxClosed):
        await sandbox.run(jobs.double, 1)


async def test_children_share_no_terminal_and_ignore_the_stop_signals_meant_for_the_service(sandbox: Sandbox) -> None:
    child = psutil.Process(await sandbox.run(jobs.pid))
    child.send_signal(2)
    child.send_signal(15)
    assert await sandbox.run(jobs.pid) == child.pid
