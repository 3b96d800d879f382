"""Finds a plugin by its name in config: one file in its trade's folder, holding one function of a known name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from monitor.errors import MonitorError


class UnknownPlugin(MonitorError):
    """No file of that name stands in the plugin folder."""


def names(package: str) -> list[str]:
    """The plugins that ship in `package`, e.g. "crawlers.collectors", sorted."""
    module = importlib.import_module(package)
    return sorted(m.name for m in pkgutil.iter_modules(module.__path__) if not m.name.startswith("_"))


def load(package: str, name: str, function: str) -> Callable[..., Any]:
    """Return `function` of the module `package.name`.

    Raises:
        UnknownPlugin: there is no such file; the sentence lists those there are. An import that fails inside the
            plugin is not hidden: it is raised as it is.
    """
    if name not in names(package):
        raise UnknownPlugin(f"Không có “{name}” trong {package}; hiện có: {', '.join(names(package))}")
    found: Callable[..., Any] = getattr(importlib.import_module(f"{package}.{name}"), function)
    return found
