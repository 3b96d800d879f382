"""The 925 real items, as their feeds printed them, through `monitor once`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import replay

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not replay.SHARED.exists(), reason="../shared is not beside the checkout")]


def test_every_item_is_in_the_ledger_with_the_right_date(tmp_path: Path) -> None:
    result = replay.run(tmp_path)
    assert result["wrong_dates"] == []
    assert result["not_stored"] == []
    assert result["ledger"] == result["items"] == 925
    assert result["summary"]["failed"] == []
    assert result["summary"]["alerts"] == 0  # a first reading, and old
