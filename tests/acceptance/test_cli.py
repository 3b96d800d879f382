"""The rest of the command line as a person meets it."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, Run, write_config


def said(done: object) -> str:
    return done.stderr.decode().replace("\n", " ")  # type: ignore[attr-defined, no-any-return]


def test_every_command_is_in_the_documents_and_takes_config(monitor: Run) -> None:
    documents = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "docs").glob("*.md")) + (ROOT / "README.md").read_text(
        encoding="utf-8"
    )
    for command in (
        "run",
        "once",
        "demo",
        "check",
        "health",
        "search",
        "digest",
        "classify",
        "cluster",
        "extract",
        "backup",
        "restore",
        "db upgrade",
        "telegram setup",
    ):
        shown = monitor(*command.split(), "--help")
        assert shown.returncode == 0, command
        assert "--config" in shown.stdout.decode(), command
        assert f"monitor {command}" in documents, command


@pytest.mark.parametrize("command", [["once"], ["search", "x"], ["classify"], ["digest"], ["health"], ["check"], ["run"]])
def test_a_missing_config_is_one_sentence(monitor: Run, command: list[str]) -> None:
    done = monitor(*command)
    assert done.returncode == 2
    assert "config.yaml" in said(done)
    assert "monitor init" in said(done)
    assert "Traceback" not in said(done)


def test_an_unknown_key_is_named(monitor: Run, tmp_path: Path) -> None:
    write_config(tmp_path, fetcher={"timeout": 1})
    done = monitor("once")
    assert done.returncode == 2
    assert "fetcher" in said(done)


def test_an_unreachable_database_is_one_sentence(monitor: Run, tmp_path: Path) -> None:
    write_config(tmp_path, database="postgresql+psycopg://nobody@127.0.0.1:1/none", sources=[])
    done = monitor("once")
    assert done.returncode == 2
    assert "Traceback" not in said(done)
    assert "cơ sở dữ liệu" in said(done).lower()


def test_init_check_and_once_without_internet(monitor: Run, tmp_path: Path) -> None:
    assert monitor("init", "desk").returncode == 0
    assert (tmp_path / "desk" / "config.yaml").read_text(encoding="utf-8") == (ROOT / "config.yaml").read_text(encoding="utf-8")
    assert (tmp_path / "desk" / ".env.example").exists()
    again = monitor("init", "desk")
    assert again.returncode == 2
    assert "--force" in said(again)


def test_sources_fail_with_a_reason_and_nothing_crashes(monitor: Run, tmp_path: Path) -> None:
    source = {"id": "khong_co", "name": "Không có", "kind": "feed", "url": "http://khong-co.invalid/rss", "tier": "city"}
    write_config(tmp_path, sources=[source], fetch={"per_host_delay": 0, "timeout": 5})
    done = monitor("once", "--json")
    assert done.returncode == 0, done.stderr.decode()
    summary = json.loads(done.stdout)
    assert list(summary) == [
        "sources",
        "fetched",
        "failed",
        "discovered",
        "articles",
        "relevant",
        "stories",
        "cases",
        "alerts",
        "deliveries",
    ]
    assert summary["failed"][0]["source"] == "khong_co"
    assert summary["failed"][0]["reason"]
    assert monitor("check").returncode == 1


def test_health_tells_whether_the_service_moves(monitor: Run, config: Path) -> None:
    monitor("db", "upgrade")
    done = monitor("health")
    assert done.returncode == 2
    assert "chưa chạy" in said(done)


def test_telegram_setup_without_a_token_says_where_to_put_it(monitor: Run, config: Path) -> None:
    done = monitor("telegram", "setup")
    assert done.returncode == 2
    assert "MONITOR_CHANNELS__TELEGRAM__TOKEN" in said(done).replace(" ", "")


@pytest.mark.parametrize("week", ["2026-W99", "tuần này"])
def test_digest_refuses_what_is_no_week(monitor: Run, config: Path, week: str) -> None:
    done = monitor("digest", "--week", week)
    assert done.returncode == 2
    assert "--week" in said(done)


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_search_refuses_what_is_no_day(monitor: Run, config: Path, option: str) -> None:
    monitor("db", "upgrade")
    done = monitor("search", "x", option, "hôm qua")
    assert done.returncode == 2
    assert option in said(done)


def test_backup_and_restore_keep_every_row(monitor: Run, played: Path, tmp_path: Path) -> None:
    write_config(tmp_path, data_dir=str(played.parent), sources=[])
    assert monitor("backup", "kho.gz").returncode == 0
    write_config(tmp_path, data_dir=str(tmp_path / "new"), sources=[])
    assert monitor("restore", "kho.gz").returncode == 0
    with sqlite3.connect(played) as old, sqlite3.connect(tmp_path / "new" / "monitor.db") as new:
        for table in ("articles", "ledger", "labels", "cases", "outbox"):
            count = f"SELECT count(*) FROM {table}"  # the names stand in the line above
            assert old.execute(count).fetchone() == new.execute(count).fetchone() != (0,), table


def test_search_exports(monitor: Run, played: Path, tmp_path: Path) -> None:
    write_config(tmp_path, data_dir=str(played.parent), sources=[])
    done = monitor("search", "dich vu cong", "--json", "--csv", "a.csv", "--xlsx", "a.xlsx", "--from", "09/11/2026", "--limit", "500")
    assert done.returncode == 0, said(done)
    rows = [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith("{")]
    assert rows
    assert [r["published_at"] for r in rows] == sorted((r["published_at"] for r in rows), reverse=True)
    assert all(r["published_at"] >= "2026-11-09" for r in rows)
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert len(list(csv.reader(raw.decode("utf-8-sig").splitlines()))) >= len(rows) + 1
    assert (tmp_path / "a.xlsx").read_bytes().startswith(b"PK")
    assert not monitor("search", "khôngcótừnàynhưthế").stdout.decode().count("http")
