"""Experiments: the rows that everything else of an experiment hangs on."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, delete, func, select, update

from trialstore.errors import CorruptStorageError, ExperimentNotFoundError, TransientError
from trialstore.records import ExperimentQuery, ExperimentRecord, Objective, Uid
from trialstore.times import Micros
from trialstore_sql._listed import one_or_many
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Row, Transaction
from trialstore_sql.dialects import Dialect

_FIELDS = (
    "experiment_id",
    "uid",
    "description",
    "root_env_config",
    "git_repo",
    "git_commit",
    "objectives",
    "tunables",
    "max_attempts",
    "next_trial_id",
)


class Taken(NamedTuple):
    """Trial ids that are taken, and what else adding trials needs to know."""

    experiment_key: int
    now: Micros
    first_id: int


class Experiments:
    """What is done with the table of experiments, and with the counters that stand there."""

    def __init__(self, tables: Tables, dialect: type[Dialect]) -> None:
        self._dialect = dialect
        self._table = table = tables.experiment
        self._this = table.c.experiment_key == bindparam("key")
        self._key = select(table.c.experiment_key).where(table.c.uid == bindparam("uid"))
        self._key_and_now = self._key.add_columns(dialect.now_column())
        self._put = dialect.inserts_if_absent(table, (*_FIELDS, "completions"), ["experiment_id"])
        self._finds: dict[tuple[str, ...], Select[Any]] = {}
        start = func.coalesce(table.c.next_trial_id, bindparam("first_id"))
        take_ids = update(table).values({"next_trial_id": start + bindparam("number")})
        self._take_ids = dialect.update_returning(
            take_ids.where(table.c.uid == bindparam("uid")),
            table.c.experiment_key,
            dialect.now_column(),
            table.c.next_trial_id,
        )
        take_completions = update(table).values({"completions": table.c.completions + bindparam("number")})
        self._take_completions = dialect.update_returning(
            take_completions.where(self._this), table.c.completions
        )
        trial = tables.trial.c
        # Before the experiment, as whoever completes a trial does: the other way round they would wait for each other.
        self._hold_trials = dialect.locked(
            select(trial.trial_id).where(trial.experiment_key == bindparam("key")).order_by(trial.trial_id)
        )
        parts = (table, tables.trial, tables.history, tables.telemetry)
        self._deletes = [delete(part).where(part.c.experiment_key == bindparam("key")) for part in parts]

    def key_of_uid(self) -> ScalarSelect[int]:
        """Return the expression by which a query finds the experiment itself; its parameter is ``uid``."""
        return self._key.scalar_subquery()

    def key(self, tx: Transaction, uid: Uid) -> int:
        """Return the key of an experiment, or raise `ExperimentNotFoundError`."""
        [key] = _found(tx.row(self._key, {"uid": uid}), uid)
        return int(key)

    def key_and_now(self, tx: Transaction, uid: Uid) -> tuple[int, Micros]:
        """Return the key of an experiment and the engine's now, or raise `ExperimentNotFoundError`."""
        key, now = _found(tx.row(self._key_and_now, {"uid": uid}), uid)
        return int(key), tx.moment(now)

    def put(self, tx: Transaction, new: ExperimentRecord) -> None:
        """Insert an experiment, unless its id is taken."""
        fields = {name: getattr(new, name) for name in _FIELDS}
        objectives = msgspec.json.encode(new.objectives).decode()
        tx.insert(self._put, [{**fields, "objectives": objectives, "completions": 0}])

    def find(self, tx: Transaction, query: ExperimentQuery) -> list[ExperimentRecord]:
        """Return the experiments of a query, ordered by id."""
        asked = {"experiment_id": query.experiment_ids, "uid": query.uids}
        given: dict[str, Any] = {}
        for name, values in asked.items():
            given |= {} if values is None else one_or_many(name, values, tx.array)
        return [_record(row) for row in tx.rows(self._find(tuple(given)), given)]

    def delete(self, tx: Transaction, uid: Uid) -> None:
        """Delete an experiment with everything of it, if it is there."""
        row = tx.row(self._key, {"uid": uid})
        if row is not None:
            tx.rows(self._hold_trials, {"key": row[0]})
            for statement in self._deletes:
                tx.run(statement, {"key": row[0]})

    def take_ids(self, tx: Transaction, uid: Uid, number: int, first_id: int) -> Taken:
        """Take `number` trial ids in a row; `first_id` counts if there never was one."""
        row = tx.step(self._take_ids, {"uid": uid, "number": number, "first_id": first_id})
        key, now, next_id = _found(row, uid)
        return Taken(int(key), tx.moment(now), int(next_id) - number)

    def take_completions(self, tx: Transaction, key: int, number: int = 1) -> int:
        """Take `number` completion numbers in a row, and return the first; the first ever is 1."""
        row = tx.step(self._take_completions, {"key": key, "number": number})
        if row is None:
            raise TransientError("the experiment was deleted by others at this moment")
        return int(row[0]) - number + 1

    def _find(self, given: tuple[str, ...]) -> Select[Any]:
        if given not in self._finds:
            columns = [self._table.c[name] for name in _FIELDS]
            conditions = [self._condition(name) for name in given]
            order = self._table.c.experiment_id
            self._finds[given] = select(*columns).where(*conditions).order_by(order)
        return self._finds[given]

    def _condition(self, name: str) -> ColumnElement[bool]:
        if name in self._table.c:
            return self._table.c[name] == bindparam(name)
        return self._dialect.is_in(self._table.c[name.removesuffix("s")], name)


def _found(row: Row | None, uid: Uid) -> Row:
    if row is None:
        raise ExperimentNotFoundError.of(uid)
    return row


def _record(row: Row) -> ExperimentRecord:
    fields = dict(zip(_FIELDS, row, strict=True))
    try:
        objectives = msgspec.json.decode(fields["objectives"], type=tuple[Objective, ...])
    except (msgspec.DecodeError, TypeError, RecursionError) as error:
        raise CorruptStorageError(
            f"the objectives of experiment {fields['experiment_id']!r} cannot be decoded: {error}"
        ) from error
    return ExperimentRecord(**{**fields, "objectives": objectives})
