"""A model that came out of the database instead of the program's own folder: opened with the same checks, named the same way."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classifiers import models
from classifiers.tag import Tagger


def opened(manifest: Mapping[str, Any], weights: bytes) -> Tagger:
    """The tagger with these weights.

    Raises:
        BrokenModel: they do not fit the manifest, or cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="coverage-desk-") as name:
        folder = Path(name)
        (folder / models.MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
        (folder / models.WEIGHTS).write_bytes(weights)
        try:
            return Tagger.load(folder)
        except models.BrokenModel as error:
            raise models.BrokenModel(str(error).replace(f"{folder}/", "mô hình trong cơ sở dữ liệu, ")) from None
        except (ValueError, IndexError, KeyError, TypeError) as error:  # whole files, but not of one model
            raise models.BrokenModel(f"mô hình trong cơ sở dữ liệu không dùng được ({error})") from None


def shipped(models_dir: Path | None = None) -> str:
    """The version of the models in a folder (the program's own by default), without reading their weights."""
    try:
        manifest = json.loads(((models_dir or models.HERE) / models.MANIFEST).read_text(encoding="utf-8"))
        return version_of(manifest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise models.BrokenModel(f"{(models_dir or models.HERE) / models.MANIFEST}: không đọc được bản kê mô hình ({error}).") from None


def version_of(manifest: Mapping[str, Any]) -> str:
    """name@hash of the weights that a manifest speaks of."""
    return f"linear@{manifest['files'][models.WEIGHTS][:8]}"
