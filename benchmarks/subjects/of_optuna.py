"""Optuna, through its public interface, in its own environment."""
# pyright: reportMissingImports=false
# (Optuna is not installed beside trialstore)

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import optuna
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.storages._rdb import models
from sqlalchemy import func, select

from benchmarks import work
from benchmarks.subject import Address

KINDS = {
    "int": lambda tunable: IntDistribution(*tunable["range"]),
    "float": lambda tunable: FloatDistribution(*tunable["range"]),
    "categorical": lambda tunable: CategoricalDistribution(tunable["values"]),
}
DISTRIBUTIONS = {name: KINDS[str(tunable["type"])](tunable) for name, tunable in work.TUNABLES.items()}


class Subject:
    """A storage of Optuna.

    The metadata are user attributes, and the metrics the values of as many objectives. The random sampler costs least.
    """

    reads = ("load", "results_df")

    def __init__(self, address: Address) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._storage = optuna.storages.RDBStorage(_url(address))
        self._study: Any = None

    def close(self) -> None:
        self._storage.engine.dispose()

    def enter(self, experiment: str) -> None:
        self._study = optuna.create_study(
            storage=self._storage,
            study_name=experiment,
            directions=["minimize"] * len(work.METRICS),
            load_if_exists=True,
            sampler=optuna.samplers.RandomSampler(),
        )

    def fill(self, ended: int, waiting: int) -> None:
        # Its own calls would take minutes; these are the rows that they write.
        first = models.TrialModel.trial_id
        with self._storage.engine.begin() as connection:
            known = connection.execute(select(func.coalesce(func.max(first), 0))).scalar_one()
            rows = _rows(self._study._study_id, known + 1, ended, waiting)  # noqa: SLF001
            for model, new in rows.items():
                connection.execute(getattr(models, model).__table__.insert(), new)

    def add(self, numbers: Sequence[int]) -> list[Any]:
        trials = [self._study.ask(fixed_distributions=DISTRIBUTIONS) for _ in numbers]
        for trial, number in zip(trials, numbers, strict=True):
            for name, value in work.metadata(number).items():
                trial.set_user_attr(name, value)
        return trials

    def run(self, trial: Any) -> None:
        pass  # it runs since it was asked for

    def complete(self, trial: Any, number: int) -> None:
        self._study.tell(trial, list(work.metrics(number).values()))

    def claim(self, runner: int) -> int | None:  # noqa: ARG002 - it does not know runners
        return int(self._study.ask().number) + 1

    def load(self) -> int:
        return len(self._study.trials)

    def results_df(self) -> int:
        return len(self._study.trials_dataframe())


def _url(address: Address) -> str:
    if address["drivername"] == "sqlite":
        return f"sqlite:///{address['database']}"
    who = f"{quote(address['username'], safe='')}:{quote(address['password'], safe='')}"
    return f"{address['drivername']}://{who}@{address['host']}:{address['port']}/{address['database']}"


def _rows(study: int, first: int, ended: int, waiting: int) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of trials that have ended and of others that wait, by the names of the tables' models."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    now = datetime.now()  # noqa: DTZ005 - as it stores times
    for number in range(ended + waiting):
        key = {"trial_id": first + number}
        state = "COMPLETE" if number < ended else "WAITING"
        times = dict.fromkeys(("datetime_start", "datetime_complete"), now if number < ended else None)
        rows["TrialModel"].append({**key, "number": number, "study_id": study, "state": state, **times})
        if number >= ended:
            fixed = {"key": "fixed_params", "value_json": json.dumps(work.assignment(number))}
            rows["TrialSystemAttributeModel"].append({**key, **fixed})
            continue
        for name, value in work.assignment(number).items():
            kind = DISTRIBUTIONS[name]
            shown = {
                "param_value": kind.to_internal_repr(value),
                "distribution_json": distribution_to_json(kind),
            }
            rows["TrialParamModel"].append({**key, "param_name": name, **shown})
        for name, value in work.metadata(number).items():
            rows["TrialUserAttributeModel"].append({**key, "key": name, "value_json": json.dumps(value)})
        for objective, value in enumerate(work.metrics(number).values()):
            shown = {"objective": objective, "value": value, "value_type": "FINITE"}
            rows["TrialValueModel"].append({**key, **shown})
    return rows
