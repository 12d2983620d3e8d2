"""Freeze a database of the schema that this code makes, and what reading it gives: ``make_frozen.py VERSION``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import Any

from bson.json_util import CANONICAL_JSON_OPTIONS, dumps
from pymongo.database import Database

from servers import MongoServer
from trialstore import from_config

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "sql" / "frozen"


def main(version: str) -> None:
    with MongoServer() as server, server.database() as name, server.client() as client:
        expected = _fill(server.config(name))
        lines = [dumps(command, json_options=CANONICAL_JSON_OPTIONS) for command in _commands(client[name])]
    folder = HERE / version
    folder.mkdir(exist_ok=True)
    (folder / "commands.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (folder / "reading.json").write_text(expected, encoding="utf-8")


def _fill(config: dict[str, Any]) -> str:
    """Fill an empty database, and return what reading it gives, and how repeated writes are answered."""
    story, reading = (run_path(str(SHARED / name)) for name in ("story.py", "reading.py"))
    with from_config({"class": "mongo", "config": config}) as storage:
        story["fill"](storage)
        read: dict[str, Any] = reading["reading"](storage)
        read["answers"] = reading["plain"](story["repeat"](storage))
    return str(reading["text_of"](read))


def _commands(database: Database[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the commands that make the database anew."""
    found = sorted(database.list_collections(), key=lambda one: (one["type"], one["name"]))
    for one in found:
        if one["name"] != "system.views":
            yield {"create": one["name"], **one["options"]}
        if one["type"] == "collection" and one["name"] != "system.views":
            yield from _filled(database, one["name"])


def _filled(database: Database[dict[str, Any]], name: str) -> Iterator[dict[str, Any]]:
    indexes = [index for index in database[name].list_indexes() if index["name"] != "_id_"]
    if indexes:
        yield {"createIndexes": name, "indexes": indexes}
    for document in database[name].find(sort=[("_id", 1)]):
        yield {"insert": name, "documents": [document]}


if __name__ == "__main__":
    main(*sys.argv[1:])
