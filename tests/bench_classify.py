"""`make bench-classify`: understanding's speed as ratios in one run, each rival in a process of its own, and what loading costs.

What is read: articles of 3,000 characters put together from the corpus, and its headlines with their summaries, one at a time as
a service meets them. Time is the processor's, the best of several rounds.
"""

from __future__ import annotations

import gc
import json
import os
import random
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence

import psutil

from tests.bars import Row, table

LETTERS = 3_000  #: of an article
ARTICLES, HEADLINES, SLOW = 30, 200, 6  #: how many are read; underthesea reads only SLOW articles, it takes long
ROUNDS = 5
Read = Callable[[str, str], object]
Texts = Sequence[tuple[str, str]]
MB = 1024 * 1024


def articles() -> list[tuple[str, str]]:
    """Titles with bodies of LETTERS characters."""
    items = _items()
    bodies = [" ".join(f"{text}" for _, text in items[k * 20 :]) for k in range(ARTICLES)]
    return [(items[k * 20][0], body[:LETTERS]) for k, body in enumerate(bodies)]


def headlines() -> list[tuple[str, str]]:
    """Titles with summaries."""
    return _items()[:HEADLINES]


def _items() -> list[tuple[str, str]]:
    from classifiers.train import corpus

    found = [(str(i.get("title") or ""), str(i.get("text") or "")) for i in corpus()]
    random.Random(57).shuffle(found)
    return found


def measure_load() -> dict[str, float]:
    """Seconds until the first article can be tagged in a process that has just begun, and its memory after a hundred."""
    started, wall = time.process_time(), time.perf_counter()
    from classifiers.tag import Tagger

    imported = time.process_time() - started
    tagger = Tagger.load()
    loaded, waited = time.process_time() - started, time.perf_counter() - wall
    body = "Người dân nộp hồ sơ trực tuyến ở phường, cán bộ trả kết quả trước hạn. " * 40
    for number in range(100):
        tagger.tag(article_id="", title=f"Hà Nội số {number}", text=body, open_gate=True)
    return {"import": imported, "load": loaded, "wall": waited, "resident": psutil.Process().memory_info().rss / MB}


def measure_lexicon() -> dict[str, float]:
    """Seconds to read the lexicons alone."""
    from classifiers.lexicon import lexicon

    started = time.process_time()
    lexicon()
    return {"seconds": time.process_time() - started}


def measure_ours() -> dict[str, float]:
    """Every task with its reasons, the gate open; and how long one article of 200 takes at the median and at worst but one in a hundred."""
    from classifiers.tag import Tagger

    tagger = Tagger.load()
    gc.collect()
    gc.freeze()  # as the service does once it is opened

    def read(title: str, body: str) -> object:
        return tagger.tag(article_id="", title=title, text=body, open_gate=True)

    found = {"article": _best(read, articles()), "headline": _best(read, headlines())}
    waits = sorted(_seconds(read, [one]) for _ in range(10) for one in articles())
    return found | {"p50": statistics.median(waits), "p99": waits[int(len(waits) * 0.99) - 1], "worst": waits[-1]}


def measure_segmenter() -> dict[str, float]:
    """What comes with underthesea before any task: words and names."""
    from underthesea import ner, word_tokenize

    def read(title: str, body: str) -> object:
        return word_tokenize(f"{title}. {body}"), ner(f"{title}. {body}")

    read("Hà Nội", "Chuyển đổi số")
    return {"article": _best(read, articles()[:SLOW], rounds=2)}


def measure_bare() -> dict[str, float]:
    """TF-IDF of syllables, one and two, into one logistic regression with as many outputs as ours: no reasons, no places, no phrases."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    from classifiers import models

    outputs = len(models.load().outputs)
    taught = [f"{title}. {text}" for title, text in _items()]
    terms = TfidfVectorizer(ngram_range=(1, 2), min_df=2, token_pattern=r"(?u)\b\w+\b")
    space = terms.fit_transform(taught)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it has learned does not matter to its speed
        model = LogisticRegression(max_iter=1).fit(space, [n % outputs for n in range(len(taught))])

    def read(title: str, body: str) -> object:
        return model.predict_proba(terms.transform([f"{title}. {body}"]))

    def together(texts: Texts) -> float:
        joined = [f"{title}. {body}" for title, body in texts]
        started = time.process_time()
        model.predict_proba(terms.transform(joined))
        return (time.process_time() - started) / len(texts)

    batch = {f"{name}_batch": min(together(texts) for _ in range(ROUNDS)) for name, texts in _both()}
    return {name: _best(read, texts) for name, texts in _both()} | batch


def _both() -> tuple[tuple[str, Texts], ...]:
    return ("article", articles()), ("headline", headlines())


def _best(read: Read, texts: Texts, rounds: int = ROUNDS) -> float:
    """Seconds a text, in the best round."""
    return min(_seconds(read, texts) for _ in range(rounds)) / len(texts)


def _seconds(read: Read, texts: Texts) -> float:
    started = time.process_time()
    for title, body in texts:
        read(title, body)
    return time.process_time() - started


MEASURES = {
    "load": measure_load, "lexicon": measure_lexicon, "ours": measure_ours, "segmenter": measure_segmenter, "bare": measure_bare,
}  # fmt: skip


def alone(name: str) -> dict[str, float]:
    """One measure in a fresh process on one thread."""
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench_classify", name]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900, env=os.environ | one_thread)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def ratios(rounds: int = 2) -> dict[str, float]:
    """Every measure, the rivals in turn so that a busy machine is busy for all: the median of each ratio."""
    load = [alone("load") for _ in range(rounds)]
    read = min(alone("lexicon")["seconds"] for _ in range(rounds))
    turns = [(alone("ours"), alone("segmenter"), alone("bare")) for _ in range(rounds)]
    ours = [o for o, _, _ in turns]
    found = {
        "segmenter": statistics.median(s["article"] / o["article"] for o, s, _ in turns),
        "lexicon": read,
        "load": min(one["load"] for one in load),
        "wall": min(one["wall"] for one in load),
        "resident": max(one["resident"] for one in load),
    }
    for name in ("article", "headline", "article_batch", "headline_batch"):
        found[f"bare_{name}"] = statistics.median(b[name] / o[name.removesuffix("_batch")] for o, _, b in turns)
    return found | {name: min(o[name] for o in ours) for name in ("p50", "p99", "worst", "article", "headline")}


def rows(found: dict[str, float]) -> list[Row]:
    """The bars of understanding's speed."""
    slower = f"; {found['bare_article_batch']:.2f}× of it in batches"
    short = f"; {found['bare_headline_batch']:.2f}× of it in batches"
    return [
        _row("articles of 3,000 characters against underthesea’s words and names", 10, "×", found["segmenter"], more="all tasks, reasons"),
        _row("headlines with summaries against bare TF-IDF + LR", 0.4, "×", found["bare_headline"], more=f"one at a time{short}"),
        _row("articles against bare TF-IDF + LR", 0.4, "×", found["bare_article"], more=f"one at a time{slower}"),
        _row("one article, median", 10, " ms", found["p50"] * 1e3, most=True, more=f"{1 / found['article']:.0f} a second"),
        _row("one article, 99th percentile", 10, " ms", found["p99"] * 1e3, most=True, more=f"worst {found['worst'] * 1e3:.1f} ms"),
        _row("the lexicons read", 0.3, " s", found["lexicon"], most=True),
        _row("ready in a fresh process", 2, " s", found["load"], most=True, more=f"{found['wall']:.2f} s by the clock"),
        _row("resident memory after a hundred articles", 400, " MB", found["resident"], most=True),
    ]  # fmt: skip


def _row(what: str, bar: float, unit: str, measured: float, *, most: bool = False, more: str = "") -> Row:
    sign, met = ("≤", measured <= bar) if most else ("≥", measured >= bar)
    shown = f"{measured:.{0 if measured >= 100 else 2}f}{unit}"
    return Row(what=what, bar=f"{sign} {bar:g}{unit}", goal="", measured=f"{shown} ({more})" if more else shown, met=met)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(MEASURES[sys.argv[1]]()))
    else:
        print(table(rows(ratios())))
        print(f"\nLoad average while measuring: {os.getloadavg()[0]:.1f}. Processor time, one thread each, best round; ratios in turn.")
