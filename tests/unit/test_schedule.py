"""The clock of the service: jobs, a step of the wall clock, and the order of the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor import pipeline, upkeep, weekly
from monitor.config import Config
from monitor.records import Source, SourceState
from monitor.schedule import Service

NOW = datetime.now(UTC)


class Store:
    def __init__(self) -> None:
        self.beats = 0
        self.last: datetime | None = None

    def beat(self, now: datetime, what: str) -> None:
        self.beats += 1

    def last_beat(self, what: str) -> datetime | None:
        return self.last


@dataclass
class FakeApp:
    config: Config = field(default_factory=lambda: Config(schedule={"heartbeat": 0.05}))
    store: Store = field(default_factory=Store)
    channels: dict[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    states: dict[str, SourceState] = field(
        default_factory=lambda: {"later": SourceState(source_id="later", next_due_at=NOW + timedelta(hours=1))}
    )
    unsaved: dict[str, SourceState] = field(default_factory=dict)
    hold_until: datetime | None = None

    def source(self, source_id: str) -> Source | None:
        return next((s for s in self.sources if s.id == source_id), None)

    def clock(self) -> datetime:
        return datetime.now(UTC)

    async def db(self, call: Any, *args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)


def source(name: str, *, enabled: bool = True) -> Source:
    return Source(id=name, name=name, kind="feed", url="http://a.example/", tier="city", every=600, enabled=enabled)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that were read; delivering and the digest do nothing here."""
    done: list[str] = []

    async def collect(app: Any, source: Source) -> None:
        done.append(source.id)
        app.states[source.id] = SourceState(source_id=source.id, last_read_at=app.clock(), next_due_at=app.clock() + timedelta(hours=1))

    async def unchanged(app: Any) -> set[str]:
        return set()

    async def nothing(app: Any) -> None:
        return None

    monkeypatch.setattr(pipeline, "collect", collect)
    monkeypatch.setattr(pipeline, "deliver", nothing)
    monkeypatch.setattr(pipeline, "catch_up", nothing)
    monkeypatch.setattr(weekly, "owe_if_due", nothing)
    monkeypatch.setattr(upkeep, "refresh_register", unchanged)
    monkeypatch.setattr(upkeep, "refresh_model", nothing)
    monkeypatch.setattr(Service, "_look_after", lambda self: nothing(None))
    return done


async def reached(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # what is waited for is set by several jobs, in no event of its own
            await asyncio.sleep(0.01)


async def test_due_sources_are_read_at_once_others_when_their_time_comes(read: list[str]) -> None:
    app = FakeApp(sources=(source("now"), source("later"), source("off", enabled=False)))
    service = Service(app)  # type: ignore[arg-type]
    await service.start()
    await reached(lambda: read and app.store.beats)
    await service.stop()
    assert read == ["now"]


async def test_a_step_of_the_wall_clock_lets_every_job_run(read: list[str]) -> None:
    wall = [1_000_000.0]
    app = FakeApp(sources=(source("later"),))
    service = Service(app, monotonic=lambda: 5.0, wall=lambda: wall[0])  # type: ignore[arg-type]
    await service.start()
    await reached(lambda: app.store.beats > 1)
    assert read == []
    wall[0] -= 3600
    await reached(lambda: read == ["later"])
    await service.stop()


async def test_the_end_waits_for_running_work(read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    begun, finished = asyncio.Event(), []

    async def slow(app: Any, source: Source) -> None:
        begun.set()
        await asyncio.sleep(0.1)
        finished.append(source.id)

    monkeypatch.setattr(pipeline, "collect", slow)
    service = Service(FakeApp(sources=(source("now"),)))  # type: ignore[arg-type]
    await service.start()
    await begun.wait()
    await service.stop()
    assert finished == ["now"]


async def test_a_job_that_fails_does_not_stop_the_others(read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(app: Any, source: Source) -> None:
        if source.id == "bad":
            raise RuntimeError("boom")
        read.append(source.id)

    monkeypatch.setattr(pipeline, "collect", broken)
    service = Service(FakeApp(sources=(source("bad"), source("good"))))  # type: ignore[arg-type]
    await service.start()
    await reached(lambda: read == ["good"])
    await service.stop()


async def test_a_source_is_planned_anew_after_each_reading(read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def again_at_once(app: Any, source: Source) -> None:
        read.append(source.id)
        app.states[source.id] = SourceState(source_id=source.id, last_read_at=app.clock(), next_due_at=app.clock())

    monkeypatch.setattr(pipeline, "collect", again_at_once)
    service = Service(FakeApp(sources=(source("now"),)))  # type: ignore[arg-type]
    await service.start()
    await reached(lambda: len(read) >= 3)
    await service.stop()


async def test_a_source_that_a_command_adds_is_read_and_one_it_takes_out_is_not(read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = FakeApp(sources=(source("gone"),))
    app.states["gone"] = SourceState(source_id="gone", next_due_at=NOW + timedelta(hours=1))

    async def commanded(app: Any) -> set[str]:
        app.sources = (source("fresh"), source("gone", enabled=False))
        return {"fresh", "gone"}

    monkeypatch.setattr(upkeep, "refresh_register", commanded)
    service = Service(app)  # type: ignore[arg-type]
    await service.start()
    await reached(lambda: read == ["fresh"])
    await service._read("gone")
    await service.stop()
    assert read == ["fresh"]


@pytest.mark.parametrize(("silent", "held"), [(timedelta(hours=3), True), (timedelta(minutes=5), False), (None, False)])
async def test_after_an_outage_alerts_are_held_for_a_moment(silent: timedelta | None, held: bool, read: list[str]) -> None:
    app = FakeApp()
    app.store.last = None if silent is None else app.clock() - silent
    service = Service(app)  # type: ignore[arg-type]
    await service.start()
    await service.stop()
    assert (app.hold_until is not None) is held


async def test_a_resting_source_is_not_read_but_one_that_was_off_is_asked_at_each_start(read: list[str]) -> None:
    app = FakeApp(sources=(source("later"), source("keyless")))
    for name, failure in (("later", "temporary"), ("keyless", "off")):
        app.states[name] = SourceState(source_id=name, failures=4, failure=failure, next_due_at=NOW + timedelta(hours=2))
    service = Service(app)  # type: ignore[arg-type]
    await service.start()
    await reached(lambda: read == ["keyless"])
    await service.stop()
    assert read == ["keyless"]
