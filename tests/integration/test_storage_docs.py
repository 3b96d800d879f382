"""docs/SQL.md says what is true: its queries run on both engines and it names every column of the views."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.records import SourceState
from storage.store import Store
from tests.integration.storage_items import T0, article, case, source, tags

DOC = (Path(__file__).parents[2] / "docs/SQL.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?);\n```", DOC, re.DOTALL)


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_each_example_finds_something(store: Store, number: int) -> None:
    a = article(1)
    store.sync_sources([source("bao_a")], T0)
    store.save_source_state(SourceState(source_id="bao_a", failures=3))
    store.save(a, tags(a, sentiment="neg", topics=("t01",), wards=("bo_de",)), case=case(a), now=T0)
    with store._db.read() as conn:
        assert conn.execute(text(QUERIES[number])).all()


def test_every_column_is_explained(store: Store) -> None:
    with store._db.read() as conn:
        for view in ("v_coverage", "v_daily", "v_daily_topic", "v_daily_ward", "v_sources"):
            columns = list(conn.execute(text(f"SELECT * FROM {view}")).keys())
            for column in columns:
                assert re.search(rf"\b{column}\b", DOC), (view, column)
