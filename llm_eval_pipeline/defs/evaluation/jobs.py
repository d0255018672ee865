"""The job that evaluates a week, without production and drift."""

import dagster as dg

weekly_evaluation = dg.define_asset_job(
    "weekly_evaluation",
    selection=[
        "eval_dataset",
        "model_outputs",
        "judge_scores",
        "safety_scores",
        "text_scores",
        "prediction_table",
        "failure_table",
        "aggregate_metrics",
        "anchor_scores",
        "judge_quality",
        "corrected_metrics",
        "model_comparison",
        "weekly_changes",
        "wandb_runs",
        "mlflow_runs",
    ],
    description="Ask the models under test, score what they answer, hold the judge to people, and tell W&B and MLflow.",
)
