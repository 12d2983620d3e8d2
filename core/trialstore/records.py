"""The records, queries and changes that pass between the core and a backend: immutable plain values.

Parameters, metadata, metrics and telemetry values are canonical text here (`trialstore.codec.Encoded`),
times are microseconds since the epoch (`trialstore.times.Micros`). A backend stores both as they are.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, Flag, auto
from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from trialstore.codec import EMPTY, Encoded
from trialstore.status import Status
from trialstore.times import Micros

__all__ = [
    "ChangeOutcome",
    "Claim",
    "Direction",
    "ExperimentQuery",
    "ExperimentRecord",
    "Expiry",
    "NewTrial",
    "Objective",
    "Order",
    "Parts",
    "StatusChange",
    "StoredTelemetryRow",
    "TelemetryBatch",
    "TelemetryQuery",
    "TelemetryRow",
    "Token",
    "TrialChange",
    "TrialQuery",
    "TrialRecord",
    "Uid",
]

Uid: TypeAlias = str
"""The random identity of an experiment, which tells it from a deleted namesake."""
Token: TypeAlias = str
"""A random name of one write, stored with its effect, by which a repetition is recognised; 1 to 64 ASCII characters."""
Direction: TypeAlias = Literal["min", "max"]


class Objective(Struct, frozen=True):
    """A metric that is to be minimised or maximised."""

    metric: str
    direction: Direction


class ExperimentRecord(Struct, frozen=True, kw_only=True):
    """An experiment, as stored."""

    experiment_id: str
    uid: Uid
    description: str | None = None
    root_env_config: str | None = None
    git_repo: str | None = None
    git_commit: str | None = None
    objectives: tuple[Objective, ...] = ()
    tunables: Encoded | None = None
    """The definition of the tunables, if the experiment has one."""
    max_attempts: int | None = None
    """How many leases a trial may lose before it fails; None is without limit."""
    next_trial_id: int | None = None
    """The id that the next trial gets; None while the experiment has never had a trial."""


class NewTrial(Struct, frozen=True, kw_only=True, gc=False):
    """A trial to be added, pending or (copied from elsewhere) finished already."""

    token: Token
    """Unique within the experiment; a trial that carries it already is returned instead of added again."""
    config: Encoded
    config_hash: str
    metadata: Encoded = EMPTY
    due: Micros | None = None
    """When the trial may start; None is now, by the engine's clock."""
    status: Status = Status.PENDING
    ts_start: Micros | None = None
    ts_end: Micros | None = None
    metrics: Encoded | None = None
    trial_runner_id: int | None = None


class TrialRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A trial, as stored."""

    trial_id: int
    tunable_config_id: int
    status: Status
    due: Micros
    """When the trial may start; never changes."""
    ts_start: Micros | None = None
    """When its current attempt started; None before."""
    ts_end: Micros | None = None
    trial_runner_id: int | None = None
    attempt: int = 0
    """How often the trial was claimed."""
    expirations: int = 0
    """How often a lease of the trial was lost."""
    lease_expires: Micros | None = None
    completion: int | None = None
    """The number of its completion, positive and unique within the experiment; None until it is completed."""
    metadata: Encoded | None = None
    """None if it was not asked for."""
    metrics: Encoded | None = None
    """None if it was not asked for, or the trial has none."""
    config: Encoded | None = None
    """The text of its tunable config, if the backend has read it along; None if it is to be asked for by its id."""

    @property
    def shown_start(self) -> Micros:
        """What a user sees as its start: when it may start, until it has."""
        return self.due if self.ts_start is None else self.ts_start


class StatusChange(Struct, frozen=True, kw_only=True, gc=False):
    """One row of a trial's status history."""

    trial_id: int
    attempt: int
    status: Status
    ts: Micros
    trial_runner_id: int | None = None
    reason: str | None = None
    reported: bool = False
    """Whether it was only reported with telemetry and did not change the trial."""


class TelemetryRow(Struct, frozen=True, gc=False):
    """One time-stamped value, measured while a trial runs."""

    ts: Micros
    metric: str
    value: Encoded


class StoredTelemetryRow(Struct, frozen=True, gc=False):
    """A telemetry row, with the trial and the attempt that it belongs to."""

    trial_id: int
    attempt: int
    ts: Micros
    metric: str
    value: Encoded


class Parts(Flag):
    """The parts of a trial that a query fetches beside its plain columns; others are neither selected nor decoded."""

    NONE = 0
    METADATA = auto()
    METRICS = auto()
    CONFIG = auto()
    """The tunable config, where the backend has it at hand: without it, the core asks for it in one more call."""


class Order(Enum):
    """The order in which a query returns trials."""

    TRIAL_ID = auto()
    COMPLETION = auto()
    """By completion number; trials without one are left out."""


class ExperimentQuery(Struct, frozen=True, kw_only=True):
    """Which experiments to find; they come ordered by id, compared by code point."""

    experiment_ids: Collection[str] | None = None
    uids: Collection[Uid] | None = None


class TrialQuery(Struct, frozen=True, kw_only=True):
    """Which trials of one experiment to find; conditions that are None do not apply, the others all do."""

    uid: Uid
    trial_ids: Collection[int] | None = None
    after_id: int | None = None
    statuses: frozenset[Status] | None = None
    due_by: Micros | None = None
    runner_assigned: bool | None = None
    tunable_config_id: int | None = None
    completed_after: int | None = None
    """Only trials whose completion has a greater number, or one of `completions`."""
    completions: Collection[int] = ()
    """Goes with `completed_after`."""
    order: Order = Order.TRIAL_ID
    limit: int | None = None
    parts: Parts = Parts.NONE


class TrialChange(Struct, frozen=True, kw_only=True):
    """A compare-and-set on one trial: what must stand there, and what to set if it does.

    Fields to set are left alone while they are `UNSET`.
    """

    uid: Uid
    trial_id: int
    token: Token | None
    """The name of the change; None for one that leaves no trace and may be applied twice (a heartbeat)."""
    ts: Micros
    """The time to be written into the history."""
    attempt: int
    """Compared with the stored attempt."""
    from_statuses: frozenset[Status]
    """The stored status must be one of these."""
    expected_trial_runner_id: int | UnsetType | None = UNSET
    """Unless it is UNSET: the runner that must be stored."""
    expected_metadata: Encoded | UnsetType = UNSET
    """Unless it is UNSET: the metadata that must be stored."""
    status: Status | UnsetType = UNSET
    """Setting it writes one row of status history; a completion also gives the trial its completion number."""
    ts_start: Micros | UnsetType | None = UNSET
    ts_end: Micros | UnsetType | None = UNSET
    trial_runner_id: int | UnsetType | None = UNSET
    metadata: Encoded | UnsetType = UNSET
    metrics: Encoded | UnsetType = UNSET
    lease: Micros | UnsetType | None = UNSET
    """The duration of the lease from the engine's now on; None ends it."""
    reason: str | None = None
    """For the history."""


class ChangeOutcome(Struct, frozen=True):
    """What became of a change."""

    applied: bool
    """Whether it was applied, by this call or by an earlier one with the same token."""
    record: TrialRecord
    """What stands there now; if the change was not applied, with all its parts."""


class Claim(Struct, frozen=True, kw_only=True):
    """A request for trials to run."""

    uid: Uid
    token: Token
    trial_runner_id: int
    limit: int
    lease: Micros | None = None
    """A duration; None is without end."""
    due_by: Micros | None = None
    """What due times and leases are compared with; None is now, by the engine's clock."""
    max_attempts: int | None = None
    """A trial whose lease is over and whose expirations, this one included, reach this number is not eligible."""


class Expiry(Struct, frozen=True, kw_only=True):
    """An order to fail the trials of one experiment whose leases are lost and used up."""

    uid: Uid
    max_attempts: int
    """A trial fails whose lease is over and whose expirations, this one included, reach this number."""
    reason: str
    """For the history."""
    due_by: Micros | None = None
    """What the leases are compared with; None is now, by the engine's clock."""


class TelemetryBatch(Struct, frozen=True, kw_only=True):
    """Telemetry of one trial, and the status that was reported with it."""

    uid: Uid
    trial_id: int
    token: Token
    attempt: int
    """Compared with the stored attempt: a stale batch is refused."""
    expected_trial_runner_id: int | UnsetType | None = UNSET
    """Unless it is UNSET: the runner that must be stored; the batch of one that gave the trial back is refused."""
    status: Status
    ts: Micros
    rows: tuple[TelemetryRow, ...]


class TelemetryQuery(Struct, frozen=True, kw_only=True):
    """Which telemetry of one experiment to find; it comes ordered by (trial id, attempt, ts, metric)."""

    uid: Uid
    trial_ids: Collection[int]
    all_attempts: bool = False
    """Whether to return the rows of earlier attempts too, not only the current one's."""
