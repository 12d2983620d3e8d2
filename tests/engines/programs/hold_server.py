"""Starts a server of the kind that is named, says where it lives, and holds it until it is killed."""

from __future__ import annotations

import os
import sys

import servers


def main() -> None:
    server: servers.LocalServer = getattr(servers, sys.argv[1])()
    server.start()
    sys.stdout.write(f"{server.directory}\n")
    sys.stdout.flush()
    leave_a_child_behind()
    sys.stdin.read()


def leave_a_child_behind() -> None:
    """Fork what outlives this process with all of its pipes open, except the one to which it would complain."""
    if os.fork() == 0:
        os.close(2)
        sys.stdin.read()
        os._exit(0)


if __name__ == "__main__":
    main()
