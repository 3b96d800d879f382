from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from alerts import talking_points
from alerts.talking_points import TalkingPointError, choose, load
from monitor.records import TalkingPoint
from tests.unit.alert_items import point

TODAY = date(2026, 11, 9)


@pytest.fixture(scope="module")
def office() -> tuple[TalkingPoint, ...]:
    return load()


def test_the_39_facts_ship_with_their_documents_and_none_is_approved(office: tuple[TalkingPoint, ...]) -> None:
    assert [p.id for p in office] == [f"tp{n:02d}" for n in range(1, 40)]
    for p in office:
        assert p.topics, p.id
        assert p.document.issuer, p.id
        assert p.document.section, p.id
        assert p.valid_from is not None, p.id
        assert p.text.endswith("."), p.id
        assert p.do_not_say, p.id
        assert p.phrases, p.id
        assert not p.approved, p.id


def test_a_number_that_no_copy_gives_stays_empty(office: tuple[TalkingPoint, ...]) -> None:
    missing = {p.id for p in office if p.document.number is None}
    assert missing == {"tp19", "tp26", "tp28", "tp29", "tp30", "tp32", "tp38"}
    assert all(p.document.date is None for p in office if p.id in missing)


def chosen(office: tuple[TalkingPoint, ...], text: str, *topics: str, limit: int = 1) -> list[str]:
    return [p.id for p in choose(office, topics=topics, text=text, on=TODAY, limit=limit)]


@pytest.mark.parametrize(
    ("text", "topics", "expected"),
    [
        ("Thành phố sẽ trao học bổng cho mười nghìn nghiên cứu sinh, theo một bài đăng", ("t17_hoc_bong_1000_ncs",), "tp21"),
        ("Có người tự xưng cán bộ gọi điện đòi cài app lạ rồi lấy hết tiền", ("t20_an_toan_niem_tin_so",), "tp26"),
        ("Danh sách bệnh nhân bị rao bán dữ liệu trên mạng", ("t20_an_toan_niem_tin_so",), "tp24"),
        ("Ra một cửa vẫn phải nộp hồ sơ giấy, đi lại nhiều lần", ("t06_cai_cach_tthc",), "tp11"),
        ("Bà con cao tuổi, người già không biết dùng điện thoại thông minh", ("t13_xa_hoi_so",), "tp16"),
        ("Còn mấy điểm nghẽn của Thủ đô được nêu trong kế hoạch", ("t14_diem_nghen_do_thi",), "tp19"),
        ("Camera AI ở ngã tư có nhận diện khuôn mặt không", ("t14_diem_nghen_do_thi", "t20_an_toan_niem_tin_so"), "tp32"),
        ("Phường chấm điểm công chức bằng KPI ra sao", ("t04_kpi",), "tp09"),
        ("nop ho so tren cong dich vu cong bi loi hoai", ("t06_cai_cach_tthc",), "tp11"),
    ],
)
def test_the_best_point_speaks_of_the_item(office: tuple[TalkingPoint, ...], text: str, topics: tuple[str, ...], expected: str) -> None:
    assert chosen(office, text, *topics) == [expected]


def test_none_good_enough_is_none(office: tuple[TalkingPoint, ...]) -> None:
    assert chosen(office, "Lịch họp tổ dân phố tháng này có gì mới", "t06_cai_cach_tthc") == []
    assert chosen(office, "Học bổng cho nghiên cứu sinh", "t06_cai_cach_tthc") == [], "spoken of, but on another topic"


def test_points_out_of_force_are_not_suggested() -> None:
    points = (point(phrases=("một cửa",)),)
    text = "Bộ phận một cửa của phường, nơi làm thủ tục hành chính"
    on = {day: bool(choose(points, topics=("t06_cai_cach_tthc",), text=text, on=day, limit=1)) for day in (
        date(2026, 1, 25), date(2026, 1, 26), date(2026, 12, 31), date(2027, 1, 1))}  # fmt: skip
    assert list(on.values()) == [False, True, True, False]


def test_the_limit_and_the_order_hold(office: tuple[TalkingPoint, ...]) -> None:
    text = "Bắt buộc cài iHanoi, không cài bị phạt?"
    two = chosen(office, text, "t13_xa_hoi_so", limit=2)
    assert set(two) == {"tp34", "tp37"}
    assert chosen(office, text, "t13_xa_hoi_so", limit=1) == two[:1]
    assert chosen(office, text, "t13_xa_hoi_so", limit=0) == []


# ── files the office edits ──
GOOD = {
    "id": "p1", "topics": ["t06_cai_cach_tthc"], "text": "Câu nói.", "document": "A", "section": "I", "valid_from": None,
    "valid_until": None, "approved": False,
}  # fmt: skip


def write(folder: Path, *points: object, number: str | None = "1/KH") -> Path:
    documents = {"A": {"number": number, "date": date(2026, 1, 1), "issuer": "Đơn vị"}}
    (folder / "documents.yaml").write_text(yaml.safe_dump({"documents": documents}, allow_unicode=True))
    (folder / "nhom.yaml").write_text(yaml.safe_dump({"points": list(points)}, allow_unicode=True))
    return folder


def test_the_office_may_keep_its_own_folder(tmp_path: Path) -> None:
    (loaded,) = load(write(tmp_path, GOOD | {"approved": True}))
    assert loaded.approved
    assert loaded.document.number == "1/KH"


@pytest.mark.parametrize(
    ("point_", "number", "says"),
    [
        (GOOD | {"approved": True}, None, "không được duyệt"),
        ({k: v for k, v in GOOD.items() if k != "section"}, "1", "thiếu khóa “section”"),
        (GOOD | {"sektion": "x"}, "1", "khóa lạ “sektion”"),
        (GOOD | {"document": "B"}, "1", "không có văn bản “B”"),
        (GOOD | {"valid_from": "hôm qua"}, "1", "khóa “valid_from” không hợp lệ"),
        ("chuỗi", "1", "điểm ?"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_file_and_point(tmp_path: Path, point_: object, number: str | None, says: str) -> None:
    with pytest.raises(TalkingPointError, match=says) as caught:
        load(write(tmp_path, point_, number=number))
    assert "nhom.yaml" in str(caught.value)


def test_an_id_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TalkingPointError, match="trùng mã: p1"):
        load(write(tmp_path, GOOD, GOOD))


def test_broken_yaml_names_its_line(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "nhom.yaml").write_text("points:\n  - id: [\n")
    with pytest.raises(TalkingPointError, match=r"nhom\.yaml, dòng"):
        load(tmp_path)


@pytest.mark.parametrize("missing", ["", "khong-co"])
def test_a_missing_folder_or_documents_file_is_said(tmp_path: Path, missing: str) -> None:
    with pytest.raises(TalkingPointError):
        load(tmp_path / missing)


def test_every_topic_of_the_plan_has_a_point(office: tuple[TalkingPoint, ...]) -> None:
    numbers = {int(t[1:3]) for p in office for t in p.topics}
    assert numbers == set(range(1, 21))


def test_the_shipped_files_are_one_per_group_of_topics() -> None:
    folder = Path(talking_points.__file__).parent / "talking_points"
    assert len(list(folder.glob("*.yaml"))) >= 5
