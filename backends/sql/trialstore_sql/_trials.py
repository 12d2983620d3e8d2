"""Trials: their rows, and the queries for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    bindparam,
    func,
    null,
    or_,
    select,
)

from trialstore.codec import Encoded
from trialstore.records import Order, Parts, TrialQuery, TrialRecord, Uid
from trialstore.status import Status, stored_status
from trialstore.times import Micros
from trialstore_sql._experiments import Experiments
from trialstore_sql._listed import one_or_many
from trialstore_sql._parameters import ZERO
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Row, Transaction
from trialstore_sql.dialects import Dialect, unindexed

PARTS = Parts.METADATA | Parts.METRICS


class Trials:
    """The queries for trials; one statement for each combination of conditions that is asked for."""

    def __init__(self, tables: Tables, dialect: type[Dialect], experiments: Experiments) -> None:
        self._table = tables.trial
        self._config = config_of(self._table.c.tunable_config_id, tables, dialect)
        self._dialect = dialect
        self._experiments = experiments
        self._finds: dict[tuple[object, ...], Select[Any]] = {}
        trial = self._table.c
        mine = trial.experiment_key == experiments.key_of_uid()
        self._count = select(trial.status, func.count()).where(mine).group_by(trial.status)

    def find(self, tx: Transaction, query: TrialQuery) -> list[TrialRecord]:
        """Return the trials of a query."""
        given = _given(query, tx.array)
        statement = self._find(query.order, query.parts, tuple(given))
        rows = tx.rows(statement, {"uid": query.uid, "beyond": query.completed_after, **given})
        if not rows:
            self._experiments.key(tx, query.uid)
        return records(rows)

    def count(self, tx: Transaction, uid: Uid) -> dict[Status, int]:
        """Return how many trials have each status."""
        rows = tx.rows(self._count, {"uid": uid})
        if not rows:
            self._experiments.key(tx, uid)
        return {stored_status(status): count for status, count in rows}

    def _find(self, order: Order, parts: Parts, given: tuple[str, ...]) -> Select[Any]:
        shape = (order, parts, given)
        if shape not in self._finds:
            key: ColumnElement[Any] = self._table.c.experiment_key
            key = self._dialect.apart(key) if _goes_by_another_index(order, given) else key
            statement = select(*self._columns(parts, given)).where(
                key == self._experiments.key_of_uid(),
                *(self._condition(name, by_id="due_by" not in given) for name in given if name != "limit"),
            )
            statement = _ordered(statement, self._table, order, given)
            self._finds[shape] = limited(statement) if "limit" in given else statement
        return self._finds[shape]

    def _columns(self, parts: Parts, given: Collection[str]) -> list[ColumnElement[Any]]:
        # Where trials are many, looking for the config of each costs as much as asking for all configs once more.
        are_few = "trial_id" in given or "trial_ids" in given
        return [*columns(self._table, parts), *(self._config if Parts.CONFIG in parts and are_few else ())]

    def _condition(self, name: str, *, by_id: bool) -> ColumnElement[bool]:
        trial, is_in = self._table.c, self._dialect.is_in
        # The index of the queue would find all that have ended, for each page anew, only to sort them by their ids.
        status = unindexed(trial.status) if by_id else trial.status
        conditions: dict[str, Callable[[], ColumnElement[bool]]] = {
            "trial_id": lambda: trial.trial_id == bindparam("trial_id"),
            "trial_ids": lambda: is_in(trial.trial_id, "trial_ids"),
            "after_id": lambda: trial.trial_id > bindparam("after_id"),
            "statuses": lambda: is_in(status, "statuses"),
            "due_by": lambda: trial.due <= bindparam("due_by"),
            "assigned": lambda: trial.trial_runner_id.is_not(None),
            "unassigned": lambda: trial.trial_runner_id.is_(None),
            "tunable_config_id": lambda: trial.tunable_config_id == bindparam("tunable_config_id"),
            "completed_after": lambda: trial.completion > bindparam("completed_after"),
            "completions": lambda: or_(
                trial.completion > bindparam("beyond"), is_in(trial.completion, "completions")
            ),
        }
        return conditions[name]()


def columns(table: FromClause, parts: Parts = PARTS) -> list[ColumnElement[Any]]:
    """Return the columns that `records` reads; a part that is not asked for is a bare null."""
    optional = {"metadata": Parts.METADATA, "metrics": Parts.METRICS}
    return [
        null().label(field) if field in optional and optional[field] not in parts else table.c[field]
        for field in TrialRecord.__struct_fields__
        if field != "config"
    ]


def config_of(
    config_id: ColumnElement[Any], tables: Tables, dialect: type[Dialect]
) -> list[ColumnElement[Any]]:
    """Return the column that may follow a trial's `columns`, the text of its config; none where that takes a scan."""
    config = tables.tunable_config.c
    text = select(config.params).where(config.tunable_config_id == config_id).scalar_subquery()
    return [text] if dialect.has_indexes else []


def limited(statement: Select[Any]) -> Select[Any]:
    """Return a query with the parameter ``limit``."""
    # SQLAlchemy would write the absent offset as one more parameter.
    return statement.limit(bindparam("limit")).offset(ZERO)


def records(rows: Iterable[Row]) -> list[TrialRecord]:
    """Return the records of rows that have `columns`, and perhaps `config_of`."""
    return [record(*row) for row in rows]


def record(  # noqa: PLR0917 - the columns of a row, unpacked
    trial_id: int,
    tunable_config_id: int,
    status: int,
    due: Micros,
    ts_start: Micros | None,
    ts_end: Micros | None,
    trial_runner_id: int | None,
    attempt: int,
    expirations: int,
    lease_expires: Micros | None,
    completion: int | None,
    metadata: Encoded | None,
    metrics: Encoded | None,
    config: Encoded | None = None,
) -> TrialRecord:
    """Return the record of one row that has `columns`; big reads spend their time here."""
    return TrialRecord(
        trial_id=trial_id,
        tunable_config_id=tunable_config_id,
        status=stored_status(status),
        due=due,
        ts_start=ts_start,
        ts_end=ts_end,
        trial_runner_id=trial_runner_id,
        attempt=attempt,
        expirations=expirations,
        lease_expires=lease_expires,
        completion=completion,
        metadata=metadata,
        metrics=metrics,
        config=config,
    )


def _goes_by_another_index(order: Order, given: Collection[str]) -> bool:
    """Tell whether a query goes by an index beside the primary key."""
    return order is Order.COMPLETION or "tunable_config_id" in given or _is_of_queue(given)


def _is_of_queue(given: Collection[str]) -> bool:
    """Tell whether a query is about few of all trials, whom the index of the queue knows."""
    return {"statuses", "due_by"}.issubset(given)


def _given(query: TrialQuery, array: Callable[[Collection[Any]], object]) -> dict[str, object]:
    """Return the conditions of a query that apply, as parameters."""
    ids = query.trial_ids
    conditions = {
        **({} if ids is None else one_or_many("trial_id", ids, array)),
        "after_id": query.after_id,
        "statuses": None if query.statuses is None else array([status.value for status in query.statuses]),
        "due_by": query.due_by,
        "assigned": query.runner_assigned or None,
        "unassigned": query.runner_assigned is False or None,
        "tunable_config_id": query.tunable_config_id,
        "completed_after": None if query.completions else query.completed_after,
        "completions": array(query.completions) if query.completions else None,
        "limit": query.limit,
    }
    return {name: value for name, value in conditions.items() if value is not None}


def _ordered(statement: Select[Any], table: Table, order: Order, given: Collection[str]) -> Select[Any]:
    if order is Order.COMPLETION:
        return statement.where(table.c.completion.is_not(None)).order_by(table.c.completion)
    if _is_of_queue(given):
        queue = f"FORCE INDEX ({table.name}_queue)"
        return statement.with_hint(table, queue, "mysql").order_by(unindexed(table.c.trial_id))
    return statement.order_by(table.c.trial_id)
