"""The only wiring: `build(config)` chooses the real things, the tests pass fakes. Nothing here decides anything."""

from __future__ import annotations

import asyncio
import gc
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, Protocol, TypeVar

import structlog

from alerts import talking_points
from classifiers import promoted, vocabulary
from classifiers.models import BrokenModel
from classifiers.tag import Tagger
from crawlers.door.fetch import Door
from crawlers.sandbox import Sandbox
from crawlers.sources import register
from crawlers.stories.index import StoryIndex
from crawlers.tools import Tools
from monitor import plugins
from monitor.config import Config
from monitor.errors import MonitorError
from monitor.records import Clock, Message, Source, SourceState, TalkingPoint
from storage.store import Store

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")


class Channel(Protocol):
    """A way out: one file under alerts/channels/."""

    async def send(self, message: Message, recipient: str, *, repeated: bool = False) -> str:
        """Send and return the remote id; raises SendError. `repeated`: an earlier attempt may have arrived."""

    async def check(self) -> str:
        """Return one sentence on what was reached; raises SendError."""

    async def aclose(self) -> None:
        """Close connections."""


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class App:
    """Everything that the pipeline needs, wired. Use inside `async with opened(app)`."""

    config: Config
    clock: Clock
    store: Store
    tools: Tools
    tagger: Tagger
    stories: StoryIndex
    points: tuple[TalkingPoint, ...]
    names: Mapping[str, str]  #: Vietnamese names of topics (by id) and wards (by slug)
    channels: dict[str, Channel]
    sources: tuple[Source, ...]  #: as declared in files; once opened, as the register in the database has them
    states: dict[str, SourceState] = field(default_factory=dict)  #: of the sources, by id
    unsaved: dict[str, SourceState] = field(default_factory=dict)  #: of unchanged readings: saved together, a little later
    promotion: int = 0  #: number of the promotion last looked at; its model is the tagger's, unless it was refused
    hold_until: datetime | None = None  #: after an outage alerts below S4 wait so long, to be told together
    _writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "store"))
    _thinker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "think"))
    #: one article at a time from clustering to saving, so that the story index and the database agree
    order: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: one walk over the waiting entries of a source at a time
    taking: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _by_id: tuple[tuple[Source, ...], dict[str, Source]] = ((), {})

    async def db(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a database call on the one writer thread."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, lambda: call(*args, **kwargs))

    async def think(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run CPU work off the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._thinker, lambda: call(*args, **kwargs))

    def source(self, source_id: str) -> Source | None:
        """The source of that id, if the register still lists it."""
        if self._by_id[0] is not self.sources:
            self._by_id = (self.sources, {s.id: s for s in self.sources})
        return self._by_id[1].get(source_id)

    def close_threads(self) -> None:
        """Wait for the last write, then let the threads go."""
        self._thinker.shutdown(wait=True)
        self._writer.shutdown(wait=True)


def build(config: Config, *, clock: Clock = utc_now, store: Store | None = None, channels: dict[str, Channel] | None = None) -> App:
    """Wire the house from its configuration.

    Raises:
        MonitorError: the database, the models or the talking points cannot be used.
    """
    if not config.database:
        made_data_dir(config)
    return App(
        config=config,
        clock=clock,
        store=store or Store(config.database_url),
        tools=Tools(door=Door(config.fetch), sandbox=Sandbox(config.sandbox), clock=clock, fetch=config.fetch, keys=config.access.keys()),
        tagger=tagger_of(config),
        stories=StoryIndex(timedelta(days=config.story_window_days)),
        points=talking_points.load(config.talking_points_dir),
        names=vocabulary.names(),
        channels=channels if channels is not None else open_channels(config),
        sources=declared(config),
    )


def tagger_of(config: Config) -> Tagger:
    """The tagger that the configuration asks for. Raises MonitorError when models or embeddings cannot be used."""
    tagger = Tagger.load(config.models_dir)
    if config.embeddings:
        from classifiers.embeddings import SecondReader  # brings scikit-learn, which tagging alone does not need

        tagger.second = SecondReader.load()
    return tagger


async def take_model(app: App) -> bool:
    """Use the model that was promoted last; a broken one is refused with one sentence and the old one stays. True when it changed."""
    head = await app.db(app.store.promoted)
    if head is None or head.number == app.promotion:
        return False
    app.promotion = head.number
    weights = await app.db(app.store.model_weights, head.number)
    try:
        taken = await (
            app.think(Tagger.load, app.config.models_dir) if weights is None else app.think(promoted.opened, head.manifest, weights)
        )
    except BrokenModel as error:
        log.error("model_refused", promotion=head.number, version=head.version, reason=str(error), kept=app.tagger.version)
        return False
    taken.second = app.tagger.second
    app.tagger = taken
    log.info("model_taken", promotion=head.number, version=app.tagger.version)
    return True


def declared(config: Config) -> tuple[Source, ...]:
    """The sources that the files declare: the office's own, and the shipped ones that it does not replace."""
    own = {s.id: s.to_record() for s in config.sources}
    shipped = register.shipped() if config.shipped_sources else ()
    return (*(s for s in shipped if s.id not in own), *own.values())


def made_data_dir(config: Config) -> None:
    """Make the data folder. Raises MonitorError when it cannot be made."""
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MonitorError(f"Không tạo được thư mục dữ liệu {config.data_dir} (khóa data_dir): {error.strerror}") from error


def open_channels(config: Config) -> dict[str, Channel]:
    """The channels that the configuration switches on, by name."""
    opened = {name: plugins.load("alerts.channels", name, "open")(config.channels) for name in plugins.names("alerts.channels")}
    return {name: channel for name, channel in opened.items() if channel is not None}


@asynccontextmanager
async def opened(app: App) -> AsyncIterator[App]:
    """Bring the database and its register up to date, remember the stories of the window, and close everything at the end."""
    async with AsyncExitStack() as stack:
        stack.callback(app.close_threads)
        stack.push_async_callback(app.db, app.store.close)
        await app.db(app.store.upgrade)
        shipped = {s.id for s in app.sources} - {s.id for s in app.config.sources}
        await app.db(app.store.sync_sources, list(app.sources), app.clock(), shipped=shipped)
        await take_model(app)
        app.sources = tuple(await app.db(app.store.sources))
        app.states = await app.db(app.store.source_states)
        app.tools.quarantined.update(await app.db(app.store.quarantine_hashes))
        since = app.clock() - timedelta(days=app.config.story_window_days)
        for past in await app.db(lambda: list(app.store.recent(since))):
            app.stories.remember(past)
        await stack.enter_async_context(app.tools.door)
        stack.push_async_callback(app.tools.sandbox.aclose)  # before the door: a job cut off says nothing about its page
        for channel in app.channels.values():
            stack.push_async_callback(channel.aclose)
        gc.freeze()  # models and index live as long as we do: walking them again and again is a third of the time of a quiet round
        stack.callback(gc.unfreeze)
        yield app
