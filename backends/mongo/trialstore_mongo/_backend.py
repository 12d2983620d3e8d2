"""The backend: the operations of the interface, each repeatable at any point."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from typing import Any

from trialstore.backend import Backend, Capability
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
from trialstore_mongo._adding import Adding
from trialstore_mongo._changes import Changes
from trialstore_mongo._claims import Claims
from trialstore_mongo._configs import TunableConfigs
from trialstore_mongo._database import Database
from trialstore_mongo._deletion import Deletion
from trialstore_mongo._experiments import Experiments
from trialstore_mongo._expiry import Expiries
from trialstore_mongo._history import History
from trialstore_mongo._schema import Schema
from trialstore_mongo._settings import Settings
from trialstore_mongo._telemetry import Telemetry
from trialstore_mongo._trials import Trials


class MongoBackend(Backend):
    """Keeps everything in the collections of one MongoDB database.

    Parameters
    ----------
    config
        What `trialstore_mongo._settings.Settings` describes.
    """

    capabilities = frozenset(Capability) - {Capability.ATOMIC_CALLS}

    def __init__(self, config: Mapping[str, Any]) -> None:
        settings = Settings.from_config(config)
        self.label = settings.label
        self._database = database = Database(settings)
        self._experiments = Experiments(database)
        self._configs = TunableConfigs(database)
        self._trials = Trials(database, self._experiments)
        self._history = History(database, self._experiments)
        self._adding = Adding(database, self._experiments, self._configs)
        self._changes = Changes(database, self._experiments, self._history)
        self._claims = Claims(database, self._history)
        self._expiries = Expiries(database, self._experiments, self._history)
        self._telemetry = Telemetry(database, self._experiments)
        self._deletion = Deletion(database)

    def open(self, *, create: bool, read_only: bool) -> None:
        try:
            with self._database.call():
                self._database.open(read_only=read_only)
                Schema(self._database).ensure(create=create and not read_only)
                if not read_only:
                    self._deletion.resume()
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        self._database.close()

    def upgrade(self) -> None:
        with closing(Database(self._database.settings)) as database, database.call():
            database.open(read_only=False)
            Schema(database).upgrade()

    def after_fork(self) -> None:
        self._database.after_fork()

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        with self._database.call():
            return self._experiments.put(new)

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        with self._database.call():
            return self._experiments.find(query)

    def delete_experiment(self, uid: Uid) -> None:
        with self._database.call():
            self._deletion.delete(uid)

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        with self._database.call():
            return self._configs.find(ids)

    def add_trials(self, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        with self._database.call():
            return self._adding.add(uid, new, first_id)

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        with self._database.call():
            return self._trials.find(query)

    def count_trials(self, uid: Uid) -> Mapping[Status, int]:
        with self._database.call():
            return self._trials.count(uid)

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        with self._database.call():
            return self._claims.claim(claim)

    def expire_leases(self, expiry: Expiry) -> list[TrialRecord]:
        with self._database.call():
            return self._expiries.expire(expiry)

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        with self._database.call():
            return self._changes.change(change)

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        with self._database.call():
            self._telemetry.add(batch)

    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        with self._database.call():
            return self._telemetry.find(query)

    def find_status_changes(self, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        with self._database.call():
            return self._history.find(uid, trial_ids)
