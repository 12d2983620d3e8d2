"""mlos_bench, through its public interface, in its own environment."""
# pyright: reportMissingImports=false
# (mlos_bench is not installed beside trialstore)

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mlos_bench.environments.status import Status
from mlos_bench.storage.storage_factory import from_config
from mlos_bench.tunables.tunable_groups import TunableGroups

from benchmarks import work
from benchmarks.subject import Address


class Subject:
    """A storage of mlos_bench."""

    reads = ("load", "pending", "results_df", "results_dict")

    def __init__(self, address: Address) -> None:
        config = {name: value for name, value in address.items() if name != "engine"}
        kind = "mlos_bench.storage.sql.storage.SqlStorage"
        self._storage = from_config(json.dumps({"class": kind, "config": config}))
        self._tunables = TunableGroups(work.GROUPS)
        self._name = ""
        self._experiment: Any = None

    def close(self) -> None:
        pass  # it keeps its connections until the process ends

    def enter(self, experiment: str) -> None:
        self._name = experiment
        self._experiment = self._storage.experiment(
            experiment_id=experiment,
            trial_id=1,
            root_env_config="environment.jsonc",
            description="a benchmark",
            tunables=self._tunables,
            opt_targets={work.OBJECTIVE: "min"},
        )
        self._experiment.__enter__()

    def fill(self, ended: int, waiting: int) -> None:
        # Its own calls would take minutes; these are the rows that they write.
        schema = self._storage._schema  # noqa: SLF001
        with self._storage._engine.begin() as connection:  # noqa: SLF001
            known = connection.exec_driver_sql("SELECT count(*) FROM config").scalar()
            rows = _rows(self._name, known + 1, ended, waiting)
            for table, new in rows.items():
                connection.execute(getattr(schema, table).insert(), new)

    def add(self, numbers: Sequence[int]) -> list[Any]:
        return [
            self._experiment.new_trial(
                self._tunables.copy().assign(work.assignment(number)), config=work.metadata(number)
            )
            for number in numbers
        ]

    def run(self, trial: Any) -> None:
        trial.update(Status.RUNNING, _now())

    def complete(self, trial: Any, number: int) -> None:
        trial.update(Status.SUCCEEDED, _now(), work.metrics(number))

    def report(self, trial: Any, first: int, count: int) -> None:
        trial.update_telemetry(Status.RUNNING, _now(), work.telemetry(first, count))

    def load(self) -> int:
        return len(self._experiment.load()[0])

    def pending(self) -> int:
        return len(list(self._experiment.pending_trials(_now(), running=False)))

    def results_df(self) -> int:
        return len(self._storage.experiments[self._name].results_df)

    def results_dict(self, trial_id: int) -> int:
        trial = self._storage.experiments[self._name].trials[trial_id]
        return int(len(trial.results_dict) == len(work.METRICS))


def _now() -> datetime:
    return datetime.now(UTC)


def _rows(name: str, first_config: int, ended: int, waiting: int) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of trials that have ended and of others that wait, by the names of the tables."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    now = _now().replace(tzinfo=None)
    for number in range(ended + waiting):
        config = {"config_id": first_config + number}
        trial = {"exp_id": name, "trial_id": number + 1}
        is_over = number < ended
        status = (Status.SUCCEEDED if is_over else Status.PENDING).name
        times = {"ts_start": now, "ts_end": now if is_over else None}
        rows["config"].append({**config, "config_hash": f"{name} {number}"})
        rows["config_param"] += _texts(config, "param", work.assignment(number))
        rows["trial"].append({**trial, **config, **times, "status": status})
        rows["trial_param"] += _texts(trial, "param", work.metadata(number))
        rows["trial_status"].append({**trial, "ts": now, "status": status})
        if is_over:
            rows["trial_result"] += _texts(trial, "metric", work.metrics(number))
    return rows


def _texts(key: dict[str, Any], what: str, values: work.Values) -> list[dict[str, Any]]:
    return [{**key, f"{what}_id": name, f"{what}_value": str(value)} for name, value in values.items()]
