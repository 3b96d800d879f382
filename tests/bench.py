"""`make bench`: items per second and peak memory of tag + cluster + decide + save, on the newsroom's articles, without any host."""

from __future__ import annotations

import asyncio
import os
import platform
import random
import resource
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from crawlers.urls import article_id, canonical
from monitor import pipeline
from monitor.app import App, build, opened
from monitor.cli.common import set_up_log
from monitor.config_file import load
from monitor.demo import play
from monitor.demo.newsroom.items import Item, items, outlets
from monitor.records import Article, Entry
from monitor.text import clean

ITEMS = 2_000
SOURCES = 4  #: read at the same time


def articles(count: int, seed: int = 57) -> list[tuple[Entry, Article]]:
    """`count` articles from the newsroom's own sentences, shuffled so that few repeat; about 1,500 characters each."""
    chance = random.Random(seed)
    pool: list[Item] = [i for o in outlets() for i in items(o.id, play.LAST)]
    paragraphs = [p for i in pool for p in i.body]
    made = []
    for number in range(count):
        item = chance.choice(pool)
        text = "\n".join([item.lead, *item.body, *chance.sample(paragraphs, 2)])
        url = f"http://{item.outlet.replace('_', '-')}.example/bai-{number}.html"
        published = play.FIRST + timedelta(minutes=number * 9)
        entry = Entry(source_id=item.outlet, url=url, canonical_url=canonical(url), title=item.title)
        title = f"{item.title} {number % 40}" if number % 3 else item.title
        made.append(
            (
                entry,
                Article(
                    id=article_id(entry.canonical_url), source_id=item.outlet, url=url, canonical_url=entry.canonical_url, title=title,
                    text=clean(text), published_at=published, published_from="feed", first_seen_at=published, content_hash=str(number),
                ),
            )
        )  # fmt: skip
    return made


async def run(app: App, clock: play.FrozenClock, made: list[tuple[Entry, Article]]) -> float:
    """Seconds for all of them, taken by a few sources at once, as in the service."""
    tally = pipeline.Tally()
    async with opened(app):
        started = time.perf_counter()
        queue = iter(made)

        async def worker() -> None:
            for entry, article in queue:
                clock.now = article.published_at + timedelta(minutes=5)
                source = app.source(article.source_id)
                assert source is not None
                await pipeline.keep(app, source, entry, article, tally, first_reading=False)

        await asyncio.gather(*(worker() for _ in range(SOURCES)))
        return time.perf_counter() - started


def main() -> None:
    """Print the figures with the machine beside them."""
    set_up_log("error")
    base = load(Path("config.yaml"))
    made = articles(ITEMS)
    clock = play.FrozenClock()
    with tempfile.TemporaryDirectory() as folder:
        app = build(play.configured(base, Path(folder), port=9), clock=clock, channels={})
        seconds = asyncio.run(run(app, clock, made))
    spent = resource.getrusage(resource.RUSAGE_SELF)
    peak = spent.ru_maxrss / 1024
    characters = sum(len(a.text) for _, a in made) / len(made)
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite")
    print(f"items: {len(made)}, {characters:.0f} characters each")
    print(f"seconds: {seconds:.1f}  items/s: {len(made) / seconds:.0f}  peak memory: {peak:.0f} MB")
    print(f"CPU of the whole process, start included: {spent.ru_utime + spent.ru_stime:.1f} s")


if __name__ == "__main__":
    main()
