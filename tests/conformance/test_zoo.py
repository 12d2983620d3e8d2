"""The suite must catch every wrong backend of the zoo, and say which sentence of the contract it breaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

pytest_plugins = ["pytester"]

CAUGHT_BY = {
    "interface.values.ValuesConformance": {
        "MergesOneAndTrue": "C-002",
        "KeepsDoubles": "C-001",
        "KeepsMilliseconds": "C-008",
        "FoldsCase": "C-005",
        "NormalisesNames": "C-005",
        "CutsNames": "C-006",
    },
    "interface.experiments.ExperimentsConformance": {
        "FindsInOrderOfInsertion": "C-204",
        "LetsTheLastWriterWin": "C-202",
    },
    "interface.adding.AddingConformance": {"AddsTwice": "C-304", "AppliesHalfABatch": "C-304"},
    "interface.finding.FindingConformance": {"LimitsBeforeItSorts": "C-403", "ReturnsItsOwnLists": "C-408"},
    "interface.changing.ChangingConformance": {"ChangesTwice": "C-503", "WritesMetricsFirst": "C-502"},
    "interface.claiming.ClaimingConformance": {
        "ForgetsClaims": "C-606",
        "IgnoresRunners": "C-602",
        "ClaimsById": "C-603",
        "WaitsTooLong": "C-601",
    },
    "interface.leases.LeasesConformance": {"ForgivesLostLeases": "C-607"},
    "interface.telemetry.TelemetryConformance": {
        "LetsTheLastTelemetryWin": "C-702",
        "AcceptsStaleTelemetry": "C-705",
        "ReportsChangeTheTrial": "C-704",
        "SwallowsErrors": "C-709",
    },
    "interface.deletion.DeletionConformance": {
        "LeavesTelemetry": "C-803",
        "DeletesByName": "C-802",
        "ReusesConfigIds": "C-804",
    },
    "together.threads.ThreadsConformance": {
        "ClaimsTwice": "C-610",
        "CountsInTheClient": "C-312",
        "CompletesTwice": "C-508",
    },
    "together.failures.FailuresConformance": {"ChangesTwice": "C-905", "AddsTwice": "C-905"},
    "together.any_sequence.AnySequenceConformance": {
        "LetsTheLastTelemetryWin": "C-909",
        "ForgivesLostLeases": "C-909",
    },
}
Run: TypeAlias = Callable[..., pytest.RunResult]
CASES = [(suite, *case) for suite, animals in CAUGHT_BY.items() for case in animals.items()]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return how to run a class of the suite on a backend, as an outside project would."""
    monkeypatch.syspath_prepend(Path(__file__).parent)

    def run_suite(suite: str, backend: str, *arguments: str) -> pytest.RunResult:
        module, _, name = suite.rpartition(".")
        pytester.makepyfile(
            f"""
            import hypothesis
            import pytest
            from trialstore_conformance.{module} import {name}
            from trialstore_conformance.profiles import chosen_settings

            class TestBackend({name}):
                @pytest.fixture
                def storage_config(self):
                    return {{"class": "{backend}", "plugins": ["zoo.plugin"]}}

                @pytest.fixture
                def hypothesis_settings(self):
                    return hypothesis.settings(chosen_settings(), max_examples=200)
            """
        )
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q", *arguments)

    return run_suite


@pytest.mark.parametrize(("suite", "animal", "sentence"), CASES, ids=[f"{c[1]}-{c[2]}" for c in CASES])
def test_a_wrong_backend_is_caught_with_the_right_sentence(
    run: Run, suite: str, animal: str, sentence: str
) -> None:
    result = run(suite, animal)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"*Broken contract sentence {sentence}: *"])
    assert "errors" not in result.parseoutcomes(), "the suite broke down instead of failing"


def test_a_right_backend_passes_in_the_same_way(run: Run) -> None:
    assert run("interface.experiments.ExperimentsConformance", "memory").ret == pytest.ExitCode.OK


def test_there_is_a_case_for_every_animal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    from zoo.plugin import trialstore_backends

    caught = {animal for animals in CAUGHT_BY.values() for animal in animals}
    assert caught == {spec.name for spec in trialstore_backends()}
