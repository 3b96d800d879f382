"""classify, cluster, extract: one stage each, JSON Lines in and out. A stable contract, see docs/JSON_LINES.md."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from crawlers import urls
from crawlers.pages import dates
from crawlers.pages.extract import extract_page
from crawlers.stories.index import StoryIndex
from monitor.app import utc_now
from monitor.classify import classify as classify_items
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, to_json
from monitor.errors import MonitorError
from monitor.text import clean

_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    cli.command("classify")(classify)
    cli.command("cluster")(cluster)
    cli.command("extract")(extract)


def classify(
    config: ConfigOption = DEFAULT_CONFIG,
    open_gate: Annotated[bool, typer.Option("--open-gate", help="Gắn mọi nhãn cho mọi mục, kể cả mục không liên quan.")] = False,
) -> None:
    """Phân loại từng mục đọc từ đầu vào chuẩn (JSON Lines), in mỗi mục một dòng theo thứ tự."""
    for line in classify_items(_items(), config=load(config), open_gate=open_gate):
        _write(line)


def cluster(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Gom các mục đọc từ đầu vào chuẩn (JSON Lines, theo thứ tự) thành sự việc, chỉ ra bản đăng lại."""
    settings = load(config)
    index = StoryIndex(timedelta(days=settings.story_window_days))
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    for item in _items():
        moment = _moment(str(item.get("published_at") or "")) or moment
        placed = index.place(
            id=item["id"], title=clean(item["title"]), text=clean(item["text"]), published_at=moment, source_id=str(item.get("source", ""))
        )
        _write({"id": item["id"], "story_id": placed.story_id, "duplicate_of": placed.duplicate_of})


def _moment(printed: str) -> datetime | None:
    """The moment as it stands, whatever day it is today: what counts from today ("hôm qua") is not read. Without a zone: Hà Nội."""
    try:
        found = datetime.fromisoformat(printed.strip())
        found = (found if found.tzinfo else found.replace(tzinfo=dates.LOCAL)).astimezone(UTC)
    except (ValueError, OverflowError):
        return dates.find(printed, _LATEST)
    return found if _EARLIEST <= found <= _LATEST else None


def extract(
    url: Annotated[str, typer.Option("--url", help="Địa chỉ của trang.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Trích tiêu đề, nội dung, thời gian từ một trang HTML đọc từ đầu vào chuẩn."""
    load(config)
    if urls.resolve(url, url) is None:
        raise MonitorError(f"--url {url}: cần một địa chỉ http hoặc https.")
    page = extract_page(
        body=sys.stdin.buffer.read(), charset=None, url=url, entry_title="", entry_summary_html="", entry_published_raw="", now=utc_now()
    )
    _write(
        {
            "title": page.title,
            "text": page.text,
            "published_at": page.published_at.isoformat() if page.published_at else None,
            "published_from": page.published_from,
            "canonical_url": page.canonical_url,
            "partial": page.partial,
        }
    )


def _items() -> Iterator[dict[str, Any]]:
    """The items of standard input; a bad line is one sentence that names it."""
    for number, raw in enumerate(sys.stdin.buffer, 1):
        line = raw.decode("utf-8", "replace").strip().lstrip("\ufeff")
        if not line:
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            at = f" (ký tự thứ {error.pos + 1})" if isinstance(error, json.JSONDecodeError) else ""
            raise MonitorError(f"Đầu vào chuẩn, dòng {number}: không phải JSON{at}") from None
        if not isinstance(item, dict) or isinstance(item.get("id"), bool) or not isinstance(item.get("id"), str | int | float):
            raise MonitorError(f"Đầu vào chuẩn, dòng {number}: cần một đối tượng có khóa “id” (chữ hoặc số), “title”, “text”")
        yield item | {"id": str(item["id"]), "title": str(item.get("title") or ""), "text": str(item.get("text") or "")}


def _write(line: dict[str, Any]) -> None:
    typer.echo(to_json(line))
