"""The queries for what can be taken from the queue of an experiment: each part of it has an index of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    bindparam,
    literal_column,
    select,
    union_all,
)

from trialstore.records import Claim
from trialstore.status import Status
from trialstore.times import now_micros
from trialstore_sql._experiments import Experiments
from trialstore_sql._parameters import ONE
from trialstore_sql._tables import Tables
from trialstore_sql._trials import columns, config_of, limited
from trialstore_sql.dialects import Dialect, unindexed

_ALL: ColumnElement[Any] = literal_column("*")
_EVERY_FREE: ColumnElement[Any] = literal_column("free.*")
_NO_LIMIT = 2**62


class Queue:
    """Builds the queries.

    Their parameters are those of `wanted`; `used_up` has no ``limit``. A row begins with the experiment's key.
    """

    def __init__(self, tables: Tables, dialect: type[Dialect], experiments: Experiments) -> None:
        self._tables, self._dialect, self._experiments = tables, dialect, experiments
        # A short name and few lists of columns: psycopg takes a text of more than 4,096 characters apart at each execution.
        self._trial = tables.trial.alias("t")
        self._at = dialect.moment_or_now("at")

    def free(self, *seen: ColumnElement[Any]) -> Select[Any]:
        """Return the query that holds trials that can be claimed; each row begins with what is `seen` besides."""
        held = _united(self._held(*columns(self._trial))).subquery("free")
        config_id: ColumnElement[Any] = literal_column("free.tunable_config_id")
        config = config_of(config_id, self._tables, self._dialect)
        return select(*seen, _EVERY_FREE, *config).select_from(held)

    def held(self, *names: str) -> Subquery:
        """Return ``free``, a query that holds trials that can be claimed: their experiment's key and these columns."""
        return _united(self._held(*(self._trial.c[name] for name in names))).subquery("free")

    def any(self) -> CompoundSelect[Any]:
        """Return the query for trials that could be claimed but for others who hold them."""
        return _united(self._parts(ONE))

    def used_up(self) -> Select[Any]:
        """Return the query that holds trials that have lost as many leases as they may."""
        is_used_up = self._trial.c.expirations >= bindparam("most_expirations")
        lost = self._lost(is_used_up).with_only_columns(self._trial.c.experiment_key, *columns(self._trial))
        return self._dialect.locked(lost, skip_locked=True)

    def wanted(self, claim: Claim, limit: int) -> dict[str, Any]:
        """Return the parameters of the queries for what can be claimed."""
        at = claim.due_by if claim.due_by is not None or self._dialect.clock is not None else now_micros()
        lost = _NO_LIMIT if claim.max_attempts is None else claim.max_attempts - 1
        return {
            "uid": claim.uid,
            "token": claim.token,
            "pending": Status.PENDING.value,
            "running": Status.RUNNING.value,
            "runner": claim.trial_runner_id,
            "at": at,
            "most_expirations": lost,
            "limit": limit,
        }

    def _held(self, *shown: ColumnElement[Any]) -> list[Select[Any]]:
        """Return the parts, which hold what they find and nobody else holds."""
        return [self._dialect.locked(part, skip_locked=True) for part in self._parts(*shown)]

    def _parts(self, *shown: ColumnElement[Any]) -> list[Select[Any]]:
        """Return a query for mine, for nobody's and for lost trials: an OR of the first two would not follow the index."""
        trial = self._trial.c
        mine = self._waiting(trial.trial_runner_id == bindparam("runner")).order_by(trial.due, trial.trial_id)
        nobodys = self._waiting(trial.trial_runner_id.is_(None)).order_by(*self._order_of_nobodys())
        lost = self._lost(trial.expirations < bindparam("most_expirations"))
        return [
            limited(part.with_only_columns(trial.experiment_key, *shown)) for part in (mine, nobodys, lost)
        ]

    def _waiting(self, whose: ColumnElement[bool]) -> Select[Any]:
        trial = self._trial.c
        return self._probe(trial.status == bindparam("pending"), trial.due <= self._at, whose)

    def _lost(self, which: ColumnElement[bool]) -> Select[Any]:
        trial = self._trial.c
        # By their leases: many more may be running.
        is_running = unindexed(trial.status) == bindparam("running")
        lost = self._probe(is_running, trial.lease_expires <= self._at, which)
        return lost.order_by(trial.due, trial.trial_id)

    def _probe(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        key = self._trial.c.experiment_key
        return select(key).where(self._dialect.apart(key) == self._experiments.key_of_uid(), *conditions)

    def _order_of_nobodys(self) -> Sequence[ColumnElement[Any]]:
        """Return the order of (due, trial id) in the words in which the engine sees that the index has it."""
        trial = self._trial.c
        # The runner is the same in all rows, which not every engine knows, and not every engine wants to be told.
        runner = [trial.trial_runner_id] if self._dialect.orders_by_constants else []
        return [*runner, trial.due, trial.trial_id]


def _united(parts: Iterable[Select[Any]]) -> CompoundSelect[Any]:
    """Return the query that finds what all of some queries find."""
    return union_all(*(select(_ALL).select_from(part.subquery()) for part in parts))
