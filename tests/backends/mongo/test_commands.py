"""How many commands an operation takes, however many records it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import bson
import pytest

from trialstore import Status, Storage
from trialstore.records import (
    Claim,
    ExperimentQuery,
    ExperimentRecord,
    Expiry,
    NewTrial,
    Parts,
    TelemetryBatch,
    TelemetryQuery,
    TelemetryRow,
    TrialChange,
    TrialQuery,
)
from trialstore_mongo import MongoBackend

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
DONE: dict[str, Any] = {
    "status": Status.SUCCEEDED,
    "ts_start": 1,
    "ts_end": 2,
    "metrics": '{"score":1.5}',
}
LOOK_AND_CHECK = ["find", "find"]
"""What was asked for, and then whether the experiment is still there."""


@pytest.fixture
def storage(config: dict[str, Any], commands: Any) -> Iterator[Storage]:
    with Storage(MongoBackend({**config, "query": {"event_listeners": [commands]}})) as opened:
        yield opened


def test_reading_3000_trials_takes_as_many_commands_as_reading_ten(
    storage: Storage, commands: Any, new_trials: Callable[..., list[NewTrial]]
) -> None:
    few, many = (_commands_of_reads(storage, commands, number, new_trials) for number in (10, 3_000))
    assert few == many
    pending, load, *_ = many
    assert pending == load == LOOK_AND_CHECK


def _commands_of_reads(
    storage: Storage, commands: Any, number: int, new_trials: Callable[..., list[NewTrial]]
) -> list[list[str]]:
    with storage.experiment(experiment_id=f"e{number}", opt_targets={"score": "min"}) as experiment:
        experiment.load()
        backend = storage.session.backend
        [record] = backend.find_experiments(ExperimentQuery(experiment_ids=[f"e{number}"]))
        backend.add_trials(record.uid, new_trials(number // 2, prefix="done", **DONE), 1)
        backend.add_trials(record.uid, new_trials(number // 2, prefix="due", due=0), 1)
        pending = commands.of(lambda: [*experiment.pending_trials(WHEN, running=True)])
        assert (
            len(experiment.load()[0]) == len([*experiment.pending_trials(WHEN, running=True)]) == number // 2
        )
        data = storage.experiments[f"e{number}"]
        reads: list[Callable[[], object]] = [experiment.load, experiment.poll, lambda: data.results_df]
        return [pending, *(commands.of(read) for read in reads)]


ADD_WITH_NEW_CONFIGS = ["find", "findAndModify", "insert", "findAndModify", "insert"]


def test_adding_a_trial_with_a_new_config_takes_five_commands(
    backend: MongoBackend, commands: Any, new_trials: Callable[..., Any]
) -> None:
    assert commands.of(backend.add_trials, "u", new_trials(1), 1) == ADD_WITH_NEW_CONFIGS


@pytest.mark.parametrize("number", [2, 1000])
def test_adding_several_takes_one_more_to_see_which_of_them_are_there(
    backend: MongoBackend, commands: Any, new_trials: Callable[..., Any], number: int
) -> None:
    assert commands.of(backend.add_trials, "u", new_trials(number), 1) == ["find", *ADD_WITH_NEW_CONFIGS]


def test_adding_trials_with_known_configs_takes_four(
    backend: MongoBackend, commands: Any, new_trials: Callable[..., Any]
) -> None:
    backend.add_trials("u", new_trials(3), 1)
    sent = commands.of(backend.add_trials, "u", new_trials(3, prefix="more"), 1)
    assert sent == ["find", "find", "findAndModify", "insert"]


def test_a_change_takes_two_commands(
    backend: MongoBackend, commands: Any, new_trials: Callable[..., Any]
) -> None:
    backend.add_trials("u", new_trials(1), 1)
    pending, running = frozenset({Status.PENDING}), frozenset({Status.RUNNING})
    change: dict[str, Any] = {"uid": "u", "trial_id": 1, "ts": 0, "attempt": 0}
    start = TrialChange(token="a", from_statuses=pending, status=Status.RUNNING, **change)
    end = TrialChange(token="b", from_statuses=running, status=Status.FAILED, **change)
    assert commands.of(backend.change_trial, start) == ["find", "findAndModify"]
    assert commands.of(backend.change_trial, end) == ["findAndModify", "findAndModify"]


@pytest.mark.parametrize("rows", [1, 1000])
def test_a_batch_of_telemetry_takes_three_commands(
    backend: MongoBackend, commands: Any, new_trials: Callable[..., Any], rows: int
) -> None:
    backend.add_trials("u", new_trials(1), 1)
    assert commands.of(backend.add_telemetry, _telemetry(rows)) == ["aggregate", "insert", "insert"]


def test_a_claim_takes_one_look_and_one_command_for_each_trial(
    backend: MongoBackend, commands: Any, new_trials: Callable[..., Any]
) -> None:
    backend.add_trials("u", new_trials(5, due=0), 1)
    assert commands.of(backend.claim_trials, _claim()) == ["aggregate", "findAndModify"]
    rest = Claim(uid="u", token="rest", trial_runner_id=1, limit=9)
    sent = commands.of(backend.claim_trials, rest)
    assert sent == ["aggregate", *["findAndModify"] * 4, "update", "find", "find"]


def test_a_claimed_trial_needs_no_command_for_its_config(storage: Storage, commands: Any) -> None:
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trials([{"x": 1}, {"x": 2}], WHEN)
        assert commands.of(experiment.claim_trials, 1) == ["aggregate", "findAndModify"]
        assert commands.of(experiment.get_trial_by_id, 2) == LOOK_AND_CHECK


def test_a_claim_of_nothing_takes_one_command(backend: MongoBackend, commands: Any) -> None:
    claim = Claim(uid="u", token="c", trial_runner_id=1, limit=9)
    assert commands.of(backend.claim_trials, claim) == ["aggregate"]


def test_expiring_leases_takes_two_commands_where_none_is_lost(backend: MongoBackend, commands: Any) -> None:
    expiry = Expiry(uid="u", max_attempts=1, reason="lost")
    assert commands.of(backend.expire_leases, expiry) == ["aggregate", "find"]


@pytest.mark.parametrize(
    "query",
    [
        TrialQuery(uid="u"),
        TrialQuery(uid="u", trial_ids=range(1, 500), parts=Parts.METADATA | Parts.METRICS),
        TrialQuery(uid="u", statuses=frozenset({Status.PENDING}), due_by=2**60, runner_assigned=False),
    ],
)
def test_finding_trials_takes_two_commands(
    backend: MongoBackend, commands: Any, new_trials: Callable[..., Any], query: TrialQuery
) -> None:
    backend.add_trials("u", new_trials(500), 1)
    assert commands.of(backend.find_trials, query) == LOOK_AND_CHECK


def test_other_reads_take_a_constant_number_of_commands(
    backend: MongoBackend, commands: Any, new_trials: Callable[..., Any]
) -> None:
    backend.add_trials("u", new_trials(500), 1)
    telemetry = TelemetryQuery(uid="u", trial_ids=range(1, 501))
    assert commands.of(backend.count_trials, "u") == ["aggregate", "find"]
    assert commands.of(backend.find_tunable_configs, range(1, 500)) == ["find"]
    assert commands.of(backend.find_status_changes, "u", None) == ["find", "find", "find"]
    assert commands.of(backend.find_telemetry, telemetry) == ["find", "find", "find"]


@pytest.mark.parametrize(
    ("operation", "bytes_sent"),
    [
        pytest.param(lambda backend: backend.change_trial(_start()), 1_200, id="a change"),
        pytest.param(lambda backend: backend.add_telemetry(_telemetry(1)), 1_900, id="telemetry"),
        pytest.param(lambda backend: backend.add_telemetry(_telemetry(1_000)), 115_000, id="much telemetry"),
        pytest.param(lambda backend: backend.claim_trials(_claim()), 2_500, id="a claim"),
    ],
)
def test_a_write_sends_few_bytes(
    backend: MongoBackend,
    commands: Any,
    new_trials: Callable[..., Any],
    operation: Callable[[MongoBackend], object],
    bytes_sent: int,
) -> None:
    backend.add_trials("u", new_trials(1, due=0), 1)
    commands.of(operation, backend)
    assert sum(len(bson.encode(command)) for command in commands.sent) <= bytes_sent


def _start() -> TrialChange:
    pending = frozenset({Status.PENDING})
    return TrialChange(
        uid="u", trial_id=1, token="a", ts=0, attempt=0, from_statuses=pending, status=Status.RUNNING
    )


def _telemetry(rows: int) -> TelemetryBatch:
    measured = tuple(TelemetryRow(10**15 + i, "cpu", "0.5") for i in range(rows))
    return TelemetryBatch(
        uid="u", trial_id=1, token="a", attempt=0, status=Status.RUNNING, ts=0, rows=measured
    )


def _claim() -> Claim:
    return Claim(uid="u", token="c", trial_runner_id=1, limit=1, lease=1_000_000)


def test_what_is_not_asked_for_stays_on_the_server(backend: MongoBackend, commands: Any) -> None:
    backend.find_trials(TrialQuery(uid="u"))
    backend.find_trials(TrialQuery(uid="u", parts=Parts.METRICS))
    bare, _, with_metrics, _ = commands.sent[-4:]
    assert not {"metadata", "metrics", "config", "log"} & bare["projection"].keys()
    assert with_metrics["projection"].keys() - bare["projection"].keys() == {"metrics"}


def test_a_config_does_not_come_back_from_a_change(
    backend: MongoBackend, new_trials: Callable[..., Any]
) -> None:
    backend.add_trials("u", new_trials(1, due=0), 1)
    assert [backend.change_trial(_start()).record.config for _ in range(2)] == [None, None]


def test_a_deletion_after_many_deletions_takes_as_many_commands_as_after_one(
    backend: MongoBackend, commands: Any
) -> None:
    def deletion(number: int) -> list[str]:
        uid = f"uid {number}"
        backend.put_experiment(ExperimentRecord(experiment_id=uid, uid=uid))
        return [*commands.of(backend.delete_experiment, uid)]

    sent = [deletion(number) for number in range(20)]
    assert sent[0] == sent[-1]
