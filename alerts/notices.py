"""What the operators are told about the desk itself: sources that fell into trouble or came out of it, many in one message. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from alerts import render, wording
from monitor.figures import HealthState, SourceHealth
from monitor.records import Message
from monitor.text import span

#: How people read the state of a source.
HEALTH: Mapping[HealthState, str] = {
    "dead": "hỏng",
    "blocked": "bị chặn",
    "empty": "rỗng",
    "failing": "đang lỗi",
    "quiet": "im lặng",
    "new": "chưa đọc",
    "healthy": "bình thường",
    "off": "tắt",
}
AT_ONCE = 10  #: sources that fail together, from which the desk's own network is the first suspect
LONGEST_LINE = 170  #: characters for one source

News = tuple[SourceHealth, HealthState]  #: how a source does now, and its state before


def sources_notice(news: Sequence[News], *, lasted: Mapping[str, timedelta] | None = None) -> Message:
    """One message on all sources whose state changed, the worst first; what has no room is counted, never dropped in silence.

    Args:
        news: at least one change.
        lasted: by source id, how long the trouble was that a source came out of, where it is known.
    """
    groups: dict[HealthState, list[SourceHealth]] = {state: [] for state in HEALTH}
    for health, _ in news:
        groups[health.state].append(health)
    before = {health.source.id: state for health, state in news}
    counted = [f"{wording.number(len(found))} {_label(state)}" for state, found in groups.items() if found]
    lines = [
        render.cut(f"• {render.outside(h.source.name)} ({h.source.id}): {_said(h, before[h.source.id], lasted or {})}", LONGEST_LINE)
        for state, found in groups.items()
        for h in found
    ]
    head = [f"Nguồn tin: {', '.join(counted)}", *_hint(groups)]
    shown = next(n for n in range(len(lines), -1, -1) if len("\n".join(_page(head, lines, n))) <= render.VISIBLE)
    return Message(subject=f"[Vận hành] {head[0]}", text="\n".join(_page(head, lines, shown)))


def source_notice(health: SourceHealth, previous: HealthState, *, lasted: timedelta | None = None) -> Message:
    """The same on a single source."""
    return sources_notice([(health, previous)], lasted={health.source.id: lasted} if lasted else None)


def _label(state: HealthState) -> str:
    return "đọc lại được" if state == "healthy" else HEALTH[state]


def _said(health: SourceHealth, before: HealthState, lasted: Mapping[str, timedelta]) -> str:
    if health.state != "healthy":
        return f"{HEALTH[health.state]}, {render.outside(health.reason)}"
    again = "lại có tin đều" if before == "quiet" else "đọc lại được"
    after = lasted.get(health.source.id)
    return f"{again} sau {span(after.total_seconds())}" if after else f"{again} (trước đó: {HEALTH[before]})"


def _hint(groups: Mapping[HealthState, Sequence[SourceHealth]]) -> list[str]:
    failing = sum(len(groups[state]) for state in ("dead", "failing"))
    return ["Nhiều nguồn cùng lỗi một lúc: hãy xem đường mạng của máy chủ này trước."] if failing >= AT_ONCE else []


def _page(head: Sequence[str], lines: Sequence[str], shown: int) -> list[str]:
    left = len(lines) - shown
    more = [f"… và {wording.number(left)} nguồn nữa"] if left else []
    return [*head, *lines[:shown], *more, "Xem tất cả: monitor status, monitor ledger"]
