"""model list|show|rollback: the models taken into use, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

import typer

from alerts.wording import moment, number
from classifiers import promoted
from monitor.app import utc_now
from monitor.cli.common import DEFAULT_CONFIG, ConfigOption, load, opened_store, say
from monitor.cli.label import role
from monitor.cli.retrain import NAMES, OPERATOR, SETS, difference, score, tagger_in_use
from monitor.config import Config
from monitor.errors import MonitorError
from monitor.figures import Promotion
from storage.store import Store

_cli = typer.Typer(help="Các mô hình đã đưa vào dùng: xem, quay lại mô hình trước.", no_args_is_help=True)
_ACTIONS = {"retrain": "huấn luyện", "rollback": "quay lại"}


def register(cli: typer.Typer) -> None:
    """Add these commands."""
    _cli.command("list")(listed)
    _cli.command("show")(show)
    _cli.command("rollback")(rollback)
    cli.add_typer(_cli, name="model")


def listed(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Các lần thay mô hình, mới nhất trước."""
    settings = load(config)
    store = opened_store(settings)
    try:
        store.check_version()
        rows = store.promotions()
    finally:
        store.close()
    say(f"  {'Lần':>3}  {'Mô hình':<17}{'Lúc':<18}{'Việc':<12}{'Vai trò':<16}{'Nhãn':>6}  Trước đó", style="bold")
    for row in reversed(rows):
        mark = "→" if row is rows[-1] else " "
        say(
            f"{mark} {row.number:>3}  {row.version:<17}{moment(row.made_at):<18}{_ACTIONS[row.action]:<12}{row.role:<16}"
            f"{number(row.corrections):>6}  {row.parent}"
        )
    say(f"{' ' if rows else '→'} {'–':>3}  {promoted.shipped(settings.models_dir):<17}đi kèm phần mềm")


def show(
    which: Annotated[int | None, typer.Argument(metavar="LẦN", help="Số lần trong monitor model list; mặc định là lần đang dùng.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Một lần thay mô hình: học từ gì, điểm trước và sau, có còn nguyên vẹn không."""
    settings = load(config)
    store = opened_store(settings)
    try:
        store.check_version()
        rows = store.promotions()
        row = next((r for r in rows if r.number == which), None) if which is not None else (rows[-1] if rows else None)
        if which is not None and row is None:
            raise MonitorError(f"Không có lần thay mô hình số {which}; hãy xem monitor model list.")
        if row is None:
            say(f"Đang dùng mô hình đi kèm phần mềm: {promoted.shipped(settings.models_dir)}.")
            return
        _show(row, store, settings, in_use=row is rows[-1])
    finally:
        store.close()


def _show(row: Promotion, store: Store, settings: Config, *, in_use: bool) -> None:
    say(f"Lần {row.number}: {row.version}{' (đang dùng)' if in_use else ''}", style="bold")
    say(f"  {_ACTIONS[row.action]} lúc {moment(row.made_at)}, vai trò {row.role}; trước đó {row.parent}")
    if not row.manifest:
        say("  Đây là mô hình đi kèm phần mềm.")
        return
    manifest = cast("Mapping[str, Any]", row.manifest)
    taught = manifest["corrections"]
    learned = f"{number(taught['used'])} nhãn của {number(taught['items'])} bài đã sửa"
    say(f"  Học từ {number(manifest['corpus']['items'])} mục của bộ mẫu và {learned}.")
    for name, of in cast("Mapping[str, Mapping[str, Any]]", row.figures).items():
        say(f"  {SETS.get(name, name)}, {number(of['items'])} bài (trước → sau):")
        for metric, words in NAMES.items():
            say(f"    {words:<22}{score(of['old'][metric]):>8} → {score(of['new'][metric])}  ({difference(of['old'], of['new'], metric)})")
    tagger_in_use(store, settings, row)  # raises when its weights are broken
    say("  Trọng số khớp mã băm trong bản kê.")


def rollback(
    config: ConfigOption = DEFAULT_CONFIG,
    account: Annotated[str, typer.Option("--as", help="Mã vai trò của người cho quay lại.")] = OPERATOR,
) -> None:
    """Quay lại mô hình trước mô hình đang dùng (cuối cùng là mô hình đi kèm phần mềm); không xóa gì."""
    account, settings = role(account), load(config)
    store = opened_store(settings)
    try:
        store.check_version()
        done = store.roll_back_model(role=account, shipped=promoted.shipped(settings.models_dir), now=utc_now())
    finally:
        store.close()
    kind = "" if done.manifest else " (đi kèm phần mềm)"
    say(f"Đã quay lại mô hình {done.version}{kind}, lần {done.number}; dịch vụ đang chạy nhận trong vòng một phút.")
