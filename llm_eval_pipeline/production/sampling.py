"""The judged sample: which of a week's traces a judge sees, and how many traces each of them stands for.

Days are gone over twice, in batches: for what is drawn (``drawing.py``) without texts, and for the texts of what was
drawn. Traces that are known to have gone wrong are added to the draw, since the next test cases are among them.
"""

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
from llm_eval_pipeline.production.drawing import Drawn, Request, Stratum, draw
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, UNKNOWN
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline.windows import days_of

DISLIKED = 0.5
"""Feedback below this means that the user disliked the answer."""

_NARROW = ("trace_id", "is_entry", "operation", "request_model", "feature", "request_feedback", "status")
_TEXTS = ("input", "output")
_CASE = (
    *("trace_id", "span_id", "started_at", "feature", "operation", "documents", *_TEXTS),
    *("is_entry", "request_model", "request_feedback"),
)
_IS_CALL = f"coalesce(operation in ({listed(MODEL_CALLS)}), false)"

_REQUESTS = f"""
with traces as (
    select trace_id,
        any_value(request_model) filter (is_entry) as model,
        any_value(feature) filter (is_entry) as feature,
        any_value(request_feedback) filter (is_entry) as feedback,
        any_value(status) filter (is_entry) = 'error' or coalesce(feedback < {DISLIKED}, false) as wrong
    from spans group by trace_id
    having bool_or(is_entry)
        and bool_or(has_input and (is_entry or {_IS_CALL}))
        and bool_or(has_output and (is_entry or {_IS_CALL}))
),
requests as (
    select trace_id, wrong, coalesce(model, '{UNKNOWN}') as model, coalesce(feature, '{UNKNOWN}') as feature,
        case when feedback < {DISLIKED} then 'disliked' when feedback is null then 'none' else 'liked' end as feedback,
        md5(concat($seed, ':', trace_id)) as draw
    from traces
),
placed as (
    select *, count(*) over stratum as total,
        row_number() over (partition by model, feature, feedback order by draw) as place,
        row_number() over (partition by wrong order by draw) as place_among_wrong
    from requests window stratum as (partition by model, feature, feedback)
)
select trace_id, wrong, model, feature, feedback, draw, total from placed
where place <= $size or (wrong and place_among_wrong <= $size)
"""  # noqa: S608 - built from this package's own constants

_CASES = f"""
select trace_id,
    coalesce(any_value(feature) filter (is_entry), '{UNKNOWN}') as feature,
    coalesce(any_value(request_model) filter (is_entry), '{UNKNOWN}') as model,
    any_value(request_feedback) filter (is_entry) as feedback_score,
    any_value(started_at) filter (is_entry) as started_at,
    coalesce(
        any_value(input) filter (is_entry),
        arg_min(input, row(started_at, span_id)) filter ({_IS_CALL} and input is not null)
    ) as prompt,
    coalesce(
        any_value(output) filter (is_entry),
        arg_max(output, row(started_at, span_id)) filter ({_IS_CALL} and output is not null)
    ) as output,
    flatten(list(documents order by started_at, span_id) filter (documents is not null)) as documents
from spans group by trace_id
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


def judged_sample(warehouse: Warehouse, week: str, size: int, seed: int = 0) -> list[TraceCase]:
    """A week's sample of all requests with a prompt and an answer, sorted by trace id.

    Args:
        warehouse: where ``production_traces`` is.
        week: its key.
        size: the most traces that are judged.
        seed: another number gives another, equally good sample.

    Raises:
        MissingPartitionError: when no day of the week has been compiled.
    """
    days = [day for day in days_of(week) if warehouse.exists(PRODUCTION_TRACES, day)]
    if not days:
        first, *_, last = days_of(week)
        raise MissingPartitionError(
            f"production_traces has no day of the week {week}: materialise it for {first} to {last} first"
        )
    requests, totals = list[Request](), dict[Stratum, int]()
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        for day in days:
            for request, total in _requests_of(warehouse, day, engine, size, seed):
                requests.append(request)
                totals.setdefault(request.stratum, 0)
                totals[request.stratum] += total
        drawn = draw(requests, totals, size)
        cases = [case for day in days for case in _cases_of(warehouse, day, engine, drawn)]
    return sorted(cases, key=lambda case: case.trace_id)


def _requests_of(
    warehouse: Warehouse, day: str, engine: duckdb.DuckDBPyConnection, size: int, seed: int
) -> Iterator[tuple[Request, int]]:
    """The requests of a day that may be drawn; each stratum's total comes with its first one, and 0 with the others."""
    schema = pa.schema(
        [*(PRODUCTION_TRACES.schema.field(n) for n in _NARROW), ("has_input", pa.bool_()), ("has_output", pa.bool_())]
    )
    engine.register("spans", pa.RecordBatchReader.from_batches(schema, _narrow(warehouse, day, schema)))
    told = set[Stratum]()
    for row in engine.sql(_REQUESTS, params={"seed": seed, "size": size}).to_arrow_table().to_pylist():
        stratum = row["model"], row["feature"], row["feedback"]
        request = Request(trace_id=row["trace_id"], day=day, stratum=stratum, draw=row["draw"], wrong=row["wrong"])
        yield request, 0 if stratum in told else row["total"]
        told.add(stratum)


def _narrow(warehouse: Warehouse, day: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows without their texts, but with whether they have any."""
    for batch in warehouse.batches(PRODUCTION_TRACES, day, (*_NARROW, *_TEXTS)):
        there = [pc.is_valid(batch.column(name)) for name in _TEXTS]
        yield pa.RecordBatch.from_arrays([*map(batch.column, _NARROW), *there], schema=schema)


def _cases_of(
    warehouse: Warehouse, day: str, engine: duckdb.DuckDBPyConnection, drawn: Sequence[Drawn]
) -> Iterator[TraceCase]:
    """The drawn requests of a day with their texts."""
    weights = {one.request.trace_id: one.weight for one in drawn if one.request.day == day}
    if not weights:
        return
    ids = pa.array(list(weights))
    found = (
        batch.filter(pc.is_in(batch.column("trace_id"), ids))
        for batch in warehouse.batches(PRODUCTION_TRACES, day, _CASE)
    )
    schema = pa.schema([PRODUCTION_TRACES.schema.field(name) for name in _CASE])
    engine.register("spans", pa.Table.from_batches([batch.select(list(_CASE)) for batch in found], schema))
    for trace in engine.sql(_CASES).to_arrow_table().to_pylist():
        yield _case(trace, weights[trace["trace_id"]])


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
