"""kill -9 in the middle of writes."""

from __future__ import annotations

import random
from typing import Any

import pytest

from trialstore import codec
from trialstore.backend import Capability
from trialstore.status import Status
from trialstore_conformance import history
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.door import Door
from trialstore_conformance.lab import Lab
from trialstore_conformance.processes import Worker


class CrashesConformance(ConformanceBase):
    """What stands in a PERSISTENT storage after its process was killed; nothing stands in another one."""

    @sentence("C-903", "C-904", "C-104")
    @pytest.mark.parametrize("seed", range(3))
    def test_a_killed_process_leaves_whole_units_and_all_that_was_acknowledged(
        self, door: Door, seed: int
    ) -> None:
        acknowledged: list[dict[str, int]] = []
        for moment in random.Random(seed).sample(range(1, 80), 2):  # noqa: S311 - not for secrets
            acknowledged += _killed_after(door, moment)
        lab = Lab(door.backend())
        if not door.declares(Capability.PERSISTENT):
            assert lab.find() == []
            return
        history.check_all(lab)
        for report in acknowledged:
            _check_acknowledged(lab, *report.popitem())
        for trial in lab.find():
            assert len(lab.telemetry(trial.trial_id)) in {0, 20}, "a batch of telemetry was stored in part"

    @sentence("C-903", "C-904")
    def test_the_work_goes_on_after_a_crash(self, door: Door) -> None:
        _killed_after(door, 10)
        lab = Lab(door.backend())
        known = lab.ids()
        trial = lab.add_one()
        assert trial.trial_id > max(known, default=0)
        assert lab.complete(trial, score=1).applied
        history.check_all(lab)


def _killed_after(door: Door, reports: int) -> list[Any]:
    """Return what a process acknowledged that was killed after its so-many-th report, in the middle of the next step."""
    worker = Worker(door, "live", number=reports)
    worker.wait_until_ready()
    worker.go()
    stream = worker.reports()
    acknowledged = [next(stream) for _ in range(reports)]
    worker.kill()
    acknowledged += stream
    worker.end()
    return acknowledged


def _check_acknowledged(lab: Lab, step: str, trial_id: int) -> None:
    trial = lab.trial(trial_id)
    assert trial.metadata is not None
    assert "by" in codec.decode(trial.metadata)
    if step == "claimed":
        assert trial.attempt == 1
    if step == "reported":
        assert len(lab.telemetry(trial_id)) == 20
    if step == "completed":
        assert trial.status is Status.SUCCEEDED
        assert trial.metrics == codec.encode({"score": trial_id})
