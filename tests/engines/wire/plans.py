"""How a server carries a statement out: what it reads and what it sorts, counted while it does it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import psycopg
import pymysql
from psycopg import sql

from wire.watching import Sent, undo

_NO_PLAN = r"INSERT|BEGIN|START|COMMIT|WITH .*\)\s+INSERT"


class Plan(NamedTuple):
    """What one statement did."""

    statement: str
    reads: tuple[tuple[str, int], ...]
    """The table or the index, or both, of each access, and how many rows it looked at."""
    rows_sorted: int

    @property
    def rows_read(self) -> int:
        """How many rows it looked at, those of an index and those that it led to."""
        return sum(rows for _, rows in self.reads)


def explain(connection: Any, sent: Sent) -> Plan | None:
    """Carry a statement out once more, on its own connection and within its transaction, and tell what was done.

    Inserts have no plan. On PostgreSQL, what it did is taken back first, and it is the prepared statement of the driver
    that is executed again.
    """
    if re.match(_NO_PLAN, sent.sql, re.DOTALL):
        return None
    if isinstance(connection, pymysql.Connection):
        return _of_mariadb(connection, sent)
    return _of_postgres(connection, sent)


def _of_postgres(connection: psycopg.Connection, sent: Sent) -> Plan:
    numbers = count(1)
    text = re.sub("%s", lambda _: f"${next(numbers)}", sent.sql)
    find = "SELECT name FROM pg_prepared_statements WHERE statement = %s ORDER BY prepare_time DESC LIMIT 1"
    arguments = sql.SQL(", ").join(map(sql.Literal, sent.parameters))
    undo(connection)
    with psycopg.Cursor(connection) as cursor:
        [(name,)] = cursor.execute(find, [text], prepare=False).fetchall()
        execution = sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE {}").format(sql.Identifier(name))
        if sent.parameters:
            execution += sql.SQL("({})").format(arguments)
        [([plan],)] = cursor.execute(execution, prepare=False).fetchall()
    nodes = [*_dicts(plan)]
    sorts = [child for node in nodes if "Sort Key" in node for child in node["Plans"]]
    reads = (_read_of_postgres(node) for node in nodes if _is_read(node))
    return Plan(sent.sql, tuple(reads), sum(_rows(node) for node in sorts))


def _is_read(node: dict[str, Any]) -> bool:
    names_something = "Relation Name" in node or "Index Name" in node
    return names_something and node["Node Type"] != "ModifyTable"


def _read_of_postgres(node: dict[str, Any]) -> tuple[str, int]:
    place = f"{node['Node Type']} {node.get('Relation Name', '')} {node.get('Index Name', '')}"
    return place, _rows(node)


def _rows(node: dict[str, Any]) -> int:
    removed = sum(value for key, value in node.items() if key.startswith("Rows Removed"))
    rows: float = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return round(rows)


def _of_mariadb(connection: Any, sent: Sent) -> Plan:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE FORMAT=JSON {sent.sql}")
        [(text,)] = cursor.fetchall()
    plan = json.loads(text)
    sorts = [inner for node in _dicts(plan) if "filesort" in node for inner in _dicts(node["filesort"])]
    reads = (_read_of_mariadb(node) for node in _dicts(plan) if "access_type" in node)
    rows_sorted = sum(_read_of_mariadb(node)[1] for node in sorts if "access_type" in node)
    return Plan(sent.sql, tuple(reads), rows_sorted)


def _read_of_mariadb(node: dict[str, Any]) -> tuple[str, int]:
    place = f"{node['access_type']} {node['table_name']} {node.get('key', '')}"
    return place, round((node.get("r_rows") or 0) * (node.get("r_loops") or 1))


def _dicts(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield all dicts within a tree of dicts and lists, from the outside to the inside."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _dicts(child)
