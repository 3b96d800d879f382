from __future__ import annotations

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


def test_a_name_that_is_also_a_street_needs_ha_noi_beside_it() -> None:
    assert wards("Phường Long Biên phát động thi đua") == []
    assert wards("Phường Long Biên (Hà Nội) phát động thi đua") == ["long_bien"]


def test_another_province_in_the_sentence_rules_a_ward_out() -> None:
    assert wards("Xã Hà Đông, Hải Phòng lập trạm sạc") == []
    assert wards("Phường Việt Hưng ở Quảng Ninh học theo Hà Nội") == []


def test_a_list_of_wards() -> None:
    assert wards("Các phường Cửa Nam, Ngọc Hà và Ô Chợ Dừa thí điểm") == ["cua_nam", "ngoc_ha", "o_cho_dua"]


def test_typed_without_diacritics() -> None:
    assert wards("", "ra phuong cua nam ha noi lam giay ma cho mai") == ["cua_nam"]
    assert wards("", "ra phuong cua nam lam giay ma cho mai") == []


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
