"""Handing trials out to runners, and ending those whose leases are lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Select, bindparam, select, update

from trialstore import transitions
from trialstore.errors import TransientError
from trialstore.records import Claim, Expiry, Token, TrialRecord
from trialstore.status import Status
from trialstore.times import Micros
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History, row
from trialstore_sql._listed import Listed
from trialstore_sql._parameters import placeholders
from trialstore_sql._queue import Queue
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Row, Transaction
from trialstore_sql._trials import columns, config_of, records
from trialstore_sql.dialects import Dialect

_SET: tuple[str, ...] = (
    "status",
    "trial_runner_id",
    "attempt",
    "expirations",
    "ts_start",
    "ts_end",
    "lease_expires",
    "completion",
)


class Claims:
    """Claims and expiries: each probes an index for its trials, holds them, and writes them back together."""

    def __init__(
        self, tables: Tables, dialect: type[Dialect], experiments: Experiments, history: History
    ) -> None:
        self._experiments, self._history = experiments, history
        self._queue = queue = Queue(tables, dialect, experiments)
        self._find_free = queue.free(dialect.now_column(), history.was_served())
        # Where nobody else writes, nothing is skipped.
        self._find_any = None if dialect.one_writer else queue.any()
        self._used_up = queue.used_up()
        self._served = _served(tables, dialect)
        write = update(tables.trial).values(placeholders(_SET, "new_"))
        of_experiment = write.where(tables.trial.c.experiment_key == bindparam("key"))
        self._write = Listed(of_experiment.where, tables.trial.c.trial_id, dialect)

    def claim(self, tx: Transaction, claim: Claim) -> list[TrialRecord]:
        """Hand out eligible trials, unless this claim has been served before."""
        rows = tx.rows(self._find_free, self._queue.wanted(claim, claim.limit))
        if not rows:
            return self._nothing(tx, claim)
        now, was_served, key, *_ = rows[0]
        if was_served:
            return _current(tx.rows(self._served, {"key": key, "token": claim.token}))
        now = tx.moment(now)
        found = records(fields for _, _, _, *fields in rows)
        eligible = sorted(found, key=lambda trial: (trial.due, trial.trial_id))[: claim.limit]
        claimed = [transitions.claimed(trial, claim, now) for trial in eligible]
        reasons = [transitions.takeover_reason(trial) for trial in eligible]
        self._store(tx, key, claimed, reasons, ts=now, token=claim.token)
        return claimed

    def expire(self, tx: Transaction, expiry: Expiry) -> list[TrialRecord]:
        """Fail the trials whose leases are lost and used up."""
        key, now = self._experiments.key_and_now(tx, expiry.uid)
        lost = {
            "uid": expiry.uid,
            "running": Status.RUNNING.value,
            "at": now if expiry.due_by is None else expiry.due_by,
            "most_expirations": expiry.max_attempts - 1,
        }
        used_up = records(fields for _, *fields in tx.rows(self._used_up, lost))
        if not used_up:
            return []
        numbers = count(self._experiments.take_completions(tx, key, len(used_up)))
        failed = [replace(transitions.failed(trial, now), completion=next(numbers)) for trial in used_up]
        self._store(tx, key, failed, [expiry.reason] * len(failed), ts=now)
        return failed

    def _nothing(self, tx: Transaction, claim: Claim) -> list[TrialRecord]:
        """Return no trials, unless others hold some that are due: it may be this very claim, sent before, that does."""
        key = self._experiments.key(tx, claim.uid)
        served = tx.rows(self._served, {"key": key, "token": claim.token})
        if (
            not served
            and self._find_any is not None
            and tx.rows(self._find_any, self._queue.wanted(claim, 1))
        ):
            raise TransientError("others hold all trials that are due; they may leave some")
        return _current(served)

    def _store(
        self,
        tx: Transaction,
        key: int,
        trials: Sequence[TrialRecord],
        reasons: Sequence[str | None],
        *,
        ts: Micros,
        token: Token | None = None,
    ) -> None:
        for new, ids in _grouped(trials).items():
            tx.run(*self._write.of(tx, ids, key=key, **_prefixed(dict(zip(_SET, new, strict=True)))))
        changes = enumerate(zip(trials, reasons, strict=True))
        told = [
            row(key, trial, ts, token=token, ordinal=ordinal, status=trial.status, reason=reason)
            for ordinal, (trial, reason) in changes
        ]
        self._history.add(tx, told)


def _served(tables: Tables, dialect: type[Dialect]) -> Select[Any]:
    """Return the query for the trials that a claim has taken, each after whether it is still in that attempt."""
    trial, change = tables.trial.c, tables.history.c
    key = dialect.besides(change.experiment_key)
    return (
        select(change.attempt == trial.attempt, *columns(tables.trial))
        .add_columns(*config_of(trial.tunable_config_id, tables, dialect))
        .where(trial.experiment_key == change.experiment_key, trial.trial_id == change.trial_id)
        .where(key == bindparam("key"), change.token == bindparam("token"))
        .order_by(trial.due, trial.trial_id)
    )


def _current(served: Iterable[Row]) -> list[TrialRecord]:
    return records(fields for is_current, *fields in served if is_current)


def _grouped(trials: Iterable[TrialRecord]) -> dict[tuple[Any, ...], list[int]]:
    """Return the ids of the trials that are set to the same values; those of one claim mostly are."""
    ids: dict[tuple[Any, ...], list[int]] = {}
    for trial in trials:
        ids.setdefault(tuple(getattr(trial, name) for name in _SET), []).append(trial.trial_id)
    return ids


def _prefixed(values: dict[str, Any]) -> dict[str, Any]:
    new = {f"new_{name}": value for name, value in values.items()}
    return {**new, "new_status": values["status"].value}
