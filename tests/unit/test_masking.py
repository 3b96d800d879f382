from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import masking
from alerts.masking import mask


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("gọi 0912345678 ngay", "gọi [số điện thoại] ngay"),
        ("gọi 0912.345.678 ngay", "gọi [số điện thoại] ngay"),
        ("gọi 0912 345 678 hoặc 0987-654-321", "gọi [số điện thoại] hoặc [số điện thoại]"),
        ("gọi +84 912 345 678", "gọi [số điện thoại]"),
        ("gọi (+84)912345678", None),
        ("gọi 84912345678", "gọi [số điện thoại]"),
        ("máy bàn (024) 3825 1234", "máy bàn [số điện thoại]"),
        ("máy bàn 024.38251234", "máy bàn [số điện thoại]"),
        ("gọi 0 9 1 2 3 4 5 6 7 8 nhé", "gọi [số điện thoại] nhé"),
        ("gọi ０９１２３４５６７８", "gọi [số điện thoại]"),
        ("CCCD 001085012345", "CCCD [số giấy tờ]"),
        ("số 001085012345 của ông", "số [số giấy tờ] của ông"),
        ("căn cước công dân số 001 085 012 345", "căn cước công dân số [số giấy tờ]"),
        ("CMND: 012345678", "CMND: [số giấy tờ]"),
        ("hộ chiếu B1234567", "hộ chiếu [số giấy tờ]"),
        ("chuyển vào STK 19034567890123 Techcombank", "chuyển vào STK [số tài khoản] Techcombank"),
        ("số tài khoản: 0011 0041 23456", "số tài khoản: [số tài khoản]"),
        ("thư a.b+c@gmail.com", "thư [e-mail]"),
        ("thư ten (at) yahoo.com", "thư [e-mail]"),
        ("trang facebook.com/nguyen.van.a", "trang [tài khoản cá nhân]"),
        ("nhóm https://t.me/abcxyz nhé", "nhóm [tài khoản cá nhân] nhé"),
        ("theo @nguyenvana kể", "theo [tài khoản cá nhân] kể"),
        ("xe 29A-123.45 và 30K1-234.56", "xe [biển số] và [biển số]"),
        ("xe 30A12345, 29B1-2345", "xe [biển số], [biển số]"),
        ("ở số nhà 12, ngõ 34/5 phố X", "ở số nhà [số nhà], ngõ [số nhà] phố X"),
    ],
)
def test_particulars_are_hidden(text: str, hidden: str | None) -> None:
    masked = mask(text)
    assert not re.search(r"\d{4}", masked)
    if hidden is not None:
        assert masked == hidden


@pytest.mark.parametrize(
    "text",
    [
        "kinh phí 1.234.567.890 đồng, tăng 12,5% so với năm 2025",
        "học bổng cho 1.000 nghiên cứu sinh giai đoạn 2026 – 2030",
        "theo 22-KH/BTGDVTU ngày 26/01/2026 và 57-NQ/TW, 20-KH/BCĐ57",
        "từ 8h30 ngày 9/11/2026 đến 17:00",
        "gọi tổng đài 1900 1009, 18001096 hoặc 113",
        "126 xã, phường; 30 dự án; 05 điểm nghẽn",
        "vào dichvucong.gov.vn hoặc https://hanoi.gov.vn/tin-tuc",
        "điện thoại thông minh, tài khoản định danh mức 2",
        "UBND TP.HCM và TP. Hà Nội",
        "100.000 người dùng trong 24 giờ, 3.000.000 lượt",
    ],
)
def test_public_facts_stay(text: str) -> None:
    assert mask(text) == text


def test_a_strangers_link_cannot_be_tapped_but_can_be_read() -> None:
    assert mask("vào vneid-capnhat.vip/dn?x=1 để nhận") == "vào vneid-capnhat[.]vip/dn?x=1 để nhận"
    assert mask("http://dichvucong.gov.vn.login.top/a") == "hxxp://dichvucong[.]gov[.]vn[.]login[.]top/a"


@given(st.text(alphabet=st.sampled_from("0123456789+84 .-()aăâđ@/:\n&<>ABX"), max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


SEPARATORS = st.sampled_from(["", " ", ".", "-", " - "])


@given(
    st.sampled_from(["0", "+84", "84", "0084"]), st.sampled_from("35789"), st.text(alphabet="0123456789", min_size=8, max_size=8),
    SEPARATORS, st.integers(1, 4), st.sampled_from(["", "số ", "Zalo: ", "đt:"]), st.sampled_from(["", " nhé", ".", ", gặp anh A", "\n"]),
)  # fmt: skip
def test_no_mobile_number_gets_out(prefix: str, first: str, rest: str, separator: str, step: int, before: str, after: str) -> None:
    digits = first + rest
    grouped = separator.join([prefix, *(digits[i : i + step] for i in range(0, 9, step))])
    masked = mask(f"{before}{grouped}{after}")
    assert masking.PHONE in masked or masking.ACCOUNT in masked or masking.IDENTITY in masked
    assert not re.search(r"\d{5}", re.sub(r"[\s.\-]", "", masked))


@pytest.mark.parametrize("unit", ["a.", "0 ", "@a", "1.", "84", "số nhà ", "STK ", "http://", "29A-"])
def test_long_hostile_runs_are_quick(unit: str) -> None:
    import time

    start = time.perf_counter()
    mask(unit * (20_000 // len(unit)))
    assert time.perf_counter() - start < 2
