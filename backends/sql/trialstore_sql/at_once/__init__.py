"""Calls that are one statement, where one can write to several tables: a round trip, and a commit, for the whole call.

Each does all of its work or none. If that is none, the operations of the same names, which take several statements in a
transaction, find out why; if the call was carried out before, the keys of its rows clash.
"""

from __future__ import annotations

from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History
from trialstore_sql._tables import Tables
from trialstore_sql.at_once._adding import Adding
from trialstore_sql.at_once._changes import Changes
from trialstore_sql.at_once._claims import Claims
from trialstore_sql.dialects import Dialect

__all__ = ["AtOnce"]


class AtOnce:
    """What is done with the tables in one statement."""

    def __init__(
        self, tables: Tables, dialect: type[Dialect], experiments: Experiments, history: History
    ) -> None:
        self.adding = Adding(tables, dialect, history)
        self.changes = Changes(tables, dialect, experiments, history)
        self.claims = Claims(tables, dialect, experiments, history)
