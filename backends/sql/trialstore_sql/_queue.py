"""The queries for what can be taken from the queue of an experiment: each part of it has an index of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, bindparam, literal_column, select, union_all

from trialstore_sql._experiments import Experiments
from trialstore_sql._tables import Tables
from trialstore_sql._trials import columns, config_of, limited, unindexed
from trialstore_sql.dialects import Dialect

_ALL: ColumnElement[Any] = literal_column("*")
_EVERY_FREE: ColumnElement[Any] = literal_column("free.*")


class Queue:
    """Builds the queries.

    Their parameters are ``uid``, ``pending`` and ``running``, the numbers of these statuses, ``runner``, ``at``, what due times
    and leases are compared with, ``most_expirations``, and but for `used_up` ``limit``. A row begins with the experiment's key.
    """

    def __init__(self, tables: Tables, dialect: type[Dialect], experiments: Experiments) -> None:
        self._tables, self._dialect, self._experiments = tables, dialect, experiments
        # A short name and few lists of columns: psycopg takes a text of more than 4,096 characters apart at each execution.
        self._trial = tables.trial.alias("t")
        self._at = dialect.moment_or_now("at")

    def free(self, *seen: ColumnElement[Any]) -> Select[Any]:
        """Return the query that holds trials that can be claimed; each row begins with what is `seen` besides."""
        held = [self._dialect.locked(part, skip_locked=True) for part in self._parts()]
        config_id: ColumnElement[Any] = literal_column("free.tunable_config_id")
        config = config_of(config_id, self._tables, self._dialect)
        return select(*seen, _EVERY_FREE, *config).select_from(_united(held).subquery("free"))

    def any(self) -> CompoundSelect[Any]:
        """Return the query for trials that could be claimed but for others who hold them."""
        return _united(self._parts())

    def used_up(self) -> Select[Any]:
        """Return the query that holds trials that have lost as many leases as they may."""
        is_used_up = self._trial.c.expirations >= bindparam("most_expirations")
        return self._dialect.locked(self._lost(is_used_up), skip_locked=True)

    def _parts(self) -> list[Select[Any]]:
        """Return a query for mine, for nobody's and for lost trials: an OR of the first two would not follow the index."""
        trial = self._trial.c
        mine = self._waiting(trial.trial_runner_id == bindparam("runner")).order_by(trial.due, trial.trial_id)
        nobodys = self._waiting(trial.trial_runner_id.is_(None)).order_by(*self._order_of_nobodys())
        return [
            limited(part)
            for part in (mine, nobodys, self._lost(trial.expirations < bindparam("most_expirations")))
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
        return select(key, *columns(self._trial)).where(key == self._experiments.key_of_uid(), *conditions)

    def _order_of_nobodys(self) -> Sequence[ColumnElement[Any]]:
        """Return the order of (due, trial id) in the words in which the engine sees that the index has it."""
        trial = self._trial.c
        # The runner is the same in all rows, which not every engine knows, and not every engine wants to be told.
        runner = [trial.trial_runner_id] if self._dialect.orders_by_constants else []
        return [*runner, trial.due, trial.trial_id]


def _united(parts: Iterable[Select[Any]]) -> CompoundSelect[Any]:
    """Return the query that finds what all of some queries find."""
    return union_all(*(select(_ALL).select_from(part.subquery()) for part in parts))
