"""The interface between the core and an engine.

Every rule lives once, in the core; a backend stores, finds and atomically changes records. Its methods
take and return the immutable records of `trialstore.records`, in batches. ``docs/contract.md`` has the rules of this
module and of the records as numbered sentences, with the tests that check each. What each method must guarantee:

Atomic
    The unit is one experiment, one trial (an add, a claim, a change, each with its metrics, metadata and
    history) or one telemetry row. After a crash whole units exist or do not. A backend in which a whole
    call is atomic declares `Capability.ATOMIC_CALLS`.
Idempotent
    Every write carries a random token that is stored with its effect. Repeating a write changes nothing
    and returns what stands there now, whatever happened in between.
Isolated
    Many threads, and with `Capability.MULTI_PROCESS` many processes, may call at the same time.
Quiet
    No type, exception, cursor or clock zone of the engine crosses the interface. What may be retried is
    raised as `TransientError`, everything else as another error of `trialstore.errors`.

Names and ids are compared by code point: case, accents, normalisation form and trailing spaces matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import Any

from trialstore.codec import Encoded
from trialstore.records import (
    ChangeOutcome,
    Claim,
    ExperimentQuery,
    ExperimentRecord,
    Expiry,
    NewTrial,
    StatusChange,
    StoredTelemetryRow,
    TelemetryBatch,
    TelemetryQuery,
    TrialChange,
    TrialQuery,
    TrialRecord,
    Uid,
)
from trialstore.status import Status

__all__ = ["Backend", "Capability"]


class Capability(Enum):
    """What a backend can do beyond the contract that all of them keep."""

    PERSISTENT = "persistent"
    """What was stored is there when the storage is opened again."""
    MULTI_PROCESS = "multi-process"
    """Any number of processes may use the storage at the same time."""
    ATOMIC_CALLS = "atomic-calls"
    """A whole call is atomic, and is seen by others as a whole, however many records it writes."""
    SERVER_CLOCK = "server-clock"
    """"Now" is the clock of a server that all clients share."""


class Backend(ABC):
    """Stores records on one engine.

    A backend is made from the ``config`` object of a storage config, checked against the plugin's schema;
    making it touches nothing outside. The core calls `open` once before anything else, and `close` at the
    end. The methods between may be called from any thread.

    Parameters
    ----------
    config
        The keys of the config that are this backend's, expanded and validated.
    """

    capabilities: frozenset[Capability] = frozenset()
    """What this backend declares; an instance may declare less than its class (an SQLite ``:memory:``)."""

    label: str
    """Where the records are, for people: ``"sqlite:trials.db"``; never a secret."""

    @abstractmethod
    def __init__(self, config: Mapping[str, Any]) -> None:
        """Keep what the config says; connect to nothing yet."""

    @abstractmethod
    def open(self, *, create: bool, read_only: bool) -> None:
        """Connect, create the schema if it is absent and `create` is set, and check its version.

        Any number of processes may open an empty storage at the same moment, and all succeed.
        An existing schema is never upgraded here.

        Raises
        ------
        StorageNotFoundError
            If there is no storage and `create` is not set; nothing has been created.
        SchemaVersionError
            If an older or newer schema stands there.
        ReadOnlyError
            If the engine cannot be written to and `read_only` is not set. An engine that tells only by a write fails at
            the first one.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of every connection; a second call does nothing.

        Calls that are under way in other threads succeed, or fail with an error of `trialstore.errors`.
        """

    @abstractmethod
    def upgrade(self) -> None:
        """Migrate an older schema in place, create an absent one; does nothing to a current one.

        It opens the connections that it needs by itself, because `open` refuses an older schema.

        Raises
        ------
        SchemaVersionError
            If a newer schema stands there.
        """

    def after_fork(self) -> None:  # noqa: B027 - a backend without connections or locks has nothing to do
        """Abandon inherited connections without closing them and renew locks, in a forked child, before its first call.

        Without `Capability.MULTI_PROCESS` there is no first call: the core refuses it.
        """

    @abstractmethod
    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        """Store an experiment unless one with its id exists, and return the one that is stored: the first writer wins.

        The token of this write is the experiment's `uid`.
        """

    @abstractmethod
    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        """Return the experiments that the query asks for, ordered by id."""

    @abstractmethod
    def delete_experiment(self, uid: Uid) -> None:
        """Delete an experiment with all that belongs to it, but for tunable configs; a uid that is gone is a no-op.

        Removing the experiment's record is the one visible step; from then on nothing of it is found. Where the sweep
        of its children is not part of that step, the backend remembers the uid until the sweep is done, and resumes
        one that a crash interrupted when a storage is opened or an experiment is deleted. A call that meets a deletion
        succeeds, or finds the experiment gone.
        """

    @abstractmethod
    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        """Return the canonical texts of the tunable configs that exist among `ids`."""

    @abstractmethod
    def add_trials(self, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        """Add trials and return them as they are stored, in the order of `new`; their parts may be left out.

        Ids come from the experiment's counter: unique, increasing in the order of `new`, and consecutive where
        `ATOMIC_CALLS` is declared. `first_id` is where the counter starts, and counts only while the experiment
        has never had a trial. A trial whose token the experiment has already is returned as it stands and takes no
        id. Equal `config_hash` share one tunable config id in the whole storage, also when several processes
        store the same config at the same moment. Each trial begins its status history with its status, at the engine's
        now; one that is added completed gets its completion number, and its history begins when it ended.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        """

    @abstractmethod
    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        """Return the trials that the query asks for: one snapshot, in at most two round trips.

        `Parts.CONFIG` may be left out, of some trials or of all: it is worth reading where it costs less than a call of
        `find_tunable_configs`, which reads a config once that many trials share.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        """

    @abstractmethod
    def count_trials(self, uid: Uid) -> Mapping[Status, int]:
        """Return how many trials of the experiment have each status; a status that no trial has may be absent.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        """

    @abstractmethod
    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        """Hand out trials to a runner, ordered by (due, trial id); none is handed out twice for one attempt.

        They come with all their parts, but for `Parts.CONFIG`, which may be left out.

        Eligible is a trial that is due and `PENDING`, or `RUNNING` with an expired lease, and that is unassigned or
        assigned to this runner (an expired one whoever had it). It becomes `RUNNING` and this runner's, its
        attempt rises by one, it starts at the engine's now, and its lease ends the claim's lease later.
        Taking over an expired one adds one to its expirations, and is not done where that would reach the claim's
        `max_attempts`. Its history gets one row, and that of a takeover says
        `trialstore.transitions.LEASE_EXPIRED` as its reason. If trials carry the claim's token already, those of them that
        are still in that attempt are returned as they stand now, and nothing is claimed.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        """

    @abstractmethod
    def expire_leases(self, expiry: Expiry) -> list[TrialRecord]:
        """Fail the running trials whose leases are over and used up, and return them.

        A trial fails whose lease is over and whose expirations, this one included, reach `max_attempts`. It ends at
        the engine's now, keeps no lease, gets its completion number, and its history says the reason.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        """

    @abstractmethod
    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        """Apply a compare-and-set to one trial with its history row, in one atomic step, and say what stands there now.

        A change whose token the trial has met already, however long ago, counts as applied and changes nothing; one without
        a token sets no status, and is applied as often as it is sent.
        One whose conditions do not hold changes nothing and is not applied; the record that is returned then is the
        one against which the conditions were checked, not an older version of it. Setting a completed status gives the
        trial its completion number and ends its lease.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        TrialNotFoundError
            If the experiment has no such trial.
        """

    @abstractmethod
    def add_telemetry(self, batch: TelemetryBatch) -> None:
        """Add the rows whose (attempt, ts, metric) the trial does not have yet, and the reported status to its history.

        The first row of a key that was ever applied wins, within a batch too. The report has the batch's time and attempt,
        and the trial's runner. The trial itself does not change, and its record does not grow. A batch whose token
        the trial has met changes nothing, also when its attempt is over.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        TrialNotFoundError
            If the experiment has no such trial.
        StaleTrialError
            If the stored attempt is not the batch's, or the runner is not the expected one; nothing has been added.
        """

    @abstractmethod
    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        """Return the telemetry that the query asks for, ordered by (trial id, attempt, ts, metric).

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        """

    @abstractmethod
    def find_status_changes(self, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        """Return the status history of some or (None) all trials, by trial id and then in the order in which it was written.

        Where reported statuses have no place in that order, they stand beside the changes by attempt and time.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        """
