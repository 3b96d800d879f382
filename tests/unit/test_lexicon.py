from __future__ import annotations

from classifiers.lexicon import Lexicon, lexicon, taxonomy
from classifiers.vietnamese import read

SMALL = Lexicon(
    {
        "topic.x": {"strong": ["dịch vụ công", "nộp … trực tuyến"], "weak": ["hồ sơ"], "never": ["dịch vụ công ích"]},
        "sentiment.neg": {"strong": ["xếp hàng"]},
        "sentiment.pos": {"strong": ["không còn cảnh xếp hàng"]},
        "short": {"strong": ["số"]},
    }
)


def phrases(group: str, title: str, body: str = "") -> tuple[str, ...]:
    return SMALL.votes(read(title, body)).phrases(group)


def test_a_phrase_matches_whole_syllables_in_any_case() -> None:
    assert phrases("topic.x", "DỊCH VỤ CÔNG đổi mới") == ("dịch vụ công",)
    assert phrases("topic.x", "dịch vụ công viên")[:1] == ("dịch vụ công",)  # syllables, not words: the model weighs the rest
    assert phrases("topic.x", "dịch vụ cộng") == ()


def test_a_gap_holds_a_few_syllables_of_one_sentence() -> None:
    assert phrases("topic.x", "Nộp giấy khai sinh trực tuyến") == ("nộp … trực tuyến",)
    assert phrases("topic.x", "Đã nộp. Xem trực tuyến") == ()
    assert phrases("topic.x", "nộp " + "rất " * 12 + "trực tuyến") == ()


def test_an_exclusion_vetoes_its_group_in_its_sentence_only() -> None:
    assert phrases("topic.x", "Dịch vụ công ích, hồ sơ") == ()
    assert phrases("topic.x", "Dịch vụ công ích. Nộp hồ sơ.") == ("hồ sơ",)


def test_undiacritised_stretches_match_folded_and_others_do_not() -> None:
    assert phrases("topic.x", "", "ra phuong lam dich vu cong mat ca buoi") == ("dịch vụ công",)
    assert phrases("topic.x", "dích vủ cổng") == ()
    assert phrases("short", "", "mua ve so o cho") == ()  # one folded syllable means too many things


def test_the_longer_phrase_of_the_other_tone_wins() -> None:
    assert phrases("sentiment.neg", "Không còn cảnh xếp hàng") == ()
    assert phrases("sentiment.pos", "Không còn cảnh xếp hàng") == ("không còn cảnh xếp hàng",)


def test_title_counts_more_and_a_phrase_counts_once() -> None:
    twice = SMALL.votes(read("dịch vụ công", "dịch vụ công, dịch vụ công"))
    assert twice.sum("topic.x") == 1.5


def test_every_topic_of_the_taxonomy_votes_for_itself() -> None:
    for topic in taxonomy()["topics"]:
        group = f"topic.{topic['id']}"
        kept = [p for p in topic["phrases"] if lexicon().votes(read("", p)).of(group)]
        assert len(kept) >= len(topic["phrases"]) - 2, group
