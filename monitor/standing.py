"""How the desk stands at one moment: the service, the queue, the messages owed, every source in one word with its reason.

`monitor status`, `monitor ledger`, /healthz and /metrics say the same because they all ask here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawlers.sources import health
from monitor.config import Config
from monitor.figures import HealthState, Pulse, SeenCounts, SourceHealth
from monitor.records import LedgerState, Source, SourceState
from monitor.text import span
from storage.store import Store

#: Worst first.
ORDER: tuple[HealthState, ...] = ("dead", "blocked", "empty", "failing", "quiet", "new", "healthy", "off")
TROUBLED: frozenset[HealthState] = frozenset({"dead", "blocked", "empty", "failing", "quiet"})


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One moment of the desk."""

    now: datetime
    beat: datetime | None  #: last heartbeat of the service
    last_new_at: datetime | None  #: when any source last offered something new
    pulse: Pulse
    ledger: Mapping[str, int]  #: URLs by state; the sum is every URL ever discovered
    deliveries: Mapping[str, int]  #: messages by status
    sources: tuple[SourceHealth, ...]  #: worst first
    troubles: tuple[str, ...] = ()  #: why the service as a whole is not well, in Vietnamese; empty: it is

    @property
    def states(self) -> dict[HealthState, int]:
        """How many sources are in each state, worst first, every state present."""
        counted = Counter(h.state for h in self.sources)
        return {state: counted[state] for state in ORDER}


def look(store: Store, config: Config, now: datetime, *, started: datetime | None = None) -> Standing:
    """Ask the database how everything stands.

    Args:
        store: open.
        config: for what counts as stale.
        now: aware.
        started: when the service that asks began, if it is the service: it cannot have found anything before.
    """
    by_source = store.ledger_by_source()
    sources = judged(store.sources(), store.source_states(), store.seen_counts(now), by_source, now)
    beat = store.last_beat("service")
    last_new_at = max((h.last.last_new_at for h in sources if h.last and h.last.last_new_at), default=None)
    return Standing(
        now=now, beat=beat, last_new_at=last_new_at, pulse=store.pulse(now), ledger=totals(by_source),
        deliveries=store.delivery_counts(), sources=sources, troubles=troubles(config, sources, beat, last_new_at, now, started),
    )  # fmt: skip


def judged(
    sources: Sequence[Source], states: Mapping[str, SourceState], seen: Mapping[str, SeenCounts],
    ledger: Mapping[str, Mapping[str, int]], now: datetime,
) -> tuple[SourceHealth, ...]:  # fmt: skip
    """How every source does, worst first, then by id."""
    found = []
    for source in sources:
        last, counts = states.get(source.id), seen.get(source.id, SeenCounts())
        state, reason, expected = health.judge(source, last, counts, now)
        found.append(
            SourceHealth(
                source=source, last=last, state=state, reason=reason, seen=counts.day, expected=expected, ledger=ledger.get(source.id, {})
            )
        )
    return tuple(sorted(found, key=lambda h: (ORDER.index(h.state), h.source.id)))


def totals(by_source: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """URLs by state over all sources, every state present."""
    return {state.value: sum(of.get(state.value, 0) for of in by_source.values()) for state in LedgerState}


def troubles(
    config: Config,
    sources: Sequence[SourceHealth],
    beat: datetime | None,
    last_new_at: datetime | None,
    now: datetime,
    started: datetime | None,
) -> tuple[str, ...]:
    """Why the service as a whole is not well: no heartbeat, or none of its sources has brought anything for too long."""
    found = []
    if beat is None:
        found.append("dịch vụ chưa chạy lần nào")
    elif (quiet := (now - beat).total_seconds()) > config.schedule.stale_after:
        found.append(f"dịch vụ không có nhịp đã {span(quiet)}")
    since = max((at for at in (last_new_at, started) if at is not None), default=None)
    reading = any(h.state != "off" for h in sources)
    if reading and since is not None and (silent := (now - since).total_seconds()) > config.operations.no_news_after:
        found.append(f"không nguồn nào có tin mới đã {span(silent)}")
    return tuple(found)
