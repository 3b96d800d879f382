"""Runs parsers of strangers' bytes in child processes that may be killed: limited in time and memory, cut off from secrets.

The other end is crawlers/sandbox_child.py. A job goes out as one length-prefixed pickle; an empty message says that its
code is imported and the clock runs; the answer comes back as a pickle of which only plain data and records are read.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import pickle  # what comes back from a child is read by _Plain, which builds records and nothing else
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import structlog

from crawlers.sandbox_child import KINDS, LENGTH
from monitor.config import SandboxConfig
from monitor.errors import HostileError, MonitorError, ParseError

P = ParamSpec("P")
T = TypeVar("T")

START_SECONDS = 60.0  #: for a child to start and to import the job's module on a busy machine
MAX_JOBS = 500  #: of one child; then a fresh one, so that no leak of a C library grows for ever
MAX_RESULT = 16 * 1024 * 1024  #: bytes
_DATA_MODULES = frozenset({"datetime", "zoneinfo", "monitor.records", "crawlers.documents.sitemaps", "crawlers.documents.listing_links"})

_log = structlog.get_logger()


class SandboxClosed(MonitorError):
    """The job was interrupted because the process is stopping; it says nothing about the content."""


class Stopped(HostileError):
    """A limit stopped the job, or its process died over the content."""


class _Died(Exception):
    """The child is gone or cannot be talked to any more."""


class Sandbox:
    """A few long-lived children; jobs wait in line for the next free one. Must be closed."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._children = [_Child(config) for _ in range(config.workers)]
        self._free: asyncio.Queue[_Child] = asyncio.Queue()
        for child in self._children:
            self._free.put_nowait(child)
        self._suspects: set[str] = set()
        self._one_suspect = asyncio.Lock()
        self._closed = False

    async def run_for(self, origin: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `run` on behalf of a source.

        Once a child had to be stopped over what a source sent, this source shares one child with all others of its kind, so
        that the other children stay free for those who never did any harm.

        Raises:
            Stopped, HostileError, ParseError, SandboxClosed: as `run`.
        """
        async with self._one_suspect if origin in self._suspects else contextlib.nullcontext():
            try:
                return await self.run(function, *args, **kwargs)
            except Stopped:
                self._suspects.add(origin)
                raise

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a module-level function in a child and return its result.

        Arguments and result must be plain data or frozen records (they are pickled).

        Raises:
            Stopped: it took too long or too much memory, or its process died; the sentence says which.
            HostileError: the function said so.
            ParseError: the function failed.
            SandboxClosed: `aclose` was called meanwhile.
        """
        if self._closed:
            raise SandboxClosed("Bộ phân tích đã đóng")
        child = await self._free.get()
        try:
            if self._closed:
                raise ParseError("")
            return await child.run(function, args, kwargs)
        except ParseError:
            if self._closed:
                raise SandboxClosed("Bộ phân tích đang đóng") from None
            raise
        finally:
            self._free.put_nowait(child)

    async def aclose(self) -> None:
        """Kill the children, busy ones too."""
        self._closed = True
        for child in self._children:
            await child.kill()


class _Child:
    """One child process, started when first needed and replaced after every failure of its own."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._process: asyncio.subprocess.Process | None = None
        self._jobs = 0
        self._reading = False  #: the job's code is loaded and has the content: what happens now is the content's doing

    async def run(self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        job = pickle.dumps((function.__module__, function.__qualname__, args, kwargs))
        try:
            kind, value = await self._ask(job)
        except _Died as gone:
            await self.kill()
            _log.warning("sandbox child replaced", job=f"{function.__module__}.{function.__qualname__}", why=str(gone))
            raise (Stopped if self._reading else ParseError)(str(gone)) from None
        except BaseException:  # cancelled: the child is in the middle of a job and cannot be used again
            await self.kill()
            raise
        if kind == "memory" or self._jobs >= MAX_JOBS:
            await self.kill()
        if kind == "ok":
            return cast(T, value)
        if kind == "memory":
            raise Stopped(f"Nội dung cần nhiều hơn {self._config.memory_mb} MB bộ nhớ để phân tích")
        raise KINDS.get(kind, ParseError)(f"Không phân tích được nội dung ({value})" if kind == "failed" else value)

    async def kill(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()

    async def _ask(self, job: bytes) -> tuple[str, Any]:
        self._reading = False
        process = await self._started()
        self._jobs += 1
        try:
            async with asyncio.timeout(START_SECONDS):
                await _send(process, job)
                await _receive(process)
        except TimeoutError:
            raise _Died(f"Tiến trình phân tích không khởi động được trong {START_SECONDS:g} giây") from None
        self._reading = True
        try:
            async with asyncio.timeout(self._config.seconds):
                answer = await _receive(process)
        except TimeoutError:
            raise _Died(f"Nội dung cần hơn {self._config.seconds:g} giây để phân tích nên đã bị dừng") from None
        try:
            kind, value = _Plain(io.BytesIO(answer)).load()
        except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, ImportError) as error:
            raise _Died(f"Tiến trình phân tích trả về dữ liệu lạ ({type(error).__name__})") from error
        return kind, value

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self.kill()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-W", "ignore", "-m", "crawlers.sandbox_child", str(self._config.seconds), str(self._config.memory_mb),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=_environment(), start_new_session=True,
            limit=2 * MAX_RESULT,  # a full buffer would pause the pipe, and a killed child's end would go unseen
        )  # fmt: skip
        self._jobs = 0
        return self._process


async def _send(process: asyncio.subprocess.Process, message: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(LENGTH.pack(len(message)) + message)
        await process.stdin.drain()
    except (ConnectionError, RuntimeError) as error:
        raise _Died(f"Tiến trình phân tích đã dừng đột ngột ({type(error).__name__})") from error


async def _receive(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    try:
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        if length > MAX_RESULT:
            raise _Died("Kết quả phân tích quá lớn")
        return await process.stdout.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        raise _Died("Tiến trình phân tích đã dừng đột ngột khi đọc nội dung này") from None


class _Plain(pickle.Unpickler):
    """Builds plain data and the classes of our own records; a child taken over by its input can send nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _DATA_MODULES:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module and "." not in name:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not data")


def _environment() -> dict[str, str]:
    """Where to find the code, and nothing else: no token or password reaches a child."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")}
    return kept | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path), "PYTHONUTF8": "1"}
