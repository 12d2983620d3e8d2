"""Configs: how they are read, merged, expanded and checked."""

from __future__ import annotations

from trialstore.config.resolution import Given, Resolved, resolve
from trialstore.config.schema import composed_schema
from trialstore.config.sources import ConfigLike, Folders, PathsLike, Source, working_directory
from trialstore.config.urls import config_from_url, scheme_of

__all__ = [
    "ConfigLike",
    "Folders",
    "Given",
    "PathsLike",
    "Resolved",
    "Source",
    "composed_schema",
    "config_from_url",
    "resolve",
    "scheme_of",
    "working_directory",
]
