"""The password is in nothing that anybody gets to see."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from trialstore import TrialstoreError, from_config
from trialstore.cli import main

MakeAccount = Callable[..., dict[str, Any]]

PASSWORD = "s3cr@t:/%41?#&=+"

MISTAKES: dict[str, dict[str, Any]] = {
    "a wrong password": {"password": PASSWORD},
    "an unknown user": {"username": "nobody", "password": PASSWORD},
    "an unknown database": {"database": "nosuch"},
    "a server that is down": {"host": "127.0.0.1", "port": 1},
    "an unknown option": {"query": {"nosuch": "1"}},
}


@pytest.fixture
def account(make_account: MakeAccount) -> dict[str, Any]:
    """Return the config of a storage, with the password in it."""
    return make_account(PASSWORD)


@pytest.fixture(params=MISTAKES)
def mistaken(request: pytest.FixtureRequest, make_account: MakeAccount) -> dict[str, Any]:
    """Return a config with the password in it, and with a mistake."""
    mistake = MISTAKES[request.param]
    return make_account("other" if "password" in mistake else PASSWORD) | mistake


@pytest.fixture
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "sqlalchemy"):
        yield


def assert_clean(*texts: str) -> None:
    for text in texts:
        for password in (PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), quote_plus(PASSWORD)):
            assert password not in text


@pytest.mark.usefixtures("everything_is_logged")
def test_it_is_in_no_log_and_no_repr_of_a_storage_that_works(
    account: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with from_config({"class": "sql", "config": {**account, "log_sql": True}}) as storage:
        with storage.experiment(experiment_id="e") as experiment:
            trial = experiment.new_trial({"x": 1})
        session = storage.session
        objects = [storage, session, session.backend, session._recipe, experiment, trial]
        backend: Any = session.backend
        objects += [backend._database.dialect.settings, backend._database.engine]
        assert_clean(*map(repr, objects), storage.session.backend.label)
    assert "INSERT INTO trialstore_trial" in caplog.text
    assert "Created new connection" in caplog.text
    assert_clean(caplog.text)


@pytest.mark.usefixtures("everything_is_logged")
def test_it_is_in_no_error_and_no_traceback(
    mistaken: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TrialstoreError) as caught:
        from_config({"class": "sql", "config": mistaken}, retry_for=0.01)
    assert_clean(str(caught.value), repr(caught.value), "".join(traceback.format_exception(caught.value)))
    assert_clean(caplog.text)


def test_it_is_in_nothing_that_the_program_prints(
    account: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "storage.jsonc"
    config.write_text(json.dumps({"class": "sql", "config": account}))
    assert [main([command, "-s", str(config)]) for command in ("init", "experiments", "upgrade")] == [0, 0, 0]
    captured = capsys.readouterr()
    assert_clean(captured.out, captured.err)


def test_it_is_in_no_error_that_the_program_prints(
    mistaken: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "storage.jsonc"
    config.write_text(json.dumps({"class": "sql", "config": mistaken}))
    assert main(["experiments", "-s", str(config)]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert_clean(captured.out, captured.err)


def test_it_is_in_no_pickle_of_a_storage_whose_config_refers_to_it(
    account: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALSTORE_TEST_PASSWORD", PASSWORD)
    config = {**account, "password": "$TRIALSTORE_TEST_PASSWORD"}
    storage = from_config({"class": "sql", "config": config})
    with storage, storage.experiment(experiment_id="e"):
        pickled = pickle.dumps(storage)
    assert PASSWORD.encode() not in pickled
    with pickle.loads(pickled) as copy:
        assert list(copy.experiments) == ["e"]
