"""How a trial stands at the moment, for those who are about to write to it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select

from trialstore.errors import TrialNotFoundError
from trialstore.records import Parts, Token, TrialRecord, Uid
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Transaction
from trialstore_sql._trials import columns, record
from trialstore_sql.dialects import Dialect


class Standing(NamedTuple):
    """One trial, held until the transaction ends."""

    experiment_key: int
    has_met: bool
    """Whether the write with the token that was given has been applied before."""
    trial: TrialRecord


class StandingTrials:
    """Finds trials together with their experiments, in one statement."""

    def __init__(
        self, tables: Tables, dialect: type[Dialect], experiments: Experiments, history: History, parts: Parts
    ) -> None:
        trial = tables.trial
        self._experiments = experiments
        self._find = dialect.locked(
            select(trial.c.experiment_key, history.has_met(), *columns(trial, parts)).where(
                trial.c.experiment_key == experiments.key_of_uid(), trial.c.trial_id == bindparam("trial_id")
            )
        )

    def get(self, tx: Transaction, uid: Uid, trial_id: int, token: Token | None) -> Standing:
        """Return how a trial stands.

        Raises
        ------
        ExperimentNotFoundError, TrialNotFoundError
            If there is none.
        """
        found = tx.row(self._find, {"uid": uid, "trial_id": trial_id, "token": token})
        if found is None:
            self._experiments.key(tx, uid)
            raise TrialNotFoundError.of(trial_id)
        experiment_key, has_met, *fields = found
        return Standing(experiment_key, bool(has_met), record(*fields))
