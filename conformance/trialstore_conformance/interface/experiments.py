"""Experiments: created once, found by id or uid, in order."""

from __future__ import annotations

from trialstore.backend import Backend
from trialstore.records import ExperimentQuery, ExperimentRecord, Objective
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import Lab, new_token, new_trial


class ExperimentsConformance(ConformanceBase):
    """`put_experiment` and `find_experiments`."""

    @sentence("C-201")
    def test_every_field_is_stored(self, backend: Backend) -> None:
        full = _full("full")
        assert backend.put_experiment(full) == full
        assert backend.find_experiments(ExperimentQuery(experiment_ids=["full"])) == [full]

    @sentence("C-201")
    def test_absent_fields_stay_absent(self, backend: Backend) -> None:
        bare = ExperimentRecord(experiment_id="bare", uid=new_token())
        assert backend.put_experiment(bare) == bare
        assert backend.find_experiments(ExperimentQuery(uids=[bare.uid])) == [bare]

    @sentence("C-202")
    def test_the_first_writer_wins(self, backend: Backend) -> None:
        first, second = _full("same"), ExperimentRecord(experiment_id="same", uid=new_token())
        backend.put_experiment(first)
        assert backend.put_experiment(second) == first
        assert backend.find_experiments(ExperimentQuery()) == [first]

    @sentence("C-202", "C-905")
    def test_a_repeated_creation_returns_the_experiment_as_it_stands_now(self, backend: Backend) -> None:
        record = _full("repeated")
        backend.put_experiment(record)
        backend.add_trials(record.uid, [new_trial()], 5)
        again = backend.put_experiment(record)
        assert again.next_trial_id == 6
        assert backend.find_experiments(ExperimentQuery()) == [again]

    @sentence("C-203")
    def test_experiments_are_found_by_ids_and_uids(self, backend: Backend) -> None:
        labs = {name: Lab(backend, name) for name in "abc"}

        def found(**query: list[str]) -> str:
            return "".join(
                record.experiment_id for record in backend.find_experiments(ExperimentQuery(**query))
            )

        assert found() == "abc"
        assert found(experiment_ids=["c", "a"]) == "ac"
        assert found(uids=[labs["b"].uid, labs["a"].uid]) == "ab"
        assert found(experiment_ids=["a", "b"], uids=[labs["b"].uid, labs["c"].uid]) == "b"

    @sentence("C-203")
    def test_what_is_not_there_is_left_out(self, backend: Backend) -> None:
        Lab(backend, "there")
        assert backend.find_experiments(ExperimentQuery(experiment_ids=["not there"])) == []
        assert backend.find_experiments(ExperimentQuery(uids=[new_token()])) == []
        assert backend.find_experiments(ExperimentQuery(experiment_ids=[])) == []
        assert backend.find_experiments(ExperimentQuery(uids=[])) == []

    @sentence("C-204")
    def test_experiments_come_by_code_point(self, backend: Backend) -> None:
        names = ["b", "B", "a", "_", "10", "9", "\u00e9", "e\u0301", "z", "\U0001f600", "\uffee", " a"]
        for name in names:
            Lab(backend, name)
        found = [record.experiment_id for record in backend.find_experiments(ExperimentQuery())]
        assert found == sorted(names)

    @sentence("C-205")
    def test_the_next_trial_id_is_none_until_there_was_a_trial(self, lab: Lab) -> None:
        assert lab.next_trial_id is None
        lab.add(new_trial(), new_trial(), first_id=7)
        assert lab.next_trial_id == 9

    @sentence("C-201")
    def test_objectives_keep_their_order(self, backend: Backend) -> None:
        objectives = tuple(Objective(name, "max") for name in ("z", "a", "Z", "m"))
        backend.put_experiment(ExperimentRecord(experiment_id="e", uid=new_token(), objectives=objectives))
        assert backend.find_experiments(ExperimentQuery())[0].objectives == objectives


def _full(experiment_id: str) -> ExperimentRecord:
    return ExperimentRecord(
        experiment_id=experiment_id,
        uid=new_token(),
        description="a description",
        root_env_config="env.jsonc",
        git_repo="https://example.org/repo.git",
        git_commit="0123456789abcdef",
        objectives=(Objective("latency", "min"), Objective("throughput", "max")),
        tunables='{"group":{"cost":1}}',
        max_attempts=3,
    )
