"""Certificates for servers that offer TLS."""

from __future__ import annotations

import subprocess
from pathlib import Path

from servers.programs import find_program


def make_certificate(host: str, certificate: Path, key: Path) -> None:
    """Write a self-signed certificate for an IP address, and its key, into two files."""
    openssl = find_program("openssl", engine="openssl", install="apt-get install openssl")
    subprocess.run(
        [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            f"/CN={host}",
            "-addext",
            f"subjectAltName=IP:{host}",
            "-addext",
            "keyUsage=critical,digitalSignature,keyCertSign",
            "-out",
            certificate,
            "-keyout",
            key,
        ],
        check=True,
        capture_output=True,
    )
