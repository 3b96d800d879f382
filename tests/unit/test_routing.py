from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.routing import NO_ROUTE, NO_UNIT, NO_UNIT_CHAT, reachable, responsible, route
from monitor.config import Recipient, Route, UnitConfig
from monitor.records import SEVERITIES
from tests.unit.alert_items import case

TEAM = Recipient(channel="telegram")
UNITS = [
    UnitConfig(id="tt", name="Trung tâm", topics=["t05_ha_tang_du_lieu_ai", "t20_an_toan_niem_tin_so"]),
    UnitConfig(id="pvhcc", name="Trung tâm PVHCC", topics=["t06_cai_cach_tthc"], chat="-200"),
    UnitConfig(id="bo_de", name="UBND phường Bồ Đề", wards=["bo_de"], chat="-300"),
]


def one(**fields: Any) -> Route:
    return Route.model_validate({"id": "r", "severities": ["S4", "S3", "S2"], "to": [{"channel": "telegram"}]} | fields)


def addresses(told: list[tuple[Recipient, str]]) -> list[tuple[str, str, str]]:
    return [(r.channel, r.to, note) for r, note in told]


def test_the_unit_of_the_topic_is_told_in_its_own_chat_as_an_outsider() -> None:
    ((recipient, note),) = route(case(), [one(to_unit=True)], UNITS)
    assert (recipient.channel, recipient.to, note) == ("telegram", "-200", "")
    assert not recipient.team, "only approved talking points leave the team"


def test_a_unit_without_a_chat_falls_back_to_the_team_and_says_so() -> None:
    told = route(case(topics=("t20_an_toan_niem_tin_so",)), [one(to_unit=True)], UNITS)
    assert addresses(told) == [("telegram", "", NO_UNIT_CHAT)]
    assert told[0][0].team


def test_an_unknown_unit_falls_back_too() -> None:
    assert addresses(route(case(topics=()), [one(to_unit=True)], UNITS)) == [("telegram", "", NO_UNIT)]
    assert addresses(route(case(topics=()), [one(to_unit=True, to=[])], UNITS)) == [("console", "", NO_UNIT)]


def test_every_matching_route_is_used_and_each_address_once() -> None:
    told = route(case(topics=("t20_an_toan_niem_tin_so",)), [one(id="a"), one(id="b", to_unit=True), one(id="c", severities=["S4"])], UNITS)
    assert addresses(told) == [("telegram", "", NO_UNIT_CHAT)]


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({"topics": ["t06_cai_cach_tthc"]}, True),
        ({"topics": ["t04_kpi"]}, False),
        ({"wards": ["bo_de"]}, True),
        ({"wards": ["lang"]}, False),
        ({"classes": ["outage_surge"]}, True),
        ({"classes": ["routine"]}, False),
        ({"severities": ["S4"]}, False),
    ],
)
def test_severity_topic_ward_and_class_decide(fields: dict[str, Any], matches: bool) -> None:
    told = route(case(), [one(to=[{"channel": "email", "to": "x@y.vn"}], **fields)], UNITS)
    assert (addresses(told) == [("email", "x@y.vn", "")]) is matches


@given(severity=st.sampled_from(SEVERITIES), routes=st.lists(st.builds(
    one, severities=st.lists(st.sampled_from(SEVERITIES), max_size=3), to_unit=st.booleans(), topics=st.sampled_from([[], ["t04_kpi"]]),
    to=st.sampled_from([[], [{"channel": "telegram"}], [{"channel": "email", "to": "x@y.vn"}]])), max_size=4),
    units=st.sampled_from([UNITS, []]))  # fmt: skip
def test_a_case_from_s2_is_never_told_to_nobody(severity: Any, routes: list[Route], units: list[UnitConfig]) -> None:
    told = reachable(route(case(severity=severity), routes, units), {"console"})
    if severity >= "S2":
        assert told
    assert all(r.channel == "console" for r, _ in told)
    assert len({(r.channel, r.to) for r, _ in told}) == len(told)


def test_without_any_matching_route_the_first_address_is_told_why() -> None:
    assert addresses(route(case(severity="S4"), [one(severities=["S3"])], UNITS)) == [("telegram", "", NO_ROUTE)]
    assert addresses(route(case(severity="S2"), [], UNITS)) == [("console", "", NO_ROUTE)]
    assert route(case(severity="S1"), [], UNITS) == []


def test_a_closed_channel_is_replaced_by_the_console_with_a_note() -> None:
    assert addresses(reachable([(TEAM, "ghi chú")], {"console", "email"})) == [("console", "", "ghi chú; kênh telegram chưa bật")]
    assert addresses(reachable([(TEAM, "")], {"telegram"})) == [("telegram", "", "")]
    assert addresses(reachable([(TEAM, "")], set())) == [("telegram", "", "")], "kept in the outbox until a channel opens"


def test_an_outsiders_message_stays_without_drafts_on_the_console() -> None:
    ((recipient, _),) = reachable([(Recipient(channel="telegram", to="-200", team=False), "")], {"console"})
    assert not recipient.team


@pytest.mark.parametrize(
    ("case_class", "topics", "wards", "unit"),
    [
        ("service_feedback", ("t06_cai_cach_tthc",), ("bo_de",), "bo_de"),
        ("service_feedback", ("t06_cai_cach_tthc",), ("bo_de", "lang"), "pvhcc"),
        ("outage_surge", ("t06_cai_cach_tthc",), ("bo_de",), "pvhcc"),
        ("data_leak", ("t20_an_toan_niem_tin_so", "t06_cai_cach_tthc"), (), "tt"),
        ("data_leak", ("t04_kpi", "t06_cai_cach_tthc"), (), "pvhcc"),
        ("routine", (), (), None),
    ],
)
def test_who_answers(case_class: Any, topics: tuple[str, ...], wards: tuple[str, ...], unit: str | None) -> None:
    found = responsible(case_class, topics, wards, UNITS)
    assert (found.id if found else None) == unit
