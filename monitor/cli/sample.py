"""ledger sample: the weekly hand check of recall: draw what a person looks up elsewhere, read back what was found, keep the result."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from alerts.notices import HEALTH
from alerts.wording import HANOI_TIME, day, moment
from crawlers.sources import recall
from crawlers.urls import canonical
from monitor.app import utc_now
from monitor.cli import sample_file
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, notice, opened_store, say
from monitor.errors import MonitorError
from monitor.figures import Sample, SampleItem, SourceHealth
from monitor.records import LedgerState
from monitor.standing import TROUBLED, judged
from storage.store import Store

_cli = typer.Typer(
    help="Kiểm tra bằng tay hằng tuần: bốc mẫu, đối chiếu bài tìm được ở nơi khác, lưu tỷ lệ thu thập.", no_args_is_help=True
)
_LOOKED_THROUGH = 2_000  #: failed and waiting addresses of one source


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    _cli.command("draw")(draw)
    _cli.command("check")(check)
    _cli.command("list")(listed)
    cli.add_typer(_cli, name="sample")


def draw(
    out: Annotated[Path, typer.Option("--out", help="Tệp CSV sẽ ghi, mở và điền bằng Excel.")],
    config: ConfigOption = DEFAULT_CONFIG,
    week: Annotated[str | None, typer.Option("--week", help="Tuần, dạng 2026-W47; mặc định là tuần vừa qua.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Số gieo, để bốc lại đúng mẫu cũ.")] = None,
) -> None:
    """Bốc mẫu của một tuần (50 mục) và ghi phiếu để người tra cứu điền."""
    now = utc_now()
    chosen = week or _last_week(now)
    if recall.week_days(chosen)[-1] >= now.astimezone(HANOI_TIME).date():
        raise MonitorError(f"Tuần {chosen} chưa kết thúc (đến {day(recall.week_days(chosen)[-1])}); hãy bốc mẫu sau ngày ấy.")
    if out.exists():
        raise MonitorError(f"Tệp {out} đã có, có thể đang được điền; hãy chọn tên khác.")
    store = opened_store(load(config))
    try:
        store.check_version()
        sample = store.sample(chosen)
        again = sample is not None
        seed = secrets.randbelow(1_000_000) if seed is None else seed
        if sample is None:
            items = recall.draw(chosen, recall.outlets(store.sources()), random.Random(seed))  # noqa: S311  # a draw, no secret
            sample = store.draw_sample(chosen, items, now)
    finally:
        store.close()
    out.write_bytes(sample_file.write(sample))
    say(
        f"Tuần {chosen} đã bốc mẫu lúc {moment(sample.drawn_at)}: ghi lại đúng mẫu ấy, {len(sample.items)} mục, vào {out}."
        if again
        else f"Đã bốc {len(sample.items)} mục của tuần {chosen} (số gieo {seed}) và ghi vào {out}."
    )
    say(f"Điền địa chỉ và tiêu đề bài tìm được, lưu lại, rồi chạy: monitor ledger sample check {out}")


def check(
    file: Annotated[Path, typer.Argument(help="Phiếu đã điền.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Đọc phiếu đã điền, tìm từng bài trong kho, lưu và in tỷ lệ thu thập; nêu gợi ý cho bài còn thiếu."""
    filled = sample_file.read(file.read_bytes(), str(file))
    store = opened_store(load(config))
    try:
        store.check_version()
        sample = store.sample(filled.week)
        if sample is None:
            raise MonitorError(f"Chưa bốc mẫu cho tuần {filled.week}: monitor ledger sample draw --week {filled.week} --out TỆP.csv")
        drawn = {item.number: item for item in sample.items}
        unknown = [f"số {item.number} không có trong mẫu tuần {filled.week}" for item in filled.items if item.number not in drawn]
        found = [_looked_up(store, drawn[item.number], item) for item in filled.items if item.number in drawn]
        sample = store.answer_sample(filled.week, found)
        irrelevant = [item for item in sample.items if item.article_id and not store.tags(item.article_id).relevant]
        _report(sample, irrelevant)
        _report_missing(store, [item for item in sample.items if item.found is False])
    finally:
        store.close()
    if filled.lossy:
        notice(f"Tệp {file} lưu kiểu cũ (ANSI), chữ có dấu có thể đã mất: lần sau hãy chọn “CSV UTF-8” trong Excel.")
    for line in (*filled.wrong, *unknown):
        notice(f"Bỏ qua, {file}: {line}.")
    if filled.wrong or unknown:
        raise typer.Exit(1)


def listed(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Kết quả các tuần, mới nhất trước."""
    store = opened_store(load(config))
    try:
        store.check_version()
        samples = store.samples()
    finally:
        store.close()
    if not samples:
        say("Chưa có mẫu kiểm tra nào: monitor ledger sample draw --out TỆP.csv")
        return
    say(f"{'Tuần':<10}{'Bốc lúc':<18}{'Đã tra':>8}{'Có':>5}   Tỷ lệ (khoảng tin cậy 95%)", style="bold")
    for sample in samples:
        share = _share(sample.found, sample.checked) if sample.checked else "chưa tra"
        say(f"{sample.week:<10}{moment(sample.drawn_at):<18}{f'{sample.checked}/{len(sample.items)}':>8}{sample.found:>5}   {share}")


def _last_week(now: datetime) -> str:
    year, number, _ = (now.astimezone(HANOI_TIME) - timedelta(weeks=1)).isocalendar()
    return f"{year}-W{number:02d}"


def _looked_up(store: Store, drawn: SampleItem, filled: SampleItem) -> SampleItem:
    if not filled.url and not filled.title:
        return replace(drawn, url="", title="", found=None, article_id=None, how="")
    key = canonical(filled.url) if filled.url else ""
    hit = store.find_item(url_key=key, title=filled.title, day=filled.day)
    article_id, how = hit or (None, "")
    return replace(drawn, url=filled.url, title=filled.title, found=hit is not None, article_id=article_id, how=how)


def _share(found: int, checked: int) -> str:
    low, high = recall.wilson(found, checked)
    return f"{_percent(found / checked)} ({_percent(low)} đến {_percent(high)})"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%".replace(".", ",").replace(",0%", "%")


def _report(sample: Sample, irrelevant: Sequence[SampleItem]) -> None:
    done = [item for item in sample.items if item.found is not None]
    say(f"Mẫu tuần {sample.week}: đã tra {sample.checked}/{len(sample.items)} mục, có trong kho {sample.found}.")
    if not done:
        say("Chưa dòng nào được điền.")
        return
    say(f"Tỷ lệ thu thập {_share(sample.found, sample.checked)}, khoảng tin cậy 95%.")
    for name, rows in (
        ("nơi đăng trong danh mục", [i for i in done if i.outlet != recall.ANYWHERE]),
        ("bất kỳ nơi nào", [i for i in done if i.outlet == recall.ANYWHERE]),
    ):
        if rows:
            say(f"  {name}: {sum(i.found is True for i in rows)}/{len(rows)}")
    by_title = sum(item.how == "tiêu đề" for item in done)
    if by_title:
        say(f"  {by_title} bài nhận ra theo tiêu đề (địa chỉ khác)")
    if irrelevant:
        say(f"  {len(irrelevant)} bài có trong kho nhưng bị xếp là không liên quan (số {', '.join(str(i.number) for i in irrelevant)})")


def _report_missing(store: Store, missing: Sequence[SampleItem]) -> None:
    if not missing:
        return
    now = utc_now()
    found = judged(store.sources(), store.source_states(), store.seen_counts(now), {}, now)
    say(f"\nCòn thiếu {len(missing)} bài:")
    for item in missing:
        say(f"  {item.number:>3}. {item.outlet}, {day(item.day)}: {item.title or '(không ghi tiêu đề)'}")
        if item.url:
            say(f"       {item.url}")
        say(f"       → {_hint(store, item, found)}")


def _hint(store: Store, item: SampleItem, sources: Sequence[SourceHealth]) -> str:
    """Which source should have brought it, and what is the matter with that."""
    site = recall.site(item.url) if item.url else ""
    mine = [h for h in sources if (recall.site(h.source.homepage or h.source.url) == site if site else h.source.name == item.outlet)]
    if not mine:
        return f"chưa có nguồn nào của {site or item.outlet} trong danh mục" + (f": monitor sources test {site}" if site else "")
    on = [h for h in mine if h.state != "off"]
    if not on:
        return f"nguồn {_ids(mine)} đang tắt: {mine[0].reason}"
    if seen := _seen(store, item, on):
        return seen
    if troubled := [h for h in on if h.state in TROUBLED]:
        return f"nguồn {troubled[0].source.id} {HEALTH[troubled[0].state]}: {troubled[0].reason}"
    return f"nguồn {_ids(on)} đọc được nhưng không nêu bài này: thêm chuyên mục hoặc sitemap" + (
        f" (monitor sources test {site})" if site else ""
    )


def _seen(store: Store, item: SampleItem, sources: Sequence[SourceHealth]) -> str:
    key = canonical(item.url) if item.url else ""
    for state, words in ((LedgerState.FAILED, "đã thấy địa chỉ nhưng đọc hỏng"), (LedgerState.WAITING, "đã thấy địa chỉ, đang chờ đọc")):
        for health in sources:
            for row in store.ledger_rows(state=state, source_id=health.source.id, limit=_LOOKED_THROUGH):
                if row.url == key:
                    return f"{words}: {row.reason}" if row.reason else words
    return ""


def _ids(sources: Sequence[SourceHealth]) -> str:
    shown = ", ".join(h.source.id for h in sources[:3])
    return f"{shown} …" if len(sources) > 3 else shown
