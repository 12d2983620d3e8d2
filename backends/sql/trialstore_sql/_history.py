"""The log of every write to a trial: its status history, and the tokens by which a repetition is recognised."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    bindparam,
    exists,
    insert,
    null,
    select,
)

from trialstore.records import StatusChange, Token, TrialRecord, Uid
from trialstore.status import Status, stored_status
from trialstore.times import Micros
from trialstore_sql._experiments import Experiments
from trialstore_sql._parameters import ONE, ZERO
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Transaction
from trialstore_sql.dialects import Dialect, unindexed

_FIELDS = (
    "experiment_key",
    "trial_id",
    "token",
    "ordinal",
    "attempt",
    "status",
    "ts",
    "trial_runner_id",
    "reason",
    "reported",
)


class History:
    """What is done with the table of changes."""

    def __init__(self, tables: Tables, dialect: type[Dialect], experiments: Experiments) -> None:
        self._trial, self._table = tables.trial, tables.history
        # By its token: a trial's rows may be many.
        self._key, self._trial_id = (
            dialect.besides(self._table.c.experiment_key),
            unindexed(self._table.c.trial_id),
        )
        self._experiments = experiments
        self._add = dialect.inserts(self._table, _FIELDS)
        change = self._table.c
        self._find_all = (
            select(*(change[name] for name in StatusChange.__struct_fields__))
            .where(change.experiment_key == experiments.key_of_uid(), change.status.is_not(None))
            .order_by(change.trial_id, change.history_key)
        )
        self._find_token = select(change.ordinal).where(
            self._key == bindparam("key"),
            self._trial_id == bindparam("trial_id"),
            change.token == bindparam("token"),
        )
        self._find_some = self._find_all.where(dialect.is_in(change.trial_id, "trial_ids"))

    def has_met(self) -> ColumnElement[bool]:
        """Return the expression that tells, in a query for trials, whether each has met the parameter ``token``."""
        trial = self._trial.c
        return exists(ONE).where(
            self._key == trial.experiment_key,
            self._trial_id == trial.trial_id,
            self._table.c.token == bindparam("token"),
        )

    def was_served(self) -> ColumnElement[bool]:
        """Return the expression that tells whether the experiment of the parameter ``uid`` has met ``token`` before."""
        return exists(ONE).where(
            self._key == self._experiments.key_of_uid(), self._table.c.token == bindparam("token")
        )

    def holds(self, tx: Transaction, key: int, trial_id: int, token: Token | None) -> bool:
        """Tell whether a trial has met a token by now: a query that waited for a lock saw what stood before."""
        return tx.row(self._find_token, {"key": key, "trial_id": trial_id, "token": token}) is not None

    def add(self, tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows; `row` makes them."""
        tx.insert(self._add, rows)

    def telling(self, changed: CTE, **given: ColumnElement[Any]) -> CTE:
        """Return the write that adds a row for each trial of another write, from what that returns of them."""
        of_trial = {name: changed.c[name] for name in _FIELDS if name in changed.c}
        told = {"ordinal": ZERO, "reported": ZERO, **of_trial, "token": null(), "reason": null(), **given}
        rows = select(*(told[name] for name in _FIELDS)).select_from(changed)
        return insert(self._table).from_select(_FIELDS, rows).cte("told")

    def find(self, tx: Transaction, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        """Return the status history of some or all trials."""
        statement = self._find_all if trial_ids is None else self._find_some
        rows = tx.rows(statement, {"uid": uid, "trial_ids": tx.array(trial_ids or ())})
        if not rows:
            self._experiments.key(tx, uid)
        return [_status_change(*row) for row in rows]


def row(
    experiment_key: int,
    trial: TrialRecord,
    ts: Micros,
    *,
    token: Token | None = None,
    ordinal: int = 0,
    status: Status | None = None,
    reason: str | None = None,
    reported: bool = False,
) -> dict[str, Any]:
    """Return the row that says what happened to `trial`, as it is now; without a status it only keeps the token."""
    return {
        "experiment_key": experiment_key,
        "trial_id": trial.trial_id,
        "token": token,
        "ordinal": ordinal,
        "attempt": trial.attempt,
        "status": None if status is None else status.value,
        "ts": ts,
        "trial_runner_id": trial.trial_runner_id,
        "reason": reason,
        "reported": int(reported),
    }


def _status_change(  # noqa: PLR0917 - the columns of a row, unpacked
    trial_id: int,
    attempt: int,
    status: int,
    ts: Micros,
    trial_runner_id: int | None,
    reason: str | None,
    reported: int,
) -> StatusChange:
    return StatusChange(
        trial_id=trial_id,
        attempt=attempt,
        status=stored_status(status),
        ts=ts,
        trial_runner_id=trial_runner_id,
        reason=reason,
        reported=bool(reported),
    )
