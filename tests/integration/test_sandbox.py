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
from crawlers.sandbox import Sandbox, SandboxClosed, Stopped
from monitor.config import SandboxConfig
from monitor.errors import EmptySourceError, HostileError, ParseError
from monitor.records import Entry
from tests.integration import jobs
from tests.integration.web import until


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    running = Sandbox(SandboxConfig(workers=1, seconds=1, memory_mb=256))
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
async def test_a_job_that_takes_its_child_along_is_stopped_and_the_next_one_runs(job: object, reason: str, sandbox: Sandbox) -> None:
    before = await sandbox.run(jobs.pid)
    with pytest.raises(Stopped, match=reason):
        await sandbox.run(job)
    assert not psutil.pid_exists(before)
    assert await sandbox.run(jobs.double, 4) == 8
    assert not os.path.exists("/tmp/the-parent-was-taken-over")  # noqa: ASYNC240  # a look, not a wait


async def test_memory_is_bounded(sandbox: Sandbox) -> None:
    with pytest.raises(Stopped, match="256 MB"):
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


@pytest.mark.parametrize(("job", "kind"), [(jobs.refuse, ParseError), (jobs.smell, HostileError), (jobs.find_nothing, EmptySourceError)])
async def test_a_jobs_own_error_keeps_its_meaning(job: object, kind: type[Exception], sandbox: Sandbox) -> None:
    with pytest.raises(ParseError) as caught:
        await sandbox.run(job)
    assert type(caught.value) is kind


async def test_a_child_that_died_between_two_jobs_says_nothing_about_the_next_content(sandbox: Sandbox) -> None:
    child = psutil.Process(await sandbox.run(jobs.pid))
    child.suspend()  # it takes the next job and dies before looking at it
    job = asyncio.create_task(sandbox.run(jobs.double, 2))
    await until(lambda: sandbox._children[0]._jobs == 2)  # sent
    child.kill()
    with pytest.raises(ParseError) as caught:
        await job
    assert type(caught.value) is ParseError
    assert await sandbox.run(jobs.double, 2) == 4


async def test_who_killed_a_child_once_never_holds_up_the_others(tmp_path: Path) -> None:
    two = Sandbox(SandboxConfig(workers=2, seconds=30))
    try:
        with pytest.raises(Stopped):
            await two.run_for("xấu", jobs.crash)
        files = [tmp_path / name for name in "ab"]
        slow = [asyncio.create_task(two.run_for("xấu", jobs.mark_and_nap, str(file))) for file in files]
        await until(lambda: files[0].exists())
        assert await two.run_for("tốt", jobs.double, 2) == 4
        assert await two.run(jobs.double, 3) == 6
        assert not files[1].exists()  # waits for the first one, without a child
        assert not any(task.done() for task in slow)
    finally:
        await two.aclose()
        for ended in await asyncio.gather(*slow, return_exceptions=True):
            assert isinstance(ended, SandboxClosed)


async def test_who_did_no_harm_may_use_every_child() -> None:
    two = Sandbox(SandboxConfig(workers=2, seconds=10))
    try:
        with pytest.raises(HostileError):
            await two.run_for("lành", jobs.smell)  # its parser's own verdict killed nobody
        first, second = await asyncio.gather(*(two.run_for("lành", jobs.nap, 0.3) for _ in range(2)))
        assert first != second
    finally:
        await two.aclose()


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
    sandbox = Sandbox(SandboxConfig(workers=1, seconds=30))
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
