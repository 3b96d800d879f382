"""ledger: that every discovered address ended somewhere, how every source does, what two paths miss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from alerts.notices import HEALTH
from alerts.wording import moment, number
from crawlers.sources import recall
from monitor.app import utc_now
from monitor.cli import sample
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, notice, opened_store, out, say, to_json
from monitor.cli.sources_shown import when
from monitor.cli.status import STYLES, source_plain
from monitor.errors import MonitorError
from monitor.figures import LedgerRow, SourceHealth, TwoPaths
from monitor.records import LedgerState
from monitor.standing import TROUBLED, judged, totals
from monitor.text import span
from storage.store import Store

ROWS = 50  #: addresses listed without --limit
COMPARED = timedelta(days=28)  #: over which two paths are compared
STATES = {"kept": "đã lưu", "off_topic": "không liên quan", "duplicate": "trùng", "failed": "hỏng", "waiting": "đang chờ"}

_cli = typer.Typer(help="Sổ thu thập: mọi địa chỉ đã thấy và kết cục của nó; tình trạng nguồn; mức bao phủ.", invoke_without_command=True)


def register(cli: typer.Typer) -> None:
    """Add this command and those below it."""
    _cli.callback()(ledger)
    sample.register(_cli)
    cli.add_typer(_cli, name="ledger")


def ledger(
    ctx: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    source: Annotated[str | None, typer.Option("--source", help="Chỉ nguồn có mã này.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="Liệt kê địa chỉ: waiting, kept, off_topic, duplicate, failed.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Số địa chỉ liệt kê nhiều nhất.")] = ROWS,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON.")] = False,
) -> None:
    """Sổ thu thập: tổng theo kết cục, tình trạng từng nguồn, so sánh hai đường lấy tin."""
    if ctx.invoked_subcommand is not None:
        return
    state = {"duplicate-of": "duplicate", "off-topic": "off_topic"}.get(state or "", state)
    if state is not None and state not in STATES:
        raise MonitorError(f"--state {state}: không có kết cục này; chọn một trong: {', '.join(STATES)}.")
    store = opened_store(load(config))
    try:
        store.check_version()
        if source is not None and store.source(source) is None and source not in store.ledger_by_source():
            raise MonitorError(f"Không có nguồn nào mang mã “{source}”; xem các mã: monitor sources list.")
        if state is not None:
            _list(store.ledger_rows(state=LedgerState(state), source_id=source, limit=limit), limit, as_json)
        else:
            _overview(store, source, as_json)
    finally:
        store.close()


def _overview(store: Store, only: str | None, as_json: bool) -> None:
    now = utc_now()
    sources, counted = store.sources(), store.ledger_by_source()
    if only is not None:
        sources, counted = [s for s in sources if s.id == only], {only: counted.get(only, {})}
    found = judged(sources, store.source_states(), store.seen_counts(now), counted, now)
    paths = [] if only else store.two_paths(recall.two_path_outlets(sources), now - COMPARED, now)
    sums = totals(counted)
    if as_json:
        typer.echo(to_json(_plain(sums, found, paths)))
        return
    say(f"Đã thấy {number(sum(sums.values()))} địa chỉ, mỗi địa chỉ đúng một kết cục:")
    say("  " + " + ".join(f"{number(sums[state])} {words}" for state, words in STATES.items()))
    known = {s.id for s in sources}
    if elsewhere := sum(sum(of.values()) for name, of in counted.items() if name not in known):
        say(f"  (trong đó {number(elsewhere)} của nguồn không còn trong danh mục)")
    _print_sources([h for h in found if only or h.state != "off"], now)
    if (off := sum(h.state == "off" for h in found)) and not only:
        say(f"{number(off)} nguồn đang tắt không kể ở bảng trên; xem: monitor sources list")
    _print_paths(paths)


def _print_sources(found: Sequence[SourceHealth], now: datetime) -> None:
    """One line of figures for each, within 80 columns; below it the reason, when something is wrong."""
    if not found:
        return
    say("")
    say(_columns("Nguồn", "Tình trạng", "Tin cuối", "24h/thường", "Lưu", "Khác", "Hỏng", "Chờ"), style="bold")
    for health in found:
        of = health.ledger
        last = span((now - health.last.last_new_at).total_seconds()) if health.last and health.last.last_new_at else "–"
        usual = "–" if health.expected is None else f"{health.expected:.0f}"
        counts = (of.get("kept", 0), of.get("off_topic", 0) + of.get("duplicate", 0), of.get("failed", 0), of.get("waiting", 0))
        style = STYLES.get(health.state, "")
        say(_columns(health.source.id, HEALTH[health.state], last, f"{health.seen}/{usual}", *map(number, counts)), style=style)
        if health.state in TROUBLED:
            say(f"    {health.reason}", style=style)


def _columns(name: str, state: str, last: str, seen: str, *counts: str) -> str:
    kept, other, failed, waiting = counts
    shown = name if len(name) <= 24 else f"{name[:23]}…"
    return f"{shown:<25}{state:<12}{last:>8}{seen:>12}{kept:>7}{other:>7}{failed:>5}{waiting:>4}".rstrip()


def _print_paths(paths: Sequence[TwoPaths]) -> None:
    shown = [p for p in paths if p.first and p.second]
    if not shown:
        return
    say(f"\nHai đường lấy tin của cùng một nơi, {COMPARED.days} ngày qua (khoảng tin cậy 95%)")
    say(f"{'Nơi đăng':<25}{'RSS':>7}{'Trang':>7}{'Cả hai':>8}{'Ước tính':>10}   Đã thấy", style="bold")
    for p in shown:
        estimate, _, _ = recall.chapman(p.first, p.second, p.both)
        name = p.outlet if len(p.outlet) <= 24 else f"{p.outlet[:23]}…"
        say(f"{name:<25}{number(p.first):>7}{number(p.second):>7}{number(p.both):>8}{number(round(estimate)):>10}   {_coverage(p)}")
    out.print(recall.CAVEAT)  # a paragraph: wrapped where the screen ends


def _coverage(p: TwoPaths) -> str:
    """What both paths together saw of the estimated whole."""
    estimate, low, high = recall.chapman(p.first, p.second, p.both)
    seen = p.first + p.second - p.both
    return f"{100 * seen / estimate:.0f}% ({100 * seen / high:.0f}–{100 * seen / low:.0f}%)"


def _list(rows: Sequence[LedgerRow], limit: int, as_json: bool) -> None:
    if as_json:
        for row in rows:
            typer.echo(to_json(_plain_row(row)))
        return
    for row in rows:
        again = f", đọc lại lúc {moment(row.retry_at)}" if row.retry_at else ""
        tried = f", đã đọc {row.attempts} lần" if row.attempts else ""
        say(f"{moment(row.updated_at)}  {row.source_id}  {STATES[row.state]}{tried}{again}")
        say(f"    {row.url}")
        if row.reason:
            say(f"    {row.reason}")
    if not rows:
        say("Không có địa chỉ nào khớp.")
    elif len(rows) == limit:
        notice(f"Chỉ in {limit} địa chỉ; muốn nhiều hơn hãy dùng --limit.")


def _plain(sums: Mapping[str, int], found: Sequence[SourceHealth], paths: Sequence[TwoPaths]) -> dict[str, object]:
    compared = []
    for p in paths:
        estimate, low, high = recall.chapman(p.first, p.second, p.both)
        compared.append(
            {"outlet": p.outlet, "first": p.first, "second": p.second, "both": p.both, "estimate": round(estimate, 1),
             "low": round(low, 1), "high": round(high, 1)}
        )  # fmt: skip
    return {
        "total": sum(sums.values()), "states": dict(sums), "sources": [source_plain(h) for h in found],
        "two_paths": compared, "two_paths_caveat": recall.CAVEAT,
    }  # fmt: skip


def _plain_row(row: LedgerRow) -> dict[str, object]:
    return {
        "url": row.url, "source": row.source_id, "state": row.state.value, "reason": row.reason, "attempts": row.attempts,
        "retry_at": when(row.retry_at), "article_id": row.article_id, "first_seen_at": when(row.first_seen_at),
        "updated_at": when(row.updated_at),
    }  # fmt: skip
