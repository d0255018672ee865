"""The judged sample: which of a week's traces a judge sees, and how many traces each of them stands for.

Days are gone over twice, in batches: for what is drawn (``drawing.py``) without texts, and for the texts of what was
drawn (``trace_cases.py``). Traces that are known to have gone wrong are added to the draw, since the next test cases
are among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.production.conventions import MODEL_CALLS
from llm_eval_pipeline.production.conventions.seam import listed
from llm_eval_pipeline.production.drawing import Request, draw
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, UNKNOWN
from llm_eval_pipeline.production.seats import Stratum
from llm_eval_pipeline.production.strata import DISLIKED
from llm_eval_pipeline.production.trace_cases import TraceCase, trace_cases
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline.windows import days_of

_NARROW = ("trace_id", "is_entry", "operation", "request_model", "feature", "request_feedback", "status")
_TEXTS = ("input", "output")
_SCHEMA = pa.schema(
    [*(PRODUCTION_TRACES.schema.field(n) for n in _NARROW), ("has_input", pa.bool_()), ("has_output", pa.bool_())]
)

_TABLES = """
create temp table held (
    trace_id varchar, day varchar, model varchar, feature varchar, feedback varchar, wrong boolean, draw varchar
);
create temp table totals (model varchar, feature varchar, feedback varchar, total bigint);
create temp table continued (trace_id varchar, asked boolean, answered boolean);
"""

# Days come last to first: what a trace did after midnight, without the span that began it, waits for the day before.
_TRACES = f"""
create or replace temp table traces as
with parts as (
    select *, is_entry or coalesce(operation in ({listed(MODEL_CALLS)}), false) as speaks from spans
),
either as (
    select trace_id, is_entry, request_model, feature, request_feedback, status,
        has_input and speaks as asked, has_output and speaks as answered
    from parts
    union all by name select *, false as is_entry from continued
)
select trace_id, bool_or(is_entry) as begins, bool_or(asked) as asked, bool_or(answered) as answered,
    coalesce(any_value(request_model) filter (is_entry), '{UNKNOWN}') as model,
    coalesce(any_value(feature) filter (is_entry), '{UNKNOWN}') as feature,
    any_value(request_feedback) filter (is_entry) as score,
    any_value(status) filter (is_entry) = 'error' or coalesce(score < {DISLIKED}, false) as wrong
from either group by trace_id
"""  # noqa: S608 - built from this package's own constants

_CONTINUED = """
create or replace temp table continued as select trace_id, asked, answered from traces where not begins
"""

_DAY = f"""
create or replace temp table requests as
select trace_id, wrong, model, feature, md5(concat($seed, ':', trace_id)) as draw,
    case when score < {DISLIKED} then 'disliked' when score is null then 'none' else 'liked' end as feedback
from traces where begins and asked and answered
"""  # noqa: S608 - built from this package's own constants

_TOTALS = "insert into totals select model, feature, feedback, count(*) from requests group by all"

_FIRST = """
from requests
qualify row_number() over (partition by model, feature, feedback order by draw) <= $size
    or (wrong and row_number() over (partition by wrong order by draw) <= $size)
"""

_HELD = f"""
insert into held select trace_id, $day, model, feature, feedback, wrong, draw {_FIRST}
"""

# An id that is used again days later is one request, that of its first day; it would be judged twice otherwise. Only
# repeats that are held are taken off the totals: of a week larger than the sample the weights then sum to too much.
_AGAIN = """
insert into totals
select model, feature, feedback, -1 from held qualify row_number() over (partition by trace_id order by day) > 1
"""

_REQUESTS = f"""
with requests as (from held qualify row_number() over (partition by trace_id order by day) = 1)
select * {_FIRST}
"""


def judged_sample(
    warehouse: Warehouse, week: str, size: int, *, wanted: int | None = None, seed: int = 0
) -> list[TraceCase]:
    """A week's sample of all requests with a prompt and an answer, sorted by trace id.

    Args:
        warehouse: where ``production_traces`` is.
        week: its key.
        size: the most traces that are judged.
        wanted: how many of equal weight are enough for estimates; None: as many as there is room for.
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
    requests, totals = _requests(warehouse, days, size, seed)
    return trace_cases(warehouse, days, draw(requests, totals, size, wanted))


def _requests(
    warehouse: Warehouse, days: Sequence[str], size: int, seed: int
) -> tuple[list[Request], dict[Stratum, int]]:
    """The requests that may be drawn, and how many each stratum has."""
    with duckdb.connect() as engine:
        engine.execute(_TABLES)
        for day in reversed(days):
            engine.register("spans", pa.RecordBatchReader.from_batches(_SCHEMA, _narrow(warehouse, day)))
            engine.execute(_TRACES)
            engine.execute(_CONTINUED)
            engine.execute(_DAY, {"seed": seed})
            engine.execute(_TOTALS)
            engine.execute(_HELD, {"day": day, "size": size})
        engine.execute(_AGAIN)
        found = engine.sql(_REQUESTS, params={"size": size}).to_arrow_table().to_pylist()
        sums = engine.sql("select model, feature, feedback, cast(sum(total) as bigint) from totals group by all")
        totals: dict[Stratum, int] = {tuple(stratum): total for *stratum, total in sums.fetchall() if total}
    requests = [
        Request(
            trace_id=row["trace_id"],
            stratum=(row["model"], row["feature"], row["feedback"]),
            draw=row["draw"],
            wrong=row["wrong"],
        )
        for row in found
    ]
    return requests, totals


def _narrow(warehouse: Warehouse, day: str) -> Iterator[pa.RecordBatch]:
    """Rows without their texts, but with whether they have any."""
    for batch in warehouse.batches(PRODUCTION_TRACES, day, (*_NARROW, *_TEXTS)):
        there = [pc.is_valid(batch.column(name)) for name in _TEXTS]
        yield pa.RecordBatch.from_arrays([*map(batch.column, _NARROW), *there], schema=_SCHEMA)
