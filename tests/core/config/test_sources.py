"""Configs are JSON5 text, files in the searched folders, or dicts, and are never changed."""

from __future__ import annotations

import copy
import os
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, cast

import pytest

import trialstore
from trialstore import ConfigError, ConfigNotFoundError, InvalidInputError, from_config
from trialstore.config import Folders

TEXT = """
{ // a comment
    class: 'memory',
    "config": {"database": "here",},
}
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(folder: Path, name: str, database: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(TEXT.replace("here", database))
    return path


@pytest.mark.contract(33)
def test_a_config_may_be_json5_text_a_path_or_a_dict(tmp_path: Path) -> None:
    path = write(tmp_path, "storage.jsonc", "here")
    for config in (TEXT, str(path), path, {"class": "memory", "config": {"database": "here"}}):
        assert repr(from_config(config)) == "memory:here"


@pytest.mark.contract(33)
def test_a_file_is_searched_in_the_working_directory_then_in_config_path_then_among_the_shipped(
    tmp_path: Path, work: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert repr(from_config("storage/memory.jsonc", config_path=[first])) == "memory:"
    write(second, "storage.jsonc", "second")
    assert repr(from_config("storage.jsonc", config_path=[str(first), second])) == "memory:second"
    write(first, "storage.jsonc", "first")
    assert repr(from_config("storage.jsonc", config_path=[str(first), second])) == "memory:first"
    write(work, "storage.jsonc", "work")
    assert repr(from_config("storage.jsonc", config_path=[first])) == "memory:work"


def test_config_path_may_be_one_folder(tmp_path: Path) -> None:
    write(tmp_path, "storage.jsonc", "one")
    assert repr(from_config("storage.jsonc", config_path=tmp_path)) == "memory:one"
    assert repr(from_config("storage.jsonc", config_path=str(tmp_path))) == "memory:one"


def test_a_path_object_is_a_path_whatever_is_in_it(tmp_path: Path) -> None:
    assert repr(from_config(write(tmp_path, "run[1].jsonc", "odd"))) == "memory:odd"


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "bom.jsonc"
    path.write_text(TEXT, encoding="utf-8-sig")
    assert repr(from_config(path)) == "memory:here"


@pytest.mark.contract(34)
def test_a_missing_file_is_a_file_not_found_error_that_says_where_it_was_searched(
    tmp_path: Path, work: Path
) -> None:
    with pytest.raises(FileNotFoundError, match=r"no config file 'no.jsonc'") as info:
        from_config("no.jsonc", config_path=[tmp_path / "other"])
    assert isinstance(info.value, ConfigNotFoundError)
    assert f"{work}, {tmp_path / 'other'}, the configs shipped with trialstore" in str(info.value)


@pytest.mark.contract(34)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n"class": "memory",,}', r"line 2: Unexpected \"\}\" at column 20"),
        ('{"class": "memory"', "not valid JSON5"),
        ('{"class": "memory", "class": "memory"}', 'Duplicate key "class"'),
        ('["class"]', r"holds no object: expected \{\.\.\.\}"),
        ("[" * 100_000, "it holds a malformed value"),
        ('{"class": "memory", config: {password: 17e}}', "it holds a malformed value$"),
    ],
)
def test_bad_json_is_a_value_error_that_names_the_file_and_the_place(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "bad.jsonc"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as info:
        from_config(path)
    assert isinstance(info.value, ValueError)
    assert str(info.value).startswith(str(path))
    with pytest.raises(ConfigError, match=f"the config text .*{message}"):
        from_config(text)


def test_a_file_that_cannot_be_read_as_text_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        from_config(tmp_path)
    path = tmp_path / "latin.jsonc"
    path.write_bytes(b'{"class": "m\xe9mory"}')
    with pytest.raises(ConfigError, match=r"latin.jsonc is not UTF-8 text, at byte 12"):
        from_config(path)


def test_anything_else_is_no_config() -> None:
    with pytest.raises(ConfigError, match="a config is a path, JSON5 text or a dict, not int"):
        from_config(cast("str", 3))
    with pytest.raises(ConfigError, match="the keys of a config are strings, not int"):
        from_config({"class": "memory", "config": {3: "x"}})


@pytest.mark.contract(33)
def test_what_the_caller_gave_is_never_changed(tmp_path: Path) -> None:
    write(tmp_path, "extra.jsonc", "x")
    config = {"class": "memory", "config": {"database": "$x", "query": {"a": ["$x"]}, "port": None}}
    globals_: list[Any] = [{"x": "1", "config_path": [str(tmp_path)], "query": {"b": ["$x"]}}, "extra.jsonc"]
    path, query = ["/somewhere"], {"c": ["d"]}
    before = copy.deepcopy((config, globals_, path, query))
    from_config(config, globals_, config_path=path, query=query)
    assert (config, globals_, path, query) == before


def test_the_folders_are_absolute_so_that_a_later_change_of_directory_does_not_matter(tmp_path: Path) -> None:
    folders = Folders.of("configs")
    os.chdir(tmp_path)
    assert folders.given == (str(tmp_path / "work"), str(tmp_path / "work" / "configs"))


def test_a_name_that_no_file_system_takes_is_not_found() -> None:
    with pytest.raises(ConfigNotFoundError):
        from_config("x" * 10_000)
    with pytest.raises(ConfigNotFoundError):
        from_config(PurePosixPath("nul\0"))


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("postgresql://u:hunter2@h/db", "postgresql://"),
        (Path("postgresql://u:hunter2@h/db"), "postgresql://"),
        ("mysql:u:hunter2", "mysql://"),
        ("u:hunter2@h/db", "u://"),
        ("folder/hunter2@h", "scheme://"),
        (" sqlite://hunter2", "scheme://"),
    ],
)
def test_a_url_in_place_of_a_config_is_not_repeated_because_it_may_hold_a_password(
    name: str | Path, scheme: str
) -> None:
    with pytest.raises(ConfigNotFoundError, match=r"opened with trialstore\.open\(\)") as info:
        from_config(name)
    assert "hunter2" not in str(info.value)
    assert f"written {scheme}username:password@host/database" in str(info.value)


@pytest.mark.parametrize("name", ["C:\\no.jsonc", "C:/no.jsonc", "folder/no.jsonc"])
def test_a_path_is_repeated_even_if_it_begins_with_a_drive(name: str) -> None:
    with pytest.raises(ConfigNotFoundError) as info:
        from_config(name)
    assert repr(name) in str(info.value)


@pytest.mark.skipif(os.name == "nt", reason="a working directory cannot be deleted there")
def test_a_working_directory_that_is_gone_is_not_searched(tmp_path: Path, work: Path) -> None:
    path = write(tmp_path / "configs", "storage.jsonc", "x")
    work.rmdir()
    assert repr(from_config("storage.jsonc", config_path=path.parent)) == "memory:x"
    assert repr(from_config(path, config_path="relative")) == "memory:x"
    assert repr(from_config("storage/memory.jsonc")) == "memory:"
    assert repr(trialstore.open("memory://")) == "memory:"


def test_the_home_of_nobody_is_not_found() -> None:
    with pytest.raises(ConfigNotFoundError, match="'~no-such-user/x'"):
        from_config("~no-such-user/x", config_path="~no-such-user")


@pytest.mark.parametrize("config", [5, 0, b"x", [5], [None], 1.5])
def test_global_configs_are_configs(config: Any) -> None:
    with pytest.raises(ConfigError, match="a global config is a path, JSON5 text or a dict, not"):
        from_config(TEXT, config)


@pytest.mark.parametrize("config_path", [5, None, [None], [b"x"]])
def test_a_config_path_is_folders(config_path: Any) -> None:
    with pytest.raises(ConfigError, match="config_path"):
        from_config(TEXT, config_path=config_path)
    with pytest.raises(ConfigError, match="config_path"):
        from_config(TEXT, {"config_path": config_path})


def test_a_config_that_contains_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["query"] = [endless]
    calls: list[dict[str, Any]] = [
        {"config": endless},
        {"config": TEXT, "global_configs": endless},
        {"config": TEXT, "query": endless},
    ]
    for arguments in calls:
        with pytest.raises(ConfigError, match="contains itself, or is nested too deeply"):
            from_config(**arguments)


@pytest.mark.parametrize("retry_for", ["60", None, float("nan"), float("inf"), -1, True])
def test_patience_is_a_number_of_seconds(retry_for: Any) -> None:
    for make in (partial(from_config, TEXT), partial(trialstore.open, "memory://")):
        with pytest.raises(InvalidInputError, match="retry_for"):
            make(retry_for=retry_for)
