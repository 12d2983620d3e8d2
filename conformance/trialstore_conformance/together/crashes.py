"""kill -9 in the middle of writes."""

from __future__ import annotations

import time
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
from trialstore_conformance.profiles import chance_of

REPORTS_OF_A_TRIAL = 4


class CrashesConformance(ConformanceBase):
    """What stands in a PERSISTENT storage after its process was killed; nothing stands in another one."""

    @sentence("C-903", "C-904", "C-104")
    @pytest.mark.parametrize("seed", range(4))
    def test_a_killed_process_leaves_whole_units_and_all_that_was_acknowledged(
        self, door: Door, seed: int
    ) -> None:
        is_persistent, chance = door.declares(Capability.PERSISTENT), chance_of(f"kill {seed}")
        acknowledged = _killed_after(door, chance.randrange(4, 30) if is_persistent else 1, chance.random())
        lab = Lab(door.backend())
        if not is_persistent:
            assert lab.find() == []
            return
        history.check_all(lab)
        for report in acknowledged:
            _check_acknowledged(lab, *report.popitem())
        for trial in lab.find():
            assert len(lab.telemetry(trial.trial_id)) in {0, 20}, "a batch of telemetry was stored in part"
        _check_that_work_goes_on(lab)


def _killed_after(door: Door, reports: int, moment: float) -> list[Any]:
    """Return what a process acknowledged that was killed at a moment of the trial after so many reports; 0 to 1."""
    worker = Worker(door, "live", number=reports)
    worker.wait_until_ready()
    worker.go()
    stream, begun = worker.reports(), time.monotonic()
    acknowledged = [next(stream) for _ in range(reports)]
    time.sleep(moment * (time.monotonic() - begun) * REPORTS_OF_A_TRIAL / reports)
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


def _check_that_work_goes_on(lab: Lab) -> None:
    known = lab.ids()
    trial = lab.add_one()
    assert trial.trial_id > max(known)
    assert lab.complete(trial, score=1).applied
    history.check_all(lab)
