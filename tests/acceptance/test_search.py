"""`monitor search` over the two weeks of the newsroom: what a filter or a word promises, against the same base asked in SQL."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.text import fold, plain
from storage.store import Store
from tests.acceptance.conftest import Run, lines, write_config
from tests.integration.storage_items import article, tags

Row = dict[str, Any]
Search = Callable[..., list[Row]]


@pytest.fixture
def search(monitor: Run, tmp_path: Path, played: Path) -> Search:
    """The rows that `monitor search … --json` prints; `data_dir`: another folder than the played one."""

    def run(*words: str, data_dir: Path = played.parent) -> list[Row]:
        write_config(tmp_path, data_dir=str(data_dir), sources=[])
        done = monitor("search", *words, "--json", "--limit", "1000")
        assert done.returncode == 0, done.stderr.decode()
        return lines(done.stdout)

    return run


def asked(base: Path, condition: str, *values: str) -> set[str]:
    """The ids of the relevant articles of v_coverage that meet an SQL condition."""
    with sqlite3.connect(base) as connection:
        return {r[0] for r in connection.execute(f"SELECT id FROM v_coverage WHERE relevant AND {condition}", values)}


def most_told(base: Path) -> str:
    """The story that most relevant articles tell."""
    with sqlite3.connect(base) as connection:
        query = "SELECT story_id FROM v_coverage WHERE relevant GROUP BY story_id ORDER BY count(*) DESC, story_id LIMIT 1"
        return str(connection.execute(query).fetchone()[0])


@pytest.mark.parametrize(
    ("option", "value", "holds", "condition"),
    [
        ("--from", "2026-11-10", lambda r, v: r["published_at"] >= v, "published_local >= ?"),
        ("--to", "2026-11-05", lambda r, v: r["published_at"][:10] <= v, "substr(published_local, 1, 10) <= ?"),
        ("--topic", "t20_an_toan_niem_tin_so", lambda r, v: v in r["topics"], "', ' || topics || ',' LIKE '%, ' || ? || ',%'"),
        ("--ward", "bo_de", lambda r, v: v in r["wards"], "', ' || wards || ',' LIKE '%, ' || ? || ',%'"),
        ("--sentiment", "neg", lambda r, v: r["sentiment"] == v, "sentiment = ?"),
        ("--class", "fraud_impersonation", lambda r, v: r["case_class"] == v, "case_class = ?"),
        ("--severity", "S3", lambda r, v: r["severity"] == v, "severity = ?"),
        ("--severity", "S2+", lambda r, v: r["severity"] >= v[:2], "severity >= substr(?, 1, 2)"),
        ("--outlet", "pho_co_online", lambda r, v: r["source_id"] == v, "source_id = ?"),
        ("--tier", "city", lambda r, v: r["tier"] == v, "tier = ?"),
        ("--story", "", lambda r, v: r["story_id"] == v, "story_id = ?"),
    ],
    ids=lambda p: p if isinstance(p, str) and p.startswith("--") else "",
)
def test_a_filter_gives_all_that_satisfies_it_and_nothing_else(
    search: Search, played: Path, option: str, value: str, holds: Callable[[Row, str], bool], condition: str
) -> None:
    value = value or most_told(played)
    rows = search(option, value)
    assert rows
    assert [r["title"] for r in rows if not (holds(r, value) and r["relevant"])] == []
    assert {r["article_id"] for r in rows} == asked(played, condition, value) != asked(played, "1")
    assert len({r["article_id"] for r in rows}) == len(rows)


def test_filters_and_words_together_all_hold(search: Search, played: Path) -> None:
    rows = search("hồ sơ", "--from", "09/11/2026", "--to", "15/11/2026", "--tier", "city", "--sentiment", "neg")
    assert rows
    for row in rows:
        assert "2026-11-09" <= row["published_at"] < "2026-11-16"
        assert (row["tier"], row["sentiment"]) == ("city", "neg")
        assert "ho so" in fold(whole(played, row))


def whole(base: Path, row: Row) -> str:
    """Title and text, in words with single blanks between them."""
    with sqlite3.connect(base) as connection:
        title, text = connection.execute("SELECT title, text FROM articles WHERE id = ?", (row["article_id"],)).fetchone()
    return " ".join("".join(c if c.isalnum() else " " for c in plain(f"{title}\n{text}")).split())


def test_a_phrase_in_quotes_stands_together(search: Search, played: Path) -> None:
    phrase, words = search('"dịch vụ công"'), search("dịch vụ công")
    assert 0 < len(phrase) < len(words)
    assert {r["article_id"] for r in phrase} < {r["article_id"] for r in words}
    assert [r["title"] for r in phrase if "dich vu cong" not in fold(whole(played, r))] == []
    assert search('"công vụ dịch"') == []


@pytest.mark.parametrize(("marked", "bare"), [("Khương Đình", "khuong dinh"), ('"lừa đảo"', '"lua dao"'), ("Bồ Đề", "BO DE")])
def test_without_diacritics_one_finds_what_one_finds_with_them(search: Search, marked: str, bare: str) -> None:
    found = {r["article_id"] for r in search(marked, "--all")}
    assert found
    assert found <= {r["article_id"] for r in search(bare, "--all")}


def test_dong_da_finds_the_ward_dong_da(search: Search, played: Path, tmp_path: Path) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    store = Store(f"sqlite:///{shutil.copy(played, folder)}")
    at = datetime(2026, 11, 14, 3, 0, tzinfo=UTC)
    ward, heap = "Phường Đống Đa mở điểm hỗ trợ số", "Một đống hồ sơ, đa số quá hạn"
    for title in (ward, heap):
        one = article(title, title=title, at=at)
        store.save(one, tags(one), now=at)
    store.close()
    assert {ward, heap} <= {r["title"] for r in search("dong da", data_dir=folder)}
    assert {ward, heap} & {r["title"] for r in search('"dong da"', data_dir=folder)} == {ward}
    assert [r["title"] for r in search('"Đống Đa"', data_dir=folder)] == [ward]


@pytest.mark.parametrize("grouping", ["day", "source_id", "tier", "relevant", "hanoi", "sentiment"])
def test_the_sql_views_sum_up_to_the_same_counts(played: Path, grouping: str) -> None:
    with sqlite3.connect(played) as base:
        days = "substr(published_local, 1, 10) AS day, source_id, tier, relevant, hanoi, coalesce(sentiment, '') AS sentiment"
        of = f"SELECT {grouping}, count(*) FROM (SELECT {days} FROM v_coverage) GROUP BY 1 ORDER BY 1"
        coverage = base.execute(of).fetchall()
        daily = base.execute(f"SELECT {grouping}, sum(articles) FROM v_daily GROUP BY 1 ORDER BY 1").fetchall()
        (stored,) = base.execute("SELECT count(*) FROM articles").fetchone()
    assert coverage == daily
    assert sum(count for _, count in coverage) == stored > 0


def test_search_and_the_views_count_the_same(search: Search, played: Path) -> None:
    with sqlite3.connect(played) as base:
        (everything,) = base.execute("SELECT sum(articles) FROM v_daily").fetchone()
        (relevant,) = base.execute("SELECT sum(articles) FROM v_daily WHERE relevant").fetchone()
    assert (len(search("--all")), len(search())) == (everything, relevant)
    assert 0 < relevant < everything
