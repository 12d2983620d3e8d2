"""Whose clock counts, and that zones of time do not."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from trialstore.backend import Capability
from trialstore.times import now_micros
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.door import Door
from trialstore_conformance.lab import HOUR, NOON, Lab, finished_trial, is_now

AUTUMN = 1_730_611_800_000_001
"""Half past one, summer time, in New York; an hour later it is half past one again."""
NEW_YORK, KOLKATA = "EST5EDT,M3.2.0,M11.1.0", "IST-5:30"


class ClocksConformance(ConformanceBase):
    """A backend that has the wrong time, or takes it from the wrong place, hands out what is not due."""

    @sentence("C-118", "C-308", "C-507", "C-601", "C-604")
    def test_where_a_server_has_a_clock_a_wrong_one_of_a_client_does_no_harm(self, door: Door) -> None:
        if not door.declares(Capability.SERVER_CLOCK):
            return
        lab, today = Lab(door.backend()), now_micros()
        with _a_day_ahead():
            due_now = lab.add_one(due=None)
            lab.add_one(due=today + 12 * HOUR)
            claimed = lab.claim(limit=9, due_by=None, lease=HOUR)
        assert [trial.trial_id for trial in claimed] == [due_now.trial_id], (
            "a trial that is not due was handed out"
        )
        for moment in (due_now.due, claimed[0].ts_start, (claimed[0].lease_expires or 0) - HOUR):
            assert is_now(moment), "this process' clock was taken for the server's"

    @pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change its time zone")
    @sentence("C-008")
    def test_times_do_not_depend_on_the_time_zone_of_a_process(self, lab: Lab) -> None:
        moments = [AUTUMN, AUTUMN + HOUR, NOON]
        with _zone(NEW_YORK):
            lab.add(*(finished_trial(due=moment, ts_start=moment, ts_end=moment) for moment in moments))
            lab.report(lab.trial(1), *((moment, "m", 1) for moment in moments))
        with _zone(KOLKATA):
            found = [(trial.due, trial.ts_start, trial.ts_end) for trial in lab.find()]
            rows = [ts for ts, _, _ in lab.telemetry(1)]
        assert found == [(moment, moment, moment) for moment in moments]
        assert rows == sorted(moments)


@contextmanager
def _a_day_ahead() -> Iterator[None]:
    right = time.time_ns
    with patch("time.time_ns", lambda: right() + 24 * HOUR * 1000):
        yield


@contextmanager
def _zone(name: str) -> Iterator[None]:
    with patch.dict(os.environ, TZ=name):
        time.tzset()
        yield
    time.tzset()
