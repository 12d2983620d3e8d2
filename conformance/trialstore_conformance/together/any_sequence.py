"""Sequences of calls that nobody thought of."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import cast

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.door import Door
from trialstore_conformance.profiles import chosen_settings
from trialstore_conformance.stateful import StorageMachine


class AnySequenceConformance(ConformanceBase):
    """The public API against an independent model, with hostile values and several handles."""

    @pytest.fixture
    def hypothesis_settings(self) -> settings:
        """Return how long to search; override it, or set TRIALSTORE_CONFORMANCE_PROFILE."""
        return chosen_settings()

    @sentence("C-909", "C-908", "C-001", "C-005", "C-306")
    def test_any_sequence_of_calls_leads_to_what_the_contract_says(
        self, door: Door, hypothesis_settings: settings
    ) -> None:
        machine = cast("type[StorageMachine]", partial(StorageMachine, door))  # any factory will do
        with _errors_only():
            run_state_machine_as_test(machine, settings=hypothesis_settings)


@contextmanager
def _errors_only() -> Iterator[None]:
    """Keep the log small: refused updates are half of what happens here."""
    log = logging.getLogger("trialstore")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
