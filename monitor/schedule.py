"""The clock of the service: one APScheduler in the asyncio loop, a watchdog beside it, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import structlog
from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from monitor import pipeline, weekly
from monitor.app import App
from monitor.records import Source

log = structlog.get_logger()

STOP_WITHIN = 8.0  #: seconds that running work gets to finish after SIGTERM
CATCH_UP = 60.0  #: seconds between two looks for entries that wait for another try
CLOCK_STEP = 5.0  #: seconds by which wall and monotonic clock may drift apart between two heartbeats


class Service:
    """Runs the pipeline on its schedule until stopped.

    Every source is a job of its own: at most one run at a time, missed runs coalesced, with jitter.
    """

    def __init__(self, app: App, *, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._app = app
        self._monotonic, self._wall = monotonic, wall
        self._running: set[asyncio.Task[Any]] = set()
        self._reading = asyncio.Semaphore(app.config.fetch.concurrency)
        self._scheduler = self._new_scheduler()

    def _new_scheduler(self) -> AsyncIOScheduler:
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        return AsyncIOScheduler(executors={"default": AsyncIOExecutor()}, job_defaults=defaults, timezone="UTC")

    async def start(self) -> None:
        """Schedule everything; a source resumes where its last reading left it."""
        states = await self._app.db(self._app.store.source_states)
        now = self._app.clock()
        for number, source in enumerate(s for s in self._app.sources if s.enabled):
            state = states.get(source.id)
            spread_out = now + timedelta(seconds=min(number * 0.25, 30))  # a restart must not knock on every door at once
            first = min(max(state.next_due_at, spread_out), now + timedelta(days=1)) if state and state.next_due_at else spread_out
            trigger = IntervalTrigger(seconds=source.every, jitter=int(source.every * self._app.config.schedule.jitter) or None)
            self._scheduler.add_job(self._tracked, trigger, args=[self._read, source], id=f"source:{source.id}", next_run_time=first)
        rhythm = self._app.config.schedule
        for name in sorted(self._app.channels):  # a dead mail server must not hold up the chat
            self._every(rhythm.deliver_every, functools.partial(self._deliver, name), f"deliver:{name}")
        self._every(rhythm.heartbeat, self._heartbeat, "heartbeat")
        self._every(CATCH_UP, self._catch_up, "catch_up")
        self._every(600, self._weekly, "weekly")
        self._scheduler.start()
        self._watchdog = asyncio.create_task(self._watch(rhythm.heartbeat))
        log.info("service_started", sources=sum(s.enabled for s in self._app.sources), channels=sorted(self._app.channels))

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
        log.info("service_stopped")

    def _every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        self._scheduler.add_job(self._tracked, IntervalTrigger(seconds=seconds), args=[work], id=name, next_run_time=self._app.clock())

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

    async def _read(self, source: Source) -> None:
        state = (await self._app.db(self._app.store.source_states)).get(source.id)
        if state is not None and pipeline.backs_off(state, source, self._app.clock()):
            return
        async with self._reading:
            await pipeline.collect(self._app, source)

    async def _deliver(self, channel: str) -> None:
        await pipeline.deliver(self._app, [channel])

    async def _catch_up(self) -> None:
        await pipeline.catch_up(self._app)

    async def _heartbeat(self) -> None:
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
