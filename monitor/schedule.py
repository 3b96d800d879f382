"""The clock of the service: one APScheduler in the asyncio loop, a watchdog beside it, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from monitor import pipeline, upkeep, weekly
from monitor.app import App
from monitor.records import Source

log = structlog.get_logger()

STOP_WITHIN = 8.0  #: seconds that running work gets to finish after SIGTERM
CATCH_UP = 60.0  #: seconds between two looks for entries that wait for another try
LOOK_AFTER = 600.0  #: seconds between two looks at how the sources do
HOLD = timedelta(seconds=120)  #: after an outage alerts wait so long, to be told together
CLOCK_STEP = 5.0  #: seconds by which wall and monotonic clock may drift apart between two heartbeats
AGAIN = timedelta(seconds=60)  #: until a source is tried again that our own trouble (the database) kept from being read


class Service:
    """Runs the pipeline on its schedule until stopped.

    Every source is a job of its own, planned anew after each reading: at most one run at a time, with jitter.
    """

    def __init__(
        self, app: App, *, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self._app = app
        self._monotonic, self._wall, self._chance = monotonic, wall, chance
        self._running: set[asyncio.Task[Any]] = set()
        self._under_way: set[str] = set()  # sources that are being read
        self._reading = asyncio.Semaphore(app.config.fetch.concurrency)
        self._scheduler = self._new_scheduler()
        self._noticed: upkeep.Noticed = {}

    def _new_scheduler(self) -> AsyncIOScheduler:
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        return AsyncIOScheduler(executors={"default": AsyncIOExecutor()}, job_defaults=defaults, timezone="UTC")

    async def start(self) -> None:
        """Schedule everything; a source resumes where its last reading left it."""
        await self._after_an_outage()
        for number, source in enumerate(s for s in self._app.sources if s.enabled):
            self._plan(source, not_before=self._app.clock() + timedelta(seconds=min(number * 0.25, 30)))  # not all doors at once
        rhythm = self._app.config.schedule
        for name in sorted(self._app.channels):  # a dead mail server must not hold up the chat
            self._every(rhythm.deliver_every, functools.partial(self._deliver, name), f"deliver:{name}")
        self._every(rhythm.heartbeat, self._heartbeat, "heartbeat")
        self._every(CATCH_UP, self._catch_up, "catch_up")
        self._every(CATCH_UP, self._refresh, "refresh")
        self._every(LOOK_AFTER, self._look_after, "look_after", first=timedelta(seconds=LOOK_AFTER))
        self._every(LOOK_AFTER, self._weekly, "weekly")
        self._scheduler.start()
        self._watchdog = asyncio.create_task(self._watch(rhythm.heartbeat))
        log.info("service_started", sources=sum(s.enabled for s in self._app.sources), channels=sorted(self._app.channels))

    async def _after_an_outage(self) -> None:
        last, now = await self._app.db(self._app.store.last_beat, "service"), self._app.clock()
        if last is not None and now - last > timedelta(seconds=self._app.config.operations.outage_after):
            self._app.hold_until = now + HOLD
            log.warning("catching_up", silent_since=str(last))

    def _plan(self, source: Source, *, not_before: datetime) -> None:
        """Plan the next reading: when its state says so, but never more than a day ahead of this clock."""
        state = self._app.states.get(source.id)
        at = not_before
        if state is not None and state.next_due_at is not None and state.failure != "off":
            pause = max((state.next_due_at - not_before).total_seconds(), 0.0) * (1 + self._app.config.schedule.jitter * self._chance())
            at = not_before + min(timedelta(seconds=pause), timedelta(days=1))
        # The scheduler drops a one-shot job that is due while it still counts an earlier one as running; `_read` itself keeps them apart.
        self._scheduler.add_job(
            self._tracked, DateTrigger(at), args=[self._read, source.id], id=f"source:{source.id}", replace_existing=True,
            max_instances=1_000,
        )  # fmt: skip

    async def stop(self) -> None:
        """Take no new work, let running work finish, then stop. Order matters: shutting the scheduler down first cancels crawls."""
        self._scheduler.pause()
        self._watchdog.cancel()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=STOP_WITHIN)
            for task in late:  # what is cut off here is still waiting in the ledger or leased in the outbox
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._scheduler.shutdown(wait=False)
        await pipeline.save_states(self._app)
        log.info("service_stopped")

    def _every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]], name: str, *, first: timedelta = timedelta(0)) -> None:
        run_at = self._app.clock() + first
        self._scheduler.add_job(self._tracked, IntervalTrigger(seconds=seconds), args=[work], id=name, next_run_time=run_at)

    async def _tracked(self, work: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await work(*args)
        except Exception:
            log.exception("job_failed", job=getattr(work, "__name__", repr(work)), args=[getattr(a, "id", a) for a in args])
        finally:
            self._running.discard(task)

    async def _read(self, source_id: str) -> None:
        source = self._app.source(source_id)
        if source is None or not source.enabled:  # taken out by a command: `_refresh` plans it when it comes back
            return
        if source_id in self._under_way:  # planned a second time meanwhile: its own end plans the next one
            return
        self._under_way.add(source_id)
        started = self._app.clock()
        try:
            async with self._reading:
                await pipeline.collect(self._app, source)
        finally:
            self._under_way.discard(source_id)
            state = self._app.states.get(source_id)
            done = state is not None and state.last_read_at is not None and state.last_read_at >= started
            if self._scheduler.running:
                self._plan(source, not_before=self._app.clock() + (timedelta(0) if done else AGAIN))

    async def _deliver(self, channel: str) -> None:
        await pipeline.deliver(self._app, [channel])

    async def _catch_up(self) -> None:
        await pipeline.catch_up(self._app)

    async def _refresh(self) -> None:
        """Plan the sources that a command added, changed or switched on; take over a model that was promoted."""
        for source_id in sorted(await upkeep.refresh_register(self._app)):
            source = self._app.source(source_id)
            if source is not None and source.enabled:
                self._plan(source, not_before=self._app.clock())
        await upkeep.refresh_model(self._app)

    async def _look_after(self) -> None:
        self._noticed = await upkeep.tell_of_sources(self._app, self._noticed)
        await upkeep.purge_if_due(self._app)

    async def _heartbeat(self) -> None:
        await pipeline.save_states(self._app)
        await self._app.db(self._app.store.beat, self._app.clock(), "service")

    async def _weekly(self) -> None:
        await weekly.owe_if_due(self._app)

    async def _watch(self, pause: float) -> None:
        """A wall clock set back would leave every job waiting for its old hour: notice by the monotonic clock and reschedule."""
        drift = self._wall() - self._monotonic()
        while True:
            await asyncio.sleep(pause)
            now = self._wall() - self._monotonic()
            if abs(now - drift) > CLOCK_STEP:
                log.warning("clock_stepped", seconds=round(now - drift, 1))
                self.reschedule()
            drift = now

    def reschedule(self) -> None:
        """Let every job run now; its interval counts on from there. (A trigger's own start date would still lie ahead.)"""
        for number, job in enumerate(self._scheduler.get_jobs()):
            job.modify(next_run_time=self._app.clock() + timedelta(seconds=min(number * 0.25, 30)))


async def run_until(app: App, stopped: asyncio.Event) -> None:
    """Run the service until `stopped` is set."""
    service = Service(app)
    await service.start()
    try:
        await stopped.wait()
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await service.stop()
