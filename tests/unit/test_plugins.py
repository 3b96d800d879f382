"""Plugins are found by name; a plugin's own failing import is not hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor import plugins


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "plugged"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "good.py").write_text("def go():\n    return 7\n")
    (folder / "broken.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "plugged"


def test_found_by_name(package: str) -> None:
    assert plugins.names(package) == ["broken", "good"]
    assert plugins.load(package, "good", "go")() == 7


def test_unknown_name_lists_those_there_are(package: str) -> None:
    with pytest.raises(plugins.UnknownPlugin, match="broken, good"):
        plugins.load(package, "nothing", "go")


def test_a_broken_plugin_is_not_called_unknown(package: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        plugins.load(package, "broken", "go")
