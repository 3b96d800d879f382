"""`monitor story`: a story explained: who was first, who reprinted, why each article belongs to it, what was edited."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance import desk
from tests.acceptance.conftest import Run, lines


def test_a_story_is_told_in_order_with_reasons_and_edits(monitor: Run, config: Path) -> None:
    desk.filled(config.parent)
    done = monitor("story", "https://m.nhanh.vn/dich-vu-cong?utm_source=zalo")
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    assert text.splitlines()[:3] == ["Dịch vụ công của Hà Nội gián đoạn", "Sự việc sv1", "3 bài, 3 nơi đăng"]
    wanted = (
        "đăng đầu tiên: Báo Nhanh",
        "Sửa lần 1 lúc",
        "- Cổng ngừng 2 giờ.",
        "+ Cổng ngừng 3 giờ.",
        "Đăng lại bài của Báo Nhanh",
        "Cùng sự việc vì đăng lại gần nguyên văn",
        "Cổng phường Bồ Đề (trang xã, phường)",
        "Cùng sự việc vì cùng nêu “dịch vụ công”, cách nhau 3 giờ",
    )
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert "Bóng đá" not in text
    by_id = monitor("story", desk.article_id("https://im.vn/dang-lai"), "--json")
    (told,) = lines(by_id.stdout)
    assert (told["story"], told["articles"], told["first_outlet"]) == ("sv1", 3, "Báo Nhanh")
    assert [m["reprint_of"] for m in told["members"]] == [None, told["members"][0]["article"], None]
    assert told["members"][0]["edits"][0]["diff"] == "- Cổng ngừng 2 giờ.\n+ Cổng ngừng 3 giờ."


def test_what_is_not_there_is_one_sentence(monitor: Run, config: Path) -> None:
    desk.filled(config.parent)
    for what in ("https://nhanh.vn/khong-co", "khong_co"):
        done = monitor("story", what)
        assert done.returncode == 2
        assert done.stderr.decode().startswith("Lỗi: ")
        assert what in done.stderr.decode().replace("\n", "")
