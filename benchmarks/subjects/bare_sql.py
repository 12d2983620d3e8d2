"""The least SQL that stores what trialstore stores, with a token and a row of history for each write."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from benchmarks.subjects import bare

CREATE = """
CREATE TABLE IF NOT EXISTS experiment (
    experiment {key}, name TEXT NOT NULL UNIQUE, next_trial_id BIGINT NOT NULL, completions BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS config (config_id {key}, hash TEXT NOT NULL UNIQUE, params TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trial (
    experiment BIGINT NOT NULL, trial_id BIGINT NOT NULL, config_id BIGINT NOT NULL, token TEXT NOT NULL,
    status SMALLINT NOT NULL, due BIGINT NOT NULL, ts_start BIGINT, ts_end BIGINT, runner BIGINT,
    attempt BIGINT NOT NULL, lease_expires BIGINT, completion BIGINT, metadata TEXT NOT NULL, metrics TEXT,
    PRIMARY KEY (experiment, trial_id), UNIQUE (experiment, token));
CREATE INDEX IF NOT EXISTS queue ON trial (experiment, due, trial_id) WHERE status = 0 AND runner IS NULL;
CREATE INDEX IF NOT EXISTS completions ON trial (experiment, completion) WHERE completion IS NOT NULL;
CREATE TABLE IF NOT EXISTS history (
    change {key}, experiment BIGINT NOT NULL, trial_id BIGINT NOT NULL, token TEXT NOT NULL,
    attempt BIGINT NOT NULL, status SMALLINT NOT NULL, ts BIGINT NOT NULL, UNIQUE (experiment, token));
CREATE INDEX IF NOT EXISTS changes ON history (experiment, trial_id, change);
CREATE TABLE IF NOT EXISTS telemetry (
    experiment BIGINT NOT NULL, trial_id BIGINT NOT NULL, attempt BIGINT NOT NULL, ts BIGINT NOT NULL,
    metric TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (experiment, trial_id, attempt, ts, metric)) {clustered};
"""
STATEMENTS = {
    "enter": "INSERT INTO experiment (name, next_trial_id, completions) VALUES (?, 1, 0) "
    "ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING experiment",
    "take_ids": "UPDATE experiment SET next_trial_id = next_trial_id + ? WHERE experiment = ? RETURNING next_trial_id",
    "take_completions": "UPDATE experiment SET completions = completions + ? WHERE experiment = ? RETURNING completions",
    "config": "INSERT INTO config (hash, params) VALUES (?, ?) "
    "ON CONFLICT (hash) DO UPDATE SET hash = excluded.hash RETURNING config_id",
    "run": "UPDATE trial SET status = ?, ts_start = ? WHERE experiment = ? AND trial_id = ? AND status = 0 AND attempt = 0",
    "complete": "UPDATE trial SET status = ?, ts_end = ?, completion = ?, metrics = ? "
    "WHERE experiment = ? AND trial_id = ? AND status < 2 AND attempt = 0",
    "claim": "UPDATE trial SET status = ?, runner = ?, attempt = attempt + 1, ts_start = ?, lease_expires = ? "
    "WHERE experiment = ? AND trial_id = ?",
    "poll": "SELECT completion, trial_id, params, metrics FROM trial JOIN config USING (config_id) "
    "WHERE experiment = ? AND completion > ? ORDER BY completion",
    "load": "SELECT trial_id, params, metrics FROM trial JOIN config USING (config_id) "
    "WHERE experiment = ? AND status = 2 ORDER BY trial_id",
    "pending": "SELECT trial_id, params, metadata FROM trial JOIN config USING (config_id) "
    "WHERE experiment = ? AND status = 0 AND due <= ? ORDER BY trial_id",
    "frame": "SELECT trial_id, ts_start, ts_end, config_id, status, runner, params, metrics "
    "FROM trial JOIN config USING (config_id) WHERE experiment = ? ORDER BY trial_id",
    "head": "SELECT trial_id, attempt, params FROM trial JOIN config USING (config_id) "
    "WHERE experiment = ? AND status = 0 AND runner IS NULL AND due <= ? ORDER BY due, trial_id LIMIT 1",
    "results": "SELECT metrics FROM trial JOIN experiment USING (experiment) WHERE name = ? AND trial_id = ?",
}
TRIAL = (
    "experiment", "trial_id", "config_id", "token", "status", "due", "ts_start", "ts_end", "attempt", "completion",
    "metadata", "metrics",
)  # fmt: skip
HISTORY = ("experiment", "trial_id", "token", "attempt", "status", "ts")
TELEMETRY = ("experiment", "trial_id", "attempt", "ts", "metric", "value")


class BareSql(bare.Adding):
    """A database, through its driver."""

    reads = ("load", "pending", "results_df", "results_dict")
    statements: ClassVar[dict[str, str]]

    def __init__(self) -> None:
        self._name = ""
        self._experiment = 0
        self._seen = 0

    @abstractmethod
    def close(self) -> None:
        """Disconnect."""

    @abstractmethod
    def begin(self) -> None:
        """Begin a transaction that writes."""

    @abstractmethod
    def commit(self) -> None:
        """Commit it, durably."""

    @abstractmethod
    def run_statement(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """Run a statement, and return its rows."""

    @abstractmethod
    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows in the fastest way that passes over those which are there already."""

    @abstractmethod
    def config_ids(self, configs: list[bare.Config]) -> list[int]:
        """Insert configs that are absent, and return the ids of all."""

    def _run(self, name: str, *values: Any) -> list[Any]:
        return self.run_statement(self.statements[name], values)

    def enter(self, experiment: str) -> None:
        self._name = experiment
        self.begin()
        [(self._experiment,)] = self._run("enter", experiment)
        self.commit()

    def _add(self, numbers: Sequence[int], ended: int) -> list[int]:
        now, experiment = bare.now(), self._experiment
        self.begin()
        configs = self.config_ids([bare.config(number) for number in numbers])
        [(after,)] = self._run("take_ids", len(numbers), experiment)
        ids = range(after - len(numbers), after)
        trials, changes = [], []
        for trial_id, config_id, number in zip(ids, configs, numbers, strict=True):
            token = bare.token()
            status, *results = (
                _ended(number, now, trial_id) if number < ended else (bare.WAITING, now, *[None] * 4)
            )
            due, ts_start, ts_end, completion, metrics = results
            trials.append(
                (experiment, trial_id, config_id, token, status, due, ts_start, ts_end, 0, completion,
                 bare.metadata(number), metrics)
            )  # fmt: skip
            changes.append((experiment, trial_id, token, 0, status, now))
        self.insert("trial", TRIAL, trials)
        self.insert("history", HISTORY, changes)
        if ended:
            self._run("take_completions", len(numbers), experiment)
        self.commit()
        return list(ids)

    def run(self, trial: int) -> None:
        now = bare.now()
        self.begin()
        self._run("run", bare.RUNNING, now, self._experiment, trial)
        self._log(trial, 0, bare.RUNNING, now)
        self.commit()

    def complete(self, trial: int, number: int) -> None:
        now, metrics = bare.now(), bare.metrics(number)
        self.begin()
        [(completion,)] = self._run("take_completions", 1, self._experiment)
        self._run("complete", bare.SUCCEEDED, now, completion, metrics, self._experiment, trial)
        self._log(trial, 0, bare.SUCCEEDED, now)
        self.commit()

    def report(self, trial: int, first: int, count: int) -> None:
        rows = [(self._experiment, trial, 0, *row) for row in bare.telemetry(first, count)]
        self.begin()
        self.insert("telemetry", TELEMETRY, rows)
        self._log(trial, 0, bare.RUNNING, bare.now())
        self.commit()

    def claim(self, runner: int) -> int | None:
        now = bare.now()
        self.begin()
        found = self._run("head", self._experiment, now)
        for trial_id, attempt, params in found:
            bare.decode(params)
            lease = now + bare.LEASE
            self._run("claim", bare.RUNNING, runner, now, lease, self._experiment, trial_id)
            self._log(trial_id, attempt + 1, bare.RUNNING, now)
        self.commit()
        return found[0][0] if found else None

    def poll(self) -> int:
        rows = self._run("poll", self._experiment, self._seen)
        ended = [(trial_id, bare.decode(params), bare.decode(text)) for _, trial_id, params, text in rows]
        self._seen = rows[-1][0] if rows else self._seen
        return len(ended)

    def load(self) -> int:
        rows = self._run("load", self._experiment)
        return len([(trial_id, bare.decode(params), bare.decode(text)) for trial_id, params, text in rows])

    def pending(self) -> int:
        rows = self._run("pending", self._experiment, bare.now())
        return len([(trial_id, bare.decode(params), bare.decode(text)) for trial_id, params, text in rows])

    def results_df(self) -> int:
        return len(bare.frame(self._run("frame", self._experiment)))

    def results_dict(self, trial_id: int) -> int:
        return len([bare.decode(metrics) for (metrics,) in self._run("results", self._name, trial_id)])

    def iterate(self) -> int:
        rows = self._run("load", self._experiment)
        return sum(len(bare.decode(metrics)) == 5 for _, _, metrics in rows)

    def _log(self, trial_id: int, attempt: int, status: int, ts: int) -> None:
        self.insert("history", HISTORY, [(self._experiment, trial_id, bare.token(), attempt, status, ts)])


def _ended(number: int, now: int, trial_id: int) -> tuple[Any, ...]:
    return bare.SUCCEEDED, now, now, now, trial_id, bare.metrics(number)
