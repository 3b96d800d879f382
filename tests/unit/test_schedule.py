"""The clock of the service: jobs, a step of the wall clock, and the order of the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor import pipeline, weekly
from monitor.config import Config
from monitor.records import Source, SourceState
from monitor.schedule import Service

NOW = datetime.now(UTC)


class Store:
    def __init__(self) -> None:
        self.beats = 0

    def source_states(self) -> dict[str, SourceState]:
        return {"later": SourceState(source_id="later", next_due_at=NOW + timedelta(hours=1))}

    def beat(self, now: datetime, what: str) -> None:
        self.beats += 1


@dataclass
class FakeApp:
    config: Config = field(default_factory=lambda: Config(schedule={"heartbeat": 0.05}))
    store: Store = field(default_factory=Store)
    channels: dict[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

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

    async def nothing(app: Any) -> None:
        return None

    monkeypatch.setattr(pipeline, "collect", collect)
    monkeypatch.setattr(pipeline, "deliver", nothing)
    monkeypatch.setattr(pipeline, "catch_up", nothing)
    monkeypatch.setattr(weekly, "owe_if_due", nothing)
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


@pytest.mark.parametrize(
    ("failures", "minutes", "rests"),
    [(0, 40, False), (1, 4, False), (3, 40, True), (3, 4, False), (3, 60 * 24 * 30, False)],
)
def test_a_failing_source_rests_longer_than_its_interval(failures: int, minutes: int, rests: bool) -> None:
    state = SourceState(source_id="a", failures=failures, next_due_at=NOW + timedelta(minutes=minutes))
    assert pipeline.backs_off(state, source("a"), NOW) is rests


async def test_the_service_leaves_a_resting_source_alone(read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = FakeApp(sources=(source("later"),))
    resting = SourceState(source_id="later", failures=4, next_due_at=NOW + timedelta(hours=2))
    monkeypatch.setattr(app.store, "source_states", lambda: {"later": resting})
    service = Service(app)  # type: ignore[arg-type]
    await service._read(app.sources[0])
    assert read == []
