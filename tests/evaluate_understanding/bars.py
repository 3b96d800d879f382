"""What was promised of the labels, and whether it is kept: one row a promise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.evaluate_understanding import measures
from tests.evaluate_understanding.measures import Interval, Score, Sheet, difference, interval
from tests.evaluate_understanding.runs import Measured, Run

FALL = 0.05  #: how far an F1 may fall without diacritics


@dataclass(frozen=True)
class Figure:
    """One figure of a set."""

    label: str
    sheet: str
    score: Score
    bar: float | None = None
    goal: float | None = None
    quoted: str = ""  #: TF-IDF + logistic regression trained on the dev set itself, as the issue measured it
    readers: str = ""  #: how far two careful readers agree

    def of(self, run: Run) -> Interval | None:
        """The figure of a set, None where the set has no such truth."""
        sheet = run.sheets.get(self.sheet)
        return interval(self.score, sheet) if sheet is not None and sheet.true.any() else None


FIGURES = (
    Figure("relevant F1", "relevant", measures.micro, 0.86, 0.93, "0.82 / 0.77", "0.94"),
    Figure("relevant precision", "relevant", measures.precision),
    Figure("relevant recall", "relevant", measures.recall),
    Figure("relevant recall, band review counted as found", "found", measures.recall, 0.95, 0.98),
    Figure("Hà Nội F1", "hanoi", measures.micro, 0.94, 0.97, "0.91 / 0.91", "0.96"),
    Figure("Hà Nội precision", "hanoi", measures.precision),
    Figure("Hà Nội recall", "hanoi", measures.recall),
    Figure("sentiment macro-F1", "sentiment", measures.macro, 0.69, 0.80, "0.69 / 0.62", "0.80"),
    Figure("topics micro-F1", "topic", measures.micro, 0.71, 0.80, "0.69 / 0.69"),
    Figure("topics macro-F1", "topic", measures.macro, 0.50, 0.70, "0.60 / 0.38"),
    Figure("class macro-F1 (five classes, the rules' word)", "class", measures.macro, 0.55, 0.75),
    Figure("class macro-F1 (five classes, the tagger's word)", "first_class", measures.macro),
    Figure("S2+ F1 (relevant items, this text alone)", "alarm", measures.micro),
    Figure("wards precision", "ward", measures.precision, 0.98, 0.99),
    Figure("wards recall", "ward", measures.recall, 0.95, 0.98),
)
LEARNED = (
    "relevant F1",
    "Hà Nội F1",
    "sentiment macro-F1",
    "topics micro-F1",
    "topics macro-F1",
    "class macro-F1 (five classes, the rules' word)",
)


@dataclass(frozen=True)
class Kept:
    """One promise with what was measured."""

    label: str
    bar: str
    goal: str
    cells: tuple[str, ...]  #: one a set shown
    reached: str  #: "goal met", "met" or "**not met**"


def verdict(value: float, bar: float, goal: float | None) -> str:
    """In words whether a bar and a goal are met."""
    if value < bar:
        return "**not met**"
    return "met" if goal is None or value < goal else "goal met"


def promises(measured: Measured) -> Iterator[Kept]:
    """Every bar of the issue, judged on the head set."""
    sets = measured.shown
    for figure in FIGURES:
        if figure.bar is not None and figure.sheet != "ward":
            cells = [figure.of(run) for run in sets]
            assert cells[0] is not None
            yield _row(figure.label, figure.bar, figure.goal, cells[0].value, [str(c) if c else "" for c in cells])
    beyond = [_beyond(run.sheets) for run in sets]
    won = (
        "goal met"
        if beyond[0].value >= 0.10
        else "met"
        if beyond[0].low > 0
        else "above, interval holds 0"
        if beyond[0].value > 0
        else "**not met**"
    )
    yield Kept(
        "S2+ F1 beyond the rule “negative alone”",
        "> 0",
        "+0.10",
        tuple(f"{b.value:+.3f} [{b.low:+.2f}, {b.high:+.2f}]" for b in beyond),
        won,
    )
    for what, score, bar, goal in (("precision", measures.precision, 0.98, 0.99), ("recall", measures.recall, 0.95, 0.98)):
        tests, rooms = (interval(score, measured.wards[name]) for name in ("both sets", "newsroom"))
        blank = [""] * (len(sets) - 1)
        yield _row(
            f"wards {what}, test sentences ({measured.wards['both sets'].items}; in the first column)",
            bar,
            goal,
            tests.value,
            [str(tests), *blank],
        )
        beside = [str(rooms) if run.name == "newsroom" else "" for run in sets]
        yield _row(f"wards {what}, newsroom", bar, goal, rooms.value, beside)
    bare = next(c for c in measured.copies if c.name == "no diacritics")
    name, fall = worst_fall(measured.head, bare)
    told = f"{100 * fall:.1f} ({name})"
    yield Kept("largest fall of an F1 without diacritics, points", "≤ 5", "", (told, *blank), "met" if fall <= FALL else "**not met**")
    for copy in measured.copies:
        if copy.name in ("NFD", "old tone marks"):
            same = measured.head.same(copy)
            yield Kept(f"identical output: {copy.name}", "100 %", "", (f"{same:.1%}", *blank), "met" if same == 1 else "**not met**")
    yield _row("17 spellings × 30 terms recognised", 0.88, None, measured.spelt.share, [f"{measured.spelt.share:.1%}", *blank])


def _row(label: str, bar: float, goal: float | None, value: float, cells: list[str]) -> Kept:
    return Kept(label, f"{bar:.2f}", f"{goal:.2f}" if goal else "", tuple(cells), verdict(value, bar, goal))


def _beyond(sheets: dict[str, Sheet]) -> Interval:
    return difference(measures.micro, sheets["alarm"], sheets["negative"])


def worst_fall(whole: Run, spoiled: Run) -> tuple[str, float]:
    """The F1 that falls most from one run to another."""
    falls = {}
    for figure in FIGURES:
        if figure.label in LEARNED:
            before, after = figure.of(whole), figure.of(spoiled)
            if before and after:
                falls[figure.label] = before.value - after.value
    return max(falls.items(), key=lambda pair: pair[1])
