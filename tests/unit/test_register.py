"""The register: what ships is valid and complete, an entry says what is wrong with it, and a file taken out comes back as it was."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from alerts.wording import TIERS
from crawlers.sources import exchange, register
from monitor import plugins
from monitor.config_file import load
from monitor.errors import ConfigError, MonitorError
from monitor.records import Source

ROOT = Path(__file__).resolve().parents[2]


def source(**more: object) -> Source:
    given = {"id": "bao_thu", "name": "Báo Thử", "kind": "feed", "url": "https://thu.example/rss", "tier": "city"}
    return register.valid(given | more, "thử")


# ---- what ships


def test_the_shipped_register_follows_the_office_choice() -> None:
    press = [s for s in register.shipped() if s.tier != "ward"]
    enabled = [s for s in press if s.enabled]
    assert len(press) >= 150
    assert all(s.reason for s in register.shipped() if not s.enabled)
    assert all(s.enabled for s in press if s.tier == "city")
    assert not [s.id for s in enabled if s.tier == "foreign" or s.name in ("CafeF", "Kênh 14")]
    assert all(s.subject for s in enabled)
    assert all(s.every == 0 for s in register.shipped()), "shipped sources read as often as they have news"
    assert {s.reach for s in register.shipped()} == {"unknown"}, "we have no figures"


def test_every_kind_of_the_shipped_register_is_read_by_a_collector() -> None:
    assert {s.kind for s in register.shipped()} <= set(plugins.names("crawlers.collectors"))


def test_all_wards_stand_in_the_register_without_a_source_until_one_is_proved() -> None:
    wards = yaml.safe_load((ROOT / "classifiers/data/wards.yaml").read_text(encoding="utf-8"))["wards"]
    entries = {s.ward: s for s in register.shipped() if s.tier == "ward"}
    assert {w["slug"]: f"{w['type'].capitalize()} {w['name']}" for w in wards} == {slug: s.name for slug, s in entries.items()}
    assert len(entries) == 126
    assert all(s.id in (f"phuong_{slug}", f"xa_{slug}") for slug, s in entries.items())
    assert {(s.kind, s.enabled, s.reason, s.url, s.official) for s in entries.values()} == {("portal", False, "chưa có nguồn", "", True)}


def test_every_unit_of_the_shipped_register_is_one_of_the_shipped_configuration() -> None:
    units = {unit.id for unit in load(ROOT / "config.yaml").units}
    assert {s.unit for s in register.shipped() if s.unit} <= units


def test_what_needs_a_key_or_a_person_is_there_and_off() -> None:
    entries = {s.id: s for s in register.shipped()}
    assert entries["phan_anh_hien_truong"].access_basis == "manual"
    assert not entries["phan_anh_hien_truong"].enabled
    assert {s.reason for s in entries.values() if s.kind in ("youtube_api", "facebook")} == {"chưa có khóa"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sources: [{id: aa, name: x, kind: feed, url: 'http://a.example/', tier: moon}]", ("aa", "tier", "national")),
        ("sources: [{id: aa, name: x, kind: feed, url: 'javascript:1', tier: city}]", ("aa", "url", "javascript:1")),
        ("sources: [{id: aa, name: x, kind: feed, url: '', tier: city}]", ("aa", "url")),
        ("sources: [{id: aa, name: x, kind: manual, url: '', tier: social}]", ("aa", "enabled: false")),
        ("sources: [{id: aa, name: ' ', kind: feed, url: 'http://a.example/', tier: city}]", ("aa", "name")),
        ("sources: [{name: x}]", ("mục thứ 1", "id")),
        ("sources: [&one {id: aa, name: x, kind: k, url: '', tier: city, enabled: false}, *one]",
         ("trùng mã", "aa")),
        ("sources: 3", ("không đọc được",)),
        ("x: [", ("không đọc được",)),
    ],
)  # fmt: skip
def test_a_mistake_in_a_register_names_the_file_and_the_id(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    file = tmp_path / "register.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        register.read(file)
    assert all(name in str(error.value) for name in (str(file), *names)), str(error.value)
    assert "\n" not in str(error.value)


def test_a_line_of_yaml_is_the_entry_again() -> None:
    odd = source(name="A: “b”, #c", every=900, official=True, options={"pages": 2, "pattern": r"-\d+\.html$", "selectors": {"text": ".x"}})
    for one in (*register.shipped(), odd, replace(odd, official=False, tier="ward")):
        (line,) = yaml.safe_load(register.line(one))
        assert register.valid(line, "") == one
        assert "\n" not in register.line(one)


def test_new_ids_are_short_and_free() -> None:
    assert register.new_id("Báo Điện tử Đảng", ()) == "bao_dien_tu_dang"
    assert register.new_id("Báo Thử", {"bao_thu", "bao_thu_2"}) == "bao_thu_3"
    assert register.new_id("!", ()) == "nguon"
    assert len(register.new_id("x" * 500, ())) <= 60


# ---- taken out and brought back

ODD = (
    source(id="cong_thuc", kind="listing", name="=HYPERLINK(1)", notes="'=x", subject="-1", options={"pattern": '-\\d+;"x"', "pages": 2}),
    source(id="nhieu_dong", name='Nhiều "dòng", dấu phẩy;', notes="a\nb\r\nc", every=900, official=True, enabled=False, reason="@tắt"),
    source(
        id="dien_dan", name="Diễn đàn <b>&amp;", kind="forum", tier="forum", unit="skhcn", reach="small", homepage="https://thu.example"
    ),
)


@pytest.mark.parametrize("ending", ["csv", "opml"])
def test_export_then_import_changes_nothing(ending: str) -> None:
    sources = (*register.shipped(), *ODD)
    body = exchange.to_csv(sources) if ending == "csv" else exchange.to_opml(sources, TIERS)
    found = exchange.plan(exchange.read(body, f"x.{ending}"), {s.id: s for s in sources})
    taken = [s for s in sources if ending == "csv" or (s.kind in exchange.FEEDS and s.url)]
    assert (found.same, found.new, found.changed, found.wrong) == (len(taken), (), (), ())
    elsewhere = exchange.plan(exchange.read(body, f"x.{ending}"), {})
    assert {s.id: s for s in elsewhere.new} == {s.id: s for s in taken}


def test_yaml_goes_into_a_configuration_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(exchange.to_yaml([*register.shipped(), *ODD]))
    assert [s.to_record() for s in load(file).sources] == [*register.shipped(), *ODD]


def test_csv_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    body = exchange.to_csv(ODD)
    assert body.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in body.decode("utf-8-sig").split("\r\n") for cell in row.split(",")]
    assert not [cell for cell in cells if cell.strip('"')[:1] in tuple("=+-@")]


def test_opml_is_grouped_by_tier_and_holds_feeds_only() -> None:
    from lxml import etree

    root = etree.fromstring(exchange.to_opml(register.shipped(), TIERS))
    assert root.get("version") == "2.0"
    groups = {group.get("text"): [o.get("xmlUrl") for o in group] for group in root.find("body")}
    assert list(groups) == [TIERS[t] for t in ("national", "city", "province", "official", "forum", "foreign")]
    assert "https://vnexpress.net/rss/tin-moi-nhat.rss" in groups["báo trung ương"]
    assert not [url for urls in groups.values() for url in urls if url in ("", "https://hanoi.gov.vn/")]


def planned(text: str, name: str = "x.csv", *present: Source, tier: str | None = None) -> exchange.Plan:
    return exchange.plan(exchange.read(text.encode(), name), {s.id: s for s in present}, tier=tier)


def test_a_row_changes_only_what_it_names() -> None:
    before = source(kind="listing", subject="y tế", every=900, options={"pages": 2})
    found = planned("id,name,every\nbao_thu,Báo Mới,\n", "x.csv", before)
    assert found.changed == (replace(before, name="Báo Mới", every=0),)


def test_a_spreadsheet_of_this_country_separates_by_semicolons() -> None:
    (found,) = planned("id;name;kind;url;tier;enabled;reason\naa;Báo, A;feed;https://a.example/rss;city;KHÔNG;thử").new
    assert (found.name, found.enabled) == ("Báo, A", False)


def test_each_bad_row_is_named_with_its_number_and_the_good_ones_stand() -> None:
    found = planned(
        "id,name,kind,url,tier,options\n"
        'aa,A,feed,https://a.example/rss,city,\n'
        'bb,"hai\ndòng",feed,https://b.example/rss,moon,\n'
        'cc,C,feed,https://c.example/rss,city,[\n'
        'aa,A,feed,https://a.example/2,city,\n'
        'dd,D,fax,https://d.example/,city,\n'
        'ee,E\n'
        ',,,,,\n'
        'gg,G,feed,https://g.example/,city,"{""patern"": 1}"\n'
        'ff,F,feed,ftp://f.example/,city,\n'
    )  # fmt: skip
    assert [s.id for s in found.new] == ["aa"]
    expected = [
        ("Dòng 3", "tier"),
        ("Dòng 5", "options"),
        ("Dòng 6", "aa"),
        ("Dòng 7", "fax"),
        ("Dòng 8", "2 ô"),
        ("Dòng 10", "patern"),
        ("Dòng 11", "url"),
    ]
    assert len(found.wrong) == len(expected)
    for sentence, words in zip(found.wrong, expected, strict=True):
        assert all(word in sentence for word in words), sentence


def test_opml_of_another_program_is_understood() -> None:
    text = """<opml version="1.1"><body><outline text="Báo">
        <outline text="Báo Lạ" xmlUrl="https://la.example/rss" htmlUrl="https://la.example/"/>
        <outline title="Báo Thử" xmlUrl="https://thu.example/rss?utm_source=x"/></outline></body></opml>"""
    found = planned(text, "x.opml", source(), tier="national")
    assert found.new == (source(id="bao_la", name="Báo Lạ", url="https://la.example/rss", homepage="https://la.example/", tier="national"),)
    assert found.same == 1
    assert "Dòng 2: thiếu khóa “tier”" in planned(text, "x.opml").wrong[0]


@pytest.mark.parametrize(
    ("name", "body", "names"),
    [
        ("x.csv", b"\xff\xfeid", "UTF-8"),
        ("x.csv", b"id,colour\n", "colour"),
        ("x.csv", b"name,url\n", "id"),
        ("x.csv", b"id,id\n", "trùng tên"),
        ("x.csv", b"", "id"),
        ("x.csv", b'id,name\naa,"khong dong\n', "dòng 2"),
        ("x.csv", b"id,name\naa," + b"x" * 200_000, "dòng 2"),
        ("x.csv", b"id\n" + b"a\n" * 21_000, "20000"),
        ("x.csv", b"x" * 5_000_001, "5 MB"),
        ("x.txt", b"", ".csv và .opml"),
        ("x.yaml", b"", "config.yaml"),
        ("x.opml", b"", "XML"),
        ("x.opml", b"<html/>", "OPML"),
        ("x.csv", b"id,name\n", "không có nguồn nào"),
        ("x.opml", b"<opml><body>", "XML"),
        ("x.opml", b'<!DOCTYPE opml [<!ENTITY e SYSTEM "file:///etc/passwd">]><opml>&e;</opml>', "OPML"),
        ("x.opml", b'<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/x.dtd"><opml/>', "OPML"),
        ("x.opml", b'<!DOCTYPE o [<!ENTITY a "' + b"x" * 5000 + b'"><!ENTITY b "' + b"&a;" * 5000 + b'">]><opml a="&b;&b;"/>', "x.opml"),
        ("x.opml", b"<opml>" + b"<outline>" * 100_000, "XML"),
        ("x.opml", b"<opml " + b" ".join(b"a%d=''" % n for n in range(350_000)) + b"/>", "không có nguồn nào"),
        ("x.opml", b"<opml><body>" + b'<outline xmlUrl="http://a.example/"/>' * 21_000 + b"</body></opml>", "20000"),
    ],
    ids=lambda value: None if isinstance(value, str) else f"{len(value)}B",
)
def test_a_hostile_file_is_one_sentence_at_once(name: str, body: bytes, names: str) -> None:
    started = time.process_time()
    with pytest.raises(MonitorError) as error:
        exchange.read(body, name)
    assert names in str(error.value)
    assert "\n" not in str(error.value)
    assert time.process_time() - started < 5
