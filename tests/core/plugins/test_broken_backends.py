"""What a broken backend does wrong is a PluginError that names it and its origin, in every place where its code runs."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

import trialstore
from trialstore import BackendNotInstalledError, ConfigError, PluginError
from trialstore.plugins import list_backends

if TYPE_CHECKING:
    from tests.core.plugins.conftest import Site

WHO = r"acme_engine\.Store \(plugin 'acme' of the caller\)"


def write_engine(site: Site, body: str) -> None:
    """Write a backend whose constructor has the given body."""
    source = "from trialstore_memory import MemoryBackend\nclass Store(MemoryBackend):\n"
    site.module("acme_engine", f"{source}    def __init__(self, config):\n        {body}\n")


def make(database: str | None = None) -> trialstore.Storage:
    return trialstore.from_config({"class": "acme", "config": {"database": database}}, plugins=["acme"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise KeyError('host')", "is broken: KeyError: 'host'"),
        ("raise SystemExit(3)", "is broken: SystemExit: 3"),
        ("pass", "is broken: TypeError: its label must be a string"),
        ("self.label = 5", "is broken: TypeError: its label must be a string"),
    ],
)
def test_a_constructor_that_fails(site: Site, body: str, message: str) -> None:
    site.backend("acme", "name='acme'")
    write_engine(site, body)
    with pytest.raises(PluginError, match=f"{WHO} {message}"):
        make()


def test_an_error_of_trialstore_passes_unchanged(site: Site) -> None:
    site.backend("acme", "name='acme'")
    write_engine(site, "import trialstore; raise trialstore.ConfigError('no such host')")
    with pytest.raises(ConfigError, match=r"^no such host$"):
        make()


def test_a_driver_that_only_the_constructor_misses_gives_its_pip_line(site: Site) -> None:
    site.backend("acme", "name='acme', install='acme-store[turbo]'")
    write_engine(site, "import warp_drive")
    with pytest.raises(BackendNotInstalledError, match=r"pip install 'acme-store\[turbo\]'"):
        make()


def test_an_abstract_class_names_what_it_lacks(site: Site) -> None:
    site.backend("acme", "name='acme'")
    site.module("acme_engine", "from trialstore import Backend\nclass Store(Backend): pass")
    with pytest.raises(PluginError, match=rf"{WHO} does not implement __init__, .*add_trials"):
        make()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("requires=(5,)", "is broken: AttributeError"),
        ("config_schema={'properties': {'database': {'$ref': '#/nowhere'}}}", "is broken: .*nowhere"),
        ("config_schema=5", "is broken: TypeError"),
    ],
)
def test_a_wrong_declaration(site: Site, spec: str, message: str) -> None:
    site.backend("acme", f"name='acme', {spec}")
    with pytest.raises(PluginError, match=f"{WHO} {message}"):
        make("x")


@pytest.mark.parametrize(
    ("reader", "message"), [("lambda url: 1 / 0", "ZeroDivisionError"), ("lambda url: None", "TypeError")]
)
def test_a_reader_of_urls_that_fails(site: Site, reader: str, message: str) -> None:
    site.backend("acme", f"name='acme', schemes=('acme',), config_from_url={reader}")
    with pytest.raises(PluginError, match=f"{WHO} is broken: {message}"):
        trialstore.open("acme://", plugins=["acme"])


def test_an_anchor_that_fails(site: Site) -> None:
    site.backend("acme", "name='acme', anchored=lambda config, directory: config[directory]")
    source = "from trialstore_memory import MemoryBackend\nfrom trialstore import Capability\nclass Store(MemoryBackend):"
    site.module("acme_engine", f"{source}\n    capabilities = frozenset({{Capability.MULTI_PROCESS}})")
    pickled = pickle.dumps(make())
    with pytest.raises(PluginError, match=f"{WHO} is broken: KeyError"):
        pickle.loads(pickled)


def test_capabilities_that_are_none_are_listed_as_broken(site: Site) -> None:
    site.backend("acme", "name='acme'")
    site.module(
        "acme_engine",
        "from trialstore_memory import MemoryBackend\nclass Store(MemoryBackend): capabilities = None",
    )
    (info,) = [info for info in list_backends(["acme"]) if info.name == "acme"]
    assert (info.status, info.capabilities) == ("broken", ())
