"""Plays the newsroom's two weeks through a frozen clock: real HTTP, real crawlers, real database; the alerts go to the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from alerts.digest import as_page
from monitor import pipeline, weekly
from monitor.app import App, Channel, build, opened
from monitor.config import Config, FileConfig
from monitor.demo.newsroom.items import outlets
from monitor.demo.newsroom.server import feed_url, serving

FIRST = datetime(2026, 11, 1, 17, 0, tzinfo=UTC)  #: Monday 2 November 2026, 00:00 in Hà Nội
LAST = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)  #: Monday 16 November 2026, 09:00: the digest is due, the night is over
STEP = timedelta(hours=3)
WEEK = "2026-W46"


@dataclass
class FrozenClock:
    """A clock that moves only when told."""

    now: datetime = FIRST

    def __call__(self) -> datetime:
        """The frozen moment."""
        return self.now


@dataclass(kw_only=True)
class Played:
    """What the demo did."""

    totals: pipeline.Tally = field(default_factory=pipeline.Tally)
    failing: dict[str, str] = field(default_factory=dict)
    digest: Path = Path()
    database: Path = Path()


def configured(base: Config, folder: Path, port: int) -> Config:
    """The office's rules, routes and units with the demo's sources and limits."""
    overrides: dict[str, Any] = yaml.safe_load((resources.files(__package__) / "demo.yaml").read_text(encoding="utf-8"))
    overrides["fetch"]["resolve"] = {o.host: f"127.0.0.1:{port}" for o in outlets()}
    overrides["sources"] = [_source(o) for o in outlets()]
    overrides |= {"data_dir": folder, "database": ""}
    return FileConfig(
        **{k: getattr(base, k) for k in ("office", "rules", "adjustments", "routes", "units", "models_dir", "talking_points_dir")}
        | overrides
    )


def _source(outlet: Any) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if outlet.kind == "json_api":
        options = {"items": "duLieu", "url": "duongDan", "title": "tieuDe", "summary": "tomTat", "published": "ngayDang"}
    if outlet.kind == "listing":
        options = {"pages": 3}
    return {
        "id": outlet.id, "name": outlet.name, "kind": outlet.kind, "url": feed_url(outlet), "homepage": f"http://{outlet.host}/",
        "tier": outlet.tier, "ward": outlet.ward, "unit": outlet.unit, "every": int(STEP.total_seconds()), "options": options,
    }  # fmt: skip


@contextmanager
def newsroom(base: Config, folder: Path, *, channels: dict[str, Channel] | None = None) -> Iterator[tuple[App, FrozenClock]]:
    """The desk wired to the served newsroom, its clock frozen at the first morning."""
    clock = FrozenClock()
    with serving(clock) as port:
        yield build(configured(base, folder, port), clock=clock, channels=channels), clock


async def play(app: App, clock: FrozenClock, *, digest_file: Path, on_step: Callable[[datetime], None] = lambda now: None) -> Played:
    """Walk the clock from the first to the last hour, reading what is due at each step, then compose the digest."""
    played = Played(digest=digest_file, database=app.config.data_dir / "monitor.db")
    async with opened(app):
        while clock.now <= LAST:
            tally = await pipeline.once(app, only_due=False)  # every step reads every source: also when it runs a second time
            _add(played, tally)
            await weekly.owe_if_due(app)
            on_step(clock.now)
            clock.now += STEP
        clock.now = LAST
        message = await weekly.compose(app, WEEK)
        await app.think(digest_file.write_text, as_page(message), "utf-8")
        await pipeline.deliver_all(app)
        states = await app.db(app.store.source_states)
        played.failing = {state.source_id: state.reason for state in states.values() if state.failures}
        counts = await app.db(app.store.delivery_counts)
        played.totals.deliveries = {key: counts.get(key, 0) for key in ("sent", "pending", "dead")}
    return played


def _add(played: Played, tally: pipeline.Tally) -> None:
    for name in ("discovered", "articles", "relevant", "stories", "cases", "alerts"):
        setattr(played.totals, name, getattr(played.totals, name) + getattr(tally, name))
