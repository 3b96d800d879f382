"""What every collector is given to work with."""

from __future__ import annotations

from dataclasses import dataclass

from crawlers.fetch import Door
from crawlers.sandbox import Sandbox
from monitor.config import FetchConfig
from monitor.records import Clock


@dataclass(frozen=True)
class Tools:
    """The ways to the outside: the network, the parser of strangers' bytes, the time of day."""

    door: Door
    sandbox: Sandbox
    clock: Clock
    fetch: FetchConfig
