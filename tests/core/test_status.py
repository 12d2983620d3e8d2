"""The status of a trial: names, numbers, predicates, and what is read as which."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from trialstore import CorruptStorageError, Status
from trialstore.status import stored_status

COMPLETIONS = {Status.SUCCEEDED, Status.CANCELED, Status.FAILED, Status.TIMED_OUT}


class Number(enum.IntEnum):
    FOUR = 4


@pytest.mark.contract(36)
def test_names_and_numbers_are_those_of_mlos_bench() -> None:
    assert {status.name: status.value for status in Status} == {
        "UNKNOWN": 0,
        "PENDING": 1,
        "READY": 2,
        "RUNNING": 3,
        "SUCCEEDED": 4,
        "CANCELED": 5,
        "FAILED": 6,
        "TIMED_OUT": 7,
    }


@pytest.mark.contract(36)
@pytest.mark.parametrize("status", Status)
def test_a_status_is_parsed_from_itself_its_name_and_its_number(status: Status) -> None:
    name, number = status.name, status.value
    for text in (status, name, name.lower(), name.title(), f" {name}\n", number, str(number), f" {number} "):
        assert Status.parse(text) is status


@pytest.mark.contract(36)
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "DONE",
        "TIMED OUT",
        "8",
        "-1",
        "4.0",
        "\u00b2",
        8,
        -1,
        10**30,
        4.0,
        True,
        b"4",
        object(),
        [4],
    ],
)
def test_everything_else_is_unknown(text: Any) -> None:
    assert Status.parse(text) is Status.UNKNOWN


def test_an_integer_of_another_type_is_a_number_too() -> None:
    assert Status.parse(Number.FOUR) is Status.SUCCEEDED


@pytest.mark.contract(36)
@pytest.mark.parametrize("status", Status)
def test_one_predicate_per_name_holds(status: Status) -> None:
    holding = {name for name in Status.__members__ if getattr(status, f"is_{name.lower()}")()}
    assert holding == {status.name}


@pytest.mark.contract(36)
def test_completions_are_final_and_what_is_good_may_still_succeed_or_has() -> None:
    assert {status for status in Status if status.is_completed()} == COMPLETIONS
    assert Status.completed_statuses() == COMPLETIONS
    assert {status for status in Status if status.is_good()} == {
        Status.PENDING,
        Status.READY,
        Status.RUNNING,
        Status.SUCCEEDED,
    }


@pytest.mark.parametrize("status", Status)
def test_a_stored_number_is_its_status(status: Status) -> None:
    assert stored_status(status.value) is status


@pytest.mark.parametrize("number", [-1, 8, None, "4", []])
def test_a_number_that_no_status_has_is_called_corrupt(number: object) -> None:
    with pytest.raises(CorruptStorageError, match="is stored as a status, but no status has that number"):
        stored_status(number)
