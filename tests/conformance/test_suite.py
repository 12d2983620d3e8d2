"""The suite as a product: how it is used, how it fails, and that it leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trialstore_conformance import SENTENCES, StorageConformance, numbers_of, sentence
from trialstore_conformance.contract import CONCERNS
from trialstore_conformance.contract_page import contract_page

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
HEAD = "import pytest\nfrom trialstore_conformance import *\n"
USE = """
class TestMine(StorageConformance):
    @pytest.fixture
    def storage_config(self):
        return {"class": "memory"}
"""
SPECIAL = """
import sqlite3
from contextlib import closing
from pathlib import Path
import pytest
from trialstore import from_config
from trialstore_conformance.interface.opening import OpeningConformance

class TestSqlite(OpeningConformance):
    @pytest.fixture
    def special_configs(self, tmp_path):
        nobody = {"drivername": "postgresql", "host": "127.0.0.1", "port": 1, "database": "none"}
        configs = {
            state: {"class": "sql", "config": {"drivername": "sqlite", "database": str(tmp_path / state)}}
            for state in ("older", "newer")
        }
        run(tmp_path / "older", Path("FROZEN").read_text("utf-8"))
        from_config(configs["newer"]).close()
        run(tmp_path / "newer", "UPDATE trialstore_schema_version SET version_num = '9999'")
        return {**configs, "unreachable": {"class": "sql", "config": nobody}}

def run(file, script):
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
"""
FROZEN = ROOT / "tests" / "backends" / "sql" / "frozen" / "0001" / "sqlite.sql"


def test_every_sentence_of_the_contract_has_a_test() -> None:
    tests = [getattr(StorageConformance, name) for name in dir(StorageConformance) if name.startswith("test")]
    assert {number for test in tests for number in numbers_of(test)} == set(SENTENCES)
    assert all(numbers_of(test) for test in tests)


def test_the_page_of_the_contract_is_up_to_date() -> None:
    page = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    assert page == contract_page(), "run `python -m trialstore_conformance.contract_page > docs/contract.md`"


def test_every_number_that_the_documentation_names_is_a_sentence() -> None:
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "core").rglob("*.py")]
    named = {number: file for file in files for number in re.findall(r"C-\d+", file.read_text("utf-8"))}
    assert {number: file.name for number, file in named.items() if number not in SENTENCES} == {}
    in_design = set(re.findall(r"C-\d+", (ROOT / "docs" / "design.md").read_text("utf-8")))
    assert all(in_design & sentences.keys() for sentences in CONCERNS.values())


def test_no_two_classes_of_the_suite_have_a_test_of_one_name() -> None:
    names = [name for base in StorageConformance.__mro__ for name in vars(base) if name.startswith("test")]
    assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)


def test_an_unknown_sentence_is_refused() -> None:
    with pytest.raises(KeyError):
        sentence("C-000")


def test_the_suite_runs_for_an_outsider_in_five_lines(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(HEAD + USE)
    result = pytester.runpytest_subprocess("-q", "-k", "adding or finding or history")
    result.assert_outcomes(
        passed=result.parseoutcomes()["passed"], deselected=result.parseoutcomes()["deselected"]
    )


def test_storages_in_special_states_are_tested_where_a_backend_can_make_them(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(SPECIAL.replace("FROZEN", str(FROZEN)))
    arguments = ("-q", "-p", "no:cacheprovider", "-rs", "-k")
    result = pytester.runpytest_subprocess(*arguments, "another_version or schema or reach or cannot_be")
    result.assert_outcomes(passed=5, skipped=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["SKIPPED*the fixture special_configs has no storage that is unwritable"])


def test_a_missing_fixture_fails_and_says_what_to_write(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(HEAD + "class TestMine(StorageConformance):\n    pass\n")
    result = pytester.runpytest_inprocess("-q", "-k", "objectives_keep")
    result.assert_outcomes(errors=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["*TestMine must define the fixture `storage_config`*"])


@pytest.mark.parametrize(
    "override",
    [
        "def test_the_first_writer_wins(self): pass",
        "test_the_first_writer_wins = None",
        "@pytest.mark.xfail(reason='slow')\n    def test_the_first_writer_wins(self): pass",
        "@pytest.mark.xfail(strict=True)\n    def test_the_first_writer_wins(self): pass",
        "@pytest.mark.skip(reason='slow')\n    def test_the_first_writer_wins(self): pass",
    ],
)
def test_overriding_a_test_fails(pytester: pytest.Pytester, override: str) -> None:
    pytester.makepyfile(f"{HEAD}{USE}\n    {override}\n")
    result = pytester.runpytest_inprocess("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*TestMine overrides test_the_first_writer_wins of the conformance suite*"])


def test_a_mixin_cannot_override_a_test_either(pytester: pytest.Pytester) -> None:
    mixin = "class Mixin:\n    def test_the_first_writer_wins(self): pass\n"
    pytester.makepyfile(HEAD + mixin + USE.replace("(StorageConformance)", "(Mixin, StorageConformance)"))
    pytester.runpytest_inprocess("-q").assert_outcomes(errors=1)


def test_a_strict_xfail_with_a_reason_is_accepted(pytester: pytest.Pytester) -> None:
    override = """
    @pytest.mark.xfail(strict=True, reason="this engine has no order")
    def test_the_first_writer_wins(self, backend):
        raise AssertionError
"""
    pytester.makepyfile(HEAD + USE + override)
    result = pytester.runpytest_inprocess("-q", "-k", "first_writer_wins")
    result.assert_outcomes(xfailed=1, deselected=result.parseoutcomes()["deselected"])


def test_outsiders_see_full_diffs_and_the_sentence(pytester: pytest.Pytester) -> None:
    zoo = Path(__file__).parent
    use = USE.replace('"memory"}', '"FindsInOrderOfInsertion", "plugins": ["zoo.plugin"]}')
    pytester.makepyfile(f"import sys\nsys.path.insert(0, {str(zoo)!r})\n" + HEAD + use)
    result = pytester.runpytest_subprocess("-q", "-k", "come_by_code_point")
    result.stdout.fnmatch_lines(["*assert [[]'b', 'B', *] == [[]*", "*At index 0 diff: 'b' != ' a'*"])
    result.stdout.fnmatch_lines(["*Broken contract sentence C-204: Experiments come ordered by id*"])
