"""From an application's OpenTelemetry SDK through the receiver to a drift report and an incident."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import Tracer, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode, set_span_in_context

from llm_eval_pipeline.drift.history import incident_rows
from llm_eval_pipeline.drift.instruments import observe
from llm_eval_pipeline.drift.report import baseline_rows, pinned_baseline, report_rows
from llm_eval_pipeline.production.completeness import stale_days
from llm_eval_pipeline.production.landing import land
from llm_eval_pipeline.production.profiles import profile_days
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.production.week_profiles import week_profiles
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import days_of, start_of, week_before
from llm_eval_pipeline_tests.production.otlp import price
from llm_eval_pipeline_tests.receiver.running import Running

LAST = "2026-03-30"
WEEKS = [week_before(LAST, n) for n in range(9, -1, -1)]
SLOW = WEEKS[8:]
REQUESTS_A_DAY = 30


def test_a_slower_model_becomes_an_incident(tmp_path: Path) -> None:
    landing, warehouse = tmp_path / "landing", Warehouse(str(tmp_path / "warehouse"))
    with Running(landing / "receiver", max_body=8 << 20) as receiver:
        provider = TracerProvider()
        exporter = OTLPSpanExporter(f"http://127.0.0.1:{receiver.port}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=1 << 16))
        for week in WEEKS:
            _a_week_of_requests(provider.get_tracer("app"), week, slower=3.0 if week in SLOW else 1.0)
        provider.shutdown()
    landed = land(landing, warehouse, price)
    assert (landed.spans, landed.quarantined) == (len(WEEKS) * 7 * REQUESTS_A_DAY * 2, 0)
    days = [day for week in WEEKS for day in days_of(week)]
    assert stale_days(warehouse) == days
    assert sum(report.missing for report in compile_days(days, warehouse)) == 0
    profile_days(days, warehouse)
    assert week_profiles(warehouse, LAST).by("requests", "prompt_version").keys() == {("v2",)}

    seen = {week: observe(warehouse, week) for week in WEEKS}
    pinned = pinned_baseline(baseline_rows({week: seen[week] for week in WEEKS[:8]}, {}, "calibrated"))
    reports = {week: report_rows(week, seen[week], pinned, "calibrated") for week in WEEKS}
    drifted = {
        (week, row["metric"], row["direction"])
        for week, rows in reports.items()
        for row in rows
        if row["slice"] == "all" and row["verdict"] == "drifted"
    }
    assert drifted == {(week, "latency_ms", "degraded") for week in SLOW}
    (incident,) = (row for row in incident_rows(reports, LAST) if row["metric"] == "latency_ms")
    assert (incident["began"], incident["opened"], incident["closed"]) == (*SLOW, None)


def _a_week_of_requests(tracer: Tracer, week: str, slower: float) -> None:
    """Requests of one model call each, with the times that they would have had in that week."""
    chance = random.Random(week)
    for day in days_of(week):
        midnight = start_of(date.fromisoformat(day))
        for number in range(REQUESTS_A_DAY):
            began = midnight + timedelta(minutes=10 * number)
            start = int(began.timestamp()) * 1_000_000_000
            end = start + int(chance.lognormvariate(6, 0.3) * slower * 1_000_000)
            root = tracer.start_span(
                "answer", start_time=start, attributes={"llm_eval.feature": "search", "llm_eval.prompt_version": "v2"}
            )
            call = tracer.start_span("chat m-1", set_span_in_context(root), start_time=start)
            call.set_attributes(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.request.model": "m-1",
                    "gen_ai.response.model": "m-1-2026",
                    "gen_ai.usage.input_tokens": round(chance.gauss(400, 40)),
                    "gen_ai.usage.output_tokens": round(chance.gauss(60, 9)),
                }
            )
            if chance.random() < 0.03:
                root.set_status(Status(StatusCode.ERROR, "timeout"))
            call.end(end)
            root.end(end)
