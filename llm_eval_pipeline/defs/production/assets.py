"""Production spans of a day, each exactly once, and the distributions that everything later reads in their place."""

import dagster as dg

from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.costs.prices import price_book
from llm_eval_pipeline.defs.tables import preview, table_asset
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, TRACE_PROFILES
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse

GROUP = "production"


@table_asset(PRODUCTION_TRACES, group=GROUP, kinds=("opentelemetry", "duckdb"))
def production_traces(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Every production span of a day, once, priced; what cannot be read is quarantined with its reason."""
    from llm_eval_pipeline.assembly import sources
    from llm_eval_pipeline.production.landing import land
    from llm_eval_pipeline.production.sources.fetching import fetch_all
    from llm_eval_pipeline.production.traces import compile_days

    report = fetch_all(sources(settings), system_clock())
    for name, fetched in report.fetched.items():
        context.log.info(f"{name}: {fetched.traces} fetched that are new; {fetched.open} wait until they have ended")
    landed = land(settings.landing, warehouse, price_book(settings.prices), mapping=settings.mapping)
    context.log.info(
        f"{len(landed.read)} files read, {landed.unchanged} unchanged: {landed.records} records are "
        f"{landed.spans} spans, {landed.open} that have not ended, and {landed.quarantined} in quarantine"
    )
    for day in compile_days(context.partition_keys, warehouse, allow_empty=True):
        context.add_asset_metadata(
            {
                "spans": day.written,
                "duplicates": day.duplicates,
                "conflicting": day.conflicting,
                "late": day.late,
                "missing": day.missing,
                "open": day.open,
                "quarantined": day.quarantined,
                "files": day.files,
            },
            partition_key=day.day,
        )
    if told := [*report.failures, *landed.refused]:
        raise dg.Failure("; ".join(told))
    return dg.MaterializeResult()


@table_asset(TRACE_PROFILES, group=GROUP, deps=[production_traces])
def trace_profiles(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Each metric of a day, by model and feature, as values and their counts: a week is the sum of its days."""
    from llm_eval_pipeline.production.profiles import profile_days

    for day, rows in profile_days(context.partition_keys, warehouse).items():
        context.add_asset_metadata(
            {
                "profiles": len(rows),
                "requests": sum(row["n"] for row in rows if row["metric"] == "requests"),
                "cells": sum(len(row["values"]) for row in rows),
                "preview": preview(rows, ["model", "feature", "metric", "n", "n_missing"]),
            },
            partition_key=day,
        )
    return dg.MaterializeResult()
