"""The judged sample: which of a week's traces a judge sees, and how many traces each of them stands for.

The sample is a function of the rows: a trace's place in the draw is a hash of its id, so drawing again gives the same
traces. It is stratified by model and feature, in proportion to their traces, and each trace stands for ``weight``
traces of its stratum, so a weighted mean estimates the mean over all of them. Traces that are known to have gone wrong
are added, since the next test cases are among them; these stand for none but themselves and have no weight.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from llm_eval_pipeline.production.conventions import MODEL_CALLS
from llm_eval_pipeline.production.conventions.seam import listed
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, UNKNOWN
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline.windows import days_of

DISLIKED = 0.5
"""Feedback below this means that the user disliked the answer."""

Trace = Mapping[str, Any]
Stratum = tuple[str, str]

COLUMNS = (
    *("trace_id", "span_id", "started_at", "status", "feature", "operation", "input", "output", "documents"),
    *("is_entry", "request_model", "request_feedback"),
)
_CASES = f"""
with texts as (
    select trace_id,
        coalesce(
            any_value(input) filter (is_entry),
            arg_min(input, row(started_at, span_id)) filter (is_call and input is not null)
        ) as prompt,
        coalesce(
            any_value(output) filter (is_entry),
            arg_max(output, row(started_at, span_id)) filter (is_call and output is not null)
        ) as output,
        flatten(list(documents order by started_at, span_id) filter (documents is not null)) as documents
    from (select *, coalesce(operation in ({listed(MODEL_CALLS)}), false) as is_call from spans) group by trace_id
)
select trace_id, coalesce(feature, '{UNKNOWN}') as feature, coalesce(request_model, '{UNKNOWN}') as model,
    prompt, texts.output, texts.documents, request_feedback as feedback_score, started_at, status
from spans join texts using (trace_id)
where is_entry and prompt is not null and texts.output is not null
order by trace_id
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
    """A week's sample, sorted by trace id.

    Args:
        warehouse: where ``production_traces`` is.
        week: its key.
        size: the most traces that are judged.
        seed: another number gives another, equally good sample.

    Raises:
        MissingPartitionError: when no day of the week has been compiled.
    """
    days = days_of(week)
    if not any(warehouse.exists(PRODUCTION_TRACES, day) for day in days):
        raise MissingPartitionError(
            f"production_traces has no day of the week {week}: materialise it for {days[0]} to {days[-1]} first"
        )
    return sample(warehouse.read_many(PRODUCTION_TRACES, days, COLUMNS), size, seed)


def sample(rows: pa.Table, size: int, seed: int = 0) -> list[TraceCase]:
    """The sample of some rows of ``production_traces``: of all traces with a prompt and an answer."""
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        engine.register("spans", rows.select(COLUMNS))
        traces = engine.sql(_CASES).to_arrow_table().to_pylist()
    wrong = [trace for trace in traces if _went_wrong(trace)]
    extra = 0 if len(traces) <= size else min(len(wrong), size // 2)
    drawn = {trace["trace_id"]: _case(trace, weight) for trace, weight in _drawn(traces, size - extra, seed)}
    added = [trace for trace in _in_order(wrong, seed) if trace["trace_id"] not in drawn][:extra]
    drawn |= {trace["trace_id"]: _case(trace, None) for trace in added}
    return [drawn[trace_id] for trace_id in sorted(drawn)]


def _drawn(traces: Sequence[Trace], size: int, seed: int) -> Iterator[tuple[Trace, float]]:
    """Traces drawn by model and feature, each with its weight."""
    strata: dict[Stratum, list[Trace]] = {}
    for trace in traces:
        strata.setdefault((trace["model"], trace["feature"]), []).append(trace)
    if len(strata) > size:  # with fewer seats than strata some could never be seen: all are one
        strata = {("", ""): list(traces)}
    seats = _seats({stratum: len(members) for stratum, members in strata.items()}, size)
    for stratum, members in strata.items():
        for trace in _in_order(members, seed)[: seats[stratum]]:
            yield trace, len(members) / seats[stratum]


def _seats(sizes: Mapping[Stratum, int], seats: int) -> dict[Stratum, int]:
    """Seats in proportion to size (Sainte-Laguë), after one for each."""
    given = dict.fromkeys(sizes, 0)
    queue = [(-float("inf"), stratum) for stratum in sizes]
    heapq.heapify(queue)
    for _ in range(min(seats, sum(sizes.values()))):
        _, stratum = heapq.heappop(queue)
        given[stratum] += 1
        if given[stratum] < sizes[stratum]:
            heapq.heappush(queue, (-sizes[stratum] / (2 * given[stratum] + 1), stratum))
    return given


def _went_wrong(trace: Trace) -> bool:
    feedback = trace["feedback_score"]
    return trace["status"] == "error" or (feedback is not None and feedback < DISLIKED)


def _in_order(traces: Sequence[Trace], seed: int) -> list[Trace]:
    """Traces in the order in which they are drawn."""
    return sorted(
        traces, key=lambda trace: hashlib.blake2b(f"{seed}:{trace['trace_id']}".encode(), digest_size=16).digest()
    )


def _case(trace: Trace, weight: float | None) -> TraceCase:
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
