from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifiers import models, train
from classifiers.lexicon import FILES
from monitor.errors import MonitorError


@pytest.fixture(scope="module")
def refitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    train.train(models_dir=folder)
    return folder


@pytest.mark.timeout(600)  # the fit shares the cores with the other tests
def test_training_reproduces_the_committed_weights(refitted: Path) -> None:
    with np.load(models.HERE / models.WEIGHTS, allow_pickle=False) as old, np.load(refitted / models.WEIGHTS, allow_pickle=False) as new:
        assert bytes(old["names"].tobytes()) == bytes(new["names"].tobytes())
        moved = np.abs(new["steps"].astype(int) - old["steps"])
        assert moved.max() <= 1  # the last digit may round the other way on another processor
        assert (moved > 0).mean() < 0.001
        np.testing.assert_allclose(new["bias"], old["bias"], rtol=0, atol=1e-3)


def test_the_manifest_names_this_corpus_and_lexicon() -> None:
    manifest = json.loads((models.HERE / models.MANIFEST).read_text(encoding="utf-8"))
    assert manifest["corpus"]["sha256"] == models.hash_of(train.CORPUS.glob("*.jsonl"))
    assert manifest["lexicon_sha256"] == models.hash_of([FILES / f"{n}.yaml" for n in train.BOOKS])
    assert set(manifest["libraries"]) == {"scikit-learn", "numpy", "scipy"}


def test_the_model_files_stay_small() -> None:
    assert sum(p.stat().st_size for p in models.HERE.iterdir()) <= 7_000_000


def test_every_topic_and_tone_is_learned() -> None:
    outputs = json.loads((models.HERE / models.MANIFEST).read_text(encoding="utf-8"))["outputs"]
    assert sum(o.startswith("topic:") for o in outputs) == 20
    assert {"relevance:yes", "sentiment:neg", "sentiment:neu", "sentiment:pos"} <= set(outputs)


def test_a_bad_corpus_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"id": 1}\n{oops\n')
    with pytest.raises(MonitorError, match=r"x\.jsonl, dòng 2"):
        train.corpus(tmp_path)


def test_an_empty_corpus_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="không có mục huấn luyện"):
        train.corpus(tmp_path)
