from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.pages import dates
from tests.evaluate_collect import dates as wanted

NOW = wanted.FORMS_NOW


@pytest.mark.parametrize(("raw", "expected"), wanted.forms())
def test_reads_every_form_to_the_minute(raw: str, expected: str) -> None:
    assert wanted.read(raw) == expected


def test_the_table_holds_far_more_than_sixty_forms_none_twice() -> None:
    forms = [raw for raw, _ in wanted.forms()]
    assert len(forms) >= 250
    assert len(set(forms)) == len(forms)


def test_the_result_is_aware_utc() -> None:
    got = dates.parse("20/07/2026 10:06", NOW)
    assert got == datetime(2026, 7, 20, 3, 6, tzinfo=UTC)
    assert got.utcoffset() == timedelta(0)


def test_seconds_survive() -> None:
    assert dates.parse("Mon, 20 Jul 2026 10:06:31 +07", NOW) == datetime(2026, 7, 20, 3, 6, 31, tzinfo=UTC)


def test_an_american_date_that_would_lie_ahead_is_read_the_vietnamese_way() -> None:
    assert dates.parse("10/07/2026 9:00:00 AM", NOW) == datetime(2026, 7, 10, 2, 0, tzinfo=UTC)


def test_future_is_kept_within_ten_minutes_clamped_within_a_day_and_refused_beyond() -> None:
    assert dates.parse("21/07/2026 15:10", NOW) == NOW + timedelta(minutes=10)
    assert dates.parse("21/07/2026 15:11", NOW) == NOW
    assert dates.parse("22/07/2026 15:00", NOW) == NOW
    assert dates.parse("22/07/2026 15:01", NOW) is None


def test_a_year_that_is_not_printed_is_the_last_one_not_ahead() -> None:
    assert dates.parse("22/07 10:00", NOW) == datetime(2025, 7, 22, 3, 0, tzinfo=UTC)


def test_finds_a_date_in_a_byline_but_not_in_running_prose_without_a_year() -> None:
    assert dates.find("Ban biên tập | Thứ Hai, 20/07/2026 10:06 | 1.204 lượt xem", NOW) == datetime(2026, 7, 20, 3, 6, tzinfo=UTC)
    assert dates.find("Trực 24/7, hồ sơ số 12/2 đã nhận", NOW) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.vn/bai-viet-20260720100612345.htm", "2026-07-20 10:06"),
        ("https://a.vn/bai-viet-100260720100612345.htm", "2026-07-20 10:06"),
        ("https://a.vn/bai-viet-185260720100612345.htm", "2026-07-20 10:06"),
        ("https://a.vn/2026/07/20/bai-viet/", "2026-07-20 00:00"),
        ("https://a.vn/bai-viet-4954454.html", None),
        ("https://a.vn/2026/13/40/bai-viet/", None),
        ("https://a.vn/bai-viet-20990720100612345.htm", None),
    ],
)
def test_reads_the_stamp_in_an_address(url: str, expected: str | None) -> None:
    got = dates.from_url(url, NOW)
    assert (got.astimezone(dates.LOCAL).strftime("%Y-%m-%d %H:%M") if got else None) == expected


@given(st.text(max_size=300))
def test_never_raises_and_never_lies_ahead(raw: str) -> None:
    got = dates.parse(raw, NOW)
    assert got is None or (got <= NOW + timedelta(minutes=10) and got.year >= dates.EARLIEST_YEAR)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2026, 7, 20)))
def test_every_moment_survives_the_forms_of_the_big_cms(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    expected = moment.replace(tzinfo=dates.LOCAL)
    hour = moment.hour % 12 or 12
    for raw in (
        moment.strftime("%d/%m/%Y %H:%M"),
        moment.strftime("%H:%M | %d/%m/%Y"),
        f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M}:00\u202f{'AM' if moment.hour < 12 else 'PM'}",
        moment.strftime("%a, %d %b %Y %H:%M:00 +07"),
        moment.strftime("%Y-%m-%dT%H:%M:00+07:00"),
        f"{moment.hour} giờ {moment.minute} phút, ngày {moment.day} tháng {moment.month} năm {moment.year}",
    ):
        assert dates.parse(raw, NOW) == expected, raw


def test_a_megabyte_of_digits_is_quick() -> None:
    assert dates.parse("1/" * 500_000, NOW) is None
