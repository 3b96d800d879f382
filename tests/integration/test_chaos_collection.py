"""kill −9 at every point of collection, once each: nothing stored twice, nothing lost that the source still offers."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import collection
from tests.loopback import serving


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serving(collection.site()) as address:
        yield address


@pytest.fixture(scope="module")
def calm(base: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("calm")
    assert collection.run(folder, base) == 0
    found = collection.stored(folder)
    assert len(found["articles"]) == collection.ITEMS + 2
    assert found["quarantine"] == 1
    return found


@pytest.mark.parametrize("name", collection.POINTS)
def test_killed_there_and_started_again(name: str, base: str, calm: dict[str, Any], tmp_path: Path) -> None:
    nth = 1 + zlib.crc32(name.encode()) % collection.POINTS[name].most
    assert collection.run(tmp_path, base, name, nth) == -9
    assert collection.run(tmp_path, base) == 0
    assert collection.stored(tmp_path) == calm
