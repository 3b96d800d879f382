"""status: one screen on how the desk stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from alerts.notices import HEALTH
from alerts.wording import moment, number
from monitor.app import utc_now
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, opened_store, out, say, to_json, visible
from monitor.cli.label import model_in_use
from monitor.cli.sources_shown import when
from monitor.figures import HealthState, SourceHealth
from monitor.standing import TROUBLED, Standing, look
from monitor.text import span

WORST = 10  #: sources named; the screen has 24 lines
_SHOWN: tuple[HealthState, ...] = ("healthy", "quiet", "failing", "empty", "blocked", "dead", "new", "off")
STYLES: dict[HealthState, str] = {"dead": "red", "blocked": "red", "empty": "yellow", "failing": "yellow", "quiet": "yellow"}


def register(cli: typer.Typer) -> None:
    """Add this command."""
    cli.command("status")(status)


def status(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="In một đối tượng JSON.")] = False,
) -> None:
    """Tình trạng trên một màn hình: dịch vụ, tin mới, hàng chờ, tin gửi, nguồn có vấn đề."""
    settings = load(config)
    store = opened_store(settings)
    try:
        store.check_version()
        standing = look(store, settings, utc_now())
        model = model_in_use(store, settings)
    finally:
        store.close()
    if as_json:
        typer.echo(to_json(as_plain(standing) | {"model": model}))
    else:
        _print(standing, model)


def as_plain(standing: Standing) -> dict[str, object]:
    """The standing for JSON."""
    pulse = standing.pulse
    return {
        "at": when(standing.now),
        "troubles": list(standing.troubles),
        "heartbeat_at": when(standing.beat),
        "last_new_item_at": when(standing.last_new_at),
        "new_items_last_hour": pulse.hour,
        "new_items_last_day": pulse.day,
        "entries_due": pulse.due,
        "ledger": dict(standing.ledger),
        "deliveries": dict(standing.deliveries),
        "oldest_pending_since": when(pulse.owed_since),
        "quarantine": pulse.quarantined,
        "articles": pulse.articles,
        "database_bytes": pulse.size,
        "sources": dict(standing.states),
        "troubled_sources": [source_plain(h) for h in standing.sources if h.state in TROUBLED],
    }


def source_plain(health: SourceHealth) -> dict[str, object]:
    """One source for JSON."""
    last = health.last
    return {
        "id": health.source.id,
        "name": health.source.name,
        "state": health.state,
        "reason": health.reason,
        "seen_last_day": health.seen,
        "expected_last_day": None if health.expected is None else round(health.expected, 1),
        "last_new_at": when(last.last_new_at) if last else None,
        "last_ok_at": when(last.last_ok_at) if last else None,
        "failures": last.failures if last else 0,
        "ledger": dict(health.ledger),
    }


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago, "chưa có" for never."""
    return f"{span((now - at).total_seconds())} trước" if at else "chưa có"


def line(text: str, style: str = "") -> None:
    """One line of the screen, cut where the screen ends."""
    out.print(Text(visible(text).replace("\n", " "), style, overflow="ellipsis", no_wrap=True), no_wrap=True, overflow="ellipsis")


def _print(standing: Standing, model: str) -> None:
    s, pulse, now = standing, standing.pulse, standing.now
    sent = s.deliveries
    line(f"Bàn theo dõi tin lúc {moment(now)} (+07:00)", "bold")
    for trouble in s.troubles:
        line(f"  ! {trouble}", "bold red")
    line(f"Dịch vụ    {f'nhịp cuối {ago(s.beat, now)}' if s.beat else 'chưa chạy lần nào'}")
    line(f"Tin mới    gần nhất {ago(s.last_new_at, now)}; 1 giờ qua {number(pulse.hour)}, 24 giờ qua {number(pulse.day)}")
    line(f"Hàng chờ   {number(s.ledger['waiting'])} địa chỉ chờ đọc, {number(pulse.due)} đến hạn; {number(s.ledger['failed'])} đọc hỏng")
    owed = f", chờ lâu nhất {span((now - pulse.owed_since).total_seconds())}" if pulse.owed_since else ""
    pending = sent.get("pending", 0) + sent.get("leased", 0)
    line(
        f"Tin gửi    {number(pending)} chờ{owed}; {number(sent.get('sent', 0))} đã gửi, {number(sent.get('grouped', 0))} đã gộp, "
        f"{number(sent.get('dead', 0))} không gửi được"
    )
    line(f"Kho        {number(pulse.articles)} bài, {_size(pulse.size)}; cách ly {number(pulse.quarantined)} nội dung lạ")
    line(f"Mô hình    {model}")
    counted = [f"{number(s.states[state])} {HEALTH[state]}" for state in _SHOWN if s.states[state]]
    line(f"Nguồn      {', '.join(counted) or 'chưa có nguồn nào'}")
    _print_worst([h for h in s.sources if h.state in TROUBLED])


def _print_worst(troubled: Sequence[SourceHealth]) -> None:
    width = max((len(h.source.id) for h in troubled[:WORST]), default=0)
    for health in troubled[:WORST]:
        line(f"  {HEALTH[health.state]:<9}{health.source.id[:28]:<{min(width, 28)}}  {health.reason}", STYLES.get(health.state, ""))
    if len(troubled) > WORST:
        line(f"  … và {len(troubled) - WORST} nguồn nữa: monitor ledger")
    elif not troubled:
        say("           không nguồn nào có vấn đề")


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB".replace(".", ",")
