"""What every collector is given to work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawlers.door.fetch import Door
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
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)  #: the office's own keys to APIs, by collector
    quarantined: set[str] = field(default_factory=set, repr=False)  #: hashes of bodies that had to be stopped: not parsed again
