"""Changing one trial."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import UNSET
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    Update,
    bindparam,
    literal_column,
    select,
    update,
)

from trialstore import transitions
from trialstore.records import ChangeOutcome, TrialChange
from trialstore.rules import is_completion
from trialstore.status import Status
from trialstore.times import Micros
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History
from trialstore_sql._parameters import ONE, placeholders, plain
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Transaction
from trialstore_sql._trials import columns, record
from trialstore_sql.dialects import Dialect

_EXPECTED = ("trial_runner_id", "metadata")
"""What a change may expect beside the attempt and the status."""


class _Shape(NamedTuple):
    """What tells the statements for changes apart."""

    from_statuses: frozenset[Status]
    names: tuple[str, ...]
    """Of the columns that are set."""
    expected: tuple[str, ...]
    begins_lease: bool
    completes: bool
    tells: bool
    """Whether it leaves a row of history."""


class Changes:
    """Changes trials that stand as they are expected to."""

    def __init__(
        self, tables: Tables, dialect: type[Dialect], experiments: Experiments, history: History
    ) -> None:
        self._tables, self._dialect = tables, dialect
        self._experiments, self._history = experiments, history
        self._statements: dict[_Shape, Select[Any]] = {}

    def change(self, tx: Transaction, change: TrialChange) -> ChangeOutcome | None:
        """Apply a change; None if the trial does not stand as expected, or nothing is to be set."""
        values = transitions.new_values(change, _from_now)
        if not values or not change.from_statuses:
            return None
        expected = {name: getattr(change, f"expected_{name}") for name in _EXPECTED}
        expected = {name: value for name, value in expected.items() if value is not UNSET}
        statement = self._statement(_shape(change, tuple(values), tuple(expected)))
        found = tx.row(statement, _parameters(change, values, expected))
        return None if found is None else ChangeOutcome(applied=True, record=record(*found))

    def _statement(self, shape: _Shape) -> Select[Any]:
        if shape not in self._statements:
            self._statements[shape] = self._build(shape)
        return self._statements[shape]

    def _build(self, shape: _Shape) -> Select[Any]:
        trial = self._tables.trial
        write = self._completing(shape) if shape.completes else update(trial).where(*self._expected(shape))
        shown = [trial.c.experiment_key, *columns(trial)]
        changed = write.values(self._new(shape)).returning(*shown).cte("changed")
        statement = select(*columns(changed))
        return statement.add_cte(self._told(changed)) if shape.tells else statement

    def _completing(self, shape: _Shape) -> Update:
        """Return the update with a completion number; the trial is held before the number is taken, as everywhere."""
        trial, experiment = self._tables.trial, self._tables.experiment
        key = ("experiment_key", "trial_id")
        this = select(*(trial.c[name] for name in key)).where(*self._expected(shape))
        held = self._dialect.locked(this).cte("held")
        number = (
            update(experiment)
            .where(experiment.c.experiment_key == held.c.experiment_key)
            .values({"completions": experiment.c.completions + ONE})
            .returning(*held.c, experiment.c.completions)
            .cte("number")
        )
        is_held = (trial.c[name] == number.c[name] for name in key)
        return update(trial).where(*is_held).values({"completion": number.c.completions})

    def _expected(self, shape: _Shape) -> list[ColumnElement[bool]]:
        trial = self._tables.trial.c
        return [
            trial.experiment_key == self._experiments.key_of_uid(),
            trial.trial_id == bindparam("trial_id"),
            trial.attempt == bindparam("attempt"),
            trial.status.in_(literal_column(str(status.value)) for status in shape.from_statuses),
            *(trial[name].is_not_distinct_from(bindparam(f"expected_{name}")) for name in shape.expected),
        ]

    def _new(self, shape: _Shape) -> dict[str, ColumnElement[Any]]:
        new: dict[str, ColumnElement[Any]] = {**placeholders(shape.names, "new_")}
        if shape.begins_lease:
            lease = bindparam("new_lease_expires", type_=BigInteger())
            new["lease_expires"] = self._dialect.now_column() + lease
        return new

    def _told(self, changed: CTE) -> CTE:
        names = ("token", "status", "ts", "reason")
        table = self._tables.history.c
        given = {name: bindparam(f"told_{name}", type_=table[name].type) for name in names}
        return self._history.telling(changed, **given)


def _shape(change: TrialChange, names: tuple[str, ...], expected: tuple[str, ...]) -> _Shape:
    return _Shape(
        change.from_statuses,
        names,
        expected,
        begins_lease=isinstance(change.lease, int),
        completes=is_completion(change),
        tells=change.status is not UNSET or change.token is not None,
    )


def _parameters(change: TrialChange, values: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    status = None if change.status is UNSET else change.status
    return {
        "uid": change.uid,
        "trial_id": change.trial_id,
        "attempt": change.attempt,
        **{f"expected_{name}": value for name, value in expected.items()},
        **{f"new_{name}": plain(value) for name, value in values.items()},
        "told_token": change.token,
        "told_status": plain(status),
        "told_ts": change.ts,
        "told_reason": change.reason,
    }


def _from_now() -> Micros:
    """Return what the engine's now is counted from, which the statement adds."""
    return 0
