"""trialstore, through its public interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from benchmarks import work
from benchmarks.subject import Address
from trialstore import Experiment, Status, Trial, TunableGroups, from_config
from trialstore.codec import encode, hash_of
from trialstore.records import ExperimentQuery, NewTrial
from trialstore.session import new_token

LEASE = 3600
BATCH = 5_000
_PAST = 1_700_000_000_000_000


class Subject:
    """A storage of trialstore on any engine."""

    reads = ("load", "pending", "results_df", "results_dict")

    def __init__(self, address: Address) -> None:
        self._storage = from_config(_config(address))
        self._tunables = TunableGroups(work.GROUPS)
        self._experiment: Experiment

    def close(self) -> None:
        self._storage.close()

    def enter(self, experiment: str) -> None:
        self._experiment = self._storage.experiment(
            experiment_id=experiment, tunables=self._tunables, opt_targets={work.OBJECTIVE: "min"}
        )
        self._experiment.__enter__()

    def fill(self, ended: int, waiting: int) -> None:
        session = self._storage.session
        query = ExperimentQuery(experiment_ids=[self._experiment.experiment_id])
        [experiment] = session.find_experiments(query)
        new = _new_trials(ended, waiting)
        while batch := list(islice(new, BATCH)):
            session.add_trials(experiment.uid, batch, 1)

    def add(self, numbers: Sequence[int]) -> list[Trial]:
        assignments = [work.assignment(number) for number in numbers]
        return self._experiment.new_trials(assignments, config=[work.metadata(i) for i in numbers])

    def run(self, trial: Trial) -> None:
        trial.update(Status.RUNNING, _now())

    def complete(self, trial: Trial, number: int) -> None:
        trial.update(Status.SUCCEEDED, _now(), work.metrics(number))

    def report(self, trial: Trial, first: int, count: int) -> None:
        trial.update_telemetry(Status.RUNNING, _now(), work.telemetry(first, count))

    def claim(self, runner: int) -> int | None:
        claimed = self._experiment.claim_trials(runner, lease=LEASE)
        return claimed[0].trial_id if claimed else None

    def poll(self) -> int:
        return len(self._experiment.poll(since_start=False)[0])

    def load(self) -> int:
        return len(self._experiment.load()[0])

    def pending(self) -> int:
        return len(list(self._experiment.pending_trials(_now())))

    def results_df(self) -> int:
        return len(self._storage.experiments[self._experiment.experiment_id].results_df)

    def results_dict(self, trial_id: int) -> int:
        trial = self._storage.experiments[self._experiment.experiment_id].trials[trial_id]
        return int(len(trial.results_dict) == len(work.METRICS))

    def iterate(self) -> int:
        trials = self._storage.experiments[self._experiment.experiment_id].trials.values()
        return sum(len(trial.results_dict) == len(work.METRICS) for trial in trials)


def _config(address: Address) -> dict[str, Any]:
    """Return the config of the storage at an address."""
    settings = {name: value for name, value in address.items() if name != "engine"}
    if address["engine"] == "memory":
        return {"class": "memory"}
    return {"class": "mongo" if "uri" in settings else "sql", "config": settings}


def _now() -> datetime:
    return datetime.now(UTC)


def _new_trials(ended: int, waiting: int) -> Iterator[NewTrial]:
    """Yield records of trials that have ended, and of others that wait."""
    for number in range(ended + waiting):
        config = encode(work.assignment(number))
        results: dict[str, Any] = {} if number >= ended else _results(number)
        yield NewTrial(
            token=new_token(),
            config=config,
            config_hash=hash_of(config),
            metadata=encode(work.metadata(number)),
            due=_PAST + number,
            **results,
        )


def _results(number: int) -> dict[str, Any]:
    return {
        "status": Status.SUCCEEDED,
        "ts_start": _PAST + number,
        "ts_end": _PAST + number + 1,
        "metrics": encode(work.metrics(number)),
    }
