"""What a worker process does: it says it is ready, waits for "go", and reports as it goes.

A report is an acknowledgement: it is sent when the storage has confirmed what it says.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from trialstore import Storage
from trialstore.errors import ForkedStorageError
from trialstore.status import Status
from trialstore.times import from_micros
from trialstore_conformance.chaos import read_in_chaos, run_in_chaos
from trialstore_conformance.door import Door
from trialstore_conformance.lab import FAR, NOON, Lab, new_trial

WHEN = from_micros(NOON)


class Task(NamedTuple):
    """What a worker process is to do."""

    config: Mapping[str, Any]
    plugins: list[str]
    job: str
    """The name of a function of this module."""
    arguments: Mapping[str, Any]
    environment: Mapping[str, str]


def first_open(door: Door, number: int) -> Iterator[Any]:
    """Open the storage, which nobody has opened before, and add a trial."""
    lab = Lab(door.patient_backend())
    yield lab.add_one(params={"number": number}).trial_id


def add(door: Door, number: int, count: int) -> Iterator[Any]:
    """Add trials one by one, half of them with configs that the other workers add too."""
    lab = Lab(door.patient_backend())
    for i in range(count):
        (trial,) = lab.add(new_trial({"x": i, "number": number if i % 2 else None}))
        yield {
            "trial_id": trial.trial_id,
            "config_id": trial.tunable_config_id,
            "shared": None if i % 2 else i,
        }


def claim(door: Door, number: int, rounds: int) -> Iterator[Any]:
    """Claim until there is nothing left, in one experiment after the other; some workers take two at a time."""
    backend = door.patient_backend()
    for round_number in range(rounds):
        lab = Lab(backend, f"round {round_number}")
        while claimed := lab.claim(runner=number, limit=1 + number % 2):
            yield from ((round_number, trial.trial_id) for trial in claimed)


def take_over(door: Door, number: int) -> Iterator[Any]:
    """Claim trials whose leases are over, until there are none."""
    lab = Lab(door.patient_backend())
    while claimed := lab.claim(runner=number, limit=3, due_by=FAR, max_attempts=2):
        yield from ({"trial_id": trial.trial_id, "attempt": trial.attempt} for trial in claimed)


def complete(door: Door, number: int) -> Iterator[Any]:
    """Complete every trial, as all other workers do."""
    lab = Lab(door.patient_backend())
    for trial in lab.find():
        outcome = lab.complete(trial, winner=number)
        yield {"applied": outcome.applied, "metrics": outcome.record.metrics}


def report(door: Door, number: int, rows: int) -> Iterator[Any]:
    """Report telemetry of trial 1 in small batches, each key of which every other worker reports too."""
    lab = Lab(door.patient_backend())
    trial = lab.trial(1)
    for i in range(rows):
        lab.report(trial, (NOON + i, "m", number))
        yield {"ts": NOON + i, "value": lab.telemetry(1)[i][2]}


def live(door: Door, number: int) -> Iterator[Any]:
    """Run trials through their whole life, for ever, and acknowledge every step."""
    with door.storage().experiment(experiment_id="experiment") as experiment:
        for nth in count():
            trial_id = experiment.new_trial({"x": number, "nth": nth}, config={"by": number}).trial_id
            yield {"added": trial_id}
            for trial in experiment.claim_trials(number, limit=1):
                yield {"claimed": trial.trial_id}
                trial.update_telemetry(Status.RUNNING, WHEN, [(WHEN, f"m{i}", i) for i in range(20)])
                yield {"reported": trial.trial_id}
                trial.update(Status.SUCCEEDED, WHEN, {"score": trial.trial_id})
                yield {"completed": trial.trial_id}


def fork(door: Door, number: int) -> Iterator[Any]:
    """Fork with an open storage, use it in the child first, then in the parent."""
    storage = door.storage()
    with storage.experiment(experiment_id="experiment") as experiment:
        experiment.new_trial({"x": number})
        child = os.fork()
        if child == 0:
            _in_forked_child(lambda: experiment.new_trial({"x": "child"}))
        _, status = os.waitpid(child, 0)
        yield {"child": os.waitstatus_to_exitcode(status)}
        # Not repeated if it fails, as the API would: the parent's connections must still be good.
        Lab(storage.session.backend).add_one()
        yield {"trials": len(storage.experiments["experiment"].trials)}


def unpickle(_door: Door, number: int, pickled: str) -> Iterator[Any]:
    """Add a trial through a storage that came as a pickle."""
    storage: Storage = pickle.loads(bytes.fromhex(pickled))  # noqa: S301 - the test's own pickle
    with storage, storage.experiment(experiment_id="experiment") as experiment:
        yield experiment.new_trial({"x": number}).trial_id


_ALL = (
    first_open,
    add,
    claim,
    take_over,
    complete,
    report,
    live,
    fork,
    unpickle,
    run_in_chaos,
    read_in_chaos,
)
JOBS: dict[str, Callable[..., Iterator[Any]]] = {job.__name__: job for job in _ALL}


def _in_forked_child(use: Callable[[], object]) -> None:
    """End the child with 0 if using the storage works, 3 if it is refused as it should be, else 1."""
    code = 1
    try:
        use()
        code = 0
    except ForkedStorageError:
        code = 3
    finally:
        os._exit(code)


def work(connection: Connection[Any, Any], task: Task) -> None:
    """Do one task."""
    os.environ.update(task.environment)
    connection.send("ready")
    connection.recv()
    with Door({**task.config, "plugins": task.plugins}) as door:
        for message in JOBS[task.job](door, **task.arguments):
            connection.send(message)
