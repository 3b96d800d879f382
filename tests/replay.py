"""`make replay`: serves ../shared/data/replay_items.jsonl as feeds on loopback and runs `monitor once` over them.

The texts are newspapers': they are read where they lie, served to the program, and nothing of them is kept in the repository.
The articles' pages are not recorded, so every page fails here and the feed's own text is stored: that path is measured too.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from sqlalchemy import create_engine, text

from crawlers.urls import without_tracking

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "replay_items.jsonl"
ROOT = Path(__file__).resolve().parents[1]
HANOI = timezone(timedelta(hours=7))


def feeds() -> dict[str, list[dict[str, Any]]]:
    """The items of each outlet in the order of the file."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in SHARED.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        found[item["outlet"]].append(item)
    return found


def rss(items: list[dict[str, Any]]) -> bytes:
    """An RSS feed that prints each field as the outlet printed it."""
    rows = "".join(
        f"<item><title>{escape(i['title'])}</title><link>{escape(i['url'])}</link><pubDate>{escape(i['published'])}</pubDate>"
        f"<description>{escape(i['summary_html'] or '')}</description></item>"
        for i in items
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>x</title>{rows}</channel></rss>'.encode()


def local_minute(raw: str) -> datetime:
    """The printed date by an independent reading: local time unless GMT is said; to the minute."""
    us = re.fullmatch(r"(\d+)/(\d+)/(\d{4}) (\d+):(\d\d):\d\d\s([AP]M)", raw.replace("\u202f", " "))
    if us:
        month, day, year, hour, minute = (int(x) for x in us.groups()[:5])
        return datetime(year, month, day, hour % 12 + 12 * (us[6] == "PM"), minute, tzinfo=HANOI).astimezone(UTC)
    rfc = re.fullmatch(r"\w{3}, (\d+) (\w{3}) (\d{2,4}) (\d\d):(\d\d):\d\d (\S+)", raw)
    assert rfc, raw
    day, hour, minute = int(rfc[1]), int(rfc[4]), int(rfc[5])
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].index(rfc[2]) + 1
    year = int(rfc[3]) % 100 + 2000
    zone = UTC if rfc[6] in ("GMT", "+0000", "Z") else HANOI
    assert zone is UTC or rfc[6] in ("+07", "+0700", "+07:00"), raw
    return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)


def served(bodies: dict[str, bytes]) -> ThreadingHTTPServer:
    """A loopback server that answers each feed's path; every other path is 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = bodies.get(urlsplit(self.path).path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def configured(folder: Path, port: int, outlets: dict[str, str], homepages: dict[str, str], hosts: set[str]) -> Path:
    """A configuration whose sources are these feeds and whose hosts all live on loopback."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    here = f"127.0.0.1:{port}"
    config["data_dir"] = str(folder)
    config["log_level"] = "error"
    config["fetch"] |= {
        "allow_addresses": ["127.0.0.0/8"], "resolve": dict.fromkeys(hosts, here) | {"feeds.example": here},
        "per_host_delay": 0, "per_host_concurrency": 8, "respect_robots": False,
    }  # fmt: skip
    config["shipped_sources"] = False
    config["sources"] = [
        {"id": f"s{n}", "name": name, "kind": "feed", "url": f"http://feeds.example{path}", "homepage": homepages[name], "tier": "national"}
        for n, (path, name) in enumerate(outlets.items())
    ]
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    return file


def run(folder: Path) -> dict[str, Any]:
    """Serve, run `monitor once --json`, compare with an independent reading of the dates."""
    by_outlet = feeds()
    paths = {f"/{n}.rss": name for n, name in enumerate(by_outlet)}
    hosts = {urlsplit(i["url"]).netloc for items in by_outlet.values() for i in items}
    homepages = {name: f"https://{urlsplit(found[0]['url']).netloc}/" for name, found in by_outlet.items()}
    server = served({path: rss(by_outlet[name]) for path, name in paths.items()})
    try:
        config = configured(folder, server.server_port, paths, homepages, hosts)
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "once", "--json", "--config", str(config)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
    finally:
        server.shutdown()
        server.server_close()
    summary = json.loads(done.stdout)
    engine = create_engine(f"sqlite:///{folder / 'monitor.db'}")
    with engine.connect() as connection:
        stored = {row.url: row.published_at for row in connection.execute(text("SELECT url, published_at FROM articles"))}
        ledger = connection.execute(text("SELECT count(*) FROM ledger")).scalar_one()
    engine.dispose()
    items = [i | {"url": without_tracking(i["url"])} for items in by_outlet.values() for i in items]
    wrong = [i["published"] for i in items if i["url"] in stored and _minute(stored[i["url"]]) != local_minute(i["published"])]
    missing = [i["url"] for i in items if i["url"] not in stored]
    return {"items": len(items), "ledger": ledger, "wrong_dates": wrong, "not_stored": missing, "summary": summary}


def _minute(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).replace(second=0, microsecond=0)


def main() -> None:
    """Print the result; exit 1 when an item is missing from the ledger or a date is wrong."""
    if not SHARED.exists():
        sys.exit("make replay needs ../shared/data/replay_items.jsonl beside the checkout")
    with tempfile.TemporaryDirectory() as folder:
        result = run(Path(folder))
    print(json.dumps(result, ensure_ascii=False, indent=2))
    sys.exit(bool(result["ledger"] < result["items"] or result["wrong_dates"]))


if __name__ == "__main__":
    main()
