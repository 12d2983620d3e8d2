"""The narrow steps that an engine takes, each in its own way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence

from trialstore.records import (
    ExperimentRecord,
    NewTrial,
    StatusChange,
    StoredTelemetryRow,
    TelemetryBatch,
    Token,
    TrialRecord,
)
from trialstore.selection import Place
from trialstore.times import Micros, now_micros

__all__ = ["Steps"]


class Steps(ABC):
    """How an engine reads and writes one experiment, and all that belongs to it, within a transaction.

    Parameters
    ----------
    record
        The experiment, as it is stored.
    """

    def __init__(self, record: ExperimentRecord) -> None:
        self.record = record

    def now(self) -> Micros:
        """Return the engine's now: this machine's clock, unless the engine has one of its own."""
        return now_micros()

    @abstractmethod
    def put_record(self, record: ExperimentRecord) -> None:
        """Store the experiment's record, and keep it as `record`."""

    @abstractmethod
    def config_id(self, new: NewTrial) -> int:
        """Return the id of a tunable config, one for each hash in the storage; a new one is stored."""

    @abstractmethod
    def get_trial(self, trial_id: int) -> TrialRecord | None:
        """Return a trial, if there is one."""

    @abstractmethod
    def scan_trials(self, after_id: int | None) -> Iterable[TrialRecord]:
        """Return the trials with greater ids, or all, by id."""

    @abstractmethod
    def put_trial(self, trial: TrialRecord, left: Place | None, taken: Place | None) -> None:
        """Store a trial under its id, in place of what is there, and move it in the queues.

        Parameters
        ----------
        trial
            The trial, as it stands from now on.
        left
            The place that it had and has no more; None if there is none.
        taken
            The place that it has now and had not before; None if there is none.
        """

    @abstractmethod
    def first_of(self, queue: str, until: Micros, limit: int | None) -> Iterable[TrialRecord]:
        """Return the first trials of a queue, by their places, as far as their moments have come."""

    @abstractmethod
    def added_by(self, token: Token) -> int | None:
        """Return the id of the trial that was added with a token."""

    @abstractmethod
    def note_added(self, token: Token, trial_id: int) -> None:
        """Remember which trial was added with a token."""

    @abstractmethod
    def claimed_by(self, token: Token) -> Iterable[tuple[int, int]] | None:
        """Return the ids and the attempts that a claim got; None if it is not known."""

    @abstractmethod
    def note_claimed(self, token: Token, attempts: Sequence[tuple[int, int]]) -> None:
        """Remember which ids and attempts a claim got."""

    @abstractmethod
    def has_met(self, trial_id: int, token: Token) -> bool:
        """Tell whether a trial has met the token of a change or of a batch of telemetry."""

    @abstractmethod
    def note_met(self, trial_id: int, token: Token) -> None:
        """Remember that a trial has met a token."""

    @abstractmethod
    def add_history(self, row: StatusChange) -> None:
        """Add a row to the end of its trial's history."""

    @abstractmethod
    def history_of(self, trial_id: int | None) -> Iterable[StatusChange]:
        """Return the history of one trial, or that of all by trial id, in the order in which it was written."""

    @abstractmethod
    def add_rows(self, batch: TelemetryBatch) -> None:
        """Add the telemetry of a batch whose (trial id, attempt, ts, metric) is new, one row after the other."""

    @abstractmethod
    def rows_of(self, trial_id: int, attempt: int | None) -> Iterable[StoredTelemetryRow]:
        """Return the telemetry of one attempt of a trial, or of all, in any order."""

    @abstractmethod
    def complete(self, trial_id: int) -> int:
        """Return the next completion number, and remember whose it is."""

    @abstractmethod
    def completed(self, after: int, others: Collection[int]) -> Iterable[int]:
        """Return the ids of the trials whose completion numbers are greater than one, or are among others."""
