"""What does not fit into one command, one answer or the memory of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from servers import MongoServer
from trialstore.codec import hash_of
from trialstore.status import Status
from trialstore_conformance.lab import FAR, NOON, SECOND, Lab, new_trial
from trialstore_mongo import MongoBackend
from trialstore_mongo._configs import LONGEST_ALONG

TOO_MANY = 400_000
"""So many tokens or hashes are more than 16 MiB."""
MEMORY = {"allowDiskUseByDefault": "false", "internalQueryMaxBlockingSortMemoryUsageBytes": "50000"}
"""What a server of MongoDB 5.0 does with 100 MB, at a size for tests."""


@pytest.fixture
def small_lab() -> Iterator[Lab]:
    """Return an experiment on a server with little memory."""
    with MongoServer(MEMORY) as server, closing(MongoBackend(server.config("lab"))) as backend:
        backend.open(create=True, read_only=False)
        yield Lab(backend)


def test_any_number_of_trials_is_added_in_one_call(open_backend: Callable[..., MongoBackend]) -> None:
    lab = Lab(open_backend())
    added = lab.add(*[new_trial()] * TOO_MANY)
    assert {trial.trial_id for trial in added} == {1}
    assert len(added) == TOO_MANY


def test_any_number_of_configs_is_looked_for_in_one_call(open_backend: Callable[..., MongoBackend]) -> None:
    backend = open_backend()
    new = new_trial({"x": TOO_MANY - 1})
    Lab(backend).add(new)
    hashes = [hash_of(f'{{"x":{i}}}') for i in range(TOO_MANY)]
    assert backend._configs._ids(hashes) == {new.config_hash: 1}


@pytest.mark.parametrize("characters", [LONGEST_ALONG, LONGEST_ALONG + 1])
def test_a_long_config_is_stored_once_however_many_trials_share_it(
    open_backend: Callable[..., MongoBackend], characters: int
) -> None:
    lab = Lab(open_backend())
    new = [new_trial({"x": "ä" * (characters - 8)}) for _ in range(2)]
    lab.add(*new)
    claimed = lab.backend.claim_trials(lab.claim_of(limit=2))
    expected = new[0].config if characters == LONGEST_ALONG else None
    assert [trial.config for trial in claimed] == [expected] * 2
    assert lab.backend.find_tunable_configs([claimed[0].tunable_config_id]) == {
        claimed[0].tunable_config_id: new[0].config
    }


def test_trials_that_are_larger_than_the_memory_of_the_server_for_sorting_are_found_and_claimed(
    small_lab: Lab,
) -> None:
    small_lab.add(*(new_trial(metadata={"text": "x" * 10_000}) for _ in range(20)))
    pending = frozenset({Status.PENDING})
    assert len(small_lab.find(statuses=pending, due_by=NOON)) == 20
    assert len(small_lab.claim(limit=20, lease=SECOND)) == 20
    assert len(small_lab.claim(limit=10, lease=SECOND, due_by=FAR)) == 10
    assert len(small_lab.expire()) == 20
