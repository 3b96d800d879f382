"""What an installed wheel holds: every package and every file that the program reads beside its code."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from setuptools import find_namespace_packages

ROOT = Path(__file__).resolve().parents[2]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
FOUND = find_namespace_packages(str(ROOT), include=SETUPTOOLS["packages"]["find"]["include"])


@pytest.mark.parametrize("room", ["monitor", "crawlers", "classifiers", "alerts", "storage"])
def test_every_file_goes_into_the_wheel(room: str) -> None:
    files = [f.relative_to(ROOT) for f in (ROOT / room).rglob("*") if f.is_file() and "__pycache__" not in f.parts]
    assert files
    assert {".".join(f.parent.parts) for f in files} <= set(FOUND)
    assert [f for f in files if f.suffix != ".py" and not any(fnmatch(f.name, p) for p in SETUPTOOLS["package-data"]["*"])] == []
