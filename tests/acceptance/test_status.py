"""`monitor status`: one screen that says how the desk stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.records import SourceState
from tests.acceptance import desk
from tests.acceptance.conftest import Run, lines


def test_one_screen_says_it_all(monitor: Run, config: Path) -> None:
    desk.filled(config.parent)
    done = monitor("status")
    assert done.returncode == 0, done.stderr.decode()
    screen = done.stdout.decode().splitlines()
    assert len(screen) <= 24
    assert max(map(len, screen)) <= 80
    assert "\x1b" not in done.stdout.decode()  # colours only on a terminal
    text = "\n".join(screen)
    for words in (
        "nhịp cuối",
        "gần nhất 3 phút trước; 1 giờ qua 0, 24 giờ qua 18",
        "796 địa chỉ chờ đọc, 795 đến hạn; 1 đọc hỏng",
        "1 chờ, chờ lâu nhất 2 giờ; 1 đã gửi, 0 đã gộp, 1 không gửi được",
        "4 bài",
        "cách ly 1 nội dung lạ",
        "2 bình thường, 1 im lặng, 1 bị chặn, 1 hỏng, 1 chưa đọc, 1 tắt",
        "hỏng     bao_hong  90 lần liên tiếp, đã 5 ngày: Máy chủ trả lời 404",
        "bao_im    84 giờ chưa có tin mới; thường ngày này có khoảng 11 tin",
    ):
        assert words in text, words
    (told,) = lines(monitor("status", "--json").stdout)
    assert told["sources"]["dead"] == 1
    assert told["ledger"]["waiting"] == 796
    assert [s["id"] for s in told["troubled_sources"]] == ["bao_hong", "bao_chan", "bao_im"]
    assert json.dumps(told)


def test_many_failing_sources_still_fit_and_a_stopped_service_is_told(monitor: Run, config: Path) -> None:
    now = datetime.now(UTC)
    store = desk.opened(config.parent)
    sources = [desk.source(f"nguon_so_{n:02d}_ten_rat_dai_cua_mot_chuyen_muc", "Báo", f"https://n{n}.vn/rss") for n in range(40)]
    store.sync_sources(sources, now)
    failed = {"failures": 9, "failure": "temporary", "failing_since": now - timedelta(hours=9), "reason": "không tới được máy chủ " * 9}
    store.save_source_states([SourceState(source_id=s.id, last_new_at=now - timedelta(hours=9), **failed) for s in sources])  # type: ignore[arg-type]
    store.beat(now - timedelta(hours=2), "service")
    store.close()
    screen = monitor("status").stdout.decode().splitlines()
    assert len(screen) <= 24
    assert max(map(len, screen)) <= 80
    assert "dịch vụ không có nhịp đã 2 giờ" in screen[1]
    assert "không nguồn nào có tin mới đã 9 giờ" in screen[2]
    assert screen[-1].strip() == "… và 30 nguồn nữa: monitor ledger"


def test_an_empty_base_has_a_screen_too(monitor: Run, config: Path) -> None:
    missing = monitor("status")
    assert missing.returncode == 2
    assert "Chưa có dữ liệu" in missing.stderr.decode().replace("\n", " ")
    desk.opened(config.parent).close()
    done = monitor("status")
    assert done.returncode == 0, done.stderr.decode()
    assert "chưa chạy lần nào" in done.stdout.decode()
    assert "chưa có nguồn nào" in done.stdout.decode()
