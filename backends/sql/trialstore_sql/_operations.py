"""What is done with the tables, built once for all storages on one kind of engine whose tables have the same prefix."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy

from trialstore_sql._adding import Adding
from trialstore_sql._changes import Changes
from trialstore_sql._claims import Claims
from trialstore_sql._configs import TunableConfigs
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History
from trialstore_sql._tables import Tables
from trialstore_sql._telemetry import Telemetry
from trialstore_sql._transaction import Compiler
from trialstore_sql._trials import Trials
from trialstore_sql.at_once import AtOnce
from trialstore_sql.dialects import Dialect

__all__ = ["Operations", "operations_of"]


class Operations:
    """The statements of the backend, and what is decided between them; nothing of a connection."""

    def __init__(self, dialect: type[Dialect], table_prefix: str) -> None:
        self.tables = tables = Tables(dialect, table_prefix)
        self.experiments = Experiments(tables, dialect)
        self.configs = TunableConfigs(tables, dialect)
        self.trials = Trials(tables, dialect, self.experiments)
        self.history = History(tables, dialect, self.experiments)
        self.adding = Adding(tables, dialect, self.experiments, self.configs, self.history)
        self.changes = Changes(tables, dialect, self.experiments, self.history)
        self.claims = Claims(tables, dialect, self.experiments, self.history)
        self.telemetry = Telemetry(tables, dialect, self.experiments, self.history)
        self.at_once = (
            AtOnce(tables, dialect, self.experiments, self.history) if dialect.chains_writes else None
        )
        self._compilers: dict[tuple[object, ...], Compiler] = {}

    def compiler(self, connected: sqlalchemy.Dialect) -> Compiler:
        """Return what compiles the statements for an engine that has been connected to, and so knows its version."""
        version = getattr(connected, "server_version_info", None)
        kind = (connected.name, connected.driver, version, getattr(connected, "is_mariadb", None))
        if kind not in self._compilers:
            self._compilers[kind] = Compiler(connected)
        return self._compilers[kind]


@lru_cache(maxsize=8)
def operations_of(dialect: type[Dialect], table_prefix: str) -> Operations:
    """Return the operations on the tables with a prefix: building them costs more than opening a file does."""
    return Operations(dialect, table_prefix)
