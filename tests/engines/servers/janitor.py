"""Makes a directory, and removes it with all that runs in it as soon as told to, or when the parent has died."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="trialstore-")).resolve()
    try:
        sys.stdout.write(f"{home}\n")
        sys.stdout.flush()
        wait_for_word_or_death(parent=int(sys.argv[1]))
    finally:
        end_all_in(home)
        shutil.rmtree(home)


def wait_for_word_or_death(parent: int) -> None:
    # The pipe alone would not do: children that the parent forked hold it open.
    while os.getppid() == parent:
        if select.select([sys.stdin], [], [], 0.25)[0]:
            return


def end_all_in(home: Path) -> None:
    while processes := running_in(home):
        signal_the_first_of_each_family(processes)
        _, stubborn = psutil.wait_procs(processes, timeout=10)
        for process in stubborn:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def running_in(home: Path) -> list[psutil.Process]:
    found = psutil.process_iter(["cwd", "ppid"])
    return [process for process in found if Path(process.info["cwd"] or "/").is_relative_to(home)]


def signal_the_first_of_each_family(processes: list[psutil.Process]) -> None:
    """Let servers end their own children, and free the memory that they share."""
    members = {process.pid for process in processes}
    for process in processes:
        if process.info["ppid"] not in members:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGQUIT)


if __name__ == "__main__":
    main()
