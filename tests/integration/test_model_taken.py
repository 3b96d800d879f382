"""A running service takes the promoted model at its next look, refuses one that does not fit, and goes back when told to."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import insert

from classifiers import learning, promoted, train
from classifiers.tag import Tagger
from monitor import upkeep
from monitor.app import App, build, opened
from monitor.config import FileConfig
from storage import schema

NOW = datetime(2026, 11, 12, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def candidate() -> learning.Candidate:
    return learning.refit(train.corpus()[::40], learning.plan([], share=1))


def desk(database_url: str, folder: Path) -> App:
    return build(FileConfig(data_dir=folder, database=database_url, log_level="error"), clock=lambda: NOW, channels={})


def promote(app: App, made: learning.Candidate, **changed: Any) -> None:
    values: dict[str, Any] = {
        "version": made.tagger.version, "role": "van_hanh", "parent": promoted.shipped(), "after": 0, "learned": 1, "figures": {},
        "manifest": made.manifest, "weights": made.weights, "now": NOW,
    }  # fmt: skip
    app.store.promote(**(values | changed))


async def test_the_next_look_takes_what_was_promoted_and_the_next_start_too(
    database_url: str, tmp_path: Path, candidate: learning.Candidate
) -> None:  # fmt: skip
    async with opened(desk(database_url, tmp_path)) as app:
        assert app.tagger.version == promoted.shipped()
        assert not await upkeep.refresh_model(app)
        promote(app, candidate)
        assert await upkeep.refresh_model(app)
        assert app.tagger.version == candidate.tagger.version
        assert app.tagger.tag(article_id="a", title="Chuyển đổi số", text="Hà Nội.").labels[0].model == candidate.tagger.version
        taken = app.tagger
        assert not await upkeep.refresh_model(app)
        assert app.tagger is taken
    async with opened(desk(database_url, tmp_path)) as again:
        assert again.tagger.version == candidate.tagger.version
        again.store.roll_back_model(role="van_hanh", shipped=promoted.shipped(), now=NOW)
        assert await upkeep.refresh_model(again)
        assert again.tagger.version == promoted.shipped()


async def test_weights_that_are_not_those_of_the_manifest_are_refused_once_and_the_old_model_stays(
    database_url: str, tmp_path: Path, candidate: learning.Candidate
) -> None:  # fmt: skip
    async with opened(desk(database_url, tmp_path)) as app:
        with app.store._db.write() as conn:  # past the check of `promote`, as a damaged base would be
            conn.execute(
                insert(schema.models),
                {"number": 1, "version": "linear@x", "made_at": NOW, "role": "x", "parent": "", "action": "retrain", "corrections": 0,
                 "figures": {}, "manifest": dict(candidate.manifest), "weights": candidate.weights[:-9] + b"tampered!"},
            )  # fmt: skip
        before = app.tagger
        with structlog.testing.capture_logs() as logged:
            assert not await upkeep.refresh_model(app)
            assert not await upkeep.refresh_model(app)
        assert app.tagger is before
        (line,) = logged
        assert (line["event"], line["log_level"], line["kept"]) == ("model_refused", "error", before.version)
        assert "không khớp mã băm" in line["reason"]


async def test_a_file_that_is_no_model_is_refused_although_its_hash_fits(
    database_url: str, tmp_path: Path, candidate: learning.Candidate
) -> None:  # fmt: skip
    async with opened(desk(database_url, tmp_path)) as app:
        blob = b"no archive at all"
        promote(app, candidate, weights=blob, manifest={**candidate.manifest, "files": {"weights.npz": hashlib.sha256(blob).hexdigest()}})
        assert not await upkeep.refresh_model(app)
        assert isinstance(app.tagger, Tagger)
        assert app.tagger.version == promoted.shipped()
