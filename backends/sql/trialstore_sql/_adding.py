"""Adding trials: a constant number of statements, however many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from msgspec.structs import asdict, replace
from sqlalchemy import select

from trialstore.records import NewTrial, Parts, Token, TrialRecord, Uid
from trialstore.transitions import added, first_ts
from trialstore_sql._configs import TunableConfigs
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History, row
from trialstore_sql._listed import Listed
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Transaction
from trialstore_sql._trials import columns, record
from trialstore_sql.dialects import Dialect


class Adding:
    """Adds trials to an experiment."""

    def __init__(
        self,
        tables: Tables,
        dialect: type[Dialect],
        experiments: Experiments,
        configs: TunableConfigs,
        history: History,
    ) -> None:
        table = tables.trial
        self._experiments, self._configs, self._history = experiments, configs, history
        self._inserts = dialect.inserts(table, table.c.keys())
        trials = select(table.c.token, *columns(table, Parts.NONE)).where(
            dialect.besides(table.c.experiment_key) == experiments.key_of_uid()
        )
        self._known = Listed(trials.where, table.c.token, dialect)

    def add(self, tx: Transaction, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        """Add trials; one whose token the experiment has already is a clash of keys."""
        return self._added(tx, uid, new, first_id, {})

    def add_absent(
        self, tx: Transaction, uid: Uid, new: Sequence[NewTrial], first_id: int
    ) -> list[TrialRecord]:
        """Add the trials whose tokens the experiment does not have yet, and return all of them."""
        rows = tx.rows(*self._known.of(tx, [trial.token for trial in new], uid=uid))
        return self._added(tx, uid, new, first_id, {token: record(*fields) for token, *fields in rows})

    def _added(
        self,
        tx: Transaction,
        uid: Uid,
        new: Sequence[NewTrial],
        first_id: int,
        known: Mapping[Token, TrialRecord],
    ) -> list[TrialRecord]:
        absent: dict[Token, NewTrial] = {}
        for trial in new:
            if trial.token not in known:
                absent.setdefault(trial.token, trial)
        trials = {**known, **self._put(tx, uid, absent, first_id)} if absent else known
        return [trials[trial.token] for trial in new]

    def _put(
        self, tx: Transaction, uid: Uid, new: Mapping[Token, NewTrial], first_id: int
    ) -> dict[Token, TrialRecord]:
        config_ids = self._configs.put(tx, {trial.config_hash: trial.config for trial in new.values()})
        key, now, first = self._experiments.take_ids(tx, uid, len(new), first_id)
        ids = count(first)
        unnumbered = [added(t, next(ids), config_ids[t.config_hash], now) for t in new.values()]
        stored = dict(zip(new, self._numbered(tx, key, unnumbered), strict=True))
        rows = [_row(key, token, trial) for token, trial in stored.items()]
        told = [row(key, trial, first_ts(trial, now), status=trial.status) for trial in stored.values()]
        tx.insert(self._inserts, rows)
        self._history.add(tx, told)
        return stored

    def _numbered(self, tx: Transaction, key: int, trials: list[TrialRecord]) -> list[TrialRecord]:
        """Return the trials, with a completion number where they are completed."""
        completed = sum(trial.status.is_completed() for trial in trials)
        if not completed:
            return trials
        numbers = count(self._experiments.take_completions(tx, key, completed))
        return [replace(t, completion=next(numbers)) if t.status.is_completed() else t for t in trials]


def _row(key: int, token: Token, trial: TrialRecord) -> dict[str, Any]:
    return {**asdict(trial), "status": trial.status.value, "experiment_key": key, "token": token}
