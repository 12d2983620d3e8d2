"""Everything that belongs to one experiment, in plain dicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from trialstore.codec import Encoded
from trialstore.records import (
    ExperimentRecord,
    NewTrial,
    StatusChange,
    StoredTelemetryRow,
    TelemetryBatch,
    Token,
    TrialRecord,
)
from trialstore.selection import Place
from trialstore.times import Micros
from trialstore.transacted import StoredExperiment
from trialstore_memory._queue import Queue


class MemoryExperiment(StoredExperiment):
    """One experiment with its trials, their histories and their telemetry; the caller holds the lock.

    Parameters
    ----------
    record
        The experiment.
    config_ids, configs
        The ids of all tunable configs by their hashes, and their texts by their ids.
    """

    def __init__(
        self, record: ExperimentRecord, config_ids: dict[str, int], configs: dict[int, Encoded]
    ) -> None:
        super().__init__(record)
        self.trials: dict[int, TrialRecord] = {}  # in the order of their ids, because these only rise
        self.history: dict[int, list[StatusChange]] = defaultdict(list)
        self.telemetry: dict[int, dict[tuple[int, Micros, str], StoredTelemetryRow]] = defaultdict(dict)
        self._config_ids, self._configs = config_ids, configs
        self._added: dict[Token, int] = {}
        self._met: set[tuple[int, Token]] = set()
        self._claimed: dict[Token, Sequence[tuple[int, int]]] = {}
        self._queue = Queue(self.trials)
        self._ended: list[int] = []  # the ids of completed trials; a completion's number is its place, from 1

    def put_record(self, record: ExperimentRecord) -> None:
        self.record = record

    def config_id(self, new: NewTrial) -> int:
        config_id = self._config_ids.setdefault(new.config_hash, len(self._config_ids) + 1)
        self._configs.setdefault(config_id, new.config)
        return config_id

    def get_trial(self, trial_id: int) -> TrialRecord | None:
        return self.trials.get(trial_id)

    def scan_trials(self, after_id: int | None) -> Iterable[TrialRecord]:
        trials = self.trials.values()
        return trials if after_id is None else (trial for trial in trials if trial.trial_id > after_id)

    def put_trial(self, trial: TrialRecord, left: Place | None, taken: Place | None) -> None:
        self.trials[trial.trial_id] = trial
        self._queue.move(left, taken)

    def first_of(self, queue: str, until: Micros, limit: int | None) -> Iterable[TrialRecord]:
        return self._queue.first(queue, until, limit)

    def added_by(self, token: Token) -> int | None:
        return self._added.get(token)

    def note_added(self, token: Token, trial_id: int) -> None:
        self._added[token] = trial_id

    def claimed_by(self, token: Token) -> Iterable[tuple[int, int]] | None:
        return self._claimed.get(token)

    def note_claimed(self, token: Token, attempts: Sequence[tuple[int, int]]) -> None:
        self._claimed[token] = attempts

    def has_met(self, trial_id: int, token: Token) -> bool:
        return (trial_id, token) in self._met

    def note_met(self, trial_id: int, token: Token) -> None:
        self._met.add((trial_id, token))

    def add_history(self, row: StatusChange) -> None:
        self.history[row.trial_id].append(row)

    def history_of(self, trial_id: int | None) -> Iterable[StatusChange]:
        if trial_id is None:
            return chain.from_iterable(self.history.values())
        return self.history.get(trial_id, ())

    def add_rows(self, batch: TelemetryBatch) -> None:
        known = self.telemetry[batch.trial_id]
        for row in batch.rows:
            stored = StoredTelemetryRow(batch.trial_id, batch.attempt, row.ts, row.metric, row.value)
            known.setdefault((batch.attempt, row.ts, row.metric), stored)

    def rows_of(self, trial_id: int, attempt: int | None) -> Iterable[StoredTelemetryRow]:
        rows = self.telemetry.get(trial_id, {}).values()
        return rows if attempt is None else (row for row in rows if row.attempt == attempt)

    def complete(self, trial_id: int) -> int:
        self._ended.append(trial_id)
        return len(self._ended)

    def completed(self, after: int, others: Collection[int]) -> Iterable[int]:
        asked = (other for other in others if 0 < other <= min(after, len(self._ended)))
        return chain(self._ended[max(after, 0) :], (self._ended[other - 1] for other in asked))
