"""No spelling of an address in any place leads inside: 41 addresses as feed, article, redirect, sitemap and canonical link.

The outlet lives on 127.0.0.5, the only address that may be reached; every other connection of this process is an escape.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp.resolver
import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult

from crawlers.door.fetch import Door
from crawlers.door.guard import Refused, check_url
from monitor import pipeline
from monitor.app import build, opened
from monitor.config import FetchConfig, FileConfig
from monitor.errors import FetchError
from tests.integration.web import NOW

ADDRESSES = json.loads((Path(__file__).parents[1] / "data/addresses/attacks.json").read_text(encoding="utf-8"))
REFUSED: list[str] = ADDRESSES["refused"]
PLACES = ("feed", "article", "redirect", "sitemap", "canonical")
HOME = "127.0.0.5"
PARAGRAPHS = "<p>Câu văn đủ dài.</p>" * 30
PAGE = "<html><head><title>Bài {n}</title>{head}</head><body><article><h1>Bài số {n}</h1>" + PARAGRAPHS + "</article></body></html>"

_connected: list[str] = []
_listening = False


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if _listening and event == "socket.connect" and isinstance(args[1], tuple):
        _connected.append(str(args[1][0]))


@pytest.fixture(scope="module", autouse=True)
def watched() -> Iterator[None]:
    global _listening
    sys.addaudithook(_watch)  # for good; silent again after this module
    _listening = True
    yield
    _listening = False


def _answers(base: str) -> dict[str, tuple[str, str]]:
    """Path → (body, content type)."""
    html, rss, xml = "text/html", "application/rss+xml", "application/xml"
    channel = "<rss version='2.0'><channel>{}</channel></rss>"
    index = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>{}</loc></sitemap></sitemapindex>"
    head = "<link rel='canonical' href='{0}'><meta property='og:url' content='{0}'>"
    found = {}
    for n, url in enumerate(REFUSED):
        shown = url.replace("&", "&amp;")
        good = f"<item><title>Bài {n}</title><link>{base}/canonical/{n}.html</link></item>"
        found[f"/article/{n}"] = (channel.format(f"<item><title>Xấu {n}</title><link>{shown}</link></item>{good}"), rss)
        found[f"/sitemap/{n}"] = (index.format(shown), xml)
        found[f"/canonical/{n}.html"] = (PAGE.format(n=n, head=head.format(shown)), html)
        found[f"/canonical/{n}"] = (channel.format(good), rss)
    return found


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything read once: failures by source, articles, and every address that was connected to."""
    return asyncio.run(_collected(tmp_path_factory.mktemp("ssrf")))


async def _collected(folder: Path) -> dict[str, Any]:
    async def answer(request: web.Request) -> web.Response:
        if request.path.startswith("/redirect/"):
            where = REFUSED[int(request.path.rpartition("/")[2])]
            return web.Response(status=302, headers={"Location": quote(where, safe=":/?#[]@!$&'()*+,;=%\\")})
        body, kind = pages.get(request.path, ("", ""))
        return web.Response(text=body, content_type=kind) if body else web.Response(status=404)

    server = web.Application()
    server.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(server)
    await runner.setup()
    listener = web.TCPSite(runner, HOME, 0)
    await listener.start()
    base = f"http://{HOME}:{runner.addresses[0][1]}"
    pages = _answers(base)
    sources = [
        {"id": f"{place}_{n}", "name": place, "kind": "sitemap" if place == "sitemap" else "feed", "tier": "city", "homepage": base,
         "url": url if place == "feed" else f"{base}/{place}/{n}"}
        for place in PLACES for n, url in enumerate(REFUSED)
    ]  # fmt: skip
    fetching = {"allow_addresses": [f"{HOME}/32"], "per_host_delay": 0, "per_host_concurrency": 8, "timeout": 5, "respect_robots": False}
    config = FileConfig(data_dir=folder, log_level="error", fetch=fetching, sources=sources)
    try:
        async with opened(build(config, clock=lambda: NOW, channels={})) as app:
            tally = await pipeline.once(app, only_due=False)
            stored = [app.store.article(past.article_id) for past in app.store.recent(NOW.replace(year=2000))]
            bad = {row.url: row.state for row in app.store.ledger_rows(limit=1000) if f"//{HOME}" not in row.url}
    finally:
        await runner.cleanup()
    failed = {row["source"]: row["reason"] for row in tally.failed}
    return {"failed": failed, "stored": [a for a in stored if a], "bad": bad, "connected": list(_connected), "base": base}


def test_there_are_41_addresses() -> None:
    assert len(set(REFUSED)) == 41


def test_nothing_but_the_outlet_was_connected_to(outcome: dict[str, Any]) -> None:
    assert outcome["connected"], "the watch sees nothing"
    assert set(outcome["connected"]) == {HOME}


@pytest.mark.parametrize("n", range(len(REFUSED)))
@pytest.mark.parametrize("place", ["feed", "redirect", "sitemap"])
def test_the_source_is_marked_with_the_reason(place: str, n: int, outcome: dict[str, Any]) -> None:
    assert f"{place}_{n}" in outcome["failed"], REFUSED[n]


@pytest.mark.parametrize("n", range(len(REFUSED)))
@pytest.mark.parametrize("place", ["article", "canonical"])
def test_no_such_address_is_kept(place: str, n: int, outcome: dict[str, Any]) -> None:
    good = [a for a in outcome["stored"] if a.url == f"{outcome['base']}/canonical/{n}.html"]
    assert len(good) == 1, "the good article beside it is stored, once"
    assert {urlsplit(a.canonical_url).hostname for a in outcome["stored"]} == {HOME}
    assert all(state == "failed" for state in outcome["bad"].values()), outcome["bad"]


@pytest.mark.parametrize("url", ADDRESSES["public"])
def test_public_ones_pass_the_guard(url: str) -> None:
    assert check_url(url)


def _answer_of(host: str, ip: str, port: int) -> ResolveResult:
    return ResolveResult(hostname=host, host=ip, port=port, family=socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST)


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["169.254.169.254", "93.184.215.14"]])
async def test_a_rebinding_resolver_connects_to_nothing(answers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that once led outside leads inside now, alone or hidden among good addresses."""
    before = len(_connected)

    async def resolve(self: Any, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [_answer_of(host, ip, port) for ip in answers]

    monkeypatch.setattr(aiohttp.resolver.ThreadedResolver, "resolve", resolve)
    async with Door(FetchConfig(respect_robots=False, per_host_delay=0, timeout=2)) as door:
        assert check_url("http://rebind.example/")
        with pytest.raises(FetchError) as caught:
            await door.get("http://rebind.example/", limit=1000)
    assert isinstance(caught.value, Refused)
    assert _connected[before:] == []
