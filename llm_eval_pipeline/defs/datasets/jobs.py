"""The job that promotes."""

import dagster as dg

promote_traces = dg.define_asset_job(
    "promote_traces",
    selection=["promoted_examples"],
    description="Promote judged production traces of a week into the evaluation dataset of the next one.",
)
