"""psycopg alone, given the statements of trialstore: beside it one sees what all the rest of trialstore costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import psycopg

from benchmarks.subject import Address
from benchmarks.subjects import bare
from benchmarks.subjects.of_trialstore import Subject as Trialstore

NUMBERS = (2**30, 2**30 + 1)
"""Of the trials that trialstore stores while its statements are noted; no value of theirs is the same."""
SOONEST = 10**15
"""Microseconds; a smaller number is no time."""

Noted: TypeAlias = list[tuple[str, Sequence[Any]]]


class Statement(NamedTuple):
    """A statement and its parameters, those that change from call to call by what they are."""

    sql: str
    kinds: Sequence[str]
    """Empty for a parameter that stays the same."""
    values: Sequence[Any]

    def filled(self, known: Mapping[str, Any]) -> list[Any]:
        """Return the parameters of a call."""
        return [known[kind] if kind else value for kind, value in zip(self.kinds, self.values, strict=True)]


class Subject:
    """A database of PostgreSQL with the tables of trialstore."""

    reads = ()

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: psycopg.Connection[Any]

    def close(self) -> None:
        self._connection.close()

    def enter(self, experiment: str) -> None:
        with noted() as everything:
            trialstore = Trialstore(self._address)
            trialstore.enter(experiment)
            calls = [self._calls(trialstore, everything, number) for number in NUMBERS]
            trialstore.close()
        self._add, self._run, self._complete = (
            _statement(first, second, NUMBERS[1]) for first, second in zip(*calls, strict=True)
        )
        self._connect([sql for sql, _ in everything if "set_config" in sql])

    def add(self, numbers: Sequence[int]) -> list[int]:
        [number] = numbers
        config = bare.config(number)
        known = {"hash": config.hash, "params": config.params, "metadata": bare.metadata(number)}
        return [self._call(self._add, **known)[0]]

    def run(self, trial: int) -> None:
        self._call(self._run, trial=trial)

    def complete(self, trial: int, number: int) -> None:
        self._call(self._complete, trial=trial, metrics=bare.metrics(number))

    def _connect(self, settings: Sequence[str]) -> None:
        at = {"user": "username", "dbname": "database"}
        places = {
            name: self._address[at.get(name, name)] for name in ("host", "port", "user", "password", "dbname")
        }
        self._connection = psycopg.connect(**places, autocommit=True)
        for setting in settings:
            self._connection.execute(setting.encode())
        self._cursor = self._connection.cursor()

    def _call(self, statement: Statement, **known: Any) -> tuple[Any, ...]:
        values = statement.filled({"token": bare.token(), "now": bare.now(), **known})
        self._cursor.execute(statement.sql.encode(), values)
        [row] = self._cursor.fetchall()
        return tuple(row)

    @staticmethod
    def _calls(trialstore: Trialstore, everything: Noted, number: int) -> Noted:
        before = len(everything)
        [trial] = trialstore.add([number])
        trialstore.run(trial)
        trialstore.complete(trial, number)
        return everything[before:]


@contextmanager
def noted() -> Iterator[Noted]:
    """Note what psycopg is given."""
    everything: Noted = []
    execute = psycopg.Cursor.execute

    def noting(cursor: Any, sql: Any, parameters: Any = (), **options: Any) -> Any:
        everything.append((sql, parameters))
        return execute(cursor, sql, parameters, **options)

    psycopg.Cursor.execute = noting  # type: ignore[method-assign, assignment]
    try:
        yield everything
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]


def _statement(first: tuple[str, Sequence[Any]], second: tuple[str, Sequence[Any]], number: int) -> Statement:
    """Return the statement that two calls have in common; the second one is about the trial with this number."""
    sql, values = second
    config = bare.config(number)
    known = {
        config.hash: "hash",
        config.params: "params",
        bare.metadata(number): "metadata",
        bare.metrics(number): "metrics",
    }
    kinds = ["" if one == other else _kind(other, known) for one, other in zip(first[1], values, strict=True)]
    return Statement(sql, kinds, values)


def _kind(value: Any, known: Mapping[str, str]) -> str:
    if isinstance(value, int):
        return "now" if value > SOONEST else "trial"
    return known.get(value, "token")
