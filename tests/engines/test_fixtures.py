"""The fixtures that lend databases, on a server that somebody else runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from servers import MissingEngineError, Server
from servers.programs import find_program


@pytest.fixture(params=["postgres", "mariadb"])
def engine(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def server(request: pytest.FixtureRequest, engine: str, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Return a server that the environment names as the one to use."""
    running: Server = request.getfixturevalue(f"{engine}_server")
    variable = {"postgres": "TRIALSTORE_TEST_POSTGRES_URL", "mariadb": "TRIALSTORE_TEST_MYSQL_URL"}[engine]
    monkeypatch.setenv(variable, url_of(running))
    return running


def url_of(server: Server) -> str:
    config = server.config("")
    return sa.URL.create(**{**config, "database": None}).render_as_string(hide_password=False)


def test_each_test_gets_a_database_of_its_own_on_that_server(
    engine: str, server: Server, pytester: pytest.Pytester
) -> None:
    made = databases_of_two_tests(engine, pytester)
    assert [host for host, _, _ in made] == [server.address.host] * 2
    assert [int(port) for _, port, _ in made] == [server.address.port] * 2
    assert len({name for _, _, name in made}) == 2


def test_the_databases_are_dropped_at_the_end(engine: str, server: Server, pytester: pytest.Pytester) -> None:
    for _, _, name in databases_of_two_tests(engine, pytester):
        with pytest.raises(Exception, match=r"(?i)does not exist|unknown database"):
            server.execute("SELECT 1", name)


def databases_of_two_tests(engine: str, pytester: pytest.Pytester) -> list[list[str]]:
    """Run two tests that keep note of the host, the port and the name of their databases; return the notes."""
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.parametrize("number", [1, 2])
        def test_on_a_database({engine}_database, number):
            with open("notes", "a") as notes:
                print(*({engine}_database[key] for key in ("host", "port", "database")), file=notes)
        """
    )
    pytester.runpytest_inprocess("-p", "servers.fixtures").assert_outcomes(passed=2)
    return [line.split() for line in Path("notes").read_text().splitlines()]


def test_a_missing_program_is_reported_with_the_line_that_installs_it() -> None:
    with pytest.raises(MissingEngineError, match=r"^missing engine: X; apt-get install x$"):
        find_program("no-such-program", engine="X", install="apt-get install x")
