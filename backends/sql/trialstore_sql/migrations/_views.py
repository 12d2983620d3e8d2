"""The views, which unfold parameters and metrics for people who come with SQL; docs/sql.md describes them."""

from __future__ import annotations

import sqlalchemy

from trialstore.status import Status
from trialstore_sql.dialects import Dialect, ViewWords

VIEWS = ("trial_params", "trial_metrics", "trials")

# The codec writes NaN and the infinities as tagged strings, and strings that begin like a tag with one more "~".
_UNFOLDED = """\
{create} {view} AS
SELECT experiment_id, trial_id, tunable_config_id, {name} AS {column},
  {type} AS type,
  CASE WHEN kind IN ('int', 'float') THEN CAST(raw AS {double})
    WHEN kind = 'bool' THEN CASE raw WHEN 'true' THEN 1.0 ELSE 0.0 END
    WHEN kind = 'str' AND raw IN ('~nan', '~inf', '~-inf') THEN {tagged}
  END AS number,
  {value} AS text
FROM (
  SELECT e.experiment_id, t.trial_id, t.tunable_config_id,
    {item_name} AS name,
    {kind} AS kind,
    {raw} AS raw
  FROM {experiment} AS e
  JOIN {trial} AS t ON t.experiment_key = e.experiment_key{config}
  CROSS JOIN {items}
) AS unfolded"""
_TYPE = "CASE WHEN kind = 'str' AND raw IN ('~nan', '~inf', '~-inf') THEN 'float' ELSE kind END"
_VALUE = "CASE WHEN kind = 'str' AND SUBSTR(raw, 1, 1) = '~' THEN SUBSTR(raw, 2) ELSE raw END"
_CONFIG = "\n  JOIN {tunable_config} AS c ON c.tunable_config_id = t.tunable_config_id"
_TRIALS = """\
{create} {view} AS
SELECT e.experiment_id, t.trial_id, t.tunable_config_id,
  {status} AS status,
  {due} AS ts_due,
  {start} AS ts_start,
  {end} AS ts_end,
  t.trial_runner_id, t.attempt,
  {params} AS params, {metadata} AS metadata, {metrics} AS metrics
FROM {experiment} AS e
JOIN {trial} AS t ON t.experiment_key = e.experiment_key
JOIN {tunable_config} AS c ON c.tunable_config_id = t.tunable_config_id"""


def view_statements(dialect: Dialect, engine: sqlalchemy.Dialect) -> list[str]:
    """Return the statements that make the views, in the words of the engine that is connected."""
    words, prefix = dialect.view_words(engine), dialect.settings.table_prefix
    tables = ("experiment", "trial", "tunable_config", *VIEWS)
    quoted = {name: engine.identifier_preparer.quote_identifier(f"{prefix}{name}") for name in tables}
    return [
        _unfolded(words, quoted, "trial_params", column="param", text="c.params", config=_CONFIG),
        _unfolded(words, quoted, "trial_metrics", column="metric", text="t.metrics", config=""),
        _trials(words, quoted),
    ]


def _unfolded(
    words: ViewWords, tables: dict[str, str], view: str, *, column: str, text: str, config: str
) -> str:
    return _UNFOLDED.format(
        **tables,
        create=words.create,
        view=tables[view],
        config=config.format(**tables),
        column=column,
        name=words.literal.format(text="name"),
        type=words.literal.format(text=_TYPE),
        value=words.literal.format(text=_VALUE),
        double=words.double,
        tagged=words.tagged.format(double=words.double),
        item_name=words.name,
        kind=words.kind,
        raw=words.raw,
        items=words.items.format(text=text),
    )


def _trials(words: ViewWords, tables: dict[str, str]) -> str:
    names = "\n    ".join(f"WHEN {status.value} THEN '{status.name}'" for status in Status)
    return _TRIALS.format(
        **tables,
        create=words.create,
        view=tables["trials"],
        status=words.literal.format(text=f"CASE t.status\n    {names}\n  END"),
        due=words.moment.format(micros="t.due"),
        start=words.moment.format(micros="COALESCE(t.ts_start, t.due)"),
        end=words.moment.format(micros="t.ts_end"),
        params=words.json.format(text="c.params"),
        metadata=words.json.format(text="t.metadata"),
        metrics=words.json.format(text="t.metrics"),
    )
