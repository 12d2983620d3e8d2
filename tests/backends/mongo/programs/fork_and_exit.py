"""Forks with an open storage; the child uses it and ends as programs end, and then the parent uses it."""

from __future__ import annotations

import gc
import os
import sys

from trialstore import Storage
from trialstore_mongo import MongoBackend


def main() -> None:
    storage = Storage(MongoBackend({"uri": sys.argv[1]}))
    child = os.fork()
    with storage.experiment(experiment_id="parent" if child else "child"):
        gc.collect()
    if not child:
        return
    os.waitpid(child, 0)
    sys.stdout.write(f"parent found {', '.join(storage.experiments)}\n")
    storage.close()


if __name__ == "__main__":
    main()
