"""The trained weights: a vocabulary, its idf and one column per output, kept as npz without pickle beside a manifest of hashes."""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.features import LEXICON_SCALE, Evidence, known_ngrams, readable, signs
from classifiers.vietnamese import Passage
from monitor.errors import MonitorError

HERE = Path(__file__).parent / "models"
MANIFEST = "manifest.json"
WEIGHTS = "weights.npz"
STEPS = 100  #: weights are kept as whole hundredths: a fifth of the size, and no score moves by more than the calibration is sure of
_BITS = 32  #: enough for the number of a feature
ENOUGH = 2  #: reasons after which no more word groups are shown that nobody wrote down as a phrase
SOUGHT, LEAST_MOVED = 60, 0.02  #: features looked through for reasons, and the log-odds that one must have moved
REASONS = 4  #: words shown for one label

Floats = NDArray[np.float32]


class BrokenModel(MonitorError):
    """The model files are missing or not those of the manifest."""


@dataclass(frozen=True)
class Row:
    """One item in the model's space: the features it has and their values."""

    index: NDArray[np.int64]
    value: Floats


@dataclass(frozen=True)
class _Said:
    """The known n-grams of one passage, each time they are said: number, weight, and the sentence of the body (−1 in the title)."""

    number: NDArray[np.int64]
    weight: NDArray[np.float64]
    sentence: NDArray[np.int64]

    @classmethod
    def of(cls, passage: Passage, at: Mapping[str, int]) -> _Said:
        numbers, upto, weights = known_ngrams(passage, at)
        bounds = np.array([0, *upto], dtype=np.int64)
        each = bounds[1:] - bounds[:-1]
        sentences = np.array([s.sentence if s.part else -1 for s in passage.syllables], dtype=np.int64)
        return cls(np.array(numbers, dtype=np.int64), np.repeat(np.array(weights, dtype=np.float64), each), np.repeat(sentences, each))

    @cached_property
    def once(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(sentence, number) of the body, each pair once."""
        body = self.sentence >= 0
        both = np.unique(self.sentence[body] << _BITS | self.number[body])
        return both >> _BITS, both & (1 << _BITS) - 1


class Models:
    """All linear models of the taggers as one matrix."""

    def __init__(
        self, names: Sequence[str], idf: Mapping[str, float], outputs: Sequence[str], weights: Floats, bias: Floats, version: str
    ) -> None:
        self.names = tuple(names)
        self.outputs = tuple(outputs)
        self.version = version
        self._at = {name: i for i, name in enumerate(self.names)}
        self._column = {name: i for i, name in enumerate(self.outputs)}
        self._idf = idf
        self._rarity = np.array([idf.get(name, 0.0) for name in self.names], dtype=np.float64)
        self._weights, self._bias = weights, bias
        self._last: tuple[Passage, _Said] | None = None

    def row(self, evidence: Evidence) -> Row:
        """The item as sparse values: n-grams at length 1 together, signs beside them."""
        said = self._said(evidence.passage)
        grams, which = np.unique(said.number, return_inverse=True)
        counts = np.bincount(which, weights=said.weight, minlength=len(grams))
        value = np.where(counts > 1, 1.0 + np.log(np.maximum(counts, 1.0)), counts) * self._rarity[grams]
        length = math.sqrt(float(value @ value)) or 1.0
        dense = [(self._at[s], v * LEXICON_SCALE) for s, v in signs(evidence).items() if s in self._at]
        index = np.concatenate((grams, np.array([i for i, _ in dense], dtype=np.int64)))
        order = np.argsort(index)
        return Row(index[order], np.concatenate((value / length, [v for _, v in dense]))[order].astype(np.float32))

    def _said(self, passage: Passage) -> _Said:
        """The known n-grams of a passage; those of the last one are kept, for its sentences are asked for next."""
        last = self._last
        if last is None or last[0] is not passage:
            self._last = last = (passage, _Said.of(passage, self._at))
        return last[1]

    def pulls(self, passage: Passage, output: str) -> dict[int, float]:
        """How far the words of each sentence of the body move an output, in log-odds before scaling; each word counts once a sentence."""
        sentence, number = self._said(passage).once
        moved = np.bincount(sentence, weights=self._rarity[number] * self._weights[number, self._column[output]]).tolist()
        return {at: moved[at] for at in dict.fromkeys(sentence.tolist())}

    def scores(self, row: Row) -> dict[str, float]:
        """Log-odds of every output."""
        found = row.value @ self._weights[row.index] + self._bias if len(row.index) else self._bias
        return dict(zip(self.outputs, (float(x) for x in found), strict=True))

    def reasons(self, row: Row, output: str, evidence: Evidence, *, sign: int = 1) -> tuple[str, ...]:
        """What moved `output` most (towards it, or away with sign −1), readable: phrases of the lexicon first, for people wrote them."""
        moved = row.value * self._weights[row.index, self._column[output]] * sign
        strongest = [self.names[row.index[at]] for at in np.argsort(-moved)[:SOUGHT] if moved[at] > LEAST_MOVED]
        groups = [name for name in strongest if name.startswith(("p ", "f "))]
        phrases = [name for name in strongest if name not in set(groups)]
        shown: list[str] = []
        for names, most in ((phrases, REASONS), (groups, ENOUGH)):
            for name in names:
                text = readable(name, evidence.votes, bare=evidence.passage.bare) if speaks_of(name, output) else ""
                if len(shown) < most and text and not any(text.strip("“”") in old or old.strip("“”") in text for old in shown):
                    shown.append(text)
        return tuple(shown)


def speaks_of(feature: str, output: str) -> bool:
    """True when a feature explains an output to a reader: a topic by its own phrases, not by the tone beside them."""
    kind, _, group = feature.partition(" ")
    task, _, value = output.partition(":")
    if kind in ("lex", "lextitle"):
        own = {"relevance": ("relevance.", "topic.", "contra.", "subject."), "class": ("signal.", "sentiment.", "tone.")}
        if task == "sentiment":
            return group.startswith((f"sentiment.{value}", f"tone.{value}"))
        return group.startswith(own.get(task, (f"{task}.{value}",)))
    if kind == "place":
        return task == "relevance" and group in ("hanoi", "foreign")
    return kind in ("p", "f", "code") or feature == "shape question title"


def vector(grams: Mapping[str, float], dense: Mapping[str, float], at: Mapping[str, int], idf: Mapping[str, float]) -> Row:
    """TF-IDF of the known n-grams, scaled to length 1, then the known signs."""
    pairs = [(at[g], (1.0 + math.log(n) if n > 1 else n) * idf[g]) for g, n in grams.items() if g in idf]
    length = math.sqrt(sum(v * v for _, v in pairs)) or 1.0
    pairs = [(i, v / length) for i, v in pairs] + [(at[s], v * LEXICON_SCALE) for s, v in dense.items() if s in at]
    pairs.sort()
    return Row(np.array([i for i, _ in pairs], dtype=np.int64), np.array([v for _, v in pairs], dtype=np.float32))


def save(
    models_dir: Path,
    *,
    names: Sequence[str],
    idf: Mapping[str, float],
    outputs: Sequence[str],
    weights: Floats,
    bias: Floats,
    about: Mapping[str, Any],
) -> None:
    """Write the weights and the manifest."""
    models_dir.mkdir(parents=True, exist_ok=True)
    text = np.frombuffer("\n".join(names).encode(), dtype=np.uint8)
    rarity = np.array([idf.get(n, 0.0) for n in names], dtype=np.float32)
    steps = np.round(weights * STEPS).astype(np.int16)
    said = np.frombuffer("\n".join(outputs).encode(), dtype=np.uint8)
    np.savez_compressed(models_dir / WEIGHTS, names=text, outputs=said, idf=rarity, steps=steps, bias=bias)
    manifest = dict(about) | {"outputs": list(outputs), "files": {WEIGHTS: _sha256(models_dir / WEIGHTS)}}
    (models_dir / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load(models_dir: Path | None = None) -> Models:
    """The models of a folder, the shipped ones by default.

    Raises:
        BrokenModel: a file is missing, broken, or its hash is not the manifest's.
    """
    folder = models_dir or HERE
    manifest = _manifest(folder)
    for name, expected in manifest["files"].items():
        if not (folder / name).is_file():
            raise BrokenModel(f"{folder / name}: thiếu tệp mô hình; chạy `make train` để tạo lại.")
        if _sha256(folder / name) != expected:
            raise BrokenModel(f"{folder / name}: tệp mô hình không khớp mã băm trong {MANIFEST}; chạy `make train` để tạo lại.")
    try:
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            names = stored["names"].tobytes().decode().split("\n")
            outputs = stored["outputs"].tobytes().decode().split("\n")
            rarity, bias = stored["idf"], stored["bias"].astype(np.float32)
            weights = stored["steps"].astype(np.float32) / STEPS
        idf = {name: float(r) for name, r in zip(names, rarity, strict=True) if r}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BrokenModel(f"{folder / WEIGHTS}: không đọc được tệp mô hình ({error}).") from None
    if list(manifest["outputs"]) != outputs or weights.shape != (len(names), len(outputs)):
        raise BrokenModel(f"{folder / MANIFEST}: “outputs” không khớp tệp mô hình; chạy `make train` để tạo lại.")
    return Models(names, idf, outputs, weights, bias, f"linear@{manifest['files'][WEIGHTS][:8]}")


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenModel(f"{path}: không đọc được bản kê mô hình ({error}); chạy `make train` để tạo lại.") from None
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or WEIGHTS not in files or "outputs" not in manifest:
        raise BrokenModel(f"{path}: bản kê mô hình thiếu “files” hoặc “outputs”; chạy `make train` để tạo lại.")
    return dict(manifest)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_of(paths: Iterable[Path]) -> str:
    """One hash over the contents of files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.name):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
