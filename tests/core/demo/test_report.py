"""What the demo makes of its results."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import trialstore
from trialstore import Experiment, Status, Storage
from trialstore.cli.demo_results import as_json, changes_table, results_table, verdict
from trialstore.demo.plan import demo_tunables
from trialstore.demo.plot import draw
from trialstore.demo.report import Report, summarize
from trialstore.demo.risk import Risk

DEFAULTS = demo_tunables().get_param_values()
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def storage() -> Iterator[Storage]:
    with trialstore.open("memory://") as storage:
        yield storage


@pytest.fixture
def experiment(storage: Storage) -> Iterator[Experiment]:
    with storage.experiment(experiment_id="demo", tunables=demo_tunables()) as experiment:
        yield experiment


def measured(experiment: Experiment, throughputs: list[float], **changes: Any) -> None:
    """Store a trial with each throughput, of a configuration that differs from the defaults in `changes`."""
    for throughput in throughputs:
        latencies = {"write_p95_ms": 1.0, "read_p95_ms": 0.1, "scan_p95_ms": 0.2}
        experiment.new_trial(changes).update(Status.SUCCEEDED, NOW, {"throughput": throughput, **latencies})


def report_of(storage: Storage) -> Report:
    return summarize(storage.experiments["demo"], DEFAULTS)


def test_configurations_are_compared_by_their_medians(storage: Storage, experiment: Experiment) -> None:
    measured(experiment, [100.0, 110.0, 5000.0])
    measured(experiment, [220.0, 1.0, 230.0], cache_size=4096)
    best, default = report_of(storage).configs
    assert (best.throughput, default.throughput) == (220.0, 110.0)
    assert best.changes == {"cache_size": 4096}
    assert report_of(storage).speed_up(best) == 2.0


def test_failed_and_pending_trials_do_not_count(storage: Storage, experiment: Experiment) -> None:
    measured(experiment, [100.0])
    experiment.new_trial({"cache_size": 64}).update(Status.FAILED, NOW, {"error": "disk full"})
    experiment.new_trial({"cache_size": 65})
    report = report_of(storage)
    assert (len(report.configs), report.trials, report.failed) == (1, 3, 1)


def test_the_verdict_says_what_the_speed_is_bought_with(storage: Storage, experiment: Experiment) -> None:
    measured(experiment, [100.0])
    measured(experiment, [900.0], synchronous="OFF")
    measured(experiment, [300.0], journal_mode="WAL")
    text = verdict(report_of(storage))
    assert "9.0 times as many" in text
    assert "a power cut may cost the database" in text
    assert "3.0 times as many" in text


def test_the_verdict_when_only_the_defaults_are_without_risk(
    storage: Storage, experiment: Experiment
) -> None:
    measured(experiment, [100.0])
    measured(experiment, [900.0], synchronous="OFF")
    assert verdict(report_of(storage)).endswith("a power cut may cost the database.")


def test_the_table_shows_the_fastest_the_safest_and_the_defaults(
    storage: Storage, experiment: Experiment
) -> None:
    for index in range(8):
        measured(experiment, [900.0 - index], synchronous="OFF", cache_size=1000 + index)
    measured(experiment, [300.0], cache_size=64)
    measured(experiment, [200.0], cache_size=65)
    measured(experiment, [100.0])
    report = report_of(storage)
    names = list(results_table(report).columns[0].cells)
    assert [str(name) for name in names] == ["1", "2", "3", "4", "5", "9", "defaults"]
    assert len(list(changes_table(report).columns[0].cells)) == len(names)


def test_the_verdict_when_nothing_is_faster(storage: Storage, experiment: Experiment) -> None:
    measured(experiment, [100.0])
    measured(experiment, [90.0], cache_size=64)
    assert "No configuration is faster" in verdict(report_of(storage))


@pytest.mark.usefixtures("experiment")
def test_an_experiment_without_results_has_a_verdict_and_json(storage: Storage) -> None:
    report = report_of(storage)
    assert "None of 0 trials succeeded" in verdict(report)
    assert as_json(report) == {"trials": 0, "failed": 0, "configs": []}


def test_without_the_defaults_there_is_no_speed_up(storage: Storage, experiment: Experiment) -> None:
    measured(experiment, [100.0], cache_size=64)
    report = report_of(storage)
    assert as_json(report)["configs"][0]["speed_up"] is None
    assert "times" not in verdict(report)


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_a_plot_can_be_drawn_of_few_and_of_many_configurations(
    storage: Storage, experiment: Experiment, tmp_path: Path, ending: str
) -> None:
    sizes = {}
    for count in (1, 15):
        for index in range(count):
            measured(experiment, [100.0 + index, 120.0], cache_size=1000 + index)
        path = tmp_path / f"{count}{ending}"
        draw(report_of(storage), path)
        sizes[count] = path.stat().st_size
    assert 0 < sizes[1] < sizes[15]


@pytest.mark.parametrize(
    ("journal_mode", "synchronous", "risk"),
    [
        ("DELETE", "FULL", Risk.NOTHING),
        ("WAL", "FULL", Risk.NOTHING),
        ("PERSIST", "EXTRA", Risk.NOTHING),
        ("WAL", "NORMAL", Risk.LAST_COMMITS),
        ("TRUNCATE", "NORMAL", Risk.DATABASE),
        ("WAL", "OFF", Risk.DATABASE),
        ("MEMORY", "FULL", Risk.DATABASE),
        ("OFF", "EXTRA", Risk.DATABASE),
    ],
)
def test_the_risk_is_the_documented_one(journal_mode: str, synchronous: str, risk: Risk) -> None:
    assert Risk.of({"journal_mode": journal_mode, "synchronous": synchronous}) is risk
