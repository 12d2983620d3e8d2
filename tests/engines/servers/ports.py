"""Ports on which nobody listens."""

from __future__ import annotations

import secrets
import socket

PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections, so that a port is still free for a second start."""


def free_port(host: str) -> int:
    """Return a port of this machine on which nobody listens."""
    while not _is_free(host, port := secrets.choice(PORTS)):
        pass
    return port


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    return True
