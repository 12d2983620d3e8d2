"""An empty storage for each test: one of its own if the config mentions ``$SCRATCH``, else one that is emptied."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Any

from trialstore.errors import StorageNotFoundError, TrialstoreError
from trialstore.records import ExperimentQuery
from trialstore_conformance.door import Door

__all__ = [
    "NAME",
    "NAMES",
    "count_experiments",
    "delete_experiments",
    "new_prefix",
    "references",
    "scratch_names",
]

NAME, FOLDER = "SCRATCH", "SCRATCH_DIR"
NAMES = frozenset({NAME, FOLDER})
"""What a config may mention to have a storage of its own for each test."""
_ADVICE = (
    "The storage could not be emptied for this test. With $SCRATCH_DIR or $SCRATCH in the config, each test has a "
    "storage of its own."
)


def references(value: Any) -> frozenset[str]:
    """Return the names that a config refers to, as ``$name`` or ``${name}``."""
    if isinstance(value, str):
        return frozenset(Template(value).get_identifiers())
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list):
        return frozenset()
    return frozenset().union(*map(references, value))


def new_prefix() -> str:
    """Return what the names of all storages of one run begin with: a letter, then letters and digits."""
    return f"s{secrets.token_hex(3)}n"


@contextmanager
def scratch_names(name: str, parent: Path) -> Iterator[None]:
    """Let ``$SCRATCH`` be a name, and ``$SCRATCH_DIR`` a new folder that is removed afterwards.

    They are set in the environment, where configs look names up, in processes that a test starts too.
    """
    before = {each: os.environ.get(each) for each in NAMES}
    folder = tempfile.mkdtemp(dir=parent)
    os.environ |= {NAME: name, FOLDER: folder}
    try:
        yield
    finally:
        for each, value in before.items():
            os.environ.pop(each)
            os.environ |= {} if value is None else {each: value}
        shutil.rmtree(folder, ignore_errors=True)


def count_experiments(config: Mapping[str, Any]) -> int:
    """Return how many experiments a storage holds, without creating or changing it.

    Raises
    ------
    TrialstoreError
        If it cannot be opened.
    """
    with Door(config) as door:
        backend = door.unopened()
        try:
            backend.open(create=False, read_only=True)
            return len(backend.find_experiments(ExperimentQuery()))
        except StorageNotFoundError:
            return 0
        except TrialstoreError:
            raise
        except Exception:  # noqa: BLE001 - what is wrong with the backend is for the tests to say
            return 0


def delete_experiments(config: Mapping[str, Any]) -> None:
    """Delete every experiment of a storage."""
    try:
        with Door(config) as door:
            backend = door.patient_backend()
            for record in backend.find_experiments(ExperimentQuery()):
                backend.delete_experiment(record.uid)
            assert backend.find_experiments(ExperimentQuery()) == []
    except Exception as error:
        error.add_note(_ADVICE)
        raise
