"""What the operators are told about sources."""

from __future__ import annotations

from datetime import timedelta

from alerts import notices, render
from monitor.figures import HealthState, SourceHealth
from monitor.records import Source


def health(state: HealthState, reason: str = "", id: str = "bao_a", name: str = "Báo A") -> SourceHealth:
    source = Source(id=id, name=name, kind="feed", url="https://a.vn/rss", tier="city")
    return SourceHealth(source=source, last=None, state=state, reason=reason, seen=0, expected=None)


def test_one_source_with_its_reason() -> None:
    message = notices.source_notice(health("quiet", "72 giờ chưa có tin mới; thường ngày này có khoảng 14 tin"), "healthy")
    assert message.subject == "[Vận hành] Nguồn tin: 1 im lặng"
    assert "• Báo A (bao_a): im lặng, 72 giờ chưa có tin mới; thường ngày này có khoảng 14 tin" in message.text


def test_a_recovery_says_after_how_long() -> None:
    assert "đọc lại được sau 3 ngày" in notices.source_notice(health("healthy"), "dead", lasted=timedelta(days=3)).text
    assert "lại có tin đều (trước đó: im lặng)" in notices.source_notice(health("healthy"), "quiet").text


def test_forty_sources_are_one_message_that_counts_what_it_leaves_out() -> None:
    news: list[notices.News] = [(health("dead", "máy chủ không trả lời " * 5, f"nguon_{n}", f"Nguồn {n}"), "healthy") for n in range(40)]
    message = notices.sources_notice([(health("healthy", id="khoe"), "dead"), *news])
    assert len(message.text) <= render.VISIBLE
    assert message.text.startswith("Nguồn tin: 40 hỏng, 1 đọc lại được\nNhiều nguồn cùng lỗi một lúc")
    listed = message.text.count("• ")
    assert listed >= 3
    assert f"… và {41 - listed} nguồn nữa" in message.text


def test_strangers_words_are_masked_and_on_one_line() -> None:
    message = notices.source_notice(health("failing", "gọi 0912345678\nhoặc xem http://gia-mao.com/a"), "healthy")
    assert "0912345678" not in message.text
    assert "http://gia-mao.com" not in message.text
    assert len(message.text.splitlines()) == 3
