"""Whatever text arrives is tagged: in time, in little memory, without an error, without a socket; and how it was typed does not matter."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.lexicon import FILES
from classifiers.scores import Figures, figures, tagged
from classifiers.tag import Tagger
from classifiers.train import corpus
from monitor.records import Tags
from monitor.text import fold, plain
from tests.evaluate_understanding import spellings

SECONDS, MEGABYTES = 2.0, 300.0
#: Tagged one after the other in a process of its own; each an expression.
HOSTILE = {
    "empty": "''",
    "10 MB of article": "'Hà Nội nộp hồ sơ trực tuyến ở phường Cửa Nam. ' * 220_000",
    "one word of 10 MB": "'a' * 10_000_000",
    "emoji": "'😀' * 450_000",
    "combining marks": "'\\u0301' * 900_000",
    "marks on a letter": "'a' + '\\u0301\\u0336' * 450_000",
    "a.a.a.": "'a.a.' * 2_500_000",
    "dotted words": "'c.h.ữ ' * 1_500_000",
    "binary": "bytes(range(256)).decode('latin-1') * 40_000",
    "lone surrogates": "'\\ud800' * 1_000_000",
    "stops": "'. ' * 5_000_000",
    "codes": "'1-1/' * 2_500_000",
    "nothing visible": "'\\u200b' * 3_000_000",
    "teencode": "'pvhcc k ai ' * 900_000",
    "wards": "'các phường A và B, phường xã ' * 350_000",
    "gaps": "'nộp ' * 2_500_000",
    "one ligature for eighteen letters": "'\\ufdfa' * 3_000_000",
}
_CHILD = """
import json, resource, socket, sys, time
from classifiers.tag import Tagger

def refused(*_a, **_k):
    raise AssertionError("a socket was opened")

socket.socket = refused
tagger = Tagger.load()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
seconds = {}
for name, expression in json.loads(sys.argv[1]).items():
    text = eval(expression)
    started = time.process_time()
    tagger.tag(article_id="", title=text, text=text, open_gate=True)
    seconds[name] = time.process_time() - started
print(json.dumps({"seconds": seconds, "more": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}))
"""


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


@pytest.fixture(scope="module")
def items() -> list[dict[str, Any]]:
    return corpus()[::50]


@pytest.fixture
def _no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: object, **_more: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refused)


def said(tags: Tags) -> list[tuple[object, ...]]:
    """Labels with their scores and reasons; a sentence quoted verbatim is compared as it is read."""
    return [(x.kind, x.value, x.score, tuple(plain(why) for why in x.why)) for x in tags.labels]


def tag(tagger: Tagger, title: str, text: str) -> list[tuple[object, ...]]:
    return said(tagger.tag(article_id="a", title=title, text=text, open_gate=True))


def test_hostile_texts_cost_little() -> None:
    done = subprocess.run([sys.executable, "-c", _CHILD, json.dumps(HOSTILE)], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    cost = json.loads(done.stdout)
    assert {name: s for name, s in cost["seconds"].items() if s > SECONDS} == {}
    assert cost["more"] <= MEGABYTES  # of them up to 40 MB the text itself


def test_decomposed_text_is_tagged_identically(tagger: Tagger, items: list[dict[str, Any]]) -> None:
    for item in items:
        title, text = str(item.get("title") or ""), str(item.get("text") or "")
        assert tag(tagger, unicodedata.normalize("NFD", title), unicodedata.normalize("NFD", text)) == tag(tagger, title, text), item["id"]


_TONES = dict(spellings._OLD) | {"òe": "oè", "óe": "oé", "ỏe": "oẻ", "õe": "oẽ", "ọe": "oẹ"}
_EITHER = re.compile(f"({'|'.join([*_TONES, *_TONES.values()])})(?![a-zà-ỹ])", re.IGNORECASE)


def respelled(text: str, *, old: bool) -> str:
    """Every oa, oe, uy at the end of a syllable with its tone mark the old way (hoà) or the new (hòa), whatever it had."""
    back = {o: n for n, o in _TONES.items()}

    def one(match: re.Match[str]) -> str:
        low = match.group().lower()
        new = back.get(low, low)
        spelled = _TONES[new] if old else new
        return "".join(c.upper() if m.isupper() else c for c, m in zip(spelled, match.group(), strict=True))

    return re.sub(r"(?<![qQ])" + _EITHER.pattern, one, text, flags=re.IGNORECASE)


def test_old_and_new_tone_marks_are_tagged_identically(tagger: Tagger) -> None:
    met = [i for i in corpus() if respelled(i["title"] + i["text"], old=True) != respelled(i["title"] + i["text"], old=False)][::8]
    assert len(met) >= 100
    for item in met:
        old, new = ([respelled(item[key], old=way) for key in ("title", "text")] for way in (True, False))
        assert old != new
        assert tag(tagger, *old) == tag(tagger, *new), item["id"]


@pytest.fixture(scope="module")
def frozen(tagger: Tagger) -> tuple[Figures, Figures]:
    items = [json.loads(line) for line in (FILES / "frozen.jsonl").read_text(encoding="utf-8").splitlines()]
    return figures(items, tagged(tagger, items)), figures(items, tagged(tagger, items, fold))


@pytest.mark.parametrize("figure", ["relevant_f1", "sentiment_macro", "topics_micro"])
def test_without_diacritics_it_falls_by_five_points_at_most(frozen: tuple[Figures, Figures], figure: str) -> None:
    whole, bare = (getattr(one, figure) for one in frozen)
    assert bare >= whole - 0.05


def test_without_diacritics_the_city_is_still_found(frozen: tuple[Figures, Figures]) -> None:
    """Short names of places mean too much without marks: 0.93 becomes 0.86 here (the dev set falls by less than a point)."""
    whole, bare = frozen
    assert bare.hanoi_f1 >= whole.hanoi_f1 - 0.08


_PIECES = [
    *("phường", "Hà Nội", "57-NQ/TW", "AI", "ai", "k", "tp.", "…", "\n", " ", "?", "c.h.ữ", "s\u0336ố"),
    *("\u0301", "\ud800", "😀", "ﷺ", "٣", "İ"),
]


@pytest.mark.usefixtures("_no_socket")
def test_any_text_is_tagged(tagger: Tagger) -> None:
    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=80), st.text(max_size=400) | st.lists(st.sampled_from(_PIECES) | st.text(max_size=4), max_size=60).map("".join))
    def holds(title: str, text: str) -> None:
        labels = tagger.tag(article_id="", title=title, text=text, open_gate=True).labels
        assert labels
        assert all(0 <= label.score <= 1 for label in labels)
        json.dumps([label.why for label in labels], ensure_ascii=False).encode("utf-8")

    holds()


@pytest.fixture(scope="module")
def recognised() -> spellings.Recognised:
    return spellings.measured()


def test_evasive_spellings_are_recognised(recognised: spellings.Recognised) -> None:
    print("missed:", ", ".join(f"{term} ({kind})" for kind, term in recognised.missed))
    assert len(spellings.KINDS) == 17
    assert len(spellings.TERMS) == 30
    assert recognised.share >= 0.92  # the bar is 0.88


@pytest.mark.parametrize("kind", sorted(set(spellings.KINDS) - {"leet"}))
def test_each_kind_is_recognised(recognised: spellings.Recognised, kind: str) -> None:
    assert recognised.by_kind[kind] >= (20 if kind == "dots" else 28)  # of 30; digits for letters are beyond us, see the model card


@pytest.mark.shared
@pytest.mark.skipif(not Path(spellings.ATTACKS).is_file(), reason="../shared is not here")
def test_every_kind_of_the_list_is_tried() -> None:
    assert spellings.unlisted() == set()
