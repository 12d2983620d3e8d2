from __future__ import annotations

import pytest

from trialstore.tunables import TunableGroups


@pytest.fixture
def tunables() -> TunableGroups:
    """Two groups of three tunables, at their defaults and reset."""
    threads = {"type": "int", "range": [1, 64], "default": 8, "special": [-1]}
    engine = {"type": "categorical", "values": ["btree", "lsm"], "default": "btree"}
    fill = {"type": "float", "range": [0, 1], "default": 0.5, "description": "of a page"}
    return TunableGroups(
        {
            "server": {"cost": 10, "params": {"threads": threads, "engine": engine}},
            "table": {"cost": 1, "description": "cheap", "params": {"fill": fill}},
        }
    ).reset()
