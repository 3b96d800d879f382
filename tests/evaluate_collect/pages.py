"""Whole pages: the newsroom's items in every layout, and the recorded Vietnamese page; text ROUGE-L F1, title and date exact."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawlers.pages.extract import extract_page
from monitor.demo.newsroom import server
from monitor.demo.newsroom.items import Item, Outlet, encoded, items, outlets, printed_date
from monitor.records import Extracted
from tests.bars import Row, table

FIXTURE = Path(__file__).resolve().parents[3] / "shared/data/article_fixture"
END = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One page: how much of its text was found, and whether title and date are right."""

    layout: str
    rouge: float
    title: bool
    date: bool


def rouge_l(wanted: str, got: str) -> float:
    """F1 of the longest common subsequence of words."""
    a, b = re.findall(r"\w+", wanted.lower()), re.findall(r"\w+", got.lower())
    row = [0] * (len(b) + 1)
    for word in a:
        new = [0]
        for j, other in enumerate(b):
            new.append(row[j] + 1 if word == other else max(row[j + 1], new[j]))
        row = new
    if not row[-1]:
        return 0.0
    precision, recall = row[-1] / len(b), row[-1] / len(a)
    return 2 * precision * recall / (precision + recall)


def newsroom_page(outlet: Outlet, item: Item, others: list[Item]) -> bytes:
    """An item's page as the demo's server renders it."""
    page = server._TEMPLATES.get_template(f"layouts/{outlet.layout}.html.j2").render(
        outlet=outlet, item=item, others=others, iso=item.published_at.isoformat(), printed=printed_date(item.published_at, "vietnamese")
    )
    return encoded(page, outlet)


def newsroom(most: int = 12) -> Iterator[Measured]:
    """The newest items of each outlet with pages, at most `most`."""
    for outlet in outlets():
        if not outlet.layout or outlet.serves == "hostile":
            continue
        offered = items(outlet.id, END)
        for item in offered[:most]:
            others = [other for other in offered if other is not item][:6]
            charset = outlet.declared or outlet.charset
            got = _read(
                newsroom_page(outlet, item, others), charset, f"http://{outlet.host}{item.path}", item.published_at + timedelta(hours=1)
            )
            form = _as_sent(outlet)
            yield Measured(
                layout=outlet.layout,
                rouge=rouge_l(form("\n".join((item.lead, *item.body))), got.text),
                title=got.title == form(item.title),
                date=got.published_at == item.published_at,
            )


def _as_sent(outlet: Outlet) -> Callable[[str], str]:
    """What an outlet's encoding leaves of a text: TCVN3 has no typographer's quotes and dashes."""
    if outlet.charset == "tcvn3":
        return lambda text: unicodedata.normalize("NFC", text).translate(str.maketrans("–—“”‘’…", "--\"\"''."))
    return lambda text: unicodedata.normalize("NFC", text)


def recorded() -> Measured:
    """The recorded page of ../shared."""
    expected = json.loads((FIXTURE / "expected.json").read_text(encoding="utf-8"))["V1"]
    url = next(iter(json.loads((FIXTURE / "meta.json").read_text(encoding="utf-8")).values()))["url"]
    got = _read(gzip.decompress((FIXTURE / "page.html.gz").read_bytes()), None, url, END)
    paragraphs = [p for section in expected["body"]["sections"] for p in section["headline"] + section["paragraphs"]]
    return Measured(
        layout="recorded",
        rouge=rouge_l("\n".join(expected["body"]["summary"] + paragraphs), got.text),
        title=got.title == expected["title"],
        date=got.published_at == datetime.fromisoformat(expected["publishing_date"]),
    )


def _read(body: bytes, charset: str | None, url: str, now: datetime) -> Extracted:
    return extract_page(body, charset, url, entry_title="", entry_summary_html="", entry_published_raw="", now=now)


def rows() -> list[Row]:
    """The rows of the table."""
    pages = list(newsroom())
    layouts = sorted({page.layout for page in pages})
    worst = min(sum(p.rouge for p in pages if p.layout == layout) / sum(p.layout == layout for p in pages) for layout in layouts)
    mean = sum(page.rouge for page in pages) / len(pages)
    exact = sum(page.title and page.date for page in pages)
    found = [
        Row(
            what=f"newsroom pages, {len(layouts)} layouts, {len(pages)} pages: text ROUGE-L F1 (worst layout); title and date exact",
            bar="0.97; all", goal="0.99; all", measured=f"{mean:.4f} ({worst:.4f}); {exact} of {len(pages)}",
            met=worst >= 0.97 and exact == len(pages) and len(layouts) >= 12,
        )
    ]  # fmt: skip
    what = "recorded Vietnamese page: text ROUGE-L F1; title and date exact"
    if not FIXTURE.is_dir():
        return [*found, Row(what=what, bar="0.97; both", goal="0.99", measured="not measured: ../shared is not here", met=False)]
    page = recorded()
    exact_page = page.title and page.date
    measured = f"{page.rouge:.4f}; {'both' if exact_page else 'not both'}"
    return [*found, Row(what=what, bar="0.97; both", goal="0.99; both", measured=measured, met=page.rouge >= 0.97 and exact_page)]


if __name__ == "__main__":
    print(table(rows()))
