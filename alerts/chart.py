"""One picture for the digest: relevant items by day, stacked by sentiment."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from alerts.wording import SENTIMENTS, day
from monitor.figures import DayCount

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Colours that stay apart for colour-blind readers and on grey paper.
COLOURS = {"neg": "#c0392b", "neu": "#b8bfc6", "pos": "#2e86c1"}
WEEKDAYS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")


def by_day(days: Sequence[DayCount]) -> bytes:
    """A PNG, 1280 × 520; the same counts give the same bytes."""
    # half a second to import, once a week: not at the start of every command
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8, 3.25), dpi=160, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    labels = [f"{WEEKDAYS[d.day.weekday()]}\n{day(d.day)[:5]}" for d in days]
    places = list(range(len(days)))
    bottom = [0] * len(days)
    for key in ("neg", "neu", "pos"):
        counts = [getattr(d, key) for d in days]
        axes.bar(places, counts, bottom=bottom, color=COLOURS[key], width=0.62, label=SENTIMENTS[key])
        _counts_inside(axes, places, counts, bottom, light=key != "neu")
        bottom = [b + c for b, c in zip(bottom, counts, strict=True)]
    axes.set_xticks(places, labels)
    axes.set_ylim(0, max([*bottom, 4]) * 1.08)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.set_ylabel("số tin, bài liên quan")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(axis="y", color="#e5e8eb", linewidth=0.8)
    axes.set_axisbelow(True)
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _counts_inside(axes: Axes, places: list[int], counts: list[int], bottom: list[int], *, light: bool) -> None:
    """The number in each bar that is high enough to hold it."""
    highest = max([*(b + c for b, c in zip(bottom, counts, strict=True)), 1])
    for x, count, start in zip(places, counts, bottom, strict=True):
        if count >= highest * 0.08:
            colour = "white" if light else "#333333"
            axes.text(x, start + count / 2, str(count), ha="center", va="center", fontsize=8, color=colour)
