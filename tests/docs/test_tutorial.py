"""The tutorial's code is the example's code, works as the tutorial says, and needs nothing that is not public."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from trialstore_conformance import SENTENCES, StorageConformance

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "trialstore-lmdb"
PAGE = (ROOT / "docs" / "write-a-backend.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SELECTIONS = re.findall(r'^pytest -k "(.+)"$', PAGE, re.MULTILINE)
SOURCES = sorted(EXAMPLE.glob("src/*/*.py"))


def files_of_the_page() -> dict[str, str]:
    files: defaultdict[str, str] = defaultdict(str)
    for name, code in BLOCK.findall(PAGE):
        files[name] += code
    return dict(files)


def test_the_blocks_of_each_file_are_the_files_of_the_example() -> None:
    shown = files_of_the_page()
    assert {str(path.relative_to(EXAMPLE)) for path in SOURCES} <= shown.keys()
    for name, code in shown.items():
        assert code == (EXAMPLE / name).read_text(encoding="utf-8"), name


def test_the_package_of_the_page_passes_the_tests_that_the_page_names(tmp_path: Path) -> None:
    for name, code in files_of_the_page().items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(not_installed(code), encoding="utf-8")
    *quick, _processes = SELECTIONS
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        " or ".join(quick),
        "tests",
    ]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("selection", SELECTIONS)
def test_every_part_of_a_command_chooses_a_test(selection: str) -> None:
    names = [name for name in dir(StorageConformance) if name.startswith("test_")]
    assert [part for part in selection.split(" or ") if not any(part in name for name in names)] == []


def test_every_sentence_that_the_page_mentions_is_in_the_contract() -> None:
    mentioned = set(re.findall(r"C-\d+", PAGE))
    assert mentioned
    assert mentioned <= SENTENCES.keys()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_example_needs_only_public_names(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [name for name in sorted(names_of_trialstore(tree)) if not is_public(name)] == []


def not_installed(code: str) -> str:
    return code.replace('{"class": "lmdb",', '{"plugins": ["trialstore_lmdb.plugin"], "class": "lmdb",')


def names_of_trialstore(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted names that a module imports of trialstore, and what it uses of the modules among them."""
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "trialstore":
            modules |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == "trialstore")
    yield from modules.values()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            dotted = modules[node.value.id]
            if is_module(dotted):
                yield f"{dotted}.{node.attr}"


def is_public(dotted: str) -> bool:
    """Tell whether a name is a module, or one that its module lists in `__all__`; nothing private is."""
    if any(part.startswith("_") for part in dotted.split(".")):
        return False
    module, _, name = dotted.rpartition(".")
    return is_module(dotted) or name in import_module(module).__all__


def is_module(dotted: str) -> bool:
    try:
        return find_spec(dotted) is not None
    except ModuleNotFoundError:  # what is before the last dot is no package
        return False
