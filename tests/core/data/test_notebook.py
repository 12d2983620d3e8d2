"""How data objects show in a notebook."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from trialstore import Experiment, Status, Storage

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Cells(HTMLParser):
    """Collects what a reader sees, and the tags that show it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_an_experiment_is_a_table_of_its_facts(storage: Storage) -> None:
    handle = storage.experiment(experiment_id="e", description="<b>why</b>", opt_targets={"m": "min"})
    with handle as experiment:
        experiment.new_trials([{"x": 1}, {"x": 2}])[0].update(Status.FAILED, NOW)
    cells = Cells(storage.experiments["e"]._repr_html_())
    assert cells.texts[:5] == ["Experiment e", "description", "<b>why</b>", "objectives", "{'m': 'min'}"]
    assert cells.texts[-2:] == ["trials", "1 PENDING, 1 FAILED"]
    assert cells.tags == {"b", "table", "tr", "th", "td"}


def test_an_experiment_without_trials_says_so(storage: Storage, plain: Experiment) -> None:
    assert Cells(storage.experiments["plain"]._repr_html_()).texts[-2:] == ["trials", "none"]


def test_a_trial_is_a_table_of_its_facts(storage: Storage, plain: Experiment) -> None:
    plain.new_trial({"x": 1}, config={"a": "<script>"}).update(Status.SUCCEEDED, NOW, {"m": 2})
    cells = Cells(storage.experiments["plain"].trials[1]._repr_html_())
    assert cells.texts[0] == "Trial 1 of plain"
    shown = dict(zip(cells.texts[1::2], cells.texts[2::2], strict=True))
    assert shown["status"] == "SUCCEEDED"
    assert (shown["config"], shown["results"]) == ("{'x': 1}", "{'m': 2}")
    assert shown["metadata"] == "{'a': '<script>'}"
    assert "trial_runner_id" not in shown


def test_a_mapping_is_a_table_that_is_cut_when_it_is_long(
    storage: Storage, plain: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.new_trials([{}] * 3)
    trials = storage.experiments["plain"].trials
    rows = [f"Trial :: plain:{i} cid:1 rid:None PENDING" for i in (1, 2, 3)]
    assert Cells(trials._repr_html_()).texts == ["1", rows[0], "2", rows[1], "3", rows[2]]
    monkeypatch.setattr("trialstore.data._html.MAX_ROWS", 2)
    assert Cells(trials._repr_html_()).texts == ["1", rows[0], "2", rows[1], "… and 1 more"]
