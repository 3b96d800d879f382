"""Printed dates against what they mean: our own list of forms, and every date of the replay in ../shared."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from crawlers.pages import dates
from tests.bars import Row, table

FORMS = Path(__file__).parent.parent / "data/dates/forms.tsv"
FORMS_NOW = datetime(2026, 7, 21, 15, 0, tzinfo=dates.LOCAL)
REPLAY = Path(__file__).resolve().parents[3] / "shared/data/replay_items.jsonl"
REPLAY_NOW = datetime(2026, 11, 21, tzinfo=UTC)


def forms() -> list[tuple[str, str]]:
    """Each printed form with the local moment it means ("none" for none)."""
    # str.split and not splitlines: a raw date may hold odd separators.
    lines = [line for line in FORMS.read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]
    return [(raw, expected) for raw, expected in (line.split("\t") for line in lines)]


def read(raw: str) -> str:
    """What our reader makes of a form, written as the list writes it."""
    found = dates.parse(raw, FORMS_NOW)
    return "none" if found is None else found.astimezone(dates.LOCAL).isoformat(timespec="minutes")


def replay() -> list[str]:
    """The dates of the replay's items as printed."""
    return [json.loads(line)["published"] for line in REPLAY.read_text(encoding="utf-8").splitlines()]


def wrong_in_replay() -> list[str]:
    """Those that were not read to the second."""
    return [raw for raw in replay() if dates.parse(raw, REPLAY_NOW) != _meant(raw)]


def _meant(raw: str) -> datetime:
    plain = raw.replace("\u202f", " ")
    if plain.endswith(("AM", "PM")):
        return datetime.strptime(plain, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=dates.LOCAL)
    return parsedate_to_datetime(re.sub(r"\+07(:00)?$", "+0700", plain))


def rows() -> list[Row]:
    """The rows of the table."""
    listed = forms()
    right = sum(read(raw) == expected for raw, expected in listed)
    found = [
        Row(
            what=f"{len(listed)} printed forms of dates, right to the minute", bar="95 %", goal="100 %",
            measured=f"{right / len(listed):.1%}", met=right >= 0.95 * len(listed),
        )
    ]  # fmt: skip
    what = "every date of `replay_items.jsonl`"
    if not REPLAY.is_file():
        return [*found, Row(what=what, bar="100 %", goal="100 %", measured="not measured: ../shared is not here", met=False)]
    wrong, all_ = len(wrong_in_replay()), len(replay())
    return [*found, Row(what=what, bar="100 %", goal="100 %", measured=f"{all_ - wrong} of {all_}", met=not wrong)]


if __name__ == "__main__":
    print(table(rows()))
