"""The main job end to end over the two weeks of the newsroom, held against what is true of every item."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from monitor.demo.newsroom import items as newsroom
from monitor.demo.play import LAST

ALERTED = ("S2", "S3", "S4")


@pytest.fixture(scope="module")
def found(played: Path) -> dict[str, dict[str, Any]]:
    """What was stored of each newsroom item, by the item's id; the path of an address ends in it."""
    with sqlite3.connect(played) as base:
        base.row_factory = sqlite3.Row
        labels = defaultdict(lambda: defaultdict(list))  # type: ignore[var-annotated]
        for row in base.execute(
            "SELECT a.id AS article_id, kind, value FROM labels JOIN articles a ON a.seq = labels.article ORDER BY score DESC"
        ):
            labels[row["article_id"]][row["kind"]].append(row["value"])
        cases = {row["story_id"]: dict(row) for row in base.execute("SELECT * FROM cases")}
        owed = {row["case_id"] for row in base.execute("SELECT case_id FROM outbox WHERE kind = 'alert'")}
        rows = [dict(row) for row in base.execute("SELECT * FROM articles")]
    for row in rows:
        row["labels"] = labels[row["id"]]
        case = cases.get(row["story_id"])
        row["case"] = case
        row["alerted"] = bool(case and case["id"] in owed)
    by_id = {}
    for row in rows:
        number = "".join(c for c in row["url"].split("?")[0].rsplit("-", 1)[-1] if c.isdigit()) or row["url"].rsplit("=n", 1)[-1]
        by_id[f"n{number[-3:]}"] = row
    return by_id


def test_every_item_was_found_and_stored_once(found: dict[str, dict[str, Any]]) -> None:
    expected = {i.id for o in newsroom.outlets() for i in newsroom.items(o.id, LAST)}
    assert expected - set(found) == set()


def test_titles_dates_and_texts_are_right(found: dict[str, dict[str, Any]]) -> None:
    wrong = []
    for outlet in newsroom.outlets():
        for item in newsroom.items(outlet.id, LAST):
            row = found[item.id]
            published = item.published_at.astimezone(tz=newsroom.datetime.now().astimezone().tzinfo)
            stored = newsroom.datetime.fromisoformat(row["published_at"] + ("+00:00" if "+" not in row["published_at"] else ""))
            title = unicodedata.normalize("NFC", item.title)
            if row["title"] != title or abs((stored - published).total_seconds()) >= 60 or not same_words(item.body[0][:60], row["text"]):
                wrong.append((item.id, row["title"], str(stored), row["published_from"]))
    assert wrong == []


def _share(pairs: list[tuple[bool, bool]]) -> tuple[float, float]:
    """Precision and recall of (said, true) pairs."""
    hit = sum(said and true for said, true in pairs)
    return hit / max(1, sum(said for said, _ in pairs)), hit / max(1, sum(true for _, true in pairs))


def test_relevance_and_place(found: dict[str, dict[str, Any]]) -> None:
    truth = newsroom.truth()
    relevant = [("yes" in found[i]["labels"]["relevance"], t["relevant"]) for i, t in truth.items()]
    place = [(bool(found[i]["labels"]["hanoi"]), t["hanoi"]) for i, t in truth.items()]
    precision, recall = _share(relevant)
    assert precision >= 0.85
    assert recall >= 0.90
    precision, recall = _share(place)
    assert precision >= 0.90
    assert recall >= 0.85


def test_stories_hold_together_and_apart(found: dict[str, dict[str, Any]]) -> None:
    truth = newsroom.truth()
    assert b_cubed({i: found[i]["story_id"] for i in truth}, {i: t["story"] for i, t in truth.items()}) >= 0.90


def b_cubed(said: dict[str, str], true: dict[str, str]) -> float:
    """B-cubed F1 of two clusterings of the same items (Bagga and Baldwin 1998)."""
    said_groups, true_groups = defaultdict(set), defaultdict(set)
    for item in true:
        said_groups[said[item]].add(item)
        true_groups[true[item]].add(item)
    precision = sum(len(said_groups[said[i]] & true_groups[true[i]]) / len(said_groups[said[i]]) for i in true) / len(true)
    recall = sum(len(said_groups[said[i]] & true_groups[true[i]]) / len(true_groups[true[i]]) for i in true) / len(true)
    return 2 * precision * recall / (precision + recall)


def test_what_must_alert_alerts_and_what_must_not_does_not(found: dict[str, dict[str, Any]]) -> None:
    truth = newsroom.truth()
    due, silent = set(), set()
    for i, t in truth.items():
        (due if t["hanoi"] and t["severity"] in ("S3", "S4") and not _first_day(i) else silent if not t["relevant"] else set()).add(i)
    told_stories = {truth[i]["story"] for i in truth if found[i]["alerted"]}
    missed = {truth[i]["story"] for i in due} - told_stories
    assert len(missed) <= 0.15 * len({truth[i]["story"] for i in due}), missed
    false = [i for i in silent if found[i]["alerted"]]
    assert len(false) <= 3, false
    elsewhere = [
        i for i, t in truth.items() if t["relevant"] and not t["hanoi"] and found[i]["alerted"] and not found[i]["labels"]["scope"]
    ]
    assert len(elsewhere) <= 2, elsewhere


def _first_day(item_id: str) -> bool:
    rows = {r["id"]: r for r in newsroom._rows()}
    return str(rows[item_id]["published_at"]) < "2026-11-03"


def test_hostile_items_left_no_markup_and_no_foreign_address(played: Path) -> None:
    with sqlite3.connect(played) as base:
        rows = base.execute("SELECT url, title, text FROM articles WHERE source_id = 'goc_tin_la'").fetchall()
        bad = base.execute("SELECT count(*) FROM ledger WHERE url LIKE 'javascript:%' OR url LIKE 'file:%'").fetchone()[0]
        messages = json.dumps(base.execute("SELECT message FROM outbox").fetchall())
    assert rows
    assert bad == 0
    for url, title, text in rows:
        assert url.startswith("http://goc-tin-la.example/")
        assert "<" not in title + text
        assert "\u202e" not in title
    assert "<script" not in messages


def same_words(part: str, whole: str) -> bool:
    """TCVN3 has no typographic quotes and dashes, so these may differ."""
    plainly = str.maketrans("“”‘’–—", "\"\"''--")
    return unicodedata.normalize("NFC", part).translate(plainly) in whole.translate(plainly)
