"""Pages in every encoding that Vietnamese sites were ever written in, declared rightly, wrongly or not at all."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from crawlers.pages import encodings
from crawlers.pages.extract import extract_page
from monitor.errors import HostileError
from tests.bars import Row, table

PASSAGES = Path(__file__).parent.parent / "data/encodings/passages.txt"
NOW = datetime(2026, 11, 12, tzinfo=UTC)
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_VNI_BYTES = {letter: pair for pair, letter in encodings._VNI.items()}
_LEGACY = ("windows-1258", "tcvn3", "viscii", "vni")

Outcome = Literal["right", "quarantined", "flagged", "silent"]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One page as a server sends it, and what stands on it."""

    name: str
    body: bytes
    charset: str | None
    title: str
    text: str
    rightly_declared: bool
    lost: bool = False  #: letters are gone for good: only quarantine is right


def encode(text: str, name: str) -> bytes:
    """`text` in one of the encodings, the legacy ones included."""
    if name == "windows-1258":
        return "".join(_tone_apart(letter) for letter in text).encode("cp1258")
    if name == "vni":
        return "".join(_VNI_BYTES.get(letter, letter) for letter in text).encode("cp1252")
    if name in ("tcvn3", "viscii"):
        upper = encodings.TCVN3 if name == "tcvn3" else encodings._VISCII
        low = {} if name == "tcvn3" else {letter: byte for byte, letter in encodings._VISCII_LOW.items()}
        return bytes(ord(c) if ord(c) < 0x80 else low[c] if c in low else 0x80 + upper.rindex(c) for c in text)
    return text.encode(name)


def _tone_apart(letter: str) -> str:
    """ể → ê + hook: windows-1258 has the vowels but keeps the tone as a letter of its own."""
    marks = unicodedata.normalize("NFD", letter)
    tones = "".join(m for m in marks if m in _TONES)
    return unicodedata.normalize("NFC", "".join(m for m in marks if m not in _TONES)) + tones


def _page(title: str, text: str, declared: str, encoder: Callable[[str], bytes]) -> bytes:
    meta = f'<meta charset="{declared}">' if declared else ""
    body = f"<article><h1>{title}</h1><div class='noi-dung'><p>{text}</p></div></article>"
    return encoder(f"<!DOCTYPE html><html><head>{meta}<title>{title}</title></head><body>{body}</body></html>")


def samples() -> Iterator[Sample]:
    """Every sample: passages × encodings × declarations."""
    for number, line in enumerate(PASSAGES.read_text(encoding="utf-8").splitlines()):
        title, text = line.split("|")
        yield from _declared(number, title, text)
        yield from _turned(number, title, text)


def _declared(number: int, title: str, text: str) -> Iterator[Sample]:
    """Bytes in one encoding under several labels."""
    claims = {
        "utf-8": (("utf-8", "utf-8"), (None, ""), ("iso-8859-1", ""), ("windows-1258", "windows-1258"), ("windows-1252", "utf-8")),
        "windows-1258": (("windows-1258", "windows-1258"), ("utf-8", "utf-8"), (None, ""), ("iso-8859-1", "windows-1252"), ("utf-8", "")),
        "tcvn3": (("utf-8", "utf-8"), (None, ""), ("windows-1258", ""), ("iso-8859-1", "x-user-defined"), (None, "windows-1252")),
        "viscii": (("utf-8", "utf-8"), (None, ""), ("windows-1258", ""), ("iso-8859-1", ""), (None, "viscii")),
        "vni": (("utf-8", "utf-8"), (None, ""), ("windows-1258", ""), ("iso-8859-1", ""), (None, "windows-1252")),
        "utf-16": (("utf-16", ""), (None, ""), ("utf-8", "utf-8")),
        "utf-16-le": (("utf-16le", ""), (None, ""), ("windows-1258", "")),
        "utf-16-be": (("utf-16be", ""), ("utf-8", "")),
    }
    for name, labels in claims.items():
        for header, meta in labels:
            body = _page(title, text, meta, lambda page, name=name: encode(page, name))  # type: ignore[misc]
            claimed = (header or meta or name).replace("utf-16le", "utf-16-le").replace("utf-16be", "utf-16-be")
            right = claimed == name or (name == "utf-16" and header == "utf-16")
            shown = f"{number} {name} as {header}/{meta or '-'}"
            yield Sample(name=shown, body=body, charset=header, title=title, text=text, rightly_declared=right)


def _turned(number: int, title: str, text: str) -> Iterator[Sample]:
    """UTF-8 made of what was wrongly decoded before, cut, or lost for good."""
    for name in (*_LEGACY, "utf-8"):
        for wrong in ("latin-1", "cp1252"):
            try:
                turned = {part: encode(part, name).decode(wrong) for part in (title, text)}
            except UnicodeDecodeError:  # cp1252 has no letter for some of these bytes
                continue
            body = _page(turned[title], turned[text], "utf-8", str.encode)
            yield Sample(
                name=f"{number} {name} turned by {wrong}", body=body, charset="utf-8", title=title, text=text, rightly_declared=False
            )
    twice = {part: part.encode().decode("latin-1").encode().decode("latin-1") for part in (title, text)}
    body = _page(twice[title], twice[text], "utf-8", str.encode)
    yield Sample(name=f"{number} utf-8 turned twice", body=body, charset="utf-8", title=title, text=text, rightly_declared=False)
    cut = _page(title, text, "utf-8", str.encode)
    cut = cut[: cut.rindex("ừ".encode()[:1], 0, len(cut)) + 1] if "ừ".encode() in cut else cut[: cut.index(b"</p>")] + b"\xe1\xbb"
    yield Sample(name=f"{number} cut in a letter", body=cut, charset="utf-8", title=title, text=text, rightly_declared=True)
    for name in ("tcvn3", "viscii"):
        lost = {part: encode(part, name).decode("utf-8", "replace") for part in (title, text)}
        body = _page(lost[title], lost[text], "utf-8", str.encode)
        yield Sample(name=f"{number} {name} lost", body=body, charset="utf-8", title=title, text=text, rightly_declared=False, lost=True)


def outcome(sample: Sample) -> Outcome:
    """What becomes of a sample: its words whole, quarantine, a flag, or silently wrong words."""
    try:
        got = extract_page(sample.body, sample.charset, "https://a.vn/bai-1234.html", "", "", "", NOW)
    except HostileError:
        return "quarantined"
    if got.title == sample.title and (
        got.text == sample.text or (got.text and sample.text.startswith(got.text[:-2]) and len(got.text) > 100)
    ):
        return "right"
    return "flagged" if got.partial else "silent"


def counted() -> dict[str, Counter[Outcome]]:
    """Outcomes by kind of sample."""
    found: dict[str, Counter[Outcome]] = {"declared right": Counter(), "wrongly declared": Counter(), "lost": Counter()}
    for sample in samples():
        kind = "lost" if sample.lost else "declared right" if sample.rightly_declared else "wrongly declared"
        found[kind][outcome(sample)] += 1
    return found


def rows() -> list[Row]:
    """The rows of the table."""
    found = counted()
    right, wrong, lost = (found[kind] for kind in ("declared right", "wrongly declared", "lost"))
    silent = wrong["silent"] + lost["silent"] + lost["right"]
    return [
        Row(
            what=f"encodings declared rightly, {right.total()} pages", bar="100 %", goal="",
            measured=f"{right['right']} of {right.total()}", met=right["right"] == right.total(),
        ),
        Row(
            what=f"encodings wrongly declared, {wrong.total()} pages: recovered; {lost.total()} with lost letters: quarantined",
            bar="95 %; all", goal="",
            measured=f"{wrong['right'] / wrong.total():.1%}; stored silently wrong: {silent}",
            met=wrong["right"] >= 0.95 * wrong.total() and not silent,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    print(table(rows()))
