"""A Hypothesis state machine: any sequence of calls to the public API leads to what the model says."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from trialstore import Storage
from trialstore.backend import Capability
from trialstore.status import Status
from trialstore.times import from_micros
from trialstore_conformance import strategies
from trialstore_conformance.lab import FAR, HOUR, NOON, SECOND, Lab
from trialstore_conformance.machine import Claimed, Machine, Reader
from trialstore_conformance.model import Hold, ModelExperiment, ModelTrial

Rows: TypeAlias = list[tuple[int, str, Any]]
MOST_EXPERIMENTS = 4
"""More would spread the calls so thin that nothing happens twice to one trial."""
MOST_TRIALS = 30
"""Merging doubles them, and each is compared again and again."""
PICKS = st.just(0) | st.integers(0, 2**16)
"""What a step is done to; as often as not to what the last one was done to, since little happens to a trial once."""
RUNNERS = st.integers(0, 3)
SOON = st.integers(0, 5).map(lambda seconds: NOON + seconds * SECOND)
ACTS = st.lists(st.sampled_from(["claim", "release", "report", "use"]), min_size=2, max_size=6)
LEASES = st.none() | st.just(HOUR)
HOT_ROWS = st.tuples(st.just(NOON), st.sampled_from("mM"), strategies.scalars())
"""Rows whose keys are met again and again."""
ROWS = st.lists(
    HOT_ROWS | st.tuples(strategies.moments(), strategies.names(), strategies.scalars()), max_size=4
)


def timed(rows: Rows) -> list[tuple[datetime, str, Any]]:
    """Return telemetry rows as the public API takes them."""
    return [(from_micros(ts), metric, value) for ts, metric, value in rows]


class StorageMachine(Machine):
    """Does the same to a storage and to the model, and compares."""

    @initialize(name=strategies.names(), count=st.integers(1, 4), pick=PICKS)
    def begin_with_trials(self, name: str, count: int, pick: int) -> None:
        """Begin where something can happen at once."""
        self.begin(name, None, pick)
        self.add(pick, [{"x": 1}] * count, {}, NOON, 1)

    @precondition(lambda self: len(self.model) < MOST_EXPERIMENTS)
    @rule(name=strategies.names(), max_attempts=st.sampled_from([None, 1, 2]), pick=PICKS)
    def begin(self, name: str, max_attempts: int | None, pick: int) -> None:
        """Create an experiment, unless there is one of that name."""
        if name not in self.model:
            self.model[name] = ModelExperiment(max_attempts)
            with self.storage(pick).experiment(experiment_id=name, max_attempts=max_attempts):
                pass

    @precondition(lambda self: self.deleted and len(self.model) < MOST_EXPERIMENTS)
    @rule(max_attempts=st.sampled_from([None, 1, 2]), pick=PICKS)
    def begin_again(self, max_attempts: int | None, pick: int) -> None:
        """Create an experiment that was deleted before."""
        self.begin(self.deleted[pick % len(self.deleted)], max_attempts, pick)

    @precondition(lambda self: self.model)
    @rule(
        pick=PICKS,
        params=st.lists(strategies.scalar_dicts(), min_size=1, max_size=3),
        metadata=strategies.metadata(),
        due=SOON | strategies.moments(),
        first_id=st.integers(0, 3),
    )
    def add(
        self, pick: int, params: list[dict[str, Any]], metadata: dict[str, Any], due: int, first_id: int
    ) -> None:
        """Add trials."""
        name, _ = self.an_experiment(pick)
        experiment = self.storage(pick).experiment(experiment_id=name, trial_id=first_id)
        ids = self.model[name].add([ModelTrial(each, metadata, due) for each in params], first_id)
        trials = experiment.new_trials(params, from_micros(due), metadata)
        assert [trial.trial_id for trial in trials] == ids

    @precondition(lambda self: self.has_trials())
    @rule(
        pick=PICKS,
        status=st.sampled_from(Status),
        ts=SOON | strategies.moments(),
        metrics=strategies.scalar_dicts(),
    )
    def update(self, pick: int, status: Status, ts: int, metrics: dict[str, Any]) -> None:
        """Update a trial through a handle that was read just now."""
        model, trial = self.a_trial(pick)
        given = metrics if status.is_completed() else None
        self.same(
            lambda: model.update(status, ts, given), lambda: trial.update(status, from_micros(ts), given)
        )

    @precondition(lambda self: self.has_trials())
    @rule(pick=PICKS, new=strategies.metadata())
    def add_metadata(self, pick: int, new: dict[str, Any]) -> None:
        """Add metadata to a trial."""
        model, trial = self.a_trial(pick)
        self.same(lambda: model.add_metadata(new), lambda: trial.add_new_config_data(new))

    @precondition(lambda self: self.has_trials())
    @rule(pick=PICKS, runner=RUNNERS)
    def assign(self, pick: int, runner: int) -> None:
        """Assign a trial to a runner."""
        model, trial = self.a_trial(pick)
        assert trial.set_trial_runner(runner) == model.assign(runner)

    @precondition(lambda self: self.model)
    @rule(pick=PICKS, runner=RUNNERS, limit=st.integers(1, 3), now=SOON, lease=LEASES)
    def claim(self, pick: int, runner: int, limit: int, now: int, lease: int | None) -> None:
        """Claim trials."""
        name, _ = self.an_experiment(pick)
        self.claim_from(name, self.storage(pick), runner=runner, limit=limit, now=now, lease=lease)

    def claim_from(
        self, name: str, storage: Storage, *, runner: int, limit: int, now: int, lease: int | None
    ) -> None:
        """Claim on both sides, and keep the handles."""
        experiment = storage.experiment(experiment_id=name)
        expected = self.model[name].claim(runner, limit, now, lease)
        seconds = None if lease is None else lease / SECOND
        claimed = experiment.claim_trials(runner, limit, seconds, from_micros(now))
        assert [trial.trial_id for trial in claimed] == expected
        for trial in claimed:
            model = self.model[name].trials[trial.trial_id]
            self.claimed.append(Claimed(name, model, trial, Hold(model.attempt, runner)))

    @precondition(lambda self: self.claimed)
    @rule(pick=PICKS, runner=RUNNERS, lease=LEASES)
    def take_over(self, pick: int, runner: int, lease: int | None) -> None:
        """Claim trials, much later, from an experiment in which trials were claimed before."""
        name = self.a_claim(pick).name
        self.claim_from(name, self.storage(pick), runner=runner, limit=3, now=FAR, lease=lease)

    @precondition(lambda self: self.claimed)
    @rule(pick=PICKS, status=st.sampled_from(Status), ts=SOON, metrics=strategies.scalar_dicts())
    def update_claimed(self, pick: int, status: Status, ts: int, metrics: dict[str, Any]) -> None:
        """Update through a claimed handle, which may have lost its trial."""
        _, model, trial, hold = self.a_claim(pick)
        given = metrics if status.is_completed() else None
        self.same(
            lambda: model.update_claimed(hold, status, ts, given),
            lambda: trial.update(status, from_micros(ts), given),
        )

    @precondition(lambda self: self.claimed)
    @rule(pick=PICKS)
    def release(self, pick: int) -> None:
        """Give a claimed trial back."""
        _, model, trial, hold = self.a_claim(pick)
        self.same(lambda: model.release(hold), trial.release)

    @precondition(lambda self: self.claimed)
    @rule(pick=PICKS, runner=RUNNERS)
    def use_claimed(self, pick: int, runner: int) -> None:
        """Extend a lease, name a runner, and add metadata, through a claimed handle."""
        _, model, trial, hold = self.a_claim(pick)
        note = {f"note {next(self.numbers)}": runner}
        self.same(lambda: model.heartbeat(hold, HOUR), lambda: trial.heartbeat(3600))
        self.same(lambda: model.check(hold), lambda: trial.set_trial_runner(runner))
        self.same(lambda: model.note(hold, note), lambda: trial.add_new_config_data(note))

    @precondition(lambda self: self.model)
    @rule(pick=PICKS, runner=RUNNERS, acts=ACTS, value=strategies.scalars())
    def live(self, pick: int, runner: int, acts: list[str], value: Any) -> None:
        """Claim trials, and go on with the latest of them: what is rare among single steps happens in a row here."""
        self.claim(pick, runner, 2, NOON + 5 * SECOND, HOUR)
        for number, act in enumerate(acts):
            if self.claimed and act == "claim":
                self.claim_from(
                    self.a_claim(0).name, self.storage(pick), runner=number, limit=1, now=FAR, lease=HOUR
                )
            elif self.claimed and act == "release":
                self.release(0)
            elif self.claimed and act == "report":
                self.report_claimed(0, [(NOON, "m", value), (NOON, "m", number)])
            elif self.claimed:
                self.use_claimed(0, runner)

    @precondition(lambda self: self.has_trials())
    @rule(pick=PICKS, rows=ROWS)
    def report(self, pick: int, rows: Rows) -> None:
        """Report telemetry through a handle that was read just now."""
        model, trial = self.a_trial(pick)
        model.report(rows)
        trial.update_telemetry(Status.RUNNING, from_micros(NOON), timed(rows))

    @precondition(lambda self: self.has_trials())
    @rule(pick=PICKS, value=strategies.scalars())
    def report_again(self, pick: int, value: Any) -> None:
        """Report what a trial has telemetry of, from whatever attempt, with another value."""
        model, trial = self.a_trial(pick)
        rows = [(ts, metric, value) for ts, metric in sorted({key[1:] for key in model.telemetry})]
        model.report(rows)
        trial.update_telemetry(Status.RUNNING, from_micros(NOON), timed(rows))

    @precondition(lambda self: self.claimed)
    @rule(pick=PICKS, rows=ROWS)
    def report_claimed(self, pick: int, rows: Rows) -> None:
        """Report telemetry through a claimed handle, which may have lost its trial."""
        _, model, trial, hold = self.a_claim(pick)
        self.same(
            lambda: model.report_claimed(hold, rows),
            lambda: trial.update_telemetry(Status.RUNNING, from_micros(NOON), timed(rows)),
        )

    @precondition(lambda self: self.model)
    @rule(pick=PICKS, anew=st.booleans())
    def poll(self, pick: int, anew: bool) -> None:
        """Poll with a reader that goes on from its last poll, or with one that was restarted."""
        name, experiment = self.an_experiment(pick)
        if anew or name not in self.readers:
            self.readers[name] = Reader(experiment, set())
        reader = self.readers[name]
        ids = reader.experiment.poll()[0]
        assert sorted(ids) == sorted(set(self.model[name].loaded()) - reader.seen)
        reader.seen.update(ids)

    @precondition(lambda self: len(self.model) > 1)
    @rule(pick=PICKS, other=PICKS)
    def merge(self, pick: int, other: int) -> None:
        """Merge one experiment into another, or into itself, again and again."""
        (name, experiment), (source, _) = self.an_experiment(pick), self.an_experiment(other)
        target, origin = self.model[name], self.model[source]
        if len(target.trials) + len(origin.trials) <= MOST_TRIALS:
            backend = self.storage(pick).session.backend
            uids = [Lab(backend, each).uid for each in (name, source)]
            merged = experiment.merge([source])
            assert [trial.trial_id for trial in merged] == target.merge(origin, source, *uids)

    @precondition(lambda self: len(self.model) > 1)
    @rule(pick=PICKS)
    def delete(self, pick: int) -> None:
        """Delete an experiment."""
        name, _ = self.an_experiment(pick)
        del self.model[name]
        self.forget(name)
        self.deleted.append(name)
        self.storage(pick).delete_experiment(name)

    @precondition(lambda self: Capability.PERSISTENT in self.capabilities)
    @rule(pick=PICKS)
    def reopen(self, pick: int) -> None:
        """Close a storage object, and open another one."""
        self.claimed, self.readers = [], {}
        number = pick % len(self.storages)
        self.storages[number].close()
        self.storages[number] = self.door.storage()
