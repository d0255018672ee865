"""The dashboard file."""

import dagster as dg

from llm_eval_pipeline.defs.costs.assets import cost_summary
from llm_eval_pipeline.defs.drift.assets import drift_incidents, weekly_drift_report
from llm_eval_pipeline.defs.evaluation.assets import aggregate_metrics, failure_table
from llm_eval_pipeline.defs.evaluation.instruments import trace_scores
from llm_eval_pipeline.defs.production.assets import trace_profiles
from llm_eval_pipeline.defs.tables import OWNERS
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse


@dg.asset(
    group_name="dashboards",
    deps=[
        aggregate_metrics,
        failure_table,
        trace_scores,
        trace_profiles,
        weekly_drift_report,
        drift_incidents,
        cost_summary,
    ],
    owners=OWNERS,
    kinds={"html", "altair"},
)
def dashboard(settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Quality, safety, performance and cost over the weeks, in one HTML file that opens anywhere."""
    from llm_eval_pipeline.dashboards.overview import write_dashboard

    written = write_dashboard(warehouse, settings.dashboard)
    return dg.MaterializeResult(
        metadata={
            "file": dg.MetadataValue.path(str(written.path)),
            "open": dg.MetadataValue.url(settings.dashboard_url or written.path.resolve().as_uri()),
            "weeks": written.weeks,
            "size_mb": round(written.size / 1e6, 2),
        }
    )
