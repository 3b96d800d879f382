from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawlers.stories.index import StoryIndex
from monitor.demo.newsroom import items as newsroom
from monitor.records import Placement
from tests.bench_collect.window import costs, filled
from tests.unit.test_fingerprint import edited, words

T0 = datetime(2026, 7, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)

OUTAGE = (
    "Cổng nộp hồ sơ trực tuyến của phường Bồ Tùng tê liệt ba giờ, người dân quay về xếp hàng",
    "Sáng 20/7, cổng nộp hồ sơ trực tuyến của phường Bồ Tùng ngừng phản hồi gần ba giờ, khiến 214 bộ hồ sơ bị "
    "treo. Ông Lưu Bách, phụ trách bộ phận "
    "một cửa, nói nguyên nhân là máy chủ Hoa Sen quá tải sau đợt nâng cấp đêm trước. Người dân được phát phiếu hẹn "
    "giấy và hẹn quay lại buổi chiều.",
)
OUTAGE_RETOLD = (
    "Máy chủ Hoa Sen quá tải, 214 bộ hồ sơ trực tuyến ở phường Bồ Tùng bị treo",
    "Hơn hai trăm người phải nhận phiếu hẹn giấy vì cổng nộp hồ sơ trực tuyến phường Bồ Tùng ngừng phản hồi sáng "
    "20/7. Theo ông Lưu Bách, máy chủ "
    "Hoa Sen không chịu được sau đợt nâng cấp; 214 bộ hồ sơ sẽ được xử lý trong chiều cùng ngày.",
)
OTHER = (
    "Học sinh trường Minh Tân chế máy đo bụi từ linh kiện cũ",
    "Nhóm học sinh lớp 9 ghép cảm biến, pin mặt trời và vỏ hộp sữa thành máy đo bụi mịn đặt ở cổng trường, số liệu "
    "gửi về bảng điện tử mỗi mười phút.",
)


def _place(index: StoryIndex, id: str, item: tuple[str, str], at: datetime = T0) -> Placement:
    return index.place(id=id, title=item[0], text=item[1], published_at=at, source_id=f"bao_{id}")


def test_two_desks_on_one_event_are_one_story_and_the_reason_quotes_what_they_share() -> None:
    index = StoryIndex(WEEK)
    assert _place(index, "a", OUTAGE) == Placement(story_id="a", duplicate_of=None, why="sự việc mới")
    assert _place(index, "b", OTHER, T0 + HOUR).story_id == "b"
    joined = _place(index, "c", OUTAGE_RETOLD, T0 + 3 * HOUR)
    assert (joined.story_id, joined.duplicate_of) == ("a", None)
    assert joined.why == (
        "cùng sự việc vì: cùng nhắc ngày 20/7; cùng số liệu 214; cùng nói “Máy chủ Hoa Sen quá tải”, "
        "“phường Bồ Tùng ngừng phản hồi”, “sau đợt nâng cấp”; cách nhau 3 giờ"
    )


def test_every_quoted_phrase_stands_in_both_items() -> None:
    index = StoryIndex(WEEK)
    _place(index, "a", OUTAGE)
    why = _place(index, "b", OUTAGE_RETOLD, T0 + HOUR).why
    quoted = [part.split("”")[0] for part in why.split("“")[1:]]
    assert quoted
    for phrase in quoted:
        assert phrase.lower() in " ".join(OUTAGE).lower()
        assert phrase.lower() in " ".join(OUTAGE_RETOLD).lower()


def test_the_text_may_begin_with_the_title() -> None:
    index = StoryIndex(WEEK)
    index.place(id="a", title=OUTAGE[0], text=f"{OUTAGE[0]}. {OUTAGE[1]}", published_at=T0, source_id="x")
    joined = index.place(id="b", title=OUTAGE_RETOLD[0], text=f"{OUTAGE_RETOLD[0]}. {OUTAGE_RETOLD[1]}", published_at=T0, source_id="y")
    assert joined.story_id == "a"


def test_a_reprint_under_another_headline_names_the_first_one_also_through_a_chain() -> None:
    index = StoryIndex(WEEK)
    _place(index, "a", OUTAGE)
    second = _place(index, "b", ("Ba giờ chờ đợi ở một phường", OUTAGE[1] + " Tòa soạn sẽ tiếp tục thông tin."), T0 + HOUR)
    third = _place(index, "c", ("Xếp hàng vì cổng hỏng", "Tin thêm. " + OUTAGE[1]), T0 + 2 * HOUR)
    assert (second.story_id, second.duplicate_of) == ("a", "a")
    assert (third.story_id, third.duplicate_of) == ("a", "a")
    assert second.why == "bản đăng lại vì: nội dung gần như trùng; cách nhau 1 giờ"


NOTICE = (
    "Phường {ward}: Thông báo lịch tiếp công dân tháng {month}",
    "UBND phường {ward} thông báo lịch tiếp công dân định kỳ ngày {day}/{month}/2026 tại trụ sở, do Chủ tịch UBND "
    "phường chủ trì. Người dân mang theo "
    "giấy tờ tùy thân, đăng ký trước qua số điện thoại của bộ phận một cửa hoặc gửi đơn qua bưu điện. Nội dung "
    "phản ánh được ghi vào sổ theo dõi và "
    "trả lời bằng văn bản trong thời hạn luật định. Đề nghị các tổ dân phố phổ biến rộng rãi để người dân biết và "
    "tham gia đầy đủ, đúng giờ.",
)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"ward": "Yên Sở Đông", "month": 7, "day": 20}, "khác địa bàn"),
        ({"ward": "Bồ Tùng", "month": 7, "day": 27}, "khác thời gian"),
        ({"ward": "Bồ Tùng", "month": 8, "day": 20}, "khác thời gian"),
    ],
)
def test_notices_of_one_template_for_another_ward_or_day_stay_apart(other: dict[str, object], reason: str) -> None:
    index = StoryIndex(WEEK)
    first = {"ward": "Bồ Tùng", "month": 7, "day": 20}
    _place(index, "a", (NOTICE[0].format(**first), NOTICE[1].format(**first)))
    apart = _place(index, "b", (NOTICE[0].format(**other), NOTICE[1].format(**other)), T0 + HOUR)
    assert (apart.story_id, apart.duplicate_of) == ("b", None)
    assert reason in apart.why


def test_notices_with_another_number_stay_apart() -> None:
    index = StoryIndex(WEEK)
    body = (
        "Công ty thoát nước thông báo tạm dừng cấp tại tuyến số {n} để thay van và súc rửa đường ống. Các hộ dân chủ "
        "động trữ nước, khóa van trước đồng "
        "hồ và kiểm tra lại sau khi có nước trở lại; mọi phản ánh xin gọi tổng đài trực ban suốt ngày đêm để được hỗ trợ kịp thời."
    )
    _place(index, "a", ("Tạm dừng cấp nước tuyến số 412", body.format(n=412)))
    assert _place(index, "b", ("Tạm dừng cấp nước tuyến số 509", body.format(n=509)), T0 + HOUR).story_id == "b"


def test_the_same_notice_reprinted_is_still_a_reprint() -> None:
    index = StoryIndex(WEEK)
    first = {"ward": "Bồ Tùng", "month": 7, "day": 20}
    _place(index, "a", (NOTICE[0].format(**first), NOTICE[1].format(**first)))
    assert _place(index, "b", ("Lịch tiếp dân", NOTICE[1].format(**first)), T0 + HOUR).duplicate_of == "a"


def test_what_lies_outside_the_window_is_not_met() -> None:
    index = StoryIndex(timedelta(days=2))
    _place(index, "a", OUTAGE)
    assert _place(index, "b", OUTAGE, T0 + timedelta(days=3)).story_id == "b"


def test_an_id_placed_again_keeps_its_place() -> None:
    index = StoryIndex(WEEK)
    first = _place(index, "a", OUTAGE)
    assert _place(index, "a", OTHER, T0 + HOUR) == first
    assert len(index) == 1


def test_forgotten_items_are_not_met_and_leave_nothing_behind() -> None:
    index = StoryIndex(WEEK)
    _place(index, "a", OUTAGE)
    _place(index, "b", OTHER, T0 + 5 * HOUR)
    index.forget_before(T0 + HOUR)
    assert len(index) == 1
    assert _place(index, "c", OUTAGE_RETOLD, T0 + 6 * HOUR).story_id == "c"
    index.forget_before(T0 + WEEK)
    assert len(index) == 0
    assert len(index._postings) == len(index._copies) == len(index._copies._postings) == 0
    assert not index._rarity._counts.any()


def test_one_item_is_forgotten_and_the_rest_stay() -> None:
    index = StoryIndex(WEEK)
    _place(index, "a", OUTAGE)
    _place(index, "b", OTHER, T0 + HOUR)
    assert index.forget("a")
    assert not index.forget("a")
    assert len(index) == 1
    assert _place(index, "c", OUTAGE_RETOLD, T0 + 2 * HOUR).story_id == "c"
    index.forget_before(T0 + WEEK)
    assert len(index) == 0


@dataclass(frozen=True)
class Past:
    article_id: str
    source_id: str
    title: str
    text: str
    published_at: datetime
    story_id: str
    duplicate_of: str | None = None


def test_a_restart_remembers_the_stories_of_the_window() -> None:
    index = StoryIndex(WEEK)
    index.remember(Past("a", "bao", *OUTAGE, T0, "story-9"))
    index.remember(Past("a", "bao", *OTHER, T0, "story-10"))
    assert len(index) == 1
    assert _place(index, "b", OUTAGE_RETOLD, T0 + HOUR).story_id == "story-9"
    assert _place(index, "c", OUTAGE, T0 + HOUR).duplicate_of == "a"


def test_after_a_restart_a_copy_of_a_copy_names_the_original() -> None:
    index = StoryIndex(WEEK)
    index.remember(Past("b", "bao", "Chờ đợi ở một phường", OUTAGE[1], T0, "a", duplicate_of="a"))
    assert _place(index, "c", ("Xếp hàng vì cổng hỏng", "Tin thêm. " + OUTAGE[1]), T0 + HOUR).duplicate_of == "a"


@pytest.mark.parametrize("at", [1, 60, 150, 230, 290])
def test_a_restart_anywhere_changes_no_decision(at: int) -> None:
    """What was placed is remembered in the order of publication, as storage gives it, though it had arrived in another."""
    draw = random.Random(at)
    rows = sorted(newsroom._rows(), key=lambda row: (str(row["published_at"])[:12], draw.random()))
    whole, restarted = StoryIndex(timedelta(days=4)), StoryIndex(timedelta(days=4))
    placed = [_newsroom(whole, row) for row in rows]
    known = sorted(zip(rows[:at], placed, strict=False), key=lambda pair: str(pair[0]["published_at"]))
    for row, place in known:
        past = Past(row["id"], row["outlet"], row["title"], _text(row), _moment(row), place.story_id, place.duplicate_of)
        restarted.remember(past)
    assert [_newsroom(restarted, row) for row in rows[at:]] == placed[at:]


def _moment(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["published_at"])


def _text(row: dict[str, Any]) -> str:
    return "\n".join([row["lead"], *row["body"]])


def _newsroom(index: StoryIndex, row: dict[str, Any]) -> Placement:
    return index.place(id=row["id"], title=row["title"], text=_text(row), published_at=_moment(row), source_id=row["outlet"])


@pytest.mark.parametrize("text", ["", " ", "và của là", "🙂" * 50, "a" * 5000, "1 2 3 4", "\n\n"])
def test_texts_that_say_nothing_stand_alone(text: str) -> None:
    index = StoryIndex(WEEK)
    _place(index, "a", (text, text))
    _place(index, "b", OUTAGE)
    assert _place(index, "c", ("", text)).story_id in ("a", "c")


def test_edited_reprints_are_found_in_a_stream() -> None:
    rng = random.Random(11)
    index = StoryIndex(WEEK)
    originals = [words(rng, 260) for _ in range(150)]
    for n, text in enumerate(originals):
        _place(index, f"o{n}", (" ".join(words(rng, 10)), " ".join(text)), T0 + n * timedelta(minutes=1))
    found = wrong = 0
    for n, text in enumerate(originals):
        copy = " ".join(edited(text, rng.choice((0.1, 0.2, 0.3)), rng))
        placed = _place(index, f"c{n}", (" ".join(words(rng, 10)), copy), T0 + 3 * HOUR)
        found += placed.duplicate_of == f"o{n}"
        wrong += placed.duplicate_of not in (None, f"o{n}")
    assert found / 150 >= 0.95
    assert found / (found + wrong) >= 0.98


def test_the_cost_of_one_item_stays_flat() -> None:
    few, many = costs((filled(1, 300), filled(1, 3000)), 300)
    assert many < 1.7 * few  # the bench holds 1.3 from 10,000 to 100,000; here every posting list still grows
