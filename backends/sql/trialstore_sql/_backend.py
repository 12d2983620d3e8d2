"""The backend: the operations of the interface, each in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from typing import Any

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
from trialstore_sql._adding import Adding
from trialstore_sql._changes import Changes
from trialstore_sql._claims import Claims
from trialstore_sql._configs import TunableConfigs
from trialstore_sql._database import Database
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History
from trialstore_sql._schema import Schema
from trialstore_sql._settings import Settings
from trialstore_sql._tables import Tables
from trialstore_sql._telemetry import Telemetry
from trialstore_sql._trials import Trials
from trialstore_sql.dialects import dialect_of

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
        self._tables = tables = Tables(dialect)
        self.label = dialect.label
        self.capabilities = dialect.capabilities
        self._database = Database(dialect)
        self._schema = Schema(self._database, tables)
        self._experiments = Experiments(tables, dialect)
        self._configs = TunableConfigs(tables, dialect)
        self._trials = Trials(tables, dialect, self._experiments)
        self._history = History(tables, dialect, self._experiments)
        self._adding = Adding(tables, dialect, self._experiments, self._configs, self._history)
        self._changes = Changes(tables, dialect, self._experiments, self._history)
        self._claims = Claims(tables, dialect, self._experiments, self._history)
        self._telemetry = Telemetry(tables, dialect, self._experiments, self._history)

    def open(self, *, create: bool, read_only: bool) -> None:
        try:
            self._open(create=create and not read_only, read_only=read_only)
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        self._database.close()

    def upgrade(self) -> None:
        with closing(Database(self._database.dialect)) as database:
            database.open(create=True, read_only=False)
            _patience()(Schema(database, self._tables).upgrade)

    def after_fork(self) -> None:
        self._database.after_fork()

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        query = ExperimentQuery(experiment_ids=[new.experiment_id])
        found = self.find_experiments(query)  # resuming one needs no lock
        if not found:
            with self._database.write() as tx:
                self._experiments.put(tx, new)
                found = self._experiments.find(tx, query)
        if not found:
            raise TransientError(
                f"experiment {new.experiment_id!r} was made and deleted by others at this moment"
            )
        return found[0]

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        with self._database.read() as tx:
            return self._experiments.find(tx, query)

    def delete_experiment(self, uid: Uid) -> None:
        with self._database.write() as tx:
            self._experiments.delete(tx, uid)

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        with self._database.read() as tx:
            return self._configs.find(tx, ids)

    def add_trials(self, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        with self._database.write() as tx:
            return self._adding.add(tx, uid, new, first_id)

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        with self._database.read() as tx:
            return self._trials.find(tx, query)

    def count_trials(self, uid: Uid) -> Mapping[Status, int]:
        with self._database.read() as tx:
            return self._trials.count(tx, uid)

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        with self._database.write() as tx:
            return self._claims.claim(tx, claim)

    def expire_leases(self, expiry: Expiry) -> list[TrialRecord]:
        with self._database.write() as tx:
            return self._claims.expire(tx, expiry)

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        with self._database.write() as tx:
            return self._changes.change(tx, change)

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        with self._database.write() as tx:
            self._telemetry.add(tx, batch)

    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        with self._database.read() as tx:
            return self._telemetry.find(tx, query)

    def find_status_changes(self, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        with self._database.read() as tx:
            return self._history.find(tx, uid, trial_ids)

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
