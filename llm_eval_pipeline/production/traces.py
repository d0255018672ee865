"""Days of ``production_traces``: what was staged, each span once, with what it inherits from its trace.

A span is its (trace_id, span_id). Of several copies the first to arrive is kept, so that a row once written stays; the
others are counted, and those that say something else are counted apart. A span belongs to the day on which it started.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.production.completeness import DayReport, landed_files, write_books
from llm_eval_pipeline.production.conventions import BILLED_CALLS, MODEL_CALLS
from llm_eval_pipeline.production.conventions.seam import listed
from llm_eval_pipeline.production.partitions import file_partition
from llm_eval_pipeline.production.schema import LANDED_SPANS, PRODUCTION_TRACES
from llm_eval_pipeline.production.threads import in_order
from llm_eval_pipeline.storage.warehouse import Warehouse

_BATCH = 50_000
_PART = 16_384
_INHERITED = ("feature", "prompt_version", "session_id", "user_id")
_NARROW = (
    *("trace_id", "span_id", "parent_span_id", "started_at", "duration_ms", "day"),
    *("arrived_at", "source_file", "line", "part", *_INHERITED),
    *("operation", "status", "model_requested", "model_resolved", "cost_usd", "feedback_score"),
)
_NOT_SAID = {
    *("trace_id", "span_id", "source", "source_file", "arrived_at"),
    *("schema_version", "convention", "cost_usd", "day", "line", "part"),
}
_SAID = [name for name in LANDED_SPANS.schema.names if name not in _NOT_SAID]
"""What a span says, by which copies of it are compared: not how it came here, nor what its tokens cost."""


class NoSpansError(LookupError):
    """A day has no landed span. The text names the day and what to do."""


_RANKED = """
create or replace temp table ranked as
select *, row_number() over first_first as rank, first_value(row_number) over first_first as kept
from staged where list_contains($days, day)
window first_first as (partition by day, trace_id, span_id order by arrived_at, source_file, line, part)
"""

# A trace's feature is that of its first span that names one, the root before all others. Spans of the day before count,
# since a trace that crosses midnight begins there; later ones do not, or a day would change with the day after it.
# A request's model is that of its last model call, its cost the sum of all its calls, of the day's own spans.
_KEPT = f"""
with placed as (
    select own.day, staged.* exclude (day),
        row(parent_span_id is not null, started_at, -duration_ms, span_id) as place
    from (select distinct day, cast(cast(day as date) - 1 as varchar) as day_before, trace_id from ranked) as own
    join staged on staged.trace_id = own.trace_id and staged.day in (own.day, own.day_before)
),
traces as (
    select day, trace_id,
        arg_min(feature, place) filter (feature is not null) as feature,
        arg_min(prompt_version, place) filter (prompt_version is not null) as prompt_version,
        arg_min(session_id, place) filter (session_id is not null) as session_id,
        arg_min(user_id, place) filter (user_id is not null) as user_id,
        arg_min(span_id, place) as entry
    from placed group by day, trace_id
),
requests as (
    select day, trace_id,
        arg_max(coalesce(model_requested, model_resolved), row(started_at, span_id))
            filter (operation in ({listed(MODEL_CALLS)})) as request_model,
        arg_min(feedback_score, row(span_id <> entry, started_at, span_id))
            filter (feedback_score is not null) as request_feedback,
        case when not bool_or(
            coalesce(operation in ({listed(BILLED_CALLS)}), false) and cost_usd is null and status <> 'error'
        ) and sum(cost_usd) < 1e6 then sum(cost_usd) end as request_cost_usd
    from ranked join traces using (day, trace_id) where rank = 1 group by day, trace_id
)
select r.day, r.row_number, r.trace_id, r.span_id,
    coalesce(r.feature, t.feature) as feature,
    coalesce(r.prompt_version, t.prompt_version) as prompt_version,
    coalesce(r.session_id, t.session_id) as session_id,
    coalesce(r.user_id, t.user_id) as user_id,
    r.span_id = t.entry as is_entry,
    case when is_entry then request_model end as request_model,
    case when is_entry then request_cost_usd end as request_cost_usd,
    case when is_entry then request_feedback end as request_feedback
from ranked r join traces t using (day, trace_id) join requests using (day, trace_id) where rank = 1
order by r.day, r.trace_id, r.span_id
"""  # noqa: S608 - built from this package's own constants

# A parent begins before its child: on the same day, or the day before.
_BOOKS = """
with missing as (
    select day, trace_id, parent_span_id, min(row_number) as row_number
    from ranked as child where rank = 1 and parent_span_id is not null and not exists (
        from staged as parent where parent.trace_id = child.trace_id and parent.span_id = child.parent_span_id
            and parent.day in (child.day, cast(cast(child.day as date) - 1 as varchar))
    )
    group by all
)
select ranked.day, source_file as file, count(*) as parsed,
    count(*) filter (rank = 1) as written,
    count(*) filter (rank > 1 and conflicting.row_number is null) as duplicates,
    count(conflicting.row_number) as conflicting,
    count(*) filter (rank = 1 and arrived_at > cast(ranked.day as timestamptz) + interval 1 day + $late_after) as late,
    count(missing.row_number) as missing
from ranked left join missing using (row_number) left join conflicting using (row_number) group by all
"""
_DIFFERING = f"""
select row_number from copy join first_one using (row_number)
where {" or ".join(f"copy.{name} is distinct from first_one.{name}" for name in _SAID)}
"""  # noqa: S608 - built from this package's own constants


def compile_days(
    days: Iterable[str],
    warehouse: Warehouse,
    *,
    late_after: timedelta = timedelta(0),
    allow_empty: bool = False,
    landing: str = "the landing folder",
) -> list[DayReport]:
    """Write ``production_traces`` and ``ingest_completeness`` of some days, each from all that was staged for it.

    Args:
        days: their keys, in any order.
        warehouse: where the staged spans are.
        late_after: a span is late when its file arrived more than that after its day had ended.
        allow_empty: write an empty partition for a day without spans.
        landing: the landing folder, for the error's text.

    Raises:
        NoSpansError: when a day has no staged span and ``allow_empty`` is off; then nothing is written.
    """
    chosen, files = sorted(set(days)), landed_files(warehouse)
    there = {day for row in files for day in row["days"]}
    for day in chosen:
        if day not in there and not allow_empty:
            span = f"{min(there)} to {max(there)}" if there else "none has any yet"
            raise NoSpansError(
                f"no spans of {day} have landed: put files that hold them below {landing} and land them, "
                f"or choose a day that has spans ({span})"
            )
    staged, reports = _Staged(warehouse), []
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        for batch in _batches(chosen, files):
            near = {*batch, *map(_day_before, batch)}
            found = staged.read([row["file"] for row in files if near.intersection(row["days"])])
            kept, books = _once(batch, engine, found, late_after)
            for day in batch:
                with warehouse.writing(PRODUCTION_TRACES, day) as writer:
                    for rows in _rows(kept.filter(pc.equal(kept["day"], day)), found):
                        writer.add(rows)
                own = [row for row in books if row["day"] == day]
                reports.append(write_books(day, own, files, warehouse))
    return reports


class _Staged:
    """Staged files, each held only while neighbouring days need it."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._held: dict[str, pa.Table] = {}

    def read(self, names: Sequence[str]) -> pa.Table:
        self._held = {
            name: self._held[name] if name in self._held else self._warehouse.read(LANDED_SPANS, file_partition(name))
            for name in names
        }
        return pa.concat_tables([LANDED_SPANS.schema.empty_table(), *self._held.values()])


def _batches(days: Sequence[str], files: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The days in turn, small ones together, since one query costs as much as thousands of rows."""
    batch, held = list[str](), 0
    for day in days:
        spans = sum(row["spans"] for row in files if day in row["days"])
        if batch and held + spans > _BATCH:
            yield batch
            batch, held = [], 0
        batch.append(day)
        held += spans
    if batch:
        yield batch


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _once(
    days: Sequence[str], engine: duckdb.DuckDBPyConnection, staged: pa.Table, late_after: timedelta
) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Which rows are kept, with what is new in them, in order, and the books by day and file.

    Only narrow columns go through the engine.
    """
    numbers = pa.array(np.arange(len(staged)))
    engine.register("staged", staged.select(_NARROW).append_column("row_number", numbers))
    engine.execute(_RANKED, {"days": list(days)})
    kept = engine.sql(_KEPT).to_arrow_table()
    engine.register("conflicting", _conflicting(engine, staged))
    books = engine.sql(_BOOKS, params={"late_after": late_after}).to_arrow_table().to_pylist()
    return kept, books


def _rows(kept: pa.Table, staged: pa.Table) -> Iterator[pa.Table]:
    """Whole rows of the spans that are kept, some at a time, in the same order."""
    names = PRODUCTION_TRACES.schema.names
    others = staged.select([name for name in names if name not in kept.column_names])

    def taken(start: int) -> pa.Table:
        some = kept.slice(start, _PART)
        rows = others.take(some["row_number"])
        return pa.table({name: (some if name in some.column_names else rows)[name] for name in names})

    return in_order(taken, range(0, len(kept), _PART))


def _conflicting(engine: duckdb.DuckDBPyConnection, staged: pa.Table) -> pa.Table:
    """Which copies say something else than the span that is kept: their row numbers."""
    copies = engine.sql("select row_number, kept from ranked where rank > 1").to_arrow_table()
    if not len(copies):
        return copies.select(["row_number"])
    said = staged.select(_SAID)
    engine.register("copy", said.take(copies["row_number"]).append_column("row_number", copies["row_number"]))
    engine.register("first_one", said.take(copies["kept"]).append_column("row_number", copies["row_number"]))
    return engine.sql(_DIFFERING).to_arrow_table()
