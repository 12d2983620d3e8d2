"""Plugins are found, and one that is broken, half-installed or in the way of another harms nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from shutil import rmtree
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import trialstore
from trialstore import BackendNotInstalledError, InvalidInputError, PluginError, UnknownBackendError
from trialstore.plugins import Registry
from trialstore.plugins.installed import installed_plugins

if TYPE_CHECKING:
    from tests.core.plugins.conftest import Site


def make(name: str, **kwargs: Any) -> trialstore.Storage:
    return trialstore.from_config({"class": name}, **kwargs)


def the_others_still_work() -> bool:
    return repr(make("memory")) == "memory:"


def test_an_installed_backend_is_known_by_its_short_name_its_class_and_its_aliases(site: Site) -> None:
    site.backend("acme", "name='acme', aliases=('old.place.Store',)")
    site.distribution("acme-store", {"acme": "acme"})
    for name in ("acme", "acme_engine.Store", "old.place.Store"):
        assert repr(make(name)) == "acme:None"


def test_a_backend_that_is_installed_later_is_found_and_one_that_is_removed_is_missed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_settled in (True, False):
        monkeypatch.setattr("trialstore.plugins.installed._SETTLED_NANOSECONDS", 0 if is_settled else 10**18)
        for _ in range(2):
            with pytest.raises(UnknownBackendError):
                make("acme")
        site.backend("acme", "name='acme'")
        site.distribution("acme-store", {"acme": "acme"})
        for _ in range(2):
            assert repr(make("acme")) == "acme:None"
        rmtree(site.folder / "acme_store-1.0.dist-info")


def test_installed_plugins_are_read_once_where_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialstore.plugins.installed._SETTLED_NANOSECONDS", 0)
    assert all(one is other for one, other in zip(installed_plugins(), installed_plugins(), strict=True))


def test_its_engine_is_not_imported_before_it_is_asked_for(site: Site) -> None:
    site.backend("acme", "name='acme'")
    site.distribution("acme-store", {"acme": "acme"})
    make("memory")
    assert "acme" in sys.modules
    assert "acme_engine" not in sys.modules


def test_a_config_imports_nothing_but_registered_backends(site: Site) -> None:
    site.module("intruder", "from trialstore_memory import MemoryBackend")
    with pytest.raises(UnknownBackendError, match=r"there is no backend 'intruder.MemoryBackend'"):
        make("intruder.MemoryBackend")
    assert "intruder" not in sys.modules


def test_an_unknown_class_lists_the_known_ones_and_guesses_what_was_meant() -> None:
    with pytest.raises(UnknownBackendError, match=r"'memroy'; did you mean 'memory'\? Known: .*memory, "):
        make("memroy")
    with pytest.raises(UnknownBackendError, match=r"'zzz'\. Known: .*trialstore_memory\.MemoryBackend"):
        make("zzz")


def test_a_plugin_whose_import_breaks_says_so_and_only_when_it_is_asked_for(site: Site) -> None:
    site.module("acme", "raise RuntimeError('no good today')")
    site.distribution("acme-store", {"turbo": "acme"})
    assert the_others_still_work()
    for name in ("turbo", "acme.Store"):
        with pytest.raises(
            PluginError, match=r"'turbo' of acme-store 1.0 is broken: RuntimeError: no good today"
        ):
            make(name)


def test_an_unknown_class_tells_of_the_plugins_that_are_not_loaded(site: Site) -> None:
    site.module("acme", "raise RuntimeError('no good today')")
    site.distribution("acme-store", {"turbo": "acme"})
    with pytest.raises(UnknownBackendError, match=r"Not loaded: plugin 'turbo' of acme-store 1.0"):
        make("somewhere.else.Store")


def test_a_plugin_that_exits_the_program_on_import_does_not(site: Site) -> None:
    site.module("acme", "import sys; sys.exit(3)")
    site.distribution("acme-store", {"acme": "acme"})
    assert the_others_still_work()
    with pytest.raises(PluginError, match="SystemExit: 3"):
        make("acme")


def test_a_missing_dependency_gives_the_pip_line_of_the_extra_that_brings_it(site: Site) -> None:
    site.module("acme", "import warp_drive.core")
    site.distribution(
        "acme-store",
        {"acme": "acme"},
        requires=("numpy>=1", "warp.drive>=2; extra == 'turbo'", "b; extra=='b'"),
    )
    assert the_others_still_work()
    with pytest.raises(
        BackendNotInstalledError, match=r"'warp_drive', which is not installed; run: pip"
    ) as info:
        make("acme")
    assert "pip install 'acme-store[turbo]'" in str(info.value)
    assert info.value.name == "warp_drive"


def test_a_missing_dependency_of_no_extra_gives_the_pip_line_of_the_distribution(site: Site) -> None:
    site.module("acme", "import warp_drive")
    site.distribution("acme-store", {"acme": "acme"})
    with pytest.raises(BackendNotInstalledError, match="pip install 'acme-store'"):
        make("acme")


@pytest.mark.parametrize("module", ["warp_drive", "warp_drive.core"])
def test_what_a_backend_requires_is_looked_for_before_it_is_imported(site: Site, module: str) -> None:
    site.backend("acme", f"name='acme', requires=('json', {module!r}), install='acme-store[turbo]'")
    site.distribution("acme-store", {"acme": "acme"})
    with pytest.raises(BackendNotInstalledError, match=rf"'{module}'.*pip install 'acme-store\[turbo\]'"):
        make("acme")
    assert "acme_engine" not in sys.modules


def test_the_url_scheme_of_a_plugin_that_is_not_installed_gives_the_pip_line(site: Site) -> None:
    site.backend(
        "acme", "name='acme', schemes=('warp',), requires=('warp_drive',), install='acme-store[turbo]'"
    )
    site.module("rival", "import warp_drive")
    site.distribution("acme-store", {"acme": "acme", "rival": "rival"})
    with pytest.raises(BackendNotInstalledError, match=r"pip install 'acme-store\[turbo\]'"):
        trialstore.open("warp+fast://host")
    with pytest.raises(BackendNotInstalledError, match=r"pip install 'acme-store'"):
        trialstore.open("rival://host")


def test_a_dependency_that_is_missed_only_on_import_gives_the_pip_line_too(site: Site) -> None:
    site.backend("acme", "name='acme', install='acme-store[turbo]'")
    site.module("acme_engine", "import warp_drive")
    site.distribution("acme-store", {"acme": "acme"})
    with pytest.raises(BackendNotInstalledError, match=r"pip install 'acme-store\[turbo\]'"):
        make("acme")


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("from json import no_such_name", "ImportError: cannot import name 'no_such_name'"),
        ("raise OSError('no libwarp.so')", "OSError: no libwarp.so"),
        ("import acme_engine.more", "ModuleNotFoundError: No module named 'acme_engine.more'"),
        ("", "acme_engine.Store is not a subclass of trialstore.Backend"),
        ("Store = 3", "acme_engine.Store is not a subclass of trialstore.Backend"),
        ("class Store: pass", "acme_engine.Store is not a subclass of trialstore.Backend"),
    ],
)
def test_a_backend_that_cannot_be_imported_is_a_plugin_error(site: Site, engine: str, message: str) -> None:
    site.backend("acme", "name='acme'")
    site.module("acme_engine", engine)
    site.distribution("acme-store", {"acme": "acme"})
    assert the_others_still_work()
    with pytest.raises(PluginError, match=message):
        make("acme")


def test_an_entry_point_that_leads_nowhere_is_broken_not_something_to_install(site: Site) -> None:
    site.distribution("acme-store", {"acme": "acme"})
    with pytest.raises(PluginError, match="No module named 'acme'"):
        make("acme")


def test_a_name_that_two_plugins_claim_names_both_and_everything_else_works(site: Site) -> None:
    for name in ("acme", "rival"):
        site.backend(name, f"name='turbo', schemes=('turbo', '{name}')")
        site.distribution(f"{name}-store", {"turbo": name})
    claims: list[Callable[[], object]] = [lambda: make("turbo"), lambda: trialstore.open("turbo://")]
    for claim in claims:
        with pytest.raises(PluginError, match=r"'turbo' is claimed by .* and ") as info:
            claim()
        assert "acme_engine.Store (plugin 'turbo' of acme-store 1.0)" in str(info.value)
        assert "rival_engine.Store (plugin 'turbo' of rival-store 1.0)" in str(info.value)
    assert repr(make("acme_engine.Store")) == "acme:None"
    assert repr(trialstore.open("rival://")) == "rival:None"
    assert the_others_still_work()


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("def trialstore_backend(): return []", "unknown hook 'trialstore_backend'"),
        (
            "def trialstore_trials_added(trials): pass",
            "trials.* are declared in the hookimpl but can not be found",
        ),
        ("def trialstore_backends(): return [3]", "must return BackendSpecs, not int"),
        ("def trialstore_backends(): return 3", "TypeError"),
        ("def trialstore_backends(): raise KeyError('x')", "KeyError: 'x'"),
        (
            "def trialstore_backends(): return [trialstore.BackendSpec(name='', class_path='a.B')]",
            "a backend has a name and its class a dotted path, not '', 'a.B'",
        ),
        (
            "def trialstore_backends(): return [trialstore.BackendSpec(name='a', class_path='B')]",
            "a backend has a name and its class a dotted path, not 'a', 'B'",
        ),
    ],
)
def test_a_plugin_with_a_wrong_hook_is_reported_and_left_out(site: Site, hook: str, message: str) -> None:
    site.module("acme", f"import trialstore\n@trialstore.hookimpl\n{hook}")
    site.distribution("acme-store", {"acme": "acme"})
    site.backend("zenith", "name='zenith'")
    site.distribution("zenith-store", {"zenith": "zenith"})
    assert the_others_still_work()
    assert repr(make("zenith")) == "zenith:None"
    with pytest.raises(PluginError, match=message):
        make("acme")


def test_a_module_behind_two_entry_points_is_one_plugin(site: Site) -> None:
    site.backend("acme", "name='acme'")
    site.distribution("acme-store", {"acme": "acme", "acme-too": "acme"})
    assert repr(make("acme")) == "acme:None"


def test_a_plugin_can_be_given_before_it_is_packaged_as_a_module_or_by_name(site: Site) -> None:
    site.backend("acme", "name='acme', schemes=('acme',)")
    assert repr(make("acme", plugins=["acme"])) == "acme:None"
    assert repr(make("acme", plugins=[sys.modules["acme"]])) == "acme:None"
    assert repr(trialstore.open("acme://", plugins=["acme"])) == "acme:None"
    with pytest.raises(UnknownBackendError):
        make("acme")


def test_a_plugin_that_is_installed_may_be_given_as_well(site: Site) -> None:
    site.backend("acme", "name='acme'")
    site.distribution("acme-store", {"acme": "acme"})
    assert repr(make("acme", plugins=["acme"])) == "acme:None"


def test_a_given_plugin_may_be_an_object(site: Site) -> None:
    site.backend("acme", "name='acme'")
    spec = trialstore.BackendSpec(name="own", class_path="acme_engine.Store")

    class Plugin:
        @trialstore.hookimpl
        def trialstore_backends(self) -> list[trialstore.BackendSpec]:
            return [spec]

    assert repr(make("own", plugins=[Plugin()])) == "acme:None"


def test_a_given_plugin_that_fails_is_an_error_at_once(site: Site) -> None:
    site.module("acme", "import warp_drive")
    with pytest.raises(
        BackendNotInstalledError, match=r"'acme' of the caller needs .* pip install 'warp_drive'"
    ):
        make("memory", plugins=["acme"])
    with pytest.raises(PluginError, match="No module named 'no_such_plugin'"):
        make("memory", plugins=["no_such_plugin"])


def test_a_given_plugin_that_claims_a_taken_name_names_both() -> None:
    rival = ModuleType("rival")
    rival.trialstore_backends = trialstore.hookimpl(  # type: ignore[attr-defined]
        lambda: [trialstore.BackendSpec(name="memory", class_path="rival.Store")]
    )
    rival.trialstore_backends.__name__ = "trialstore_backends"
    with pytest.raises(
        PluginError, match=r"'memory' is claimed by .*trialstore.* and rival.Store .*the caller"
    ):
        make("memory", plugins=[rival])


def test_a_driver_behind_a_plus_sign_belongs_to_the_scheme_before_it() -> None:
    assert Registry().find_scheme("memory+fast").spec.name == "memory"


def test_nothing_is_kept_between_two_registries(site: Site) -> None:
    site.backend("acme", "name='acme'")
    Registry(["acme"])
    assert "acme" not in [backend.spec.name for backend in Registry().backends]


@pytest.mark.parametrize("plugin", [None, 5, object(), "json"])
def test_what_has_no_hooks_is_no_plugin(plugin: Any) -> None:
    with pytest.raises(PluginError, match="of the caller has no hooks"):
        make("memory", plugins=[plugin])


@pytest.mark.parametrize("plugins", [5, None, "json", sys])
def test_plugins_come_in_a_list(plugins: Any) -> None:
    with pytest.raises(InvalidInputError, match="plugins must be a list of modules or their names"):
        make("memory", plugins=plugins)
    with pytest.raises(InvalidInputError, match="plugins must be a list of modules or their names"):
        trialstore.open("memory://", plugins=plugins)


def test_a_given_plugin_whose_hook_exits_the_program_does_not(site: Site) -> None:
    site.module(
        "acme", "import sys, trialstore\n@trialstore.hookimpl\ndef trialstore_backends(): sys.exit(3)"
    )
    with pytest.raises(PluginError, match="plugin 'acme' of the caller is broken: SystemExit: 3"):
        make("memory", plugins=["acme"])
