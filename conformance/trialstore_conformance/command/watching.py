"""The pytest plugin that chooses the tests, lends them their storages, and tells what becomes of them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import trialstore_conformance
from trialstore_conformance.command.failures import failure_of
from trialstore_conformance.command.outcomes import Begun, Chosen, Event, Outcome, State
from trialstore_conformance.command.scratch import delete_experiments
from trialstore_conformance.command.subject import Subject
from trialstore_conformance.contract import numbers_of
from trialstore_conformance.requirements import needs_an_absent_one

__all__ = ["NEEDS_ABSENT", "Order", "Watcher"]

NEEDS_ABSENT = "it needs a storage that is absent: mention $SCRATCH_DIR or $SCRATCH in the config"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run.

    Attributes
    ----------
    only
        A part of the names of tests, or the number of a sentence; empty for all.
    """

    subject: Subject
    folder: Path
    only: str = ""
    thorough: bool = False


class Watcher:
    """A pytest plugin for one run.

    Parameters
    ----------
    order
        What is to be run.
    tell
        Takes each event.
    """

    def __init__(self, order: Order, tell: Callable[[Event], None]) -> None:
        self._order = order
        self._tell = tell
        self._numbers = count(1)
        self._outcome: Outcome | None = None

    def pytest_configure(self) -> None:
        """Let assertions of the suite be rewritten: it was imported before pytest could see to that."""
        trialstore_conformance.rewrite_asserts()

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        """Leave out what was not asked for, and what the storage is not fit for."""
        names = sorted({item.originalname.removeprefix("test_") for item in items})
        chosen = [item for item in items if self._is_chosen(item)]
        left_out = [item for item in chosen if self._is_impossible(item)]
        items[:] = [item for item in chosen if item not in left_out]
        close = () if chosen else difflib.get_close_matches(self._order.only, names, cutoff=0.4)
        self._tell(Chosen(len(chosen), tuple(close)))
        for item in left_out:
            self._tell(_outcome(item, State.NOT_CHECKED, NEEDS_ABSENT))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Generator[None, object, object]:
        """Tell that a test begins, and at its end what became of it."""
        self._outcome = None
        self._tell(Begun(item.name, _concern(item), numbers_of(item.function)))
        result = yield
        if self._outcome is not None:
            self._tell(self._outcome)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Function, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note what became of a phase of a test; the first failure counts."""
        report = yield
        if self._outcome is None or self._outcome.failure is None:
            self._outcome = _outcome_of(item, call, report, self._outcome)
        return report

    @pytest.fixture
    def scratch_config(self) -> Iterator[Mapping[str, Any]]:
        """Lend the config of an empty storage."""
        subject = self._order.subject
        with subject.storage(str(next(self._numbers)), self._order.folder) as config:
            if not subject.has_own_storages:
                delete_experiments(config)
            yield config

    def _is_chosen(self, item: pytest.Function) -> bool:
        return self._order.only in item.name or self._order.only in numbers_of(item.function)

    def _is_impossible(self, item: pytest.Function) -> bool:
        return needs_an_absent_one(item.function) and not self._order.subject.can_be_absent


def _outcome_of(
    item: pytest.Function, call: pytest.CallInfo[None], report: pytest.TestReport, before: Outcome | None
) -> Outcome:
    if report.failed and call.excinfo is not None:
        return _outcome(item, State.FAILED, failure=failure_of(item, call.excinfo, report.capstderr))
    if report.skipped and call.excinfo is not None:
        return _outcome(item, State.NOT_CHECKED, str(call.excinfo.value))
    return before or _outcome(item, State.PASSED)


def _outcome(item: pytest.Function, state: State, why: str = "", **more: Any) -> Outcome:
    return Outcome(item.name, _concern(item), numbers_of(item.function), state, why, **more)


def _concern(item: pytest.Function) -> str:
    """Return the name of the module in which a test stands, in words."""
    module: str = item.function.__module__
    return module.rpartition(".")[2].replace("_", " ")
