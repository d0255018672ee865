"""Spans as requests and model calls: one row per trace, and one per call, as DuckDB tables.

A request is the entry span of a trace. Its model is that of its last model call, its cost the sum of all its calls.
Only spans that the engine is given take part: of a trace that crosses midnight, a day sees its own part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from llm_eval_pipeline.production.conventions import BILLED_CALLS, MODEL_CALLS
from llm_eval_pipeline.production.schema import TOKEN_COLUMNS, UNKNOWN

if TYPE_CHECKING:
    import duckdb

COLUMNS = (
    *("trace_id", "span_id", "is_entry", "operation", "started_at", "duration_ms", "first_token_ms", "status"),
    *("model_requested", "model_resolved", "feature", "cost_usd", "feedback_score", *TOKEN_COLUMNS),
)
"""The columns of ``production_traces`` that these need."""


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


# The model is the one that was asked for: a new release that answers to an old name is then a change within a slice,
# which drift can see, and a failed call, which no model answered, counts beside those that succeeded.
_SPANS_BY_MODEL = f"""
create or replace temp table spans_by_model as
select * replace (coalesce(feature, '{UNKNOWN}') as feature),
    coalesce(model_requested, model_resolved, '{UNKNOWN}') as model,
    coalesce(operation in ({_listed(MODEL_CALLS)}), false) as is_call,
    coalesce(operation in ({_listed(BILLED_CALLS)}), false) as is_billed
from spans
"""  # noqa: S608 - built from this package's own constants

_CALLS = "create or replace temp view calls as select * from spans_by_model where is_call"

_REQUESTS = f"""
create or replace temp table requests as
select trace_id,
    any_value(started_at) filter (is_entry) as started_at,
    any_value(duration_ms) filter (is_entry) as duration_ms,
    any_value(status) filter (is_entry) as status,
    any_value(feature) filter (is_entry) as feature,
    coalesce(arg_max(model, row(started_at, span_id)) filter (is_call), '{UNKNOWN}') as model,
    arg_min(feedback_score, row(not is_entry, started_at, span_id)) filter (feedback_score is not null)
        as feedback_score,
    case when not bool_or(is_billed and cost_usd is null and status <> 'error') then sum(cost_usd) end as cost_usd
from spans_by_model group by trace_id having bool_or(is_entry)
"""  # noqa: S608 - built from this package's own constants


def offer(engine: duckdb.DuckDBPyConnection, spans: pa.Table) -> None:
    """Give an engine ``spans_by_model``, ``calls`` and ``requests`` of some rows of ``production_traces``."""
    engine.register("spans", spans)
    engine.execute(_SPANS_BY_MODEL)
    engine.execute(_CALLS)
    engine.execute(_REQUESTS)
