"""What the documentation shows is what happens.

Python blocks run as code, or as doctests where they begin with ``>>>``. A ``jsonc`` block becomes the file
``storage.jsonc``. The lines of a ``console`` block that begin with ``$`` run in a shell, and print what stands below
them. All blocks of a page share one namespace and one working directory.
"""

from __future__ import annotations

import doctest
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Document, Example
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = [*(ROOT / "core").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]
FLAGS = doctest.ELLIPSIS
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


@pytest.fixture(autouse=True)
def empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_of_a_page_does_what_the_page_says(page: Path) -> None:
    run(page.read_text(encoding="utf-8"), page)


@pytest.mark.contract(2, 3, 19, 26, 29, 30)
def test_the_guide_holds_on_memory_with_only_the_class_name_changed() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    on_memory = text.replace("mlos_bench.storage.sql.storage.SqlStorage", "trialstore_memory.MemoryBackend")
    assert on_memory != text
    run(on_memory.replace("sqlite::memory:", "memory::memory:"), GUIDE)


def test_the_guide_holds_on_mongodb_with_only_the_class_name_and_the_address_changed(
    mongo_database: dict[str, str],
) -> None:
    uri = mongo_database["uri"]
    text = GUIDE.read_text(encoding="utf-8")
    on_mongo = text.replace("mlos_bench.storage.sql.storage.SqlStorage", "trialstore_mongo.MongoBackend")
    on_mongo = on_mongo.replace('"database": ":memory:"', f'"uri": "{uri}"')
    assert uri in on_mongo
    assert "SqlStorage" not in on_mongo
    run(on_mongo.replace("sqlite::memory:", f"mongodb:{uri.rpartition('/')[2]}"), GUIDE)


def modules_with_examples() -> list[str]:
    return sorted(module_of(path) for path in SOURCES if ">>> " in path.read_text(encoding="utf-8"))


def module_of(path: Path) -> str:
    """Return the dotted name of a source file; its import root is the folder called trialstore…."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    root = next(i for i, part in enumerate(parts) if part.startswith("trialstore"))
    return ".".join(parts[root:]).removesuffix(".__init__")


@pytest.mark.parametrize("module", modules_with_examples())
def test_every_example_of_a_docstring_holds(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module), optionflags=FLAGS)
    assert (results.attempted > 0, results.failed) == (True, 0)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_local_link_of_a_page_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def run(text: str, page: Path) -> None:
    document = Document(text, str(page))
    for parser in (
        PythonCodeBlockParser(doctest_optionflags=FLAGS),
        CodeBlockParser("jsonc", write_config),
        CodeBlockParser("console", run_commands),
    ):
        for region in parser(document):
            document.add(region)
    for example in document.examples():
        example.evaluate()


def write_config(example: Example) -> None:
    Path("storage.jsonc").write_text(example.parsed, encoding="utf-8")


def run_commands(example: Example) -> str:
    return "".join(differences(example.parsed))


def differences(session: str) -> Iterator[str]:
    checker = doctest.OutputChecker()
    for command, shown in COMMAND.findall(session):
        wanted, got = trimmed(shown), output_of(command)
        if not checker.check_output(wanted, got, FLAGS):
            yield checker.output_difference(doctest.Example(command, wanted), got, FLAGS)


def output_of(command: str) -> str:
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "110"}
    done = subprocess.run(command, shell=True, env=environment, text=True, capture_output=True, check=False)
    failed = f"[exit code {done.returncode}]\n" if done.returncode else ""
    return trimmed(done.stdout + done.stderr + failed)


def trimmed(text: str) -> str:
    """Return the text without the space at the ends of its lines, and without empty lines at its end."""
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip("\n") + "\n"
