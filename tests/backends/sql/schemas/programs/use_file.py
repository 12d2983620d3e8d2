"""Opens a storage when told to, says in a line of JSON what it holds or why that cannot be, and closes it when told to."""

from __future__ import annotations

import json
import sys
from typing import Any

import trialstore
from trialstore.errors import TrialstoreError


def main() -> None:
    """Do as told until there is no more."""
    for line in sys.stdin:
        try:
            use(**json.loads(line))
        except TrialstoreError as error:
            say(f"{type(error).__name__}: {error}")


def use(url: str, *, read_only: bool) -> None:
    """Add an experiment to a storage, unless it is only to be read, and hold it for a while."""
    with trialstore.open(url, read_only=read_only, retry_for=0) as storage:
        if not read_only:
            with storage.experiment(experiment_id="theirs"):
                pass
        say(list(storage.experiments))
        sys.stdin.readline()
    say("closed")


def say(answer: Any) -> None:
    """Write an answer."""
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
