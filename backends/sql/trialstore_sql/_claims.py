"""Handing trials out to runners, and ending those whose leases are lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    bindparam,
    exists,
    literal_column,
    select,
    union_all,
    update,
)

from trialstore import transitions
from trialstore.errors import ExperimentNotFoundError, TransientError
from trialstore.records import Claim, Expiry, Token, TrialRecord, Uid
from trialstore.status import Status
from trialstore.times import Micros, now_micros
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History, row
from trialstore_sql._listed import Listed
from trialstore_sql._parameters import placeholders
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Transaction
from trialstore_sql._trials import besides, columns, config_of, limited, records, unindexed
from trialstore_sql.dialects import Dialect

_NO_LIMIT = 2**62
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
        self._trial = tables.trial
        self._experiments, self._history = experiments, history
        trial, change, experiment = tables.trial.c, tables.history.c, tables.experiment.c
        was_served = exists(literal_column("1")).where(
            besides(dialect, change.experiment_key) == experiments.key_of_uid(),
            change.token == bindparam("token"),
        )
        self._begin = select(experiment.experiment_key, dialect.now_column(), was_served).where(
            experiment.uid == bindparam("uid")
        )
        self._has_clock = dialect.clock is not None
        at = dialect.moment_or_now("at")
        waiting = self._probe(trial.status == bindparam("pending"), trial.due <= at)
        # By their leases: many more may be running.
        lost = self._probe(unindexed(trial.status) == bindparam("running"), trial.lease_expires <= at)
        lost = lost.order_by(trial.due, trial.trial_id)
        mine = waiting.where(trial.trial_runner_id == bindparam("runner")).order_by(trial.due, trial.trial_id)
        order = _order_of_nobodys(self._trial, dialect)
        nobodys = waiting.where(trial.trial_runner_id.is_(None)).order_by(*order)
        # One probe for mine and one for nobody's: an OR of both would not follow the index.
        probes = [
            limited(mine),
            limited(nobodys),
            limited(lost.where(trial.expirations < bindparam("most_expirations"))),
        ]
        free = _united([dialect.locked(probe, skip_locked=True) for probe in probes]).subquery()
        seen = (dialect.now_column(), was_served)
        self._find_free = select(*seen, free, *config_of(free.c.tunable_config_id, tables, dialect))
        # Where nobody else writes, nothing is skipped.
        self._find_any = None if dialect.one_writer else _united(probes)
        used_up = lost.where(trial.expirations >= bindparam("most_expirations"))
        self._used_up = dialect.locked(used_up, skip_locked=True)  # whoever holds one is writing it
        same = (trial.experiment_key == change.experiment_key, trial.trial_id == change.trial_id)
        served = (
            besides(dialect, change.experiment_key) == bindparam("key"),
            change.token == bindparam("token"),
        )
        config = config_of(trial.tunable_config_id, tables, dialect)
        self._served = (
            select(change.attempt == trial.attempt, *columns(self._trial), *config)
            .where(*same, *served)
            .order_by(trial.due, trial.trial_id)
        )
        write = update(self._trial).values(placeholders(_SET, "new_"))
        self._write = Listed(
            write.where(trial.experiment_key == bindparam("key")).where, trial.trial_id, dialect
        )

    def claim(self, tx: Transaction, claim: Claim) -> list[TrialRecord]:
        """Hand out eligible trials, unless this claim has been served before."""
        rows = tx.rows(self._find_free, self._wanted(claim, claim.limit))
        if not rows:
            return self._nothing(tx, claim)
        now, was_served, key, *_ = rows[0]
        if was_served:
            return self._served_before(tx, key, claim)
        now = tx.moment(now)
        found = records(fields for _, _, _, *fields in rows)
        eligible = sorted(found, key=lambda trial: (trial.due, trial.trial_id))[: claim.limit]
        claimed = [transitions.claimed(trial, claim, now) for trial in eligible]
        reasons = [transitions.LEASE_EXPIRED if trial.status.is_running() else None for trial in eligible]
        self._store(tx, key, claimed, reasons, ts=now, token=claim.token)
        return claimed

    def expire(self, tx: Transaction, expiry: Expiry) -> list[TrialRecord]:
        """Fail the trials whose leases are lost and used up."""
        key, now, _ = self._begun(tx, expiry.uid)
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

    def _begun(self, tx: Transaction, uid: Uid, token: Token | None = None) -> tuple[int, Micros, bool]:
        """Return the key of an experiment, the engine's now, and whether a claim with the token was served before."""
        row = tx.row(self._begin, {"uid": uid, "token": token})
        if row is None:
            raise ExperimentNotFoundError.of(uid)
        key, now, was_served = row
        return int(key), tx.moment(now), bool(was_served)

    def _probe(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        key = self._trial.c.experiment_key
        return select(key, *columns(self._trial)).where(key == self._experiments.key_of_uid(), *conditions)

    def _nothing(self, tx: Transaction, claim: Claim) -> list[TrialRecord]:
        """Return no trials, unless others hold some that are due: it may be this very claim, sent before, that does."""
        key, _, was_served = self._begun(tx, claim.uid, claim.token)
        if not was_served and self._find_any is not None and tx.rows(self._find_any, self._wanted(claim, 1)):
            raise TransientError("others hold all trials that are due; they may leave some")
        return self._served_before(tx, key, claim)

    def _wanted(self, claim: Claim, limit: int) -> dict[str, Any]:
        """Return the parameters of the probes."""
        at = claim.due_by if claim.due_by is not None or self._has_clock else now_micros()
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

    def _served_before(self, tx: Transaction, key: int, claim: Claim) -> list[TrialRecord]:
        """Return the trials that a claim was served before, as far as they are still in that attempt."""
        served = tx.rows(self._served, {"key": key, "token": claim.token})
        return records(fields for is_current, *fields in served if is_current)

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
        if not trials:
            return
        *others, last = [
            self._write.of(tx, ids, key=key, **_prefixed(dict(zip(_SET, new, strict=True))))
            for new, ids in _grouped(trials).items()
        ]
        for write in others:
            tx.run(*write)
        changes = enumerate(zip(trials, reasons, strict=True))
        told = [
            row(key, trial, ts, token=token, ordinal=ordinal, status=trial.status, reason=reason)
            for ordinal, (trial, reason) in changes
        ]
        self._history.add_with(tx, *last, told)


def _united(probes: Iterable[Select[Any]]) -> CompoundSelect[Any]:
    """Return the query that finds what all of some queries find."""
    return union_all(*(select(probe.subquery()) for probe in probes))


def _order_of_nobodys(table: Table, dialect: type[Dialect]) -> Sequence[ColumnElement[Any]]:
    """Return the order of (due, trial id) in the words in which the engine sees that the index has it."""
    by_due = (table.c.due, table.c.trial_id)
    # The runner is the same in all rows, which not every engine knows, and not every engine wants to be told.
    return (table.c.trial_runner_id, *by_due) if dialect.orders_by_constants else by_due


def _grouped(trials: Iterable[TrialRecord]) -> dict[tuple[Any, ...], list[int]]:
    """Return the ids of the trials that are set to the same values; those of one claim mostly are."""
    ids: dict[tuple[Any, ...], list[int]] = {}
    for trial in trials:
        ids.setdefault(tuple(getattr(trial, name) for name in _SET), []).append(trial.trial_id)
    return ids


def _prefixed(values: dict[str, Any]) -> dict[str, Any]:
    new = {f"new_{name}": value for name, value in values.items()}
    return {**new, "new_status": values["status"].value}
