"""The child's end of crawlers/sandbox.py: confines itself, then calls one function after the other until stdin closes.

Imports little, so that a child stands ready at once; a job's own libraries are imported with the job.
"""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from monitor.errors import EmptySourceError, HostileError, MonitorError, ParseError

#: a job's own errors that keep their meaning on the way to the parent; the others arrive as ParseError
KINDS: dict[str, type[ParseError]] = {"hostile": HostileError, "empty": EmptySourceError}
LENGTH = struct.Struct(">I")  #: goes before each message
_ORPHAN_SECONDS = 5.0  #: a job may outlive its limit by so long, and only when the parent is gone


def main(seconds: float, memory_mb: int) -> None:
    """Serve the jobs that the parent sends."""
    _confine(memory_mb)
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    while len(head := jobs.read(LENGTH.size)) == LENGTH.size:
        module, name, args, kwargs = pickle.loads(jobs.read(*LENGTH.unpack(head)))  # noqa: S301  # written by our parent
        function = _find(module, name)
        _write(answers, b"")
        answer = function if isinstance(function, tuple) else _call(function, args, kwargs, seconds + _ORPHAN_SECONDS)
        try:
            message = pickle.dumps(answer)
        except Exception as error:  # a result that cannot travel is the job's failure, not ours
            message = pickle.dumps(("failed", _named(error)))
        _write(answers, message)


def _find(module: str, name: str) -> Callable[..., Any] | tuple[str, str]:
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except Exception as error:  # the parent must be told, whatever it was
        return "failed", _named(error)
    return found


def _call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], seconds: float) -> tuple[str, Any]:
    signal.setitimer(signal.ITIMER_REAL, seconds)  # ends this process
    try:
        return "ok", function(*args, **kwargs)
    except MonitorError as error:
        return next((kind for kind, of in KINDS.items() if isinstance(error, of)), "parse"), str(error)
    except MemoryError:
        return "memory", ""
    except Exception as error:  # a parser may fail in any way; the parent turns it into a ParseError
        return "failed", _named(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _write(answers: BinaryIO, message: bytes) -> None:
    answers.write(LENGTH.pack(len(message)) + message)
    answers.flush()


def _confine(memory_mb: int) -> None:
    logging.disable()  # a parser's complaints quote its input
    for name in (signal.SIGINT, signal.SIGTERM):  # the parent ends us; a terminal's Ctrl-C is meant for the parent
        signal.signal(name, signal.SIG_IGN)
    size = memory_mb * 1024 * 1024
    for limit, value in ((resource.RLIMIT_AS, size), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS
            continue


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
