"""``import trialstore`` is light: what is heavy is imported when it is first used."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path

import pytest

import trialstore

HEAVY = {
    "alembic",
    "json5",
    "jsonschema",
    "numpy",
    "pandas",
    "pluggy",
    "rich",
    "sqlalchemy",
    "tenacity",
    "typer",
}


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_trialstore_imports_nothing_heavy() -> None:
    assert not modules_after("import trialstore") & HEAVY


@pytest.mark.parametrize(
    "code",
    [
        "from trialstore import Status, TrialstoreError, Backend, Capability",
        "from trialstore import BackendSpec, hookimpl",
        "from trialstore import from_config, open, Storage, Experiment, Trial",
        "import trialstore; trialstore.open('memory://').close()",
    ],
)
def test_neither_pandas_nor_an_engine_is_imported_before_it_is_needed(code: str) -> None:
    assert not modules_after(code) & {"alembic", "numpy", "pandas", "rich", "sqlalchemy", "typer"}


def test_every_public_name_is_there() -> None:
    missing = [name for name in trialstore.__all__ if getattr(trialstore, name, None) is None]
    assert missing == []
    assert set(trialstore.__all__) <= set(dir(trialstore))


def test_type_checkers_see_the_public_names_where_they_are_found() -> None:
    tree = ast.parse(Path(trialstore.__file__).read_text(encoding="utf-8"))
    [block] = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.name: str(node.module) for node in imports for alias in node.names}
    assert set(seen) == set(trialstore.__all__)
    for name, module in seen.items():
        assert getattr(trialstore, name) is getattr(import_module(module), name)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'trialstore' has no attribute 'storrage'"):
        trialstore.storrage  # noqa: B018 - the access is what is tested


def test_the_version_is_that_of_the_distribution() -> None:
    assert trialstore.__version__ == metadata.version("trialstore")
