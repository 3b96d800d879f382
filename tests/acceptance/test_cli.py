"""The rest of the command line as a person meets it."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.records import Article, Label, Source, Tags
from storage.store import Store
from tests.acceptance.conftest import ROOT, Run, environment, write_config

NOW = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)


def said(done: object) -> str:
    return done.stderr.decode().replace("\n", " ")  # type: ignore[attr-defined, no-any-return]


def in_environment(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "monitor", *words], capture_output=True, cwd=folder, env=environment() | variables, timeout=60, check=False
    )


def refused(done: subprocess.CompletedProcess[bytes], *names: str) -> None:
    """One Vietnamese sentence that holds these names, exit code 2, no traceback."""
    sentence = done.stderr.decode()
    assert done.returncode == 2, sentence
    assert sentence.startswith("Lỗi: "), sentence
    assert len(sentence.splitlines()) == 1, sentence
    for name in names:
        assert name in sentence, sentence


def stored(folder: Path, *titles: str) -> None:
    """Articles with these titles in the SQLite file of `folder`."""
    (folder / "var").mkdir(exist_ok=True)
    store = Store(f"sqlite:///{folder / 'var' / 'monitor.db'}")
    store.upgrade()
    store.sync_sources([Source(id="bao", name="Báo [/b]", kind="feed", url="http://a.example/", tier="city", every=900)], NOW)
    for number, title in enumerate(titles):
        url = f"http://a.example/{number}"
        article = Article(
            id=f"{number:032x}", source_id="bao", url=url, canonical_url=url, title=title, text="Dịch vụ công.", published_at=NOW,
            published_from="feed", first_seen_at=NOW, content_hash=str(number), story_id=f"{number:032x}",
        )  # fmt: skip
        store.save(article, Tags(article_id=article.id, labels=(Label(kind="relevance", value="yes", score=0.9),)), now=NOW)
    store.close()


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
        "sources list",
        "ledger",
        "ledger sample draw",
        "status",
        "story",
        "import",
        "reflection",
        "purge",
        "forget",
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
    store = Store(f"sqlite:///{config.parent / 'var' / 'monitor.db'}")
    store.beat(datetime.now(UTC) - timedelta(hours=1), "schedule")
    refused(monitor("health"), "không tiến triển", "60 phút")
    store.beat(datetime.now(UTC), "schedule")
    store.close()
    assert monitor("health").returncode == 0


def test_telegram_setup_without_a_token_says_where_to_put_it(monitor: Run, config: Path) -> None:
    done = monitor("telegram", "setup")
    assert done.returncode == 2
    assert "MONITOR_CHANNELS__TELEGRAM__TOKEN" in said(done).replace(" ", "")


@pytest.mark.parametrize("week", ["2026-W99", "tuần này", "0001-W01", "9999-W52", "2026-W7", "[/x]"])
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


@pytest.mark.parametrize(("option", "day"), [("--from", "0001-01-01"), ("--to", "31/12/9999"), ("--to", "[/x]")])
def test_search_refuses_days_beyond_the_calendar(monitor: Run, config: Path, option: str, day: str) -> None:
    refused(monitor("search", "x", option, day), option, day)


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


def test_words_of_strangers_are_never_markup_nor_orders_to_the_terminal(monitor: Run, config: Path, tmp_path: Path) -> None:
    stored(tmp_path, "Cổng [/x] lỗi \x1b[31m\x9b2J :smile: [bold]đậm")
    done = monitor("search", "")
    assert done.returncode == 0, done.stderr.decode()
    shown = done.stdout.decode()
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    for words in ("[/x]", "·[31m·2J", ":smile:", "[/b]"):
        assert words in "".join(shown.split()), words
    (row,) = [json.loads(line) for line in monitor("search", "", "--json").stdout.decode().splitlines()]
    assert "[bold]đậm" in row["title"]
    refused(monitor("check", "--source", "[/x]\x1b[2J"), "[/x]·[2J")
    refused(monitor("health", "--config", "[/x].yaml"), "[/x].yaml")


def test_reasons_of_failing_sources_are_printed_as_they_stand(monitor: Run, tmp_path: Path) -> None:
    source = {"id": "khong_co", "name": "Không có", "kind": "[/x]", "url": "http://khong-co.invalid/", "tier": "city"}
    write_config(tmp_path, sources=[source])
    for command in ("once", "check"):
        done = monitor(command)
        assert b"[/x]" in done.stdout + done.stderr, command
        assert b"Traceback" not in done.stderr, command


@pytest.mark.parametrize(
    "words",
    [
        ("digest", "--preview", "/proc/x"),
        ("demo", "--folder", "/proc/x"),
        ("init", "/proc/x"),
        ("init", "config.yaml/x"),
        ("search", "", "--csv", "/proc/x"),
        ("search", "", "--xlsx", "/proc/x"),
    ],
)
def test_a_path_that_cannot_be_written_is_one_sentence(monitor: Run, config: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    stored(tmp_path)
    refused(monitor(*words), words[-1])


@pytest.mark.parametrize("command", [("once",), ("db", "upgrade"), ("digest",), ("restore", "kho.gz")])
def test_a_data_folder_that_cannot_be_made_is_one_sentence(monitor: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    write_config(tmp_path, data_dir="/proc/x", sources=[])
    refused(monitor(*command), "/proc/x")


def test_config_and_env_file_that_cannot_be_read_are_one_sentence(monitor: Run, config: Path, tmp_path: Path) -> None:
    refused(monitor("health", "--config", "."), "Không đọc được tệp cấu hình .")
    (tmp_path / ".env").mkdir()
    refused(monitor("health"), ".env", "thư mục")
    (tmp_path / ".env").rmdir()
    (tmp_path / ".env").write_bytes(b"MONITOR_OFFICE=\xff")
    refused(monitor("health"), ".env", "UTF-8")
    (tmp_path / ".env").write_text("\nMONITOR_DATABSE=x\n", encoding="utf-8")
    refused(monitor("health"), ".env", "dòng 2", "MONITOR_DATABSE", "MONITOR_DATABASE")


@pytest.mark.parametrize(
    ("variable", "value", "names"),
    [
        ("MONITOR_SOURCES", "abc", ("JSON",)),
        ("MONITOR_ALERTING__QUIET_HOURS", "abc", ()),
        ("MONITOR_FETCH__TIMEOUT", "[/x]", ("fetch.timeout", "cần một số")),
        ("MONITOR_FETCH", '{"timeout": -1}', ("fetch.timeout", "lớn hơn 0")),
        ("MONITOR_DATABSE", "x", ("MONITOR_DATABASE",)),
        ("MONITOR_FETCH__TIMEOUTS", "3", ("MONITOR_FETCH__TIMEOUT",)),
        ("MONITOR_CHANNELS__TELEGRAM__PER_MINUTE", "50", ("nhiều nhất 20",)),
    ],
)
def test_a_bad_variable_is_blamed_on_the_variable(config: Path, variable: str, value: str, names: tuple[str, ...]) -> None:
    done = in_environment(config.parent, "health", **{variable: value})
    refused(done, variable, *names)
    assert "config.yaml" not in said(done)


def test_variables_that_are_no_keys_of_ours_are_left_alone(config: Path, tmp_path: Path) -> None:
    stored(tmp_path)
    done = in_environment(
        tmp_path, "search", "", MONITOR_CONFIG=str(config), MONITOR_TEST_POSTGRES="x", MONITOR_REQUIRE_POSTGRES="1", MONITOR_OFFICE="Sở"
    )
    assert done.returncode == 0, said(done)


def test_exports_are_whole_and_standard_output_is_pure(monitor: Run, config: Path, tmp_path: Path) -> None:
    stored(tmp_path, *(f"Bài số {n}" for n in range(60)))
    done = monitor("search", "", "--json", "--csv", "a.csv", "--xlsx", "a.xlsx")
    assert len([json.loads(line) for line in done.stdout.decode().splitlines()]) == 60
    assert "a.csv" in said(done)
    assert len(list(csv.reader((tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()))) == 61
    assert len(monitor("search", "", "--json", "--limit", "7").stdout.decode().splitlines()) == 7
    printed = monitor("search", "")
    assert printed.stdout.decode().count("Bài số") == 50
    assert "--limit" in said(printed)


@pytest.mark.parametrize(
    ("option", "value", "valid"),
    [
        ("--severity", "S9", "S2+"),
        ("--sentiment", "bad", "neg, neu, pos"),
        ("--class", "x", "data_leak"),
        ("--tier", "x", "national"),
        ("--topic", "viet_hung", "t06_cai_cach_tthc"),
        ("--ward", "t04_kpi", "viet_hung"),
    ],
)
def test_search_refuses_a_value_that_nothing_carries(monitor: Run, config: Path, option: str, value: str, valid: str) -> None:
    refused(monitor("search", "", option, value), option, value, valid)


def test_search_takes_every_kind_of_filter(monitor: Run, config: Path, tmp_path: Path) -> None:
    stored(tmp_path)
    done = monitor("search", "", "--severity", "S2+", "--sentiment", "neg", "--class", "data_leak", "--tier", "city", "--topic", "t04_kpi",
                   "--ward", "viet_hung")  # fmt: skip
    assert done.returncode == 0, said(done)


@pytest.mark.parametrize("command", [("search", "x"), ("health",), ("backup", "kho.gz")])
def test_looking_before_the_first_run_says_what_to_run(monitor: Run, config: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    refused(monitor(*command), "Chưa có dữ liệu", "monitor once", "monitor run")
    assert not (tmp_path / "var").exists()


def _rule(**when: Any) -> dict[str, Any]:
    return {"id": "luat_x", "say": "…", "when": when, "case_class": "routine", "severity": "S0"}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"rules": [_rule(topics=["t99_khong"])]}, ("luat_x", "topics", "t99_khong")),
        ({"rules": [_rule(signals=["fruad"])]}, ("luat_x", "signals", "fruad", "fraud")),
        ({"rules": [_rule(without_signals=["x"])]}, ("luat_x", "without_signals")),
        ({"rules": [_rule(wards=["t04_kpi"])]}, ("luat_x", "wards", "t04_kpi")),
        ({"adjustments": [{"id": "nang_x", "say": "…", "when": {"wards": ["dau_do"]}, "levels": 1}]}, ("nang_x", "dau_do", "viet_hung")),
        ({"routes": [{"id": "r_x", "severities": ["S4"], "topics": ["t0"]}]}, ("r_x", "t0")),
        ({"routes": [{"id": "r_x", "severities": ["S4"], "to": [{"channel": "zalo"}]}]}, ("r_x", "zalo", "telegram")),
        ({"units": [{"id": "u_x", "name": "U", "wards": ["dau_do"]}]}, ("u_x", "dau_do")),
        ({"units": [{"id": "u_x", "name": "U", "channel": "zalo"}]}, ("u_x", "zalo")),
        ({"digest": {"recipients": [{"channel": "thu"}]}}, ("digest.recipients", "thu", "email")),
    ],
)
def test_an_id_that_nothing_carries_is_named(monitor: Run, tmp_path: Path, changes: dict[str, Any], names: tuple[str, ...]) -> None:
    write_config(tmp_path, **changes)
    refused(monitor("health"), "config.yaml", *names)


def test_the_demo_checks_ids_too(monitor: Run, tmp_path: Path) -> None:
    write_config(tmp_path, rules=[_rule(signals=["fruad"])])
    refused(monitor("demo", "--folder", "d"), "luat_x", "fruad")


def test_every_signal_of_the_classifiers_may_stand_in_a_rule(monitor: Run, tmp_path: Path) -> None:
    lexicon = yaml.safe_load((ROOT / "classifiers" / "data" / "lexicon.yaml").read_text(encoding="utf-8"))
    signals = ["fraud", "leak", "outage", "figure", "question", "complaint", "criticism", "good_model", "denial", "resolved", "vulnerable",
               "penalty", "rumour"]  # fmt: skip
    assert "signal.fraud" in str(lexicon)
    write_config(tmp_path, rules=[_rule(signals=signals)], sources=[])
    assert "Chưa có dữ liệu" in said(monitor("health"))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("serch",), ("Không có lệnh “serch”", "search")),
        (("search", "--sevrity", "S2"), ("Không có tùy chọn --sevrity", "--severity")),
        (("search", "--csv"), ("--csv", "cần một giá trị")),
        (("search", "--json=1"), ("--json", "không nhận giá trị")),
        (("search", "x", "[/y]"), ("Thừa tham số: [/y]",)),
        (("search", "--limit", "0"), ("--limit", "từ 1 trở lên")),
        (("search", "--limit", "a"), ("--limit", "cần một số")),
        (("extract",), ("Thiếu tùy chọn --url",)),
        (("backup",), ("Thiếu tham số FILE",)),
    ],
)
def test_a_mistyped_command_is_answered_in_vietnamese(monitor: Run, config: Path, words: tuple[str, ...], names: tuple[str, ...]) -> None:
    refused(monitor(*words), *names, "--help")


def test_help_is_vietnamese_and_no_mistake(monitor: Run) -> None:
    whole, one = monitor("--help"), monitor("search", "--help")
    assert (whole.returncode, one.returncode) == (0, 0)
    assert "Lệnh" in whole.stdout.decode()
    for title in ("Tùy chọn", "Tham số"):
        assert title in one.stdout.decode()
    assert "Options" not in one.stdout.decode()
    bare = monitor()
    assert "Lệnh" in bare.stdout.decode()
    assert "Lỗi" not in said(bare)


def test_a_reader_that_goes_away_is_no_error(config: Path, tmp_path: Path) -> None:
    stored(tmp_path, *(f"Bài số {n} " + "x" * 500 for n in range(400)))
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "search", "", "--json"],
        stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path, env=environment(), timeout=60, check=False,
    )  # fmt: skip
    os.close(writing)
    assert done.stderr == b""


def test_words_come_out_whole_in_any_locale(config: Path, tmp_path: Path) -> None:
    done = in_environment(tmp_path, "health", PYTHONIOENCODING="ascii")
    assert "Chưa có dữ liệu" in done.stderr.decode("utf-8")
