"""Options of the whole test run."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["pytester", "servers.fixtures"]

MISSING_ENGINE = "missing engine: "
"""How the reason of a skip begins where a test needs an engine that this machine does not have."""

ZOO_TEST = "::test_a_wrong_backend_is_caught_with_the_right_sentence["
"""What comes before the name of a wrong backend in the id of its test."""

COSTLY_TO_PREPARE = (
    "test_demo.py",
    "test_example.py",
    "test_frozen.py",
    "test_interrupted.py",
    "test_opening.py",
    "test_plans.py",
    "test_upgrading.py",
    "test_wheel.py",
)
"""The files whose tests share what takes long to prepare, so that one process runs them all."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Give the processes single tests, but whole files where these are costly to prepare."""
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = scope_of
    return scheduling


def scope_of(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return file if file.endswith(COSTLY_TO_PREPARE) else nodeid


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-engines",
        action="store_true",
        help="fail the tests of an engine that this machine does not have, instead of skipping them",
    )
    parser.addoption(
        "--rounds", type=int, default=4, help="how often tests repeat a race that many processes run"
    )
    parser.addoption("--runs", type=int, default=1, help="how often every test runs, each time anew")


def pytest_configure() -> None:
    """Let signals end the programs that tests start, although a shell has its background jobs ignore some.

    What ignores them itself is inherited by a program that is started; a function is not.
    """
    for number in signal.Signals:
        if number.name in {"SIGHUP", "SIGINT", "SIGQUIT"} and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    runs = int(str(metafunc.config.getoption("--runs")))
    if runs > 1:
        metafunc.fixturenames.append("run_number")
        metafunc.parametrize("run_number", range(1, runs + 1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many wrong backends of the zoo the conformance suite has caught."""
    caught, escaped = (_animals(terminalreporter.getreports(outcome)) for outcome in ("passed", "failed"))
    if tried := caught | escaped:
        score = f"zoo: {len(caught - escaped)} of {len(tried)} wrong backends caught, each with the right sentence"
        terminalreporter.write_line(score)


def _animals(reports: Iterable[pytest.TestReport]) -> set[str]:
    cases = (report.nodeid.partition(ZOO_TEST)[2] for report in reports)
    return {case.partition("-")[0] for case in cases if case}


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> int:
    """Return how often to repeat a race."""
    return int(str(request.config.getoption("--rounds")))


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
