"""Is production's record whole? Spans in are spans out and quarantined, and few are."""

import dagster as dg

from llm_eval_pipeline.defs.partitions import windows_of
from llm_eval_pipeline.defs.production.assets import production_traces
from llm_eval_pipeline.defs.tables import result_over
from llm_eval_pipeline.production.completeness import lacking
from llm_eval_pipeline.production.schema import INGEST_COMPLETENESS, INGEST_FILES, PRODUCTION_TRACES
from llm_eval_pipeline.storage.warehouse import Warehouse

MOST_QUARANTINED = 0.05
MOST_LACKING = 0.05


@dg.asset_check(asset=production_traces, description="Every landed span is written once, or counted as a copy.")
def spans_are_conserved(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.AssetCheckResult:
    """The books of each day add up to the rows that it has."""
    wrong = {}
    for day in windows_of(context, warehouse.partitions(PRODUCTION_TRACES)):
        books = warehouse.read(INGEST_COMPLETENESS, day).to_pylist()
        parsed, written = (sum(row[name] for row in books) for name in ("parsed", "written"))
        copies = sum(row["duplicates"] + row["conflicting"] for row in books)
        there = warehouse.read(PRODUCTION_TRACES, day, ["span_id"]).num_rows
        if parsed != written + copies or written != there:
            wrong[day] = f"{parsed} parsed, {written} written, {copies} copies, {there} rows"
    return result_over(wrong)


@dg.asset_check(asset=production_traces, description="Each day has spans.")
def days_have_spans(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.AssetCheckResult:
    """A quiet day, or a sender that has stopped: somebody should know which."""
    quiet = {
        day: "no span of this day has landed"
        for day in windows_of(context, warehouse.partitions(PRODUCTION_TRACES))
        if not warehouse.read(PRODUCTION_TRACES, day, ["span_id"]).num_rows
    }
    return result_over(quiet)


@dg.asset_check(
    asset=production_traces,
    description=f"At most {MOST_LACKING:.0%} of what a day expects is missing, has not ended, or is in quarantine.",
)
def days_are_complete(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.AssetCheckResult:
    """An export that was cut, a service that sends no spans, or a sender whose format has changed."""
    wrong = {}
    for day in windows_of(context, warehouse.partitions(INGEST_COMPLETENESS)):
        if what := lacking(warehouse.read(INGEST_COMPLETENESS, day).to_pylist(), MOST_LACKING):
            wrong[day] = what
    return result_over(wrong)


@dg.asset_check(
    asset=production_traces,
    description=f"At most {MOST_QUARANTINED:.0%} of a file's records are in quarantine, and records are conserved.",
)
def little_is_quarantined(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """A sender whose format has changed shows here."""
    files = warehouse.read_many(INGEST_FILES, warehouse.partitions(INGEST_FILES)).to_pylist()
    wrong = {
        row["file"]: f"{row['quarantined']} of {row['records']} records are in quarantine, {row['spans']} are spans"
        for row in files
        if row["records"] != row["spans"] + (row["open"] or 0) + row["quarantined"]
        or row["quarantined"] > MOST_QUARANTINED * row["records"]
    }
    total = sum(row["quarantined"] for row in files)
    return result_over(wrong, quarantined=total, records=sum(row["records"] for row in files))
