"""What is done the quick way when tagging gives what the plain way of training gives."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from classifiers import models
from classifiers.features import known_ngrams, look, ngrams, signs
from classifiers.lexicon import Lexicon, _groups, lexicon
from classifiers.models import vector
from classifiers.train import corpus
from classifiers.vietnamese import read, syllables_of
from monitor.text import fold


@pytest.fixture(scope="module")
def shipped() -> models.Models:
    return models.load()


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, str]]:
    items: list[dict[str, Any]] = corpus()[::75]
    short = [(str(i.get("title") or ""), str(i.get("text") or "")) for i in items]
    long = [(title, "\n".join(text for _, text in short[n : n + 12])) for n, (title, _) in enumerate(short[:20])]
    return [*short, *long, *((fold(a), fold(b)) for a, b in short[:40]), ("", ""), ("😀", "…")]


def test_the_row_of_a_text_is_that_of_training(shipped: models.Models, texts: list[tuple[str, str]]) -> None:
    for title, text in texts:
        seen = look(title, text)
        quick, plain_way = shipped.row(seen), vector(ngrams(seen.passage), signs(seen), shipped._at, shipped._idf)
        assert quick.index.tolist() == plain_way.index.tolist()
        assert np.allclose(quick.value, plain_way.value, rtol=0, atol=1e-7)
        before, after = shipped.scores(plain_way), shipped.scores(quick)
        assert all(abs(before[name] - after[name]) < 1e-6 for name in before)


def test_known_ngrams_are_ngrams_that_are_known(shipped: models.Models, texts: list[tuple[str, str]]) -> None:
    for title, text in texts[:60]:
        passage = read(title, text)
        numbers, upto, weights = known_ngrams(passage, shipped._at)
        assert (len(upto), len(weights)) == (len(passage.syllables),) * 2
        sums: dict[str, float] = defaultdict(float)
        for weight, start, end in zip(weights, [0, *upto], upto, strict=False):
            for number in numbers[start:end]:
                sums[shipped.names[number]] += weight
        assert sums == {gram: n for gram, n in ngrams(passage).items() if gram in shipped._idf}


def test_a_vocabulary_holds_the_beginnings_of_what_it_holds(shipped: models.Models) -> None:
    grams = [name for name in shipped.names if name[:2] in ("f ", "p ")]
    known = set(grams)
    longer = [g for g in grams if g.startswith("f ") and g.count(" ") > 1]
    assert [g for g in longer if g.rpartition(" ")[0] not in known] == []


def test_the_sentences_pull_by_their_own_words(shipped: models.Models) -> None:
    passage = read("Cổng dịch vụ công", "Trời mưa. Nộp hồ sơ trực tuyến báo lỗi, dân bức xúc vì báo lỗi.")
    pulls = shipped.pulls(passage, "sentiment:neg")
    assert max(pulls, key=pulls.__getitem__) == passage.syllables[-1].sentence
    grams = [g for g in ngrams(read("", "Trời mưa.")) if g in shipped._idf]
    column = shipped.outputs.index("sentiment:neg")
    wanted = sum(shipped._idf[g] * shipped._weights[shipped._at[g], column] for g in grams)
    assert pulls[min(pulls)] == pytest.approx(wanted, abs=1e-4)


def test_a_phrase_is_read_as_a_text_is() -> None:
    phrases = [str(p) for strengths in _groups().values() for listed in strengths.values() for p in listed]
    assert len(phrases) > 10_000
    for phrase in {part for p in phrases for part in p.split("…")} | {"ai", "cds ở hn", "k", "camera ai", "Ai", "57-nq/tw", "a" * 90}:
        assert syllables_of(phrase) == tuple(s.plain for s in read(phrase, "").syllables), phrase


def test_the_lexicon_is_read_in_a_moment() -> None:
    lexicon()
    started = time.process_time()
    assert isinstance(lexicon.__wrapped__(), Lexicon)
    assert time.process_time() - started < 1.0  # 0.2 s on an idle core; it took 1.1


def test_of_two_phrases_with_one_span_the_written_one_wins() -> None:
    tones = Lexicon(
        {"sentiment.neg": {"strong": ["xe kham"]}, "sentiment.pos": {"strong": ["xẻ khám"]}, "x": {"strong": ["xe khám", "xe kham"]}}
    )
    hits = tones.votes(read("", "mua xe kham hom nay")).hits
    assert Counter((h.group, h.phrase) for h in hits) == Counter([("sentiment.neg", "xe kham"), ("x", "xe kham")])
