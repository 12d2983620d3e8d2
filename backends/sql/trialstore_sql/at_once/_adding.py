"""Adding one trial."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    BindParameter,
    ColumnElement,
    Insert,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)

from trialstore.records import NewTrial, TrialRecord, Uid
from trialstore.transitions import added
from trialstore_sql._history import History
from trialstore_sql._parameters import ONE, ZERO
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Transaction
from trialstore_sql.dialects import Dialect

_GIVEN = ("token", "status", "ts_start", "ts_end", "trial_runner_id", "metadata", "metrics")
"""What a new trial has from its caller, as it is."""
_TOLD = ("experiment_key", "trial_id", "tunable_config_id", "attempt", "status", "trial_runner_id")
"""What is needed of it once it is there."""
_NONE_YET: dict[str, ColumnElement[Any]] = dict.fromkeys(("attempt", "expirations"), ZERO)


class Adding:
    """Adds a trial that has not ended."""

    def __init__(self, tables: Tables, dialect: type[Dialect], history: History) -> None:
        self._tables, self._dialect = tables, dialect
        config = self._config()
        taken = self._taken(config)
        new = self._insert(config, taken).returning(*(tables.trial.c[name] for name in _TOLD)).cte("new")
        told = history.telling(new, ts=func.coalesce(_big("ts_end"), taken.c.now))
        self._add = select(new.c.trial_id, new.c.tunable_config_id, taken.c.now).add_cte(told)

    def add(self, tx: Transaction, uid: Uid, new: NewTrial, first_id: int) -> TrialRecord | None:
        """Add a trial; None if there is no such experiment, or another session stores its config at this moment."""
        if new.status.is_completed():
            return None
        given = {name: getattr(new, name) for name in (*_GIVEN, "due")}
        config = {"hash": new.config_hash, "params": new.config}
        values = {**given, "status": new.status.value, **config, "uid": uid, "first_id": first_id}
        found = tx.row(self._add, values)
        return None if found is None else added(new, *map(int, found))

    def _config(self) -> CTE:
        """Return the config's id, whether it is new or not; nothing if it is not seen yet."""
        config = self._tables.tunable_config
        new = self._dialect.inserts_if_absent(config, ("hash", "params"), ["hash"]).one
        put = new.returning(config.c.tunable_config_id).cte("put")
        known = select(config.c.tunable_config_id).where(config.c.hash == bindparam("hash"))
        return select(put.c.tunable_config_id).union_all(known).cte("config")

    def _taken(self, config: CTE) -> CTE:
        """Return the key of the experiment, an id, and the time, if the config is there."""
        experiment = self._tables.experiment
        take = update(experiment).where(experiment.c.uid == bindparam("uid"), exists(ONE).select_from(config))
        this_id = func.coalesce(experiment.c.next_trial_id, _big("first_id"))
        now = self._dialect.now_column().label("now")
        last_id = (experiment.c.next_trial_id - ONE).label("trial_id")
        return (
            take.values({"next_trial_id": this_id + ONE})
            .returning(experiment.c.experiment_key, last_id, now)
            .cte("taken")
        )

    def _insert(self, config: CTE, taken: CTE) -> Insert:
        trial = self._tables.trial
        given = {name: bindparam(name, type_=trial.c[name].type) for name in _GIVEN}
        values: dict[str, ColumnElement[Any]] = {
            "experiment_key": taken.c.experiment_key,
            "trial_id": taken.c.trial_id,
            "tunable_config_id": config.c.tunable_config_id,
            "due": func.coalesce(_big("due"), taken.c.now),
            **given,
            **_NONE_YET,
        }
        return insert(trial).from_select(list(values), select(*values.values()))


def _big(name: str) -> BindParameter[int]:
    return bindparam(name, type_=BigInteger())
