from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers.gazetteer import gazetteer, places_of
from classifiers.vietnamese import read
from monitor.records import Tier


def wards(title: str, body: str = "", tier: Tier | None = None) -> list[str]:
    return [p.name for p in gazetteer().places(read(title, body), tier).wards]


@pytest.mark.parametrize("text", ["phường Cửa Nam họp dân", "P.Cửa Nam họp dân", "P. Cửa Nam họp dân", "ra phường cửa nam làm giấy"])
def test_a_ward_needs_its_unit_before_the_name(text: str) -> None:
    assert wards(text) == ["cua_nam"]


@pytest.mark.parametrize("text", ["Cửa Nam họp dân", "ga Cửa Nam", "quận Hoàn Kiếm cũ, nay bỏ cấp huyện"])
def test_a_bare_name_is_never_a_ward(text: str) -> None:
    assert wards(text) == []


def test_the_unit_must_be_the_wards_own() -> None:
    assert wards("xã Cửa Nam") == []


def test_a_name_shared_with_another_province_needs_ha_noi_beside_it() -> None:
    assert wards("Phường Việt Hưng mở lớp học số") == []
    assert wards("Phường Việt Hưng mở lớp học số", "Theo UBND thành phố Hà Nội") == ["viet_hung"]
    assert wards("Phường Việt Hưng mở lớp học số", tier="city") == ["viet_hung"]


def test_a_name_that_only_this_city_has_needs_nothing_beside_its_unit() -> None:
    assert wards("Phường Long Biên phát động thi đua") == ["long_bien"]
    assert wards("Cầu Long Biên thông xe") == []


def test_a_ward_only_here_vouches_for_the_shared_names_beside_it() -> None:
    assert wards("Các phường Bồ Đề, Việt Hưng và Phúc Lợi họp dân") == ["bo_de", "viet_hung", "phuc_loi"]
    assert wards("Xe từ xã Hồng Vân hoặc Chương Dương rẽ trái") == ["hong_van", "chuong_duong"]


def test_a_longer_name_is_another_place() -> None:
    assert wards("Đăng ký ở phường Láng Thượng, Đống Đa năm 2009") == []


def test_another_province_in_the_sentence_rules_a_ward_out() -> None:
    assert wards("Xã Hà Đông, Hải Phòng lập trạm sạc") == []
    assert wards("Phường Việt Hưng ở Quảng Ninh học theo Hà Nội") == []


def test_a_list_of_wards() -> None:
    assert wards("Các phường Cửa Nam, Ngọc Hà và Ô Chợ Dừa thí điểm") == ["cua_nam", "ngoc_ha", "o_cho_dua"]


def test_typed_without_diacritics() -> None:
    assert wards("", "ra phuong cua nam ha noi lam giay ma cho mai") == ["cua_nam"]
    assert wards("", "ra phuong lang lam giay ma cho mai") == []  # too short to be sure of
    assert wards("", "nha em xa ba vi lam, di lam cuc") == []  # "xa" is far


def test_a_former_district_is_evidence_for_ha_noi_never_for_a_ward() -> None:
    found = places_of("Người dân Đống Đa xếp hàng từ sáng", "")
    assert found.has("district")
    assert found.wards == ()


@pytest.mark.parametrize(
    "text", ["Công ước Hà Nội được ký", "CLB Hà Nội thắng đậm", "Xa lộ Hà Nội kẹt xe ở TP.HCM", "cao tốc Hà Nội - Hải Phòng"]
)
def test_names_with_ha_noi_inside_are_not_the_city(text: str) -> None:
    assert not places_of(text, "").has("hanoi")


def test_the_citys_own_name_is_found_in_long_forms() -> None:
    assert places_of("UBND thành phố Hà Nội giao việc", "").has("hanoi")
    assert places_of("6 tuyến phố Hà Nội có đèn mới", "").has("hanoi")


def test_the_venue_of_a_national_meeting_is_not_about_the_city() -> None:
    assert places_of("Bộ Nội vụ bàn về chuyển đổi số", "Hội nghị toàn quốc diễn ra tại Hà Nội sáng 5/6.").venue_only
    assert not places_of("Bộ Nội vụ kiểm tra", "Người dân ở Hà Nội phải chờ lâu.").venue_only


def test_provinces_that_are_ordinary_words_need_a_sign_of_place() -> None:
    assert not places_of("Gìn giữ hòa bình, Thái Bình Dương yên ả", "").has("province")
    assert places_of("Trung tâm hành chính ở Hòa Bình quá tải", "").has("province")


def test_every_ward_is_found_by_its_own_full_name() -> None:
    missing = [slug for slug, name in gazetteer().ward_names.items() if wards(f"{name} của Hà Nội") != [slug]]
    assert missing == []


SENTENCES = [
    json.loads(line)
    for path in sorted((Path(__file__).parents[1] / "data/wards").glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


def test_520_sentences_with_same_named_places() -> None:
    """Written by two people who have not read the code; the first readings of each stand in docs/MODEL_CARD.md."""
    assert len(SENTENCES) >= 300
    pairs = [({w.name for w in places_of(s["title"], s["text"]).wards}, set(s["wards"])) for s in SENTENCES]
    found, said, true = (sum(map(len, sets)) for sets in ([a & b for a, b in pairs], [a for a, _ in pairs], [b for _, b in pairs]))
    assert found / said >= 0.98
    assert found / true >= 0.95
