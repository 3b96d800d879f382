"""The small web server inside the service: /healthz for a supervisor, /metrics for Prometheus.

It answers with counts, ages and ids of sources: no words of an article, no address, no secret. Whatever asks, the database is looked at
once in `FRESH` seconds.
"""

from __future__ import annotations

import asyncio
import errno
import json
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor.app import App
from monitor.errors import MonitorError
from monitor.standing import Standing, look

log = structlog.get_logger()

FRESH = 5.0  #: seconds that an answer is given again
PATIENCE = 5.0  #: seconds after which a database that does not answer counts as failing
DATABASE_FAILS = "cơ sở dữ liệu không dùng được, xem nhật ký của dịch vụ"
DATABASE_HANGS = "cơ sở dữ liệu không trả lời kịp"
_PREFIX = "coverage_desk_"


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[str]:
    """Serve while the block runs; the block gets the address ("" when `web.enabled` is off).

    Raises:
        MonitorError: the address cannot be used.
    """
    settings = app.config.web
    if not settings.enabled:
        yield ""
        return
    glance = _Glance(app)
    runner = web.AppRunner(_application(glance), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        address = await _listening(runner, settings.host, settings.port)
        log.info("web_serving", address=address)
        yield address
    finally:
        await runner.cleanup()
        await glance.aclose()


async def _listening(runner: web.AppRunner, host: str, port: int) -> str:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise MonitorError(f"Không mở được cổng web {host}:{port} (mục web của config.yaml): {_reason(error)}.") from error
    host, port = runner.addresses[0][:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _application(glance: _Glance) -> web.Application:
    async def healthz(_: web.Request) -> web.Response:
        body, well = glance.summary(await glance.take())
        return web.json_response(body, status=200 if well else 503, dumps=_json)

    async def metrics(_: web.Request) -> web.Response:
        standing = await glance.take()
        if not isinstance(standing, Standing):
            return web.Response(status=503, text=standing)
        return web.Response(body=exposition(standing), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def nothing_told(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = "coverage-desk"
        response.headers["Cache-Control"] = "no-store"

    made = web.Application(client_max_size=1024)
    made.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics)])
    made.on_response_prepare.append(nothing_told)
    return made


class _Glance:
    """The last look at the desk; one look at a time, however many ask, and a new one when it is older than `FRESH`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._started = app.clock()
        self._taken = -FRESH
        self._task: asyncio.Task[Standing | str] | None = None

    async def take(self) -> Standing | str:
        """How the desk stands, or in one sentence why that cannot be told."""
        now = asyncio.get_running_loop().time()
        if self._task is None or (self._task.done() and now - self._taken >= FRESH):
            self._taken = now
            self._task = asyncio.create_task(self._look())
        done, _ = await asyncio.wait({self._task}, timeout=PATIENCE)  # a look that hangs is not asked for a second time
        return self._task.result() if done else DATABASE_HANGS

    async def _look(self) -> Standing | str:
        app = self._app
        try:
            return await app.db(look, app.store, app.config, app.clock(), started=self._started)
        except MonitorError as error:  # its sentence names files and servers: for the log, not for whoever asks
            log.warning("web_look_failed", reason=str(error))
            return DATABASE_FAILS

    async def aclose(self) -> None:
        """Let go of a look that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def summary(self, standing: Standing | str) -> tuple[dict[str, object], bool]:
        """The body of /healthz, and whether all is well."""
        if not isinstance(standing, Standing):
            return {"status": "unhealthy", "reasons": [standing], "version": _version()}, False
        well = not standing.troubles
        return {
            "status": "ok" if well else "unhealthy",
            "reasons": list(standing.troubles),
            "at": _iso(standing.now),
            "started_at": _iso(self._started),
            "heartbeat_at": _iso(standing.beat),
            "last_new_item_at": _iso(standing.last_new_at),
            "new_items_last_hour": standing.pulse.hour,
            "sources": dict(standing.states),
            "version": _version(),
        }, well


def exposition(standing: Standing) -> bytes:
    """The metrics of one moment in the text format of Prometheus; the registry is made for it and holds nothing else."""
    registry = CollectorRegistry()
    registry.register(_Families(standing))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, standing: Standing) -> None:
        self._standing = standing

    def collect(self) -> Iterator[Metric]:
        """What Prometheus is told; `docs/OPERATIONS.md` lists it."""
        s, pulse = self._standing, self._standing.pulse
        yield InfoMetricFamily(f"{_PREFIX}build", "Version of the program.", value={"version": _version()})
        yield CounterMetricFamily(f"{_PREFIX}articles", "Articles ever stored.", value=pulse.stored)
        yield _gauge("healthy", "1 when /healthz says ok.", float(not s.troubles))
        yield _gauge("database_bytes", "Size of the database.", pulse.size)
        yield _gauge("new_items_last_hour", "URLs newly offered by all sources, first readings aside.", pulse.hour)
        yield _gauge("new_items_last_day", "The same in 24 hours.", pulse.day)
        yield _gauge("entries_due", "Entries of the ledger that could be taken now.", pulse.due)
        yield _gauge("quarantine_total", "Bodies in quarantine.", pulse.quarantined)
        yield _gauge("oldest_pending_seconds", "Age of the oldest message that is due; 0: none.", _age(s.now, pulse.owed_since) or 0)
        for name, help_text, at in (
            ("heartbeat_age_seconds", "Since the last heartbeat.", s.beat),
            ("last_new_item_age_seconds", "Since any source offered something new.", s.last_new_at),
        ):
            if (age := _age(s.now, at)) is not None:
                yield _gauge(name, help_text, age)
        yield _by("ledger_entries", "URLs ever discovered, by state.", "state", s.ledger)
        yield _by("deliveries", "Messages, by status.", "status", s.deliveries)
        yield _by("sources", "Sources, by state.", "state", dict(s.states))
        ages = {h.source.id: _age(s.now, h.last.last_new_at) for h in s.sources if h.state != "off" and h.last}
        yield _by(
            "source_last_new_age_seconds",
            "Since a source offered something new.",
            "source",
            {k: v for k, v in ages.items() if v is not None},
        )


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, help_text, value=value)


def _by(name: str, help_text: str, label: str, values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(_PREFIX + name, help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _age(now: datetime, at: datetime | None) -> float | None:
    return None if at is None else max((now - at).total_seconds(), 0.0)


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _version() -> str:
    try:
        return version("coverage-desk")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "tên máy không tồn tại"
    words = {errno.EADDRINUSE: "cổng đang được chương trình khác dùng", errno.EADDRNOTAVAIL: "máy này không có địa chỉ ấy",
             errno.EACCES: "không có quyền mở cổng này"}  # fmt: skip
    return words.get(error.errno or 0, error.strerror or type(error).__name__)
