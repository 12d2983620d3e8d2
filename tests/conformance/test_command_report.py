"""What a report makes of the outcomes of tests."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from trialstore.backend import Capability
from trialstore_conformance import SENTENCES, StorageConformance
from trialstore_conformance.command.outcomes import Failure, Outcome, State
from trialstore_conformance.command.page import as_html
from trialstore_conformance.command.report import Report
from trialstore_conformance.command.scratch import references
from trialstore_conformance.command.subject import Subject
from trialstore_conformance.command.watching import Order
from trialstore_conformance.requirements import CAPABILITY_OF, needs_an_absent_one

ALL = tuple(SENTENCES)
BOTH = frozenset(Capability)


def report_of(
    *outcomes: Outcome, capabilities: frozenset[Capability] = BOTH, only: str = "", unfinished: str = ""
) -> Report:
    subject = Subject("my storage.jsonc", {}, "s1n", "mine.Backend", "mine 1.0", capabilities)
    return Report(Order(subject, Path(), only), list(outcomes), unfinished)


def outcome(state: State, *sentences: str, name: str = "test_it", **more: object) -> Outcome:
    failure = Failure("assert <1> == 2", "> assert") if state is State.FAILED else None
    return Outcome(name, "values", sentences, state, failure=failure, **more)  # type: ignore[arg-type]


def test_a_contract_of_which_every_sentence_was_checked_is_kept() -> None:
    report = report_of(outcome(State.PASSED, *ALL))
    assert report.verdict == f"mine.Backend passes the contract: {len(ALL)} of {len(ALL)} sentences hold"
    assert report.passes


def test_a_sentence_is_broken_if_one_of_its_tests_fails() -> None:
    report = report_of(outcome(State.PASSED, *ALL), outcome(State.FAILED, "C-001", name="test_that"))
    assert (report.sentences["C-001"].state, report.sentences["C-001"].why) == (State.FAILED, "test_that")
    assert report.sentences["C-002"].state is State.PASSED
    assert report.verdict.startswith("mine.Backend does not pass the contract: 1 of ")


def test_what_was_not_checked_is_counted_in_the_verdict_with_its_reasons() -> None:
    checked = [number for number in ALL if number not in {"C-112", "C-903"}]
    left_out = outcome(State.NOT_CHECKED, "C-112", why="nobody has an old one")
    report = report_of(
        outcome(State.PASSED, *checked), left_out, capabilities=BOTH - {Capability.MULTI_PROCESS}
    )
    reasons = {number: why for why, numbers in report.unchecked.items() for number in numbers}
    assert reasons["C-112"] == "nobody has an old one"
    assert reasons["C-902"] == "the storage does not declare multi-process"
    assert report.verdict.endswith(f"sentences hold, and {len(reasons)} were not checked")


def test_a_refusal_that_fails_breaks_a_sentence_whose_capability_is_not_declared() -> None:
    report = report_of(outcome(State.FAILED, "C-902"), capabilities=frozenset())
    assert report.sentences["C-902"].state is State.FAILED


def test_a_run_that_did_not_end_gives_no_verdict_unless_something_is_broken() -> None:
    passed, failed = outcome(State.PASSED, "C-001"), outcome(State.FAILED, "C-002")
    report = report_of(passed, unfinished="it was too late")
    assert report.verdict == "There is no verdict on mine.Backend: it was too late"
    assert (report.passes, report.sentences["C-003"].why) == (False, "it was too late")
    assert "does not pass" in report_of(passed, failed, unfinished="it was too late").verdict


def test_a_choice_of_tests_gives_no_verdict_on_the_contract() -> None:
    report = report_of(outcome(State.PASSED, "C-001"), only="test_it")
    assert report.verdict == "mine.Backend passes what was chosen: 1 passed, 0 failed, 0 left out"
    assert list(report.sentences) == ["C-001"]


def test_the_command_that_repeats_a_test_may_be_pasted_into_a_shell() -> None:
    command = "trialstore conformance 'my storage.jsonc' --only 'test_it[a b]'"
    assert report_of().command_for("test_it[a b]") == command


def test_the_page_escapes_what_a_failure_says() -> None:
    page = as_html(report_of(outcome(State.FAILED, "C-002")))
    assert "assert &lt;1&gt; == 2" in page
    assert "<1>" not in page


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({"database": "$SCRATCH_DIR/a.db"}, {"SCRATCH_DIR"}),
        ({"query": {"x": ["t${SCRATCH}_", "$SCRATCH"]}, "port": 1}, {"SCRATCH"}),
        ({"database": "$$SCRATCH", "password": "a$"}, set()),
    ],
)
def test_references_are_found_as_configs_expand_them(config: dict[str, object], names: set[str]) -> None:
    assert references(config) == names


def test_each_sentence_that_begins_with_a_capability_needs_it() -> None:
    promised = {number: re.match("With ([A-Z_]+) ", text) for number, text in SENTENCES.items()}
    named = {number: Capability[match[1]] for number, match in promised.items() if match}
    assert named
    assert named.items() <= CAPABILITY_OF.items()
    assert set(CAPABILITY_OF) <= set(SENTENCES)


def test_tests_of_an_absent_storage_are_marked() -> None:
    tests = dict(inspect.getmembers(StorageConformance, inspect.isfunction))
    marked = {name for name, test in tests.items() if name.startswith("test") and needs_an_absent_one(test)}
    assert marked == {
        "test_an_absent_storage_is_not_found_and_not_created",
        "test_an_empty_storage_may_be_opened_by_many_at_once",
        "test_upgrade_creates_an_absent_storage_without_being_opened",
    }
