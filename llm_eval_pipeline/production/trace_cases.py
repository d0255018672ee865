"""What a judge is shown of a drawn trace: its question, its answer and what was retrieved, from any day of the week."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.production.conventions import MODEL_CALLS
from llm_eval_pipeline.production.conventions.seam import listed
from llm_eval_pipeline.production.drawing import Drawn
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, UNKNOWN
from llm_eval_pipeline.storage.warehouse import Warehouse

_COLUMNS = (
    *("trace_id", "span_id", "started_at", "feature", "operation", "documents", "input", "output"),
    *("is_entry", "request_model", "request_feedback"),
)
_SCHEMA = pa.schema([PRODUCTION_TRACES.schema.field(name) for name in _COLUMNS])
_IS_CALL = f"coalesce(operation in ({listed(MODEL_CALLS)}), false)"
_OF_ENTRY = "order by started_at, span_id) filter (is_entry)"

_CASES = f"""
select trace_id,
    coalesce(first(feature {_OF_ENTRY}, '{UNKNOWN}') as feature,
    coalesce(first(request_model {_OF_ENTRY}, '{UNKNOWN}') as model,
    first(request_feedback {_OF_ENTRY} as feedback_score,
    first(started_at {_OF_ENTRY} as started_at,
    coalesce(
        first(input {_OF_ENTRY},
        arg_min(input, row(started_at, span_id)) filter ({_IS_CALL} and input is not null)
    ) as prompt,
    coalesce(
        first(output {_OF_ENTRY},
        arg_max(output, row(started_at, span_id)) filter ({_IS_CALL} and output is not null)
    ) as output,
    flatten(list(documents order by started_at, span_id) filter (documents is not null)) as documents
from spans group by trace_id order by trace_id
"""  # noqa: S608 - built from this package's own constants


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceCase:
    """A sampled trace.

    ``context`` is what was retrieved for it; ``weight`` how many traces it stands for, None for one that was added
    because it went wrong and must not take part in estimates.
    """

    trace_id: str
    feature: str | None
    model: str | None
    prompt: str | None
    output: str | None
    context: str | None
    feedback_score: float | None
    started_at: datetime
    weight: float | None


def trace_cases(warehouse: Warehouse, days: Sequence[str], drawn: Sequence[Drawn]) -> list[TraceCase]:
    """The drawn traces with their texts, sorted by trace id; a trace that went on after midnight is whole."""
    weights = {one.request.trace_id: one.weight for one in drawn}
    ids = pa.array(weights, pa.string())
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        engine.register("spans", pa.Table.from_batches(_spans_of(ids, warehouse, days), _SCHEMA))
        found = engine.sql(_CASES).to_arrow_table().to_pylist()
    return [_case(trace, weights[trace["trace_id"]]) for trace in found]


def _spans_of(ids: pa.Array, warehouse: Warehouse, days: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for day in days:
        for batch in warehouse.batches(PRODUCTION_TRACES, day, _COLUMNS):
            yield batch.select(list(_COLUMNS)).filter(pc.is_in(batch.column("trace_id"), ids))


def _case(trace: Mapping[str, Any], weight: float | None) -> TraceCase:
    documents = trace["documents"] or []
    texts = ("\n".join(filter(None, (document["title"], document["content"]))) for document in documents)
    return TraceCase(
        trace_id=trace["trace_id"],
        feature=trace["feature"],
        model=trace["model"],
        prompt=trace["prompt"],
        output=trace["output"],
        context="\n\n".join(filter(None, texts)) or None,
        feedback_score=trace["feedback_score"],
        started_at=trace["started_at"],
        weight=weight,
    )
