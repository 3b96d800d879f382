"""The real command line as a subprocess, in a folder of its own."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[bytes]]


def environment() -> dict[str, str]:
    """The environment without settings of the machine that runs the tests."""
    return {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")} | {"PYTHONPATH": str(ROOT)}


@pytest.fixture
def monitor(tmp_path: Path) -> Run:
    """Run `monitor …` in `tmp_path`; never a shell, never longer than a minute."""

    def run(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "monitor", *words],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=environment(),
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped configuration without its sources, its data in `tmp_path`."""
    return write_config(tmp_path, sources=[])


def write_config(folder: Path, **changes: Any) -> Path:
    """The shipped configuration without its register and web server, with `changes`, in `folder`/config.yaml."""
    apart = {"data_dir": str(folder / "var"), "shipped_sources": False, "web": {"enabled": False}}
    settings = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")) | apart | changes
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return file


def lines(output: bytes) -> list[Any]:
    """JSON Lines as Python."""
    return [json.loads(line) for line in output.decode().splitlines()]


def jsonl(*items: dict[str, Any]) -> bytes:
    """Python as JSON Lines."""
    return "".join(json.dumps(i, ensure_ascii=False) + "\n" for i in items).encode()


def item_id(url: str) -> str:
    """The id of the newsroom's item that an address leads to; the path of an address ends in it."""
    number = "".join(c for c in url.split("?")[0].rstrip("/").rsplit("-", 1)[-1] if c.isdigit()) or url.rsplit("=n", 1)[-1]
    return f"n{number[-3:]}"


def play(folder: Path) -> Path:
    """Play the demo's two weeks in `folder` by the real command line; what it printed is in console.txt, the database is returned."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "demo", "--config", str(ROOT / "config.yaml"), "--folder", str(folder)],
        capture_output=True, cwd=ROOT, env=environment(), timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    (folder / "console.txt").write_bytes(done.stdout)
    return folder / "monitor.db"


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database after `monitor demo` has played its two weeks, by the real command line; read it, do not change it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # of all workers: the first one plays, the others wait
    folder = shared / "demo"
    folder.mkdir(exist_ok=True)
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return folder / "monitor.db" if (folder / "console.txt").exists() else play(folder)
