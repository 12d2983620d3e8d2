"""The backend: the operations of the interface, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from trialstore.backend import Backend, Capability
from trialstore.codec import Encoded
from trialstore.errors import TransientError
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
from trialstore_sql._database import Database
from trialstore_sql._operations import operations_of
from trialstore_sql._schema import Schema
from trialstore_sql._settings import Settings
from trialstore_sql._transaction import Transaction
from trialstore_sql.dialects import ClashError, dialect_of

_P = ParamSpec("_P")
_T = TypeVar("_T")

_OPEN_SECONDS = 5.0


class SqlBackend(Backend):
    """Keeps everything in the tables of one SQL database.

    Parameters
    ----------
    config
        The keys of `sqlalchemy.URL.create`, and those that `trialstore_sql._settings.Settings` describes.
    """

    capabilities = frozenset(Capability)

    def __init__(self, config: Mapping[str, Any]) -> None:
        dialect = dialect_of(Settings.from_config(config))
        self.label = dialect.label
        self.capabilities = dialect.capabilities
        self._do = operations_of(type(dialect), dialect.settings.table_prefix)
        self._database = Database(dialect, self._do.compiler)
        self._schema = Schema(self._database, self._do.tables)

    def open(self, *, create: bool, read_only: bool) -> None:
        try:
            self._open(create=create and not read_only, read_only=read_only)
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        self._database.close()

    def upgrade(self) -> None:
        with closing(Database(self._database.dialect, self._do.compiler)) as database:
            database.open(create=True, read_only=False)
            _patience()(Schema(database, self._do.tables).upgrade)

    def after_fork(self) -> None:
        self._database.after_fork()

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        query = ExperimentQuery(experiment_ids=[new.experiment_id])
        found = self.find_experiments(query)  # resuming one needs no lock
        if not found:
            with self._database.write() as tx:
                self._do.experiments.put(tx, new)
                found = self._do.experiments.find(tx, query)
        if not found:
            raise TransientError(
                f"experiment {new.experiment_id!r} was made and deleted by others at this moment"
            )
        return found[0]

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        with self._database.read() as tx:
            return self._do.experiments.find(tx, query)

    def delete_experiment(self, uid: Uid) -> None:
        with self._database.write() as tx:
            self._do.experiments.delete(tx, uid)

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        with self._database.read() as tx:
            return self._do.configs.find(tx, ids)

    def add_trials(self, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        if self._do.at_once is not None and len(new) == 1:
            added = self._at_once(self._do.at_once.adding.add, uid, new[0], first_id)
            if added is not None:
                return [added]
        try:
            with self._database.write() as tx:
                return self._do.adding.add(tx, uid, new, first_id)
        except ClashError:  # this call, or a part of it, came before
            with self._database.write() as tx:
                return self._do.adding.add_absent(tx, uid, new, first_id)

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        with self._database.read() as tx:
            return self._do.trials.find(tx, query)

    def count_trials(self, uid: Uid) -> Mapping[Status, int]:
        with self._database.read() as tx:
            return self._do.trials.count(tx, uid)

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        if self._do.at_once is not None:
            claimed = self._at_once(self._do.at_once.claims.claim, claim)
            if claimed:
                return claimed
        with self._database.write() as tx:
            return self._do.claims.claim(tx, claim)

    def expire_leases(self, expiry: Expiry) -> list[TrialRecord]:
        with self._database.write() as tx:
            return self._do.claims.expire(tx, expiry)

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        if self._do.at_once is not None:
            outcome = self._at_once(self._do.at_once.changes.change, change)
            if outcome is not None:
                return outcome
        with self._database.write() as tx:
            return self._do.changes.change(tx, change)

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        try:
            with self._database.write() as tx:
                self._do.telemetry.add(tx, batch)
        except ClashError:  # some of its rows are there
            with self._database.write() as tx:
                self._do.telemetry.add_absent(tx, batch)

    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        with self._database.read() as tx:
            return self._do.telemetry.find(tx, query)

    def find_status_changes(self, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        with self._database.read() as tx:
            return self._do.history.find(tx, uid, trial_ids)

    def _at_once(
        self,
        operation: Callable[Concatenate[Transaction, _P], _T | None],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T | None:
        """Return what an operation returns that is one statement; None if it was carried out before."""
        with suppress(ClashError), self._database.statement() as tx:
            return operation(tx, *args, **kwargs)
        return None

    def _open(self, *, create: bool, read_only: bool) -> None:
        self._database.open(create=create, read_only=read_only)
        with self._database.read():  # one that is not there is a matter of the core's patience
            pass
        _patience()(self._schema.ensure, create=create)
        if not read_only:
            self._database.prepare()


def _patience() -> Retrying:
    """Return what repeats an opening: others may be opening the same empty database at the same moment."""
    return Retrying(
        retry=retry_if_exception_type(TransientError),
        stop=stop_after_delay(_OPEN_SECONDS),
        wait=wait_random(0.001, 0.05),
        reraise=True,
    )
