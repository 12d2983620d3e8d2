"""Facts about git are taken where they exist, and cost nothing where they do not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from trialstore import Storage
from trialstore.git_facts import git_facts
from trialstore_memory import MemoryBackend

pytestmark = pytest.mark.contract(4)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in a repository, with a file in it; nothing has been committed."""
    folder = tmp_path / "repository" / "configs"
    folder.mkdir(parents=True)
    (folder / "env.jsonc").write_text("{}")
    git(folder.parent, "init", "--quiet")
    return folder


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "first")
    return git(folder, "rev-parse", "HEAD")


def install_git(folder: Path, script: str) -> Path:
    """Put another program named git into a folder for the search path."""
    folder.mkdir()
    program = folder / "git"
    program.write_text(script)
    program.chmod(0o755)
    return folder


def test_a_file_in_a_repository_has_its_remote_and_commit(folder: Path) -> None:
    git(folder, "remote", "add", "origin", "https://example.org/tuning.git")
    head = commit(folder)
    assert git_facts(str(folder / "env.jsonc")) == ("https://example.org/tuning.git", head)


def test_without_a_remote_it_is_the_folder_of_the_repository(folder: Path) -> None:
    head = commit(folder)
    repository, found = git_facts(str(folder / "env.jsonc"))
    assert Path(repository or "").samefile(folder.parent)
    assert found == head


def test_before_the_first_commit_there_is_none(folder: Path) -> None:
    repository, found = git_facts(str(folder / "env.jsonc"))
    assert repository is not None
    assert found is None


@pytest.mark.parametrize("path", [None, "", "not a file", "no/such/folder/env.jsonc"])
def test_another_text_than_a_path_stands_for_the_working_directory(
    path: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    head = commit(folder)
    assert git_facts(path)[1] == head


def test_what_can_be_no_path_does_no_harm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    head = commit(folder)
    assert git_facts("a\0b")[1] == head
    assert git_facts("x" * 10_000)[1] == head


def test_a_working_directory_that_is_gone_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert git_facts(None) == git_facts("env.jsonc") == (None, None)


@pytest.mark.parametrize(
    ("remote", "stored"),
    [
        ("https://user:secret@example.org/a.git", "https://example.org/a.git"),
        ("https://secret@example.org/a@b.git", "https://example.org/a@b.git"),
        ("git@example.org:a.git", "git@example.org:a.git"),
        ("https://example.org/a@b.git", "https://example.org/a@b.git"),
    ],
)
def test_credentials_are_cut_out_of_the_remote(folder: Path, remote: str, stored: str) -> None:
    git(folder, "remote", "add", "origin", remote)
    assert git_facts(str(folder / "env.jsonc"))[0] == stored


def test_a_remote_that_is_no_text_is_left_out(folder: Path) -> None:
    git(folder, "remote", "add", "origin", os.fsdecode(b"/srv/\xff.git"))
    repository, _ = git_facts(str(folder / "env.jsonc"))
    assert Path(repository or "").samefile(folder.parent)


def test_outside_a_repository_there_are_none_and_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = install_git(tmp_path / "bin", "#!/bin/sh\ntouch has_run\n")
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    assert git_facts(str(tmp_path / "env.jsonc")) == (None, None)
    assert git_facts(None) == (None, None)
    assert not (tmp_path / "has_run").exists()


def test_without_git_there_are_none(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(folder)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_facts(str(folder / "env.jsonc")) == (None, None)


def test_a_git_that_cannot_be_run_does_no_harm(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(install_git(tmp_path / "bin", "#!/no/such/interpreter\n")))
    assert git_facts(str(folder / "env.jsonc")) == (None, None)


def test_a_broken_repository_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("broken")
    assert git_facts(None) == (None, None)


@pytest.mark.contract(26)
def test_an_experiment_keeps_them(folder: Path) -> None:
    head = commit(folder)
    path = str(folder / "env.jsonc")
    with (
        Storage(MemoryBackend({})) as storage,
        storage.experiment(experiment_id="e", root_env_config=path),
    ):
        stored_path, repository, stored_commit = storage.experiments["e"].root_env_config
    assert (stored_path, stored_commit) == (path, head)
    assert Path(repository or "").samefile(folder.parent)


def test_a_password_with_an_at_sign_is_cut_out_too(folder: Path) -> None:
    git(folder, "remote", "add", "origin", "https://user:p@ss@example.org/lab/scripts.git")
    assert git_facts(str(folder / "run.jsonc"))[0] == "https://example.org/lab/scripts.git"


def test_the_repository_of_a_git_hook_is_not_mistaken_for_that_of_the_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked = tmp_path / "hooked"
    hooked.mkdir()
    git(hooked, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(hooked / ".git"))
    assert git_facts(str(folder / "run.jsonc"))[0] == str(folder.parent)
