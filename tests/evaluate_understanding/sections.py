"""The sections of the card, each a heading, a sentence that says how to read it, and a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from classifiers.lexicon import taxonomy
from monitor.records import SEVERITIES
from tests.evaluate_understanding import curve as learning_curve
from tests.evaluate_understanding import measures, trust, wards
from tests.evaluate_understanding.bars import FIGURES, LEARNED, promises, worst_fall
from tests.evaluate_understanding.measures import difference, interval
from tests.evaluate_understanding.runs import Measured, Run
from tests.evaluate_understanding.sets import Item
from tests.evaluate_understanding.spellings import TERMS
from tests.evaluate_understanding.verdicts import Verdict

_CLASSES = (*measures.FREQUENT, "information_gap", "outage_surge", "data_leak")


def grid(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)])


def _named(runs: Sequence[Run]) -> list[str]:
    return [f"{run.name} ({len(run.items)})" for run in runs]


def bars(measured: Measured) -> str:
    """What was promised, and whether it is kept."""
    rows = [(k.label, k.bar, k.goal, *k.cells, k.reached) for k in promises(measured)]
    heads = ["", "bar", "goal", *_named(measured.shown), f"on {measured.head.name}"]
    return f"## Bars\nJudged on *{measured.head.name}*; wards on their test sentences and in the newsroom.\n\n{grid(heads, rows)}\n"


def tasks(measured: Measured) -> str:
    """Precision, recall and F1 of every answer of every task."""
    rows = [(f.label, *(str(x) if (x := f.of(run)) else "" for run in measured.shown)) for f in FIGURES]
    rows.append(
        ("share in band review", *(f"{sum(v.band == 'review' for v in run.verdicts) / len(run.items):.1%}" for run in measured.shown))
    )
    each = [
        (task, name, int(part.true.sum()), *(interval(score, part) for score in (measures.precision, measures.recall, measures.micro)))
        for task in ("relevant", "hanoi", "sentiment", "class")
        for name, part in columns(measured.head.sheets[task])
    ]
    return (
        f"## By task\n{grid(['figure', *_named(measured.shown)], rows)}\n\n### Each answer on *{measured.head.name}*\n"
        f"{grid(['task', 'answer', 'true items', 'precision', 'recall', 'F1'], each)}\n"
    )


def columns(sheet: measures.Sheet) -> Iterable[tuple[str, measures.Sheet]]:
    """Each answer of a sheet that is true of some item, as a sheet of its own."""
    for at, name in enumerate(sheet.names):
        if sheet.true[:, at].any():
            yield name, measures.Sheet((name,), sheet.true[:, [at]], sheet.said[:, [at]])


def topics(measured: Measured) -> str:
    """Each topic on the head set."""
    names = {t["id"]: t["vi"] for t in taxonomy()["topics"]}
    rows = [
        (
            f"`{name}` {names[name]}",
            int(part.true.sum()),
            *(interval(s, part) for s in (measures.precision, measures.recall, measures.micro)),
        )
        for name, part in columns(measured.head.sheets["topic"])
    ]
    return (
        f"### Each topic on *{measured.head.name}*\nFew true items mean wide "
        f"intervals.\n\n{grid(['topic', 'true items', 'precision', 'recall', 'F1'], rows)}\n"
    )


def confusions(measured: Measured) -> str:
    """Who is taken for whom."""
    found = [f"## Confusion on *{measured.head.name}* and in the newsroom\nRows: what is true; columns: what the program says."]
    for run in (measured.head, measured.newsroom):
        for key, names in (("sentiment", measures.TONES), ("class", _CLASSES)):
            table = measures.confusion(run.items, run.verdicts, key, names)
            rows = [(f"**{name}**", *line) for name, line in zip(names, table, strict=True) if sum(line)]
            found.append(f"{run.name}, {key}:\n\n{grid(['true ↓ said →', *names, 'other'], rows)}")
    return "\n\n".join(found) + "\n"


def sources(measured: Measured) -> str:
    """The newsroom by kind of source: the only measure of portals, forums and whole articles."""
    rows = []
    figures = [f for f in FIGURES if f.label in LEARNED]
    for tier in sorted({str(i["tier"]) for i in measured.newsroom.items}):
        pairs = [(i, v) for i, v in zip(measured.newsroom.items, measured.newsroom.verdicts, strict=True) if i["tier"] == tier]
        part = Run(tier, [i for i, _ in pairs], [v for _, v in pairs])
        rows.append((tier, len(pairs), *(f"{x.value:.2f}" if (x := f.of(part)) else "" for f in figures)))
    return (
        "## The newsroom by kind of source\nFew items each: a hint, no more (no intervals).\n\n"
        f"{grid(['tier', 'items', *(f.label for f in figures)], rows)}\n"
    )


def trust_tables(run: Run) -> Mapping[str, trust.Sure]:
    """The tasks that have a score."""
    return {
        "relevance": trust.relevance(run.items, run.verdicts),
        "sentiment": trust.sentiment(run.items, run.verdicts),
        "topic (strongest)": trust.topic(run.items, run.verdicts),
        "class": trust.case_class(run.items, run.verdicts),
    }


def trust_of(run: Run) -> Mapping[str, trust.Sure]:
    """The scores whose reliability is shown: relevance as a probability."""
    return dict(trust_tables(run)) | {"relevance": trust.probability(run.items, run.verdicts)}


def trust_rows(run: Run) -> list[Sequence[object]]:
    """Reliability by tenths."""
    return [(task, name, n, f"{mean:.2f}", f"{right:.2f}") for task, sure in trust_of(run).items() for name, n, mean, right in sure.bins()]


def trust_section(run: Run) -> str:
    """Reliability, calibration error, coverage and abstention of one set."""
    errors = ", ".join(f"{task} {sure.calibration_error:.3f}" for task, sure in trust_of(run).items())
    curves = [
        (f"{share:.0%}", *(f"{sure.curve()[at][1]:.3f}" for sure in trust_tables(run).values())) for at, share in enumerate(trust.KEPT)
    ]
    left = []
    for task, sure in trust_tables(run).items():
        share, rest, given = sure.abstained()
        left.append((task, f"{share:.1%}", f"{rest:.3f}", f"{given:.3f}" if share else ""))
    return (
        "Expected calibration error (ECE): "
        f"{errors}.\n\n{grid(['task', 'score', 'items', 'mean score', 'share right'], trust_rows(run))}\n\n"
        "Coverage and accuracy: what remains right when the least sure items go to a person.\n\n"
        f"{grid(['kept by the program', *trust_tables(run)], curves)}\n\n"
        "As the program itself abstains (`uncertain`, “cần người xem”; for relevance the band review):\n\n"
        f"{grid(['task', 'left to a person', 'right among the rest', 'the program would have been right'], left)}\n"
    )


def trusted(measured: Measured) -> str:
    """The head set in full."""
    return (
        f"## Are the scores worth their numbers? (*{measured.head.name}*)\nReliability: of the items scored 0.7–0.8 about three of "
        "four should be right. For relevance "
        "the score is the probability of being relevant; for class it is the tagger's, the rules have "
        f"none.\n\n{trust_section(measured.head)}"
    )


def copies(measured: Measured) -> str:
    """The head set spoiled."""
    rows = [
        (f.label, *(f"{x.value:.3f}" if (x := f.of(run)) else "" for run in (measured.head, *measured.copies)))
        for f in FIGURES
        if f.label in LEARNED or f.sheet == "found"
    ]
    rows.append(("items with identical output", "", *(f"{measured.head.same(c):.1%}" for c in measured.copies)))
    rows.append(("largest fall, points", "", *(f"{100 * worst_fall(measured.head, c)[1]:.1f}" for c in measured.copies)))
    return (
        "## The same texts, typed otherwise "
        f"(*{measured.head.name}*)\n{grid(['figure', 'as printed', *(c.name for c in measured.copies)], rows)}\n"
    )


def spelt(measured: Measured) -> str:
    """The 17 kinds of spelling."""
    found = measured.spelt
    rows = [(kind, f"{count} of {len(TERMS)}") for kind, count in found.by_kind.items()]
    missed: dict[str, list[str]] = {}
    for kind, term in found.missed:
        missed.setdefault(kind, []).append(term)
    lost = "\n".join(f"- **{kind}**: {'all' if len(t) == len(TERMS) else '; '.join(t)}" for kind, t in missed.items())
    harsher = ", ".join(f"{kind}: {count} of {len(TERMS)}" for kind, count in found.beyond.items())
    return (
        f"## Hidden spellings\n17 kinds × {len(TERMS)} key terms in a sentence: {found.share:.1%} recognised (bar 88 "
        f"%).\n\n{grid(['kind', 'recognised'], rows)}\n\n"
        f"Missed:\n{lost or '- none'}\n\nHarsher, not counted: {harsher}.\n"
    )


def rivals(measured: Measured) -> str:
    """Ours beside the baselines."""
    figures = [f for f in FIGURES if f.label in LEARNED or f.sheet in ("found", "alarm")]
    rows = [
        (f.label, *(str(x) if (x := f.of(run)) else "" for run in (measured.head, *measured.rivals)), f.quoted, f.readers) for f in figures
    ]
    heads = ["figure", "ours", *(r.name for r in measured.rivals), "TF-IDF + LR (quoted)", "two readers"]
    absent = (
        ""
        if any(r.name == "previous model" for r in measured.rivals)
        else " The previous model could not be run here: the history is not at hand."
    )
    won = ""
    if old := next((r for r in measured.rivals if r.name == "previous model"), None):
        gains = [
            (f.label, f"{d.value:+.3f} [{d.low:+.2f}, {d.high:+.2f}]")
            for f in figures
            for d in [difference(f.score, measured.head.sheets[f.sheet], old.sheets[f.sheet])]
        ]
        won = f"\nGain over the previous model, resampled in pairs:\n\n{grid(['figure', 'gain'], gains)}\n"
    return (
        f"## Baselines (*{measured.head.name}*)\n*Previous model*: commit `4392b44` with its own code, weights (2,619 items) and "
        "rules, run anew on the same items. *Keywords*: the "
        "domain taxonomy's phrases by its own rule (none for tone and class: neutral, routine). *Majority*: everything relevant, "
        "nowhere, commonest topic, "
        "tone and class of the tune half. *Quoted* (from the issue, not run here): trained **on the dev set itself**, in "
        "cross-validation / on other real "
        f"headlines.{absent}\n\n{grid(heads, rows)}\n{won}"
    )


def alarms(measured: Measured) -> str:
    """S2 and above beside the rule "negative alone"."""
    rows = []
    for run in measured.shown:
        alarm, negative = run.sheets["alarm"], run.sheets["negative"]
        ours = (interval(score, alarm) for score in (measures.precision, measures.recall, measures.micro))
        beyond = difference(measures.micro, alarm, negative)
        bounds = f"{beyond.value:+.3f} [{beyond.low:+.2f}, {beyond.high:+.2f}]"
        reader = interval(measures.micro, run.sheets["reader"])
        apart = [abs(SEVERITIES.index(i["severity"]) - SEVERITIES.index(v.severity or "S0")) for i, v in _rated(run)]
        exact, near = (f"{sum(a <= far for a in apart) / len(apart):.0%}" for far in (0, 1))
        rows.append((run.name, int(alarm.true.sum()), *ours, interval(measures.micro, negative), bounds, reader, exact, near))
    heads = [
        "set",
        "true S2+",
        "precision",
        "recall",
        "F1 of the rules",
        "F1 of “program says negative”",
        "difference",
        "F1 of “reader says negative”",
        "level exact",
        "within one level",
    ]
    return (
        "## Found at S2 and above\nAmong truly relevant items: `alerts.rules.decide` on this text alone (no spread, no source) "
        "beside the rule that calls everything "
        f"negative an alarm, by the program's own tone and, as a bound, by the reader's.\n\n{grid(heads, rows)}\n"
    )


def _rated(run: Run) -> list[tuple[Item, Verdict]]:
    return [(i, v) for i, v in zip(run.items, run.verdicts, strict=True) if i["relevant"] and i["severity"]]


def places(measured: Measured) -> str:
    """Wards."""
    rows = [
        (name, sheet.items, interval(measures.precision, sheet), interval(measures.recall, sheet), wards.FIRST_READING.get(name, ""))
        for name, sheet in measured.wards.items()
    ]
    return (
        "## Wards\n`tests/data/wards`: sentences of our own with same-named places elsewhere; *first reading*: before anything was "
        "mended by the set.\n\n"
        f"{grid(['set', 'items', 'precision', 'recall', 'first reading'], rows)}\n"
    )


def learning(curve: Mapping[str, Any] | None, corpus: str) -> str:
    """The learning curve as it was last run."""
    if not curve:
        return "## Learning curve\nNot run yet (`python -m tests.evaluate_understanding --curve`).\n"
    names = list(learning_curve.TASKS)
    rows: list[Sequence[object]] = [(f"{p['items']:,}", *(f"{p[n]:.3f}" for n in names)) for p in curve["points"]]
    rows.append(("**gain of another 500, points**", *(f"{100 * learning_curve.gain(curve['points'], n):+.2f}" for n in names)))
    old = "" if curve["corpus_sha256"] == corpus else " **The corpus has changed since.**"
    return (
        "## Learning curve (*tune*)\nRandom parts of the corpus (each holds the smaller ones), fitted once each with the "
        "thresholds of the whole; the last line is the slope "
        "of the last three points. One draw: a point moves by about one point of F1 by chance. Kept in "
        f"`tests/evaluate_understanding/curve.json`.{old}\n\n"
        f"{grid(['items', *names], rows)}\n"
    )


def texture(rows: Sequence[Sequence[object]], made: Mapping[str, Mapping[str, int]], notes: Sequence[str]) -> str:
    """The corpus: how varied, made of what."""
    counts = [(kind, ", ".join(f"{name} {n}" for name, n in sorted(found.items(), key=lambda p: -p[1]))) for kind, found in made.items()]
    heads = ["set", "items", "syllables an item", "distinct 1-grams", "2-grams", "3-grams", "self-similarity", "openings repeated"]
    return (
        "## The corpus: how varied it is\nDistinct n-grams in 10,000 syllables of items drawn at random (mean of 20 draws; higher "
        "is more varied). Self-similarity: mean Jaccard of an item's "
        "syllables with those of its nearest of 400 (lower is more varied). Openings repeated: titles whose first two words open "
        "another of 400.\n\n"
        f"{grid(heads, rows)}\n\n" + "\n".join(f"- {note}" for note in notes) + f"\n\n{grid(['of', 'items'], counts)}\n"
    )
