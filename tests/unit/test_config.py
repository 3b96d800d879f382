"""The configuration: what ships is valid, and every mistake is one sentence that names the file and the key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from monitor.config import Config, FileConfig
from monitor.config_file import load
from monitor.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def write(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_shipped_config_is_valid_and_every_rule_says_why() -> None:
    config = load(ROOT / "config.yaml")
    assert config.rules
    assert config.routes
    assert all(rule.say for rule in config.rules)
    assert all(adjustment.say for adjustment in config.adjustments)


def test_shipped_config_reads_the_shipped_register_and_its_examples_are_right(tmp_path: Path) -> None:
    config = load(ROOT / "config.yaml")
    assert config.shipped_sources
    assert config.sources == []
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    shown = re.findall(r"^#   (- \{id: .*\})$", text, re.MULTILINE)
    assert len(shown) >= 3
    assert len(load(write(tmp_path, "sources:\n" + "\n".join(shown))).sources) == len(shown)


def test_what_the_file_shows_is_what_the_program_does_without_it() -> None:
    given, usual = load(ROOT / "config.yaml"), Config()
    for section in ("fetch", "sandbox", "rhythm", "access", "retention", "alerting", "schedule", "operations"):
        assert getattr(given, section) == getattr(usual, section), section
    assert given.web.enabled
    assert given.web.host == "127.0.0.1"


def test_the_shown_env_file_holds_known_names_and_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "monitor" / "templates" / "env.example").read_text(encoding="utf-8")
    names = re.findall(r"^#? ?(MONITOR_\w+)=(.*)$", text, re.MULTILINE)
    assert {"MONITOR_ACCESS__YOUTUBE_KEY", "MONITOR_ACCESS__FACEBOOK_TOKEN"} <= {name for name, _ in names}
    for name, _ in names:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    assert load(write(tmp_path, "")).access.keys() == {}


def test_shipped_config_holds_no_secret_and_no_chat() -> None:
    config = load(ROOT / "config.yaml")
    assert config.channels.telegram.token is None
    assert config.channels.telegram.chat == ""
    assert all(unit.chat is None for unit in config.units)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("fetch: {timeouts: 3}", "fetch.timeouts"),
        ("nonsense: 1", "nonsense"),
        ("fetch: {timeout: -1}", "fetch.timeout"),
        ("sources: [{id: a b, name: x, kind: feed, url: u, tier: city}]", "sources.0.id"),
        ("sources: [{id: aa, name: x, kind: feed, url: u, tier: city, every: soon}]", "sources.0.every"),
        ("sources: [{id: aa, name: x, kind: feed, url: u, tier: moon}]", "sources.0.tier"),
        ("a: [", "dòng"),
        ("- 1", "khóa: giá trị"),
        ("1: 2", "khóa lạ “1”"),
        ("_env_file: x", "khóa lạ “_env_file”"),
        ("databse: x", "có phải là database không?"),
        ("office: 2026-13-40", "YAML"),
        ("fetch: {timeout: nhanh}", "'nhanh' không hợp lệ, cần một số"),
        ("fetch: {concurrency: 1.5}", "cần một số nguyên"),
        ("fetch: {concurrency: 0}", "cần số từ 1 trở lên"),
        ("fetch: {max_redirects: 9}", "cần số nhiều nhất 5"),
        ("fetch: {timeout: 0}", "cần số lớn hơn 0"),
        ("fetch: {respect_robots: maybe}", "cần true hoặc false"),
        ("fetch: 3", "cần các cặp khóa: giá trị"),
        ("fetch: {allow_addresses: x}", "cần một danh sách"),
        ("office: 5", "cần chữ"),
        ("alerting: {min_severity: S9}", "cần một trong: S0, S1, S2, S3, S4"),
        ("alerting: {quiet_hours: [1, 2, 3]}", "nhiều nhất 2 mục"),
        ("sources: [{id: aa}]", "thiếu khóa “sources.0.name”"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_key(tmp_path: Path, text: str, names: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(tmp_path, text))
    assert "config.yaml" in str(error.value)
    assert names in str(error.value)
    assert "\n" not in str(error.value)
    assert not any(english in str(error.value) for english in ("Input", "should", "valid", "Value"))


def test_ids_are_unique(tmp_path: Path) -> None:
    source = {"id": "aa", "name": "x", "kind": "feed", "url": "http://a.example/", "tier": "city"}
    with pytest.raises(ConfigError, match="trùng mã aa"):
        load(write(tmp_path, yaml.safe_dump({"sources": [source, source]})))


def test_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="monitor init"):
        load(tmp_path / "none.yaml")


def test_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_FETCH__TIMEOUT", "7")
    monkeypatch.setenv("MONITOR_DATABASE", "sqlite:///elsewhere.db")
    config = load(write(tmp_path, "fetch: {timeout: 3, concurrency: 2}"))
    assert (config.fetch.timeout, config.fetch.concurrency) == (7, 2)
    assert config.database_url == "sqlite:///elsewhere.db"


def test_a_bad_value_is_blamed_on_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_FETCH__CONCURRENCY", "2")
    with pytest.raises(ConfigError, match=r"config\.yaml.*fetch\.timeout"):
        load(write(tmp_path, "fetch: {timeout: -1}"))
    monkeypatch.setenv("MONITOR_FETCH__TIMEOUT", "-2")
    with pytest.raises(ConfigError, match=r"Biến môi trường MONITOR_FETCH__TIMEOUT: .*fetch\.timeout"):
        load(write(tmp_path, "fetch: {timeout: -1}"))
    monkeypatch.setenv("MONITOR_FETCH__TIMEOUT", "2")
    monkeypatch.setenv("MONITOR_SOURCES", '[{"id": "aa"}]')
    with pytest.raises(ConfigError, match=r"MONITOR_SOURCES: thiếu khóa “sources\.0\.name”"):
        load(write(tmp_path, ""))


def test_the_file_alone_counts_for_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_DATABSE", "x")
    monkeypatch.setenv("MONITOR_SOURCES", "abc")
    assert load(write(tmp_path, "office: Sở"), FileConfig).office == "Sở"


def test_a_wrong_secret_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(tmp_path, "channels: {telegram: {token: 123456}}"))
    assert "channels.telegram.token" in str(error.value)
    assert "123456" not in str(error.value)


def test_env_file_beside_it_is_read_and_its_mistakes_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_CHANNELS__TELEGRAM__TOKEN", "")  # restored after the test, whatever load() sets
    monkeypatch.delenv("MONITOR_CHANNELS__TELEGRAM__TOKEN")
    (tmp_path / ".env").write_text("# lời dặn\nMONITOR_CHANNELS__TELEGRAM__TOKEN=12:ab\n", encoding="utf-8")
    assert load(write(tmp_path, "")).channels.telegram.secret() == "12:ab"
    (tmp_path / ".env").write_text("\nMONITOR\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="dòng 2"):
        load(write(tmp_path, ""))


def test_secrets_may_stand_in_a_file_and_never_show(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("12:ab\n", encoding="utf-8")
    config = Config(channels={"telegram": {"token_file": tmp_path / "token"}})
    assert config.channels.telegram.secret() == "12:ab"
    assert "12:ab" not in repr(Config(channels={"telegram": {"token": "12:ab"}}))
    with pytest.raises(ConfigError, match="khong-co"):
        Config(channels={"telegram": {"token_file": tmp_path / "khong-co"}}).channels.telegram.secret()


def test_durations() -> None:
    source = {"id": "aa", "name": "x", "kind": "feed", "url": "http://a.example/", "tier": "city"}
    for text, seconds in (("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), (60, 60)):
        assert Config(sources=[source | {"every": text}]).sources[0].to_record().every == seconds
