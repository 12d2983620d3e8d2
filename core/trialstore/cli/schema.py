"""``trialstore schema``: what a config may hold."""

from __future__ import annotations

from trialstore.cli.output import print_json

__all__ = ["schema"]


def schema() -> None:
    """Print the JSON Schema of storage configs, the installed backends included, for an editor to complete with.

    Save it, and name the file in the config's "$schema".
    """
    from trialstore.config import composed_schema

    print_json(composed_schema())
