"""Tunable configs: equal ones share one id over the whole storage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import select

from trialstore.codec import Encoded
from trialstore_sql._listed import Listed
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Row, Transaction
from trialstore_sql.dialects import Dialect


class TunableConfigs:
    """What is done with the table of tunable configs."""

    def __init__(self, tables: Tables, dialect: type[Dialect]) -> None:
        table = tables.tunable_config
        found = (table.c.hash, table.c.tunable_config_id)
        put = dialect.inserts_if_absent(table, ["hash", "params"], ["hash"])
        self._put = dialect.inserts_returning(put, *found)
        texts = select(table.c.tunable_config_id, table.c.params)
        self._find = Listed(texts.where, table.c.tunable_config_id, dialect)
        self._ids = Listed(select(*found).where, table.c.hash, dialect)

    def find(self, tx: Transaction, ids: Collection[int]) -> dict[int, Encoded]:
        """Return the texts of the configs that exist."""
        return {row[0]: row[1] for row in tx.rows(*self._find.of(tx, ids))}

    def put(self, tx: Transaction, configs: Mapping[str, Encoded]) -> dict[str, int]:
        """Store configs, given by their hashes, and return their ids.

        They are inserted in the order of their hashes, so that sessions which insert the same ones at the same
        moment wait for each other instead of locking each other out.
        """
        rows = [{"hash": config_hash, "params": params} for config_hash, params in sorted(configs.items())]
        ids = dict(_pairs(tx.insert(self._put, rows)))
        if others := [config_hash for config_hash in configs if config_hash not in ids]:
            ids.update(_pairs(tx.rows(*self._ids.of(tx, others))))
        return ids


def _pairs(rows: Iterable[Row]) -> Iterator[tuple[str, int]]:
    return ((row[0], row[1]) for row in rows)
