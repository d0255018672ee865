"""The tables of drift: the pinned baseline, one report per week, and the incidents of the whole history."""

from __future__ import annotations

import pyarrow as pa

from llm_eval_pipeline.storage.tables import Table

DRIFT_BASELINE = Table(
    name="drift_baseline",
    partitioned_by=None,
    key=("slice", "instrument", "metric"),
    schema=pa.schema(
        [
            ("slice", pa.string()),
            ("instrument", pa.string()),
            ("metric", pa.string()),
            ("weeks", pa.list_(pa.string())),
            ("values", pa.list_(pa.float64())),
            ("labels", pa.list_(pa.string())),
            ("counts", pa.list_(pa.int64())),
            ("unscored", pa.int64()),
            ("spreads", pa.string()),
            ("items", pa.list_(pa.string())),
            ("policy", pa.string()),
        ]
    ),
)

WEEKLY_DRIFT_REPORT = Table(
    name="weekly_drift_report",
    partitioned_by="week",
    key=("instrument", "metric", "slice"),
    schema=pa.schema(
        [
            ("window", pa.string()),
            ("instrument", pa.string()),
            ("metric", pa.string()),
            ("slice", pa.string()),
            ("verdict", pa.string()),
            ("direction", pa.string()),
            ("attribution", pa.string()),
            ("reason", pa.string()),
            ("test", pa.string()),
            ("aspect", pa.string()),
            ("statistic", pa.float64()),
            ("p_value", pa.float64()),
            ("p_adjusted", pa.float64()),
            ("effect", pa.float64()),
            ("effect_floor", pa.float64()),
            ("n_baseline", pa.int64()),
            ("n_current", pa.int64()),
            ("n_unscored", pa.int64()),
            ("baseline_mean", pa.float64()),
            ("current_mean", pa.float64()),
            ("shift_p05", pa.float64()),
            ("shift_p50", pa.float64()),
            ("shift_p95", pa.float64()),
            ("shift_p99", pa.float64()),
            ("smallest_detectable", pa.float64()),
            ("policy", pa.string()),
            ("strict_verdict", pa.string()),
        ]
    ),
)

DRIFT_INCIDENTS = Table(
    name="drift_incidents",
    partitioned_by=None,
    key=("incident_id",),
    schema=pa.schema(
        [
            ("incident_id", pa.string()),
            ("metric", pa.string()),
            ("direction", pa.string()),
            ("attribution", pa.string()),
            ("instrument", pa.string()),
            ("began", pa.string()),
            ("opened", pa.string()),
            ("closed", pa.string()),
            ("page_id", pa.string()),
            ("leads", pa.bool_()),
            ("pages", pa.bool_()),
        ]
    ),
)
