"""Handing trials out to a runner."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    SmallInteger,
    bindparam,
    case,
    func,
    literal_column,
    null,
    select,
    update,
)

from trialstore.records import Claim, TrialRecord
from trialstore.transitions import LEASE_EXPIRED
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History
from trialstore_sql._parameters import ONE, ZERO
from trialstore_sql._queue import Queue
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Transaction
from trialstore_sql._trials import columns, config_of, limited, records
from trialstore_sql.dialects import Dialect


class Claims:
    """Claims trials that are due."""

    def __init__(
        self, tables: Tables, dialect: type[Dialect], experiments: Experiments, history: History
    ) -> None:
        self._trial, self._dialect = tables.trial, dialect
        self._queue = Queue(tables, dialect, experiments)
        claimed = self._claimed(self._chosen())
        told = history.telling(
            claimed,
            token=bindparam("token", type_=tables.history.c.token.type),
            ordinal=claimed.c.ordinal,
            ts=claimed.c.ts_start,
            reason=claimed.c.reason,
        )
        config = config_of(claimed.c.tunable_config_id, tables, dialect)
        found = select(*columns(claimed), *config).order_by(claimed.c.ordinal)
        self._claim = found.add_cte(told)

    def claim(self, tx: Transaction, claim: Claim) -> list[TrialRecord]:
        """Hand out eligible trials; none if there are none, or others hold them at this moment."""
        wanted = self._queue.wanted(claim, claim.limit)
        return records(tx.rows(self._claim, {**wanted, "lease": claim.lease, "lost": LEASE_EXPIRED}))

    def _chosen(self) -> CTE:
        """Return the trials that are handed out, in their order, and which of them another runner has lost."""
        free = self._queue.held("trial_id", "due", "status")
        key, trial_id, due, status = map(_free, ("experiment_key", "trial_id", "due", "status"))
        number = (func.row_number().over(order_by=(due, trial_id)) - ONE).label("ordinal")
        was_running = status == bindparam("running", type_=SmallInteger())
        reason = case((was_running, bindparam("lost")), else_=null()).label("reason")
        shown: list[ColumnElement[Any]] = [key, trial_id, number, reason]
        return limited(select(*shown).select_from(free).order_by(due, trial_id)).cte("chosen")

    def _claimed(self, chosen: CTE) -> CTE:
        """Return the trials as they are then; the engine's now is the same for all of them."""
        trial = self._trial.c
        now: ColumnElement[Any] = literal_column(self._dialect.fixed_clock or "")
        settings: dict[str, Any] = {
            "status": bindparam("running"),
            "trial_runner_id": bindparam("runner"),
            "attempt": trial.attempt + ONE,
            "expirations": trial.expirations + case((chosen.c.reason.is_(None), ZERO), else_=ONE),
            "ts_start": now,
            "lease_expires": now + bindparam("lease", type_=BigInteger()),
        }
        is_chosen = (trial.experiment_key == chosen.c.experiment_key, trial.trial_id == chosen.c.trial_id)
        claim = update(self._trial).where(*is_chosen).values(settings)
        shown = [trial.experiment_key, *columns(self._trial)]
        return claim.returning(*shown, chosen.c.ordinal, chosen.c.reason).cte("claimed")


def _free(name: str) -> ColumnElement[Any]:
    """Return a column of the query of the queue, which does not list them, by a short name."""
    return literal_column(f"free.{name}").label(name)
