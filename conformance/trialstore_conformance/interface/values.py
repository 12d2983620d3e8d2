"""What goes in comes out, whatever the engine's own types, collations and languages make of it."""

from __future__ import annotations

from typing import Any

import pytest

from trialstore import codec
from trialstore.backend import Backend
from trialstore.records import ExperimentQuery, ExperimentRecord, Objective
from trialstore.status import Status
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import NOON, Lab, finished_trial, new_token, new_trial
from trialstore_conformance.strategies import LONGEST_NAMES, MOMENTS, NESTED, NUMBERS, TEXTS, TWINS, exact

TOKENS = ("x" * 64, "X" * 64, "x" * 63 + "y", "a", "A", "a ", " a", "$a.b", "%s", "'", "0", "00")
"""Tokens, or uids, that a short column or a kind collation confuses."""


class ValuesConformance(ConformanceBase):
    """Round trips of hostile values through every place that holds values."""

    @sentence("C-001", "C-003")
    def test_numbers_keep_type_and_value_everywhere(self, lab: Lab) -> None:
        _assert_round_trip(lab, {f"number {i}": number for i, number in enumerate(NUMBERS)})

    @sentence("C-001", "C-004", "C-010")
    def test_strings_survive_as_values_everywhere(self, lab: Lab) -> None:
        _assert_round_trip(lab, {f"text {i}": text for i, text in enumerate(TEXTS)})

    @sentence("C-004", "C-005", "C-010")
    def test_strings_survive_as_names_everywhere(self, lab: Lab) -> None:
        twins = {name for pair in TWINS for name in pair}
        _assert_round_trip(lab, {name: i for i, name in enumerate(sorted({*TEXTS, *twins} - {""}))})

    @sentence("C-001")
    def test_nested_metadata_survives(self, lab: Lab) -> None:
        (trial,) = lab.add(new_trial(metadata=NESTED))
        assert exact(codec.decode(lab.trial(trial.trial_id).metadata or "")) == exact(NESTED)

    @sentence("C-002", "C-306")
    def test_one_and_one_point_zero_and_true_and_text_are_four_configs(self, lab: Lab) -> None:
        trials = lab.add(*(new_trial({"x": x}) for x in (1, 1.0, True, "1")))
        assert len({trial.tunable_config_id for trial in trials}) == 4

    @sentence("C-003", "C-306")
    def test_zero_and_minus_zero_are_two_configs_and_all_nans_one(self, lab: Lab) -> None:
        zero, minus, nan, other_nan = lab.add(
            *(new_trial({"x": x}) for x in (0.0, -0.0, float("nan"), float("-nan")))
        )
        assert zero.tunable_config_id != minus.tunable_config_id
        assert nan.tunable_config_id == other_nan.tunable_config_id

    @sentence("C-005")
    def test_names_that_some_collation_confuses_are_different_experiments(self, backend: Backend) -> None:
        for i, (name, lab) in enumerate(_experiments(backend, {name for pair in TWINS for name in pair})):
            assert lab.ids() == [], f"{name!a} was taken for another experiment"
            lab.add(new_trial(), first_id=i)
            assert lab.ids() == [i]
            found = backend.find_experiments(ExperimentQuery(experiment_ids=[name]))
            assert [record.experiment_id for record in found] == [name]

    @sentence("C-005")
    def test_metric_names_that_some_collation_confuses_are_two_rows(self, lab: Lab) -> None:
        trial = lab.add_one()
        names = sorted({name for pair in TWINS for name in pair})
        lab.report(trial, *((NOON, name, i) for i, name in enumerate(names)))
        assert lab.telemetry(trial.trial_id) == [(NOON, name, i) for i, name in enumerate(names)]

    @sentence("C-004", "C-010")
    def test_an_experiment_may_be_called_anything(self, backend: Backend) -> None:
        for name, lab in _experiments(backend, {*TEXTS, "bystander"} - {""}):
            assert lab.record.experiment_id == name
            found = backend.find_experiments(ExperimentQuery(experiment_ids=[name]))
            assert found == [lab.record], f"an experiment called {name!a} was not found, or not alone"

    @pytest.mark.parametrize("name", LONGEST_NAMES, ids=["1 byte", "2 bytes", "4 bytes"])
    @sentence("C-006")
    def test_the_longest_names_are_kept_whole_and_apart(self, backend: Backend, name: str) -> None:
        lab, other = Lab(backend, name), Lab(backend, name[:-1] + "y")
        assert lab.uid != other.uid
        trial = lab.add_one()
        lab.report(trial, (NOON, name, 1), (NOON, name[:-1] + "y", 2))
        assert {metric: value for _, metric, value in lab.telemetry(trial.trial_id)} == {
            name: 1,
            name[:-1] + "y": 2,
        }

    @sentence("C-007")
    def test_long_values_are_kept_whole(self, lab: Lab) -> None:
        long = "\u00e9\U0001f9ea\\\"'" * 50_000
        _assert_round_trip(lab, {"long": long})

    @sentence("C-007")
    def test_a_trial_of_twelve_mebibytes_is_kept_whole(self, lab: Lab) -> None:
        metadata = {"blob": "x" * (codec.MAX_ENCODED_BYTES - 11)}
        metrics: dict[str, Any] = {"blob": "y" * (codec.MAX_METRICS_BYTES - 11)}
        assert len(codec.encode(metadata)) == codec.MAX_ENCODED_BYTES
        trial = lab.add_one(metadata=metadata)
        assert lab.complete(trial, **metrics).applied
        stored = lab.trial(trial.trial_id)
        assert (stored.metadata, stored.metrics) == (codec.encode(metadata), codec.encode(metrics))

    @sentence("C-007", "C-201")
    def test_long_facts_of_an_experiment_are_kept_whole(self, backend: Backend) -> None:
        long = "\u00e9\U0001f9ea" * 40_000
        record = ExperimentRecord(
            experiment_id="long",
            uid=new_token(),
            description=long,
            root_env_config=long,
            git_repo=long,
            git_commit=long,
            objectives=tuple(Objective(f"{i} {'x' * 500}", "max") for i in range(200)),
            tunables=codec.encode({"text": long}),
        )
        backend.put_experiment(record)
        assert backend.find_experiments(ExperimentQuery()) == [record]

    @sentence("C-012", "C-304", "C-606")
    def test_adds_and_claims_whose_tokens_differ_little_are_different(self, backend: Backend) -> None:
        added, claimed, ids = Lab(backend, "added"), Lab(backend, "claimed"), list(range(1, len(TOKENS) + 1))
        added.add(*(new_trial(token=token) for token in TOKENS))
        claimed.add_many(len(TOKENS))
        assert added.ids() == ids
        for _ in "once", "again":
            assert [claimed.claim(token=token)[0].trial_id for token in TOKENS] == ids

    @sentence("C-012", "C-503", "C-703")
    def test_changes_and_reports_whose_tokens_differ_little_are_different(self, backend: Backend) -> None:
        changed, reported = Lab(backend, "changed"), Lab(backend, "reported")
        trial = changed.add_one()
        assert reported.add_one() == trial
        for i, token in enumerate(TOKENS * 2):
            changed.change(trial, token=token, status=Status.READY)
            reported.report(trial, (NOON + i, "m", 1), token=token)
        assert len(changed.statuses(1)) == len(reported.statuses(1)) == 1 + len(TOKENS)
        assert [ts for ts, _, _ in reported.telemetry(1)] == [NOON + i for i in range(len(TOKENS))]

    @sentence("C-012", "C-202")
    def test_uids_that_differ_little_are_different_experiments(self, backend: Backend) -> None:
        records = [ExperimentRecord(experiment_id=f"{i:02}", uid=uid) for i, uid in enumerate(TOKENS)]
        assert [backend.put_experiment(record) for record in records] == records
        assert backend.find_experiments(ExperimentQuery(uids=TOKENS[:1])) == records[:1]

    @sentence("C-013")
    def test_big_ids_are_as_good_as_small_ones(self, lab: Lab) -> None:
        runners = [2**63 - 1, -(2**63), 2**31, -1]
        ids = [2**53 + i for i in range(len(runners))]
        lab.add(*(new_trial(trial_runner_id=runner) for runner in runners), first_id=ids[0])
        assert (lab.ids(), lab.ids(after_id=ids[1]), lab.next_trial_id) == (ids, ids[2:], ids[-1] + 1)
        for trial_id, runner in zip(ids, runners, strict=True):
            (claimed,) = lab.claim(runner=runner)
            assert (claimed.trial_id, claimed.trial_runner_id) == (trial_id, runner)
            lab.report(claimed, (NOON, "m", 1), expected_trial_runner_id=runner)
            assert lab.complete(claimed, score=1).applied
            assert {row.trial_runner_id for row in lab.history(trial_id)} == {runner}
        assert [row.trial_id for row in lab.telemetry_rows(ids)] == ids

    @sentence("C-008")
    def test_times_of_trials_keep_their_microseconds(self, lab: Lab) -> None:
        for moment in MOMENTS:
            (added,) = lab.add(finished_trial(due=moment, ts_start=moment, ts_end=moment))
            trial = lab.trial(added.trial_id)
            assert (trial.due, trial.ts_start, trial.ts_end) == (moment, moment, moment)

    @sentence("C-008")
    def test_times_of_telemetry_and_history_keep_their_microseconds(self, lab: Lab) -> None:
        trial = lab.add_one()
        for moment in MOMENTS:
            lab.report(trial, (moment, "m", 0), ts=moment)
        assert [row[0] for row in lab.telemetry(trial.trial_id)] == list(MOMENTS)
        assert [row.ts for row in lab.history(trial.trial_id) if row.reported] == list(MOMENTS)

    @sentence("C-004", "C-010", "C-201")
    def test_facts_of_an_experiment_survive(self, backend: Backend) -> None:
        for text in TEXTS:
            record = ExperimentRecord(
                experiment_id=f"of {text}",
                uid=new_token(),
                description=text,
                root_env_config=text,
                git_repo=text,
                git_commit=text,
                objectives=(Objective(text or "none", "min"),),
                tunables=codec.encode({"text": text}),
            )
            assert backend.put_experiment(record) == record
            assert backend.find_experiments(ExperimentQuery(uids=[record.uid])) == [record]


def _experiments(backend: Backend, names: set[str]) -> list[tuple[str, Lab]]:
    return [(name, Lab(backend, name)) for name in sorted(names)]


def _assert_round_trip(lab: Lab, values: dict[str, Any]) -> None:
    (added,) = lab.add(finished_trial(params=values, metadata=values, metrics=values))
    trial = lab.trial(added.trial_id)
    configs = lab.backend.find_tunable_configs([trial.tunable_config_id])
    assert exact(codec.decode(configs[trial.tunable_config_id])) == exact(values)
    assert exact(codec.decode(trial.metadata or "")) == exact(values)
    assert exact(codec.decode(trial.metrics or "")) == exact(values)
    lab.report(trial, *((NOON, name, value) for name, value in values.items()))
    assert exact({name: value for _, name, value in lab.telemetry(trial.trial_id)}) == exact(values)
