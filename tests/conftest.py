"""How the tests are shared out when several workers run them: each goes where there is room, those of one long run stay together.

The mark xdist_group would say it beside the tests, but does nothing under pytest 9.2 (pytest-xdist issue 1386).
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    "tests/acceptance/test_service.py::test_kill_9",
    "tests/integration/test_hostile_feeds.py::",
    "tests/integration/test_hostile_pages.py::",
    "tests/integration/test_ssrf.py::",
)


class Sharing(LoadScopeScheduling):
    """Gives out single tests, and the long runs whole, first."""

    def _split_scope(self, nodeid: str) -> str:
        return next((run for run in TOGETHER if nodeid.startswith(run)), nodeid)


@pytest.hookimpl(optionalhook=True)  # so that -p no:xdist works
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Sharing:
    return Sharing(config, log)
