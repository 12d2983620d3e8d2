"""Options of the whole test run."""

from __future__ import annotations

from collections.abc import Generator

import pytest

pytest_plugins = ["pytester", "servers.fixtures"]

MISSING_ENGINE = "missing engine: "
"""How the reason of a skip begins where a test needs an engine that this machine does not have."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-engines",
        action="store_true",
        help="fail the tests of an engine that this machine does not have, instead of skipping them",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and item.config.getoption("--require-engines"):
        _fail_for_a_missing_engine(report)
    return report


def _fail_for_a_missing_engine(report: pytest.TestReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    if MISSING_ENGINE in reason:
        report.outcome = "failed"
        report.longrepr = reason.removeprefix("Skipped: ")
