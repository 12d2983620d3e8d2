"""The list of backends says of each whether it can be used, and if not, why and what helps."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from trialstore import BackendInfo, list_backends

if TYPE_CHECKING:
    from tests.core.plugins.conftest import Site


def info_of(name: str) -> BackendInfo:
    [info] = [info for info in list_backends() if info.name == name]
    return info


def test_a_usable_backend_is_listed_with_all_that_is_known_of_it() -> None:
    assert info_of("memory") == BackendInfo(
        name="memory",
        class_name="trialstore_memory.MemoryBackend",
        schemes=("memory",),
        distribution="trialstore",
        version=version("trialstore"),
        capabilities=("atomic-calls",),
    )


def test_a_backend_whose_dependency_is_missing_is_not_installed_and_says_what_to_run(site: Site) -> None:
    site.backend("acme", "name='acme', requires=('warp_drive',), install='acme-store[turbo]'")
    site.distribution("acme-store", {"acme": "acme"}, version="2.5")
    info = info_of("acme")
    assert (info.status, info.install) == ("not installed", "pip install 'acme-store[turbo]'")
    assert (info.class_name, info.distribution, info.version) == ("acme_engine.Store", "acme-store", "2.5")
    assert "warp_drive" in info.why


def test_a_plugin_whose_own_import_misses_a_module_is_not_installed_too(site: Site) -> None:
    site.module("acme", "import warp_drive")
    site.distribution("acme-store", {"acme": "acme"}, requires=("warp-drive; extra == 'turbo'",))
    info = info_of("acme")
    assert (info.status, info.class_name, info.install) == (
        "not installed",
        "",
        "pip install 'acme-store[turbo]'",
    )


def test_a_broken_plugin_and_a_broken_backend_are_listed_with_the_reason(site: Site) -> None:
    site.module("acme", "raise RuntimeError('no good today')")
    site.backend("bolt", "name='bolt'")
    site.module("bolt_engine", "1 / 0")
    site.distribution("acme-store", {"acme": "acme", "bolt": "bolt"})
    assert (info_of("acme").status, info_of("bolt").status) == ("broken", "broken")
    assert "no good today" in info_of("acme").why
    assert "ZeroDivisionError" in info_of("bolt").why


def test_backends_that_share_a_name_are_listed_as_a_clash_that_names_the_other(site: Site) -> None:
    for name in ("acme", "rival"):
        site.backend(name, "name='turbo'")
        site.distribution(f"{name}-store", {name: name})
    first, second = (info for info in list_backends() if info.name == "turbo")
    assert (first.status, second.status) == ("clash", "clash")
    assert "rival-store 1.0" in first.why
    assert "acme-store 1.0" in second.why


def test_backends_are_listed_by_name(site: Site) -> None:
    site.backend("acme", "name='acme'")
    names = [info.name for info in list_backends(plugins=["acme"])]
    assert names == sorted(names)
    assert "acme" in names
