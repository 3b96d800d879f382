"""A crawl from a listing page to stored items, against a Scrapy project with default settings on the same pages.

Both sides know the outlet's CSS rules (title, text, time) and store every item in SQLite as it comes. Ours goes through the
guarded door, the killable child, the ledger and the full-text index; tagging is left out on both sides.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from monitor import pipeline
from monitor.app import build, opened
from monitor.cli.common import set_up_log
from monitor.config import FileConfig
from monitor.records import Tags
from tests.bars import Row
from tests.loopback import serving

PAGES, PAGE_BYTES = 400, 59_000
SELECTORS = {"title": "h1.title", "text": "div.content p", "published": "time"}
WORDS = [
    "phường",
    "xã",
    "thành",
    "phố",
    "Hà",
    "Nội",
    "chuyển",
    "đổi",
    "số",
    "dịch",
    "vụ",
    "công",
    "trực",
    "tuyến",
    "hồ",
    "sơ",
    "người",
    "dân",
    "cán",
    "bộ",
    "ứng",
    "dụng",
    "dữ",
    "liệu",
    "hạ",
    "tầng",
    "kết",
    "nối",
    "đơn",
    "vị",
    "triển",
    "khai",
    "kế",
    "hoạch",
    "nhiệm",
    "vụ",
    "giải",
    "pháp",
    "tháng",
    "quý",
    "năm",
    "báo",
    "cáo",
    "kết",
    "quả",
    "thủ",
    "tục",
    "hành",
    "chính",
    "trung",
    "tâm",
    "phục",
    "vụ",
    "khoa",
    "học",
    "công",
    "nghệ",
]

SCRAPY = """
import sqlite3, sys, time
import scrapy
from scrapy.crawler import CrawlerProcess

class Stored:
    def open_spider(self):
        self.base = sqlite3.connect(sys.argv[2])
        self.base.execute("CREATE TABLE items (url TEXT PRIMARY KEY, title TEXT, text TEXT, published TEXT)")
    def process_item(self, item):
        with self.base:
            row = (item["url"], item["title"], item["text"], item["published"])
            self.base.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", row)
        return item

class Outlet(scrapy.Spider):
    name = "outlet"
    start_urls = [sys.argv[1] + "/tin-tuc"]
    def parse(self, response):
        yield from response.follow_all(css="article a", callback=self.article)
    def article(self, response):
        yield {"url": response.url, "title": response.css("h1.title::text").get(), "published": response.css("time::text").get(),
               "text": "\\n".join("".join(p.css("::text").getall()).strip() for p in response.css("div.content p"))}

process = CrawlerProcess({"LOG_LEVEL": "ERROR", "ITEM_PIPELINES": {Stored: 1}})
process.crawl(Outlet)
started = time.perf_counter()
process.start()
seconds = time.perf_counter() - started
print(sqlite3.connect(sys.argv[2]).execute("SELECT count(*) FROM items").fetchone()[0], seconds)
"""


def site(chance: random.Random) -> dict[bytes, tuple[bytes, bytes]]:
    """A listing page and its articles, each page_bytes long with menus and a sidebar as real ones."""
    menu = "".join(f"<li><a href='/muc-{n}'>Chuyên mục số {n}</a></li>" for n in range(300))
    kind = b"text/html; charset=utf-8"
    pages: dict[bytes, tuple[bytes, bytes]] = {}
    links = []
    for number in range(PAGES):
        title = " ".join(chance.sample(WORDS, 9)).capitalize() + f" lần {number}"
        text = "".join(f"<p>{' '.join(chance.choices(WORDS, k=60)).capitalize()} số {number}.</p>" for _ in range(8))
        head = f"<!doctype html><html lang='vi'><head><meta charset='utf-8'><title>{title}</title></head><body><nav><ul>{menu}</ul></nav>"
        hour = f"{8 + number % 10:02d}:05, 12/11/2026"
        page = f"{head}<main><h1 class='title'>{title}</h1><time>{hour}</time><div class='content'>{text}</div></main><aside>"
        page += "".join(f"<div class='box'><a href='/x-{n}'>Tin khác {n}</a></div>" for n in range((PAGE_BYTES - len(page.encode())) // 55))
        pages[f"/tin-tuc/bai-viet-so-{number}-1{number:05d}.html".encode()] = (kind, f"{page}</aside></body></html>".encode())
        links.append(f"<article><h3><a href='/tin-tuc/bai-viet-so-{number}-1{number:05d}.html'>{title}</a></h3></article>")
    pages[b"/tin-tuc"] = (kind, f"<!doctype html><html><body><main>{''.join(links)}</main></body></html>".encode())
    return pages


class NoTagger:
    """Stands where the tagger stands: an item that is stored without tags."""

    def tag(self, *, article_id: str, **_: object) -> Tags:
        return Tags(article_id=article_id)


async def ours(base: str) -> float:
    """Seconds from the first request to the last stored article."""
    with tempfile.TemporaryDirectory() as folder:
        config = FileConfig(
            data_dir=Path(folder), log_level="error",
            fetch={"allow_addresses": ["127.0.0.0/8"], "per_host_delay": 0, "per_host_concurrency": 8},
            sources=[
                {"id": "bao", "name": "Báo", "kind": "listing", "url": f"{base}/tin-tuc", "homepage": base, "tier": "city",
                 "options": {"selector": "article a", "selectors": SELECTORS}}
            ],
        )  # fmt: skip
        async with opened(build(config, channels={})) as app:
            app.tagger = NoTagger()  # type: ignore[assignment]
            source = app.source("bao")
            assert source is not None
            started = time.perf_counter()
            tally = await pipeline.collect(app, source)
            seconds = time.perf_counter() - started
            assert tally.articles == PAGES, tally
    return seconds


def scrapy(base: str) -> float:
    """Seconds of the Scrapy project's crawl, its start not counted."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "outlet.py"
        project.write_text(SCRAPY, encoding="utf-8")
        program = [sys.executable, "-W", "ignore", str(project), base, f"{folder}/items.db"]
        count, seconds = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()
    assert int(count) == PAGES, count
    return float(seconds)


def rows() -> list[Row]:
    """The better of two crawls each, in one run."""
    set_up_log("error")
    with serving(site(random.Random(57))) as base:
        mine = min(asyncio.run(ours(base)) for _ in range(2))
        theirs = min(scrapy(base) for _ in range(2))
    return [
        Row(
            what=f"crawl of {PAGES} pages of {PAGE_BYTES // 1000} KB with items stored, against default Scrapy", bar="1.2×", goal="1.5×",
            measured=f"{theirs / mine:.2f}× ({PAGES / mine:.0f} against {PAGES / theirs:.0f} pages a second)", met=theirs / mine >= 1.2,
        )
    ]  # fmt: skip
