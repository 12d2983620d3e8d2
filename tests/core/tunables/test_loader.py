from __future__ import annotations

from pathlib import Path

import pytest

from trialstore.errors import ConfigError
from trialstore.tunables import load_tunables

DISK = """
// One group, with what only JSON5 allows.
{disk: {cost: 1, params: {
    queue: {type: 'int', range: [1, 0x40], default: 8,},
}}}
"""
CACHE = '{"cache": {"cost": 5, "params": {"mb": {"type": "int", "range": [1, 64], "default": 8}}}}'


@pytest.mark.contract(37)
def test_files_and_texts_are_loaded_together_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "disk.jsonc"
    path.write_text(DISK, encoding="utf-8")
    for file in (path, str(path)):
        tunables = load_tunables([file, CACHE])
        assert tunables.get_param_values() == {"queue": 8, "mb": 8}
        assert tunables.get_covariant_group_names() == ["disk", "cache"]


def test_one_path_or_text_needs_no_list(tmp_path: Path) -> None:
    path = tmp_path / "disk.jsonc"
    path.write_text(DISK, encoding="utf-8")
    assert load_tunables(path) == load_tunables(DISK) == load_tunables([DISK])


def test_a_group_may_stand_in_two_sources_if_it_is_defined_alike() -> None:
    assert load_tunables([DISK, CACHE, DISK]).get_param_values() == {"queue": 8, "mb": 8}
    with pytest.raises(ConfigError, match="tunables in text 2: group 'cache' is defined in two ways"):
        load_tunables([CACHE, CACHE.replace("64", "32")])


def test_no_sources_give_no_tunables() -> None:
    assert len(load_tunables([])) == 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file of tunables .*absent\.jsonc"):
        load_tunables([tmp_path / "absent.jsonc"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{disk: }", "Unexpected"),
        ("[]", "must be a mapping"),
        ('{"g": {"cost": 1}}', "at $.g: 'params' is a required property"),
        (CACHE.replace('{"mb":', '{"mb": 1, "mb":'), "mb"),
        (CACHE.replace("64", "Infinity"), "at $.cache.params.mb.range[1]: inf"),
    ],
)
def test_an_error_names_the_source_and_the_place(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "bad.jsonc"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tunables in .*bad\.jsonc: ") as in_file:
        load_tunables([DISK, path])
    assert expected in str(in_file.value)
    with pytest.raises(ConfigError, match="tunables in text 2: "):
        load_tunables([DISK, text])


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.jsonc"
    path.write_bytes(b"{ // \xe9\n}")
    with pytest.raises(ConfigError, match=r"latin\.jsonc: .*utf-8"):
        load_tunables([path])
