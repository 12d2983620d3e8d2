"""Fork with an open storage, and let the child end as programs do; stop before each step until a line comes.

Reads the storage's config, a line of JSON. Says what happened, line by line. Ends without tidying up.
"""

from __future__ import annotations

import json
import os
import sys

from trialstore import Experiment, from_config
from trialstore.errors import ForkedStorageError


def main() -> None:
    storage = from_config(json.loads(sys.stdin.readline()))
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trial({"by": "parent"})
        say("opened")
        child = os.fork()
        if child == 0:
            use_in_child(experiment)
            return
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        say(f"child ended with {status}")
        experiment.new_trial({"by": "parent"})
        say("used by parent")
    os._exit(0)


def use_in_child(experiment: Experiment) -> None:
    try:
        experiment.new_trial({"by": "child"})
        say("used by child")
    except ForkedStorageError:
        say("refused")


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()
    os.read(0, 1)  # unbuffered, because the child must not take what is meant for the parent


if __name__ == "__main__":
    main()
