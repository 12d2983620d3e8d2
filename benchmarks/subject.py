"""What is timed: a storage, behind the few calls that the cases make."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

Address: TypeAlias = dict[str, Any]
"""Where the storage is: ``engine``, and what a client of it needs to connect."""


class Subject(Protocol):
    """A storage of trials.

    A module of `benchmarks.subjects` has a class ``Subject``, which is made from an `Address` and connects at once,
    creating what is absent. Peers have only those methods that the plan asks of them.
    """

    reads: Sequence[str]
    """Which of the reads below it has."""

    def __init__(self, address: Address) -> None:
        """Connect."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the storage."""

    @abstractmethod
    def enter(self, experiment: str) -> None:
        """Begin or resume an experiment; the calls that follow are about it."""

    @abstractmethod
    def fill(self, ended: int, waiting: int) -> None:
        """Add trials that have succeeded and then some that wait, in the fastest way there is."""

    @abstractmethod
    def add(self, numbers: Sequence[int]) -> list[Any]:
        """Add waiting trials, one for each number of `work.assignment`, and return them."""

    @abstractmethod
    def run(self, trial: Any) -> None:
        """Note that a trial runs."""

    @abstractmethod
    def complete(self, trial: Any, number: int) -> None:
        """Note that a trial has succeeded, with its metrics."""

    @abstractmethod
    def report(self, trial: Any, first: int, count: int) -> None:
        """Store rows of telemetry."""

    @abstractmethod
    def claim(self, runner: int) -> int | None:
        """Take a waiting trial to run, and return its id; None if there is none."""

    @abstractmethod
    def poll(self) -> int:
        """Return how many trials have been completed since the last call."""

    @abstractmethod
    def load(self) -> int:
        """Read what an optimizer learns from; like all reads, return how many trials it has read."""

    @abstractmethod
    def pending(self) -> int:
        """Read the waiting trials, with tunables and metadata."""

    @abstractmethod
    def results_df(self) -> int:
        """Read all trials into a data frame."""

    @abstractmethod
    def results_dict(self, trial_id: int) -> int:
        """Read the metrics of one trial, as somebody would who knows the experiment's name and its id."""

    @abstractmethod
    def iterate(self) -> int:
        """Go through all trials and their metrics."""
