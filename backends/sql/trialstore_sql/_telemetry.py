"""Telemetry: narrow rows, written in batches."""

from __future__ import annotations

from sqlalchemy import select

from trialstore.errors import StaleTrialError
from trialstore.records import (
    Parts,
    StoredTelemetryRow,
    TelemetryBatch,
    TelemetryQuery,
    TelemetryRow,
    TrialRecord,
)
from trialstore.transitions import check_telemetry
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History, row
from trialstore_sql._standing import StandingTrials
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Transaction
from trialstore_sql.dialects import Dialect, Inserts

_COMMON: tuple[str, ...] = ("experiment_key", "trial_id", "attempt")
"""What the rows of one batch have in common."""
_KEY = (*_COMMON, "ts", "metric")


class Telemetry:
    """What is done with the table of telemetry."""

    def __init__(
        self, tables: Tables, dialect: type[Dialect], experiments: Experiments, history: History
    ) -> None:
        trial, telemetry = tables.trial.c, tables.telemetry.c
        self._experiments, self._history = experiments, history
        names = (*_KEY, "value")
        self._add = dialect.inserts(tables.telemetry, names, common=_COMMON)
        self._add_absent = dialect.inserts_if_absent(tables.telemetry, names, _KEY, common=_COMMON)
        self._trials = StandingTrials(tables, dialect, experiments, history, Parts.NONE)
        key, is_in = experiments.key_of_uid(), dialect.is_in
        self._find_all = (
            select(*(telemetry[name] for name in StoredTelemetryRow.__struct_fields__))
            .where(telemetry.experiment_key == key, is_in(telemetry.trial_id, "trial_ids"))
            .order_by(telemetry.trial_id, telemetry.attempt, telemetry.ts, telemetry.metric)
        )
        self._find_current = self._find_all.where(
            trial.experiment_key == key,
            is_in(trial.trial_id, "trial_ids"),  # or all trials may be read in search of those that have rows
            trial.trial_id == telemetry.trial_id,
            trial.attempt == telemetry.attempt,
        )

    def add(self, tx: Transaction, batch: TelemetryBatch) -> None:
        """Add the rows of a batch; one that is there already is a clash of keys."""
        self._put(tx, batch, self._add)

    def add_absent(self, tx: Transaction, batch: TelemetryBatch) -> None:
        """Add the rows of a batch that are not there yet, which takes longer."""
        self._put(tx, batch, self._add_absent)

    def find(self, tx: Transaction, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        """Return the telemetry of a query."""
        statement = self._find_all if query.all_attempts else self._find_current
        rows = tx.rows(statement, {"uid": query.uid, "trial_ids": tx.array(query.trial_ids)})
        if not rows:
            self._experiments.key(tx, query.uid)
        return [StoredTelemetryRow(*fields) for fields in rows]

    def _put(self, tx: Transaction, batch: TelemetryBatch, inserts: Inserts) -> None:
        """Add rows and the report, unless the batch was added before."""
        key, has_met, trial = self._trials.get(tx, batch.uid, batch.trial_id, batch.token)
        if has_met or self._is_repeated(tx, key, batch, trial):
            return
        self._insert(tx, inserts, key, batch)
        reported = row(key, trial, batch.ts, token=batch.token, status=batch.status, reported=True)
        self._history.add(tx, [reported])

    def _is_repeated(self, tx: Transaction, key: int, batch: TelemetryBatch, trial: TrialRecord) -> bool:
        """Tell whether a batch that does not fit the trial any more was added before; otherwise refuse it."""
        try:
            check_telemetry(batch, trial)
        except StaleTrialError:
            if self._history.holds(tx, key, batch.trial_id, batch.token):
                return True
            raise
        return False

    @staticmethod
    def _insert(tx: Transaction, inserts: Inserts, key: int, batch: TelemetryBatch) -> None:
        if not batch.rows:
            return
        common = dict(zip(_COMMON, (key, batch.trial_id, batch.attempt), strict=True))
        columns = {
            name: [getattr(row, name) for row in batch.rows] for name in TelemetryRow.__struct_fields__
        }
        tx.insert_columns(inserts, columns, common)
