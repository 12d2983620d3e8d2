"""The suite must catch every wrong backend of the zoo, and say which sentence of the contract it breaks."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

import pytest

from trialstore_conformance import StorageConformance, numbers_of

pytest_plugins = ["pytester"]

BREAKS = {
    # Values
    "CutsNames": "C-006",
    "FoldsCase": "C-005",
    "KeepsDoubles": "C-001",
    "KeepsLocalTime": "C-008",
    "KeepsMilliseconds": "C-008",
    "LosesTheSignOfZero": "C-003",
    "MergesOneAndTrue": "C-002",
    "NormalisesNames": "C-005",
    "OverflowsIntoDoubles": "C-003",
    "ReadsPercentAsAWildcard": "C-010",
    "StripsSpaces": "C-005",
    "TakesEmptyForAbsent": "C-004",
    "WritesNullForNan": "C-003",
    # Finding, holding, deleting
    "ClosesOnce": "C-103",
    "DeclaresMoreThanItsClass": "C-110",
    "DeletesByName": "C-802",
    "FindsInOrderOfInsertion": "C-204",
    "ForgetsWhenUpgraded": "C-108",
    "LeaksKeyErrors": "C-801",
    "LeavesTelemetry": "C-803",
    "LetsTheLastWriterWin": "C-202",
    "LimitsBeforeItSorts": "C-403",
    "MixesAttempts": "C-706",
    "ReturnsItsOwnLists": "C-408",
    "ReusesConfigIds": "C-804",
    "SortsByTime": "C-402",
    "SortsHistoryByTime": "C-708",
    "TakesLimitZeroForNone": "C-403",
    "TakesNoIdsForAll": "C-405",
    "TellsThePassword": "C-106",
    "TruncatesLists": "C-405",
    # Writing
    "AcceptsStaleTelemetry": "C-705",
    "AddsTwice": "C-304",
    "AppliesHalfABatch": "C-304",
    "BeatsForOthers": "C-955",
    "ChangesTwice": "C-503",
    "CompletesTwice": "C-508",
    "CountsInTheClient": "C-312",
    "ForgetsOldTokens": "C-503",
    "KeepsTheRunner": "C-501",
    "KnowsTokensEverywhere": "C-305",
    "LetsTheLastTelemetryWin": "C-702",
    "NumbersByCounting": "C-505",
    "NumbersNoExpiry": "C-609",
    "ReportsChangeTheTrial": "C-704",
    "SwallowsErrors": "C-709",
    "TakesFirstIdsAgain": "C-303",
    "WritesMetricsFirst": "C-502",
    # Claiming
    "ClaimsById": "C-603",
    "ClaimsTwice": "C-610",
    "ForgetsClaims": "C-606",
    "ForgivesLostLeases": "C-607",
    "GivesOneAttemptMore": "C-608",
    "GoesByTheClientsClock": "C-601",
    "HandsOutAnothersConfig": "C-411",
    "HandsOutWithoutParts": "C-611",
    "IgnoresRunners": "C-602",
    "ReplacesHistory": "C-605",
    "WaitsTooLong": "C-601",
    "WritesTheOldAttempt": "C-605",
    # Files and processes
    "CreatesWhatIsAbsent": "C-102",
    "EmptiesItsFile": "C-104",
    "KeepsAFileForEachProcess": "C-907",
    "LivesInOneProcess": "C-105",
    "ReadsBeforeItLocks": "C-508",
    "SharesItsSession": "C-906",
    "WritesInTwoSteps": "C-903",
    "WritesLater": "C-904",
    # What only a sequence of calls shows that nobody thought of
    "ForgivesWhatIsReleased": "C-909",
    "MixesLaterAttempts": "C-909",
    "PutsReleasedLast": "C-909",
    "RestoresMetadata": "C-909",
}
"""A sentence that each animal breaks."""
ALSO_BREAKS = [("AddsTwice", "C-905"), ("ChangesTwice", "C-905"), ("ForgivesLostLeases", "C-909")]
CASES = [*BREAKS.items(), *ALSO_BREAKS]
RIGHT = [("memory", "C-204"), ("FileBackend", "C-508"), ("FileBackend", "C-903"), ("FileBackend", "C-906")]
"""Backends that keep what animals beside them break."""

USE = """
import hypothesis
import pytest
from trialstore_conformance import StorageConformance
from trialstore_conformance.profiles import chosen_settings

class TestBackend(StorageConformance):
    @pytest.fixture
    def storage_config(self, tmp_path):
        config = {{"database": str(tmp_path / "records"), "password": "a secret"}}
        return {{"class": "{backend}", "plugins": ["zoo.plugin"], "config": config}}

    @pytest.fixture
    def hypothesis_settings(self):
        return hypothesis.settings(chosen_settings(), max_examples=200)
"""
Failures: TypeAlias = list[str]
Run: TypeAlias = Callable[[str, str], Failures]


class Only:
    """A plugin that leaves only the tests of one sentence, the simpler ones first."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        items[:] = [item for item in items if self.sentence in numbers_of(_test(item))]
        items.sort(key=lambda item: _test(item).__module__)  # api, interface, together


def _test(item: pytest.Function) -> Callable[..., None]:
    test: Callable[..., None] = getattr(StorageConformance, item.originalname)
    return test


@pytest.fixture(scope="session", autouse=True)
def one_server_of_processes() -> None:
    """Import early what starts worker processes: a pytester forgets what was imported after it, and starts it anew."""
    import_module("multiprocessing.forkserver")


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return how to run the tests of one sentence on a backend, up to the first that fails."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run_tests(backend: str, sentence: str) -> Failures:
        file = pytester.makepyfile(USE.format(backend=backend))
        arguments = ["-p", "no:cacheprovider", "-q", "-x", "-W", "ignore", str(file)]
        outcomes = pytester.inline_run(*arguments, plugins=[Only(sentence)])
        passed, skipped, failed = outcomes.listoutcomes()
        assert len(passed) + len(failed) > 0, f"no test of {sentence} ran"
        assert not skipped
        assert passed or failed[0].when == "call", "the suite broke down instead of failing"
        return [report.longreprtext for report in failed if report.when == "call"]

    return run_tests


@pytest.mark.parametrize(("animal", "sentence"), CASES, ids=[f"{a}-{s}" for a, s in CASES])
def test_a_wrong_backend_is_caught_with_the_right_sentence(run: Run, animal: str, sentence: str) -> None:
    (failure,) = run(animal, sentence)
    assert f"Broken contract sentence {sentence}: " in failure


@pytest.mark.parametrize(("backend", "sentence"), RIGHT, ids=[f"{b}-{s}" for b, s in RIGHT])
def test_a_right_backend_passes_in_the_same_way(run: Run, backend: str, sentence: str) -> None:
    assert run(backend, sentence) == []


def test_there_is_a_case_for_every_animal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    from zoo.plugin import trialstore_backends

    assert BREAKS.keys() == {spec.name for spec in trialstore_backends()} - {"FileBackend"}
