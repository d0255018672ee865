"""The sections of the dashboard: which charts stand in each, and what each says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from llm_eval_pipeline.dashboards import charts, frames
from llm_eval_pipeline.dashboards.page import Section

Rows = Sequence[Mapping[str, Any]]


def sections(
    *, aggregates: Rows, verdicts: Rows, predictions: Rows, costs: Rows, judged: Rows, latency: pd.DataFrame
) -> list[Section]:
    """Every section, in the page's order, from rows that carry their ``week``; ``judged`` are production's traces."""
    application = frames.cost_frame(costs, ["application"], "feature")
    return [
        _quality(verdicts, predictions, judged),
        _safety(aggregates),
        _performance(application, latency),
        _cost(application, costs),
    ]


def _quality(verdicts: Rows, predictions: Rows, judged: Rows) -> Section:
    return Section(
        name="quality",
        says="What drifted, and what the judge makes of the canary (the same prompts each week) and production.",
        wide=(0, 3),
        charts=(
            charts.verdict_map(frames.verdict_frame(verdicts), title="What drifted, by instrument and metric"),
            charts.over_weeks(
                frames.canary_frame(predictions),
                title="Quality of the canary (mean, 95 % interval)",
                value="value",
                unit="quality",
                series="model",
            ),
            charts.over_weeks(
                frames.production_quality_frame(judged),
                title="Quality of judged production traces (mean)",
                value="value",
                unit="quality",
                series="model",
            ),
            charts.stacked_over_weeks(
                frames.failure_frame(predictions),
                title="Failures of the canary, by category",
                value="share",
                unit="share of judged answers",
                series="category",
                form=".0%",
            ),
        ),
    )


def _safety(aggregates: Rows) -> Section:
    return Section(
        name="safety",
        says="Answers that break a rule, and whether what must be refused is refused.",
        charts=(
            charts.over_weeks(
                frames.aggregate_frame(aggregates, "eval/safety_violation_rate"),
                title="Safety violations (rate, 95 % interval)",
                value="value",
                unit="share of answers",
                series="model",
                form=".1%",
            ),
            charts.over_weeks(
                frames.aggregate_frame(aggregates, "eval/refusal_accuracy"),
                title="Refusals that are right (rate, 95 % interval)",
                value="value",
                unit="share of labelled prompts",
                series="model",
                form=".0%",
            ),
        ),
    )


def _performance(application: pd.DataFrame, latency: pd.DataFrame) -> Section:
    return Section(
        name="performance",
        says="How long production's requests take, and how many there are.",
        charts=(
            charts.over_weeks(
                latency,
                title="Latency of production requests",
                value="ms",
                unit="milliseconds",
                series="quantile",
                form=",.0f",
                scale="log",
            ),
            charts.over_weeks(
                application,
                title="Priced model calls in production",
                value="calls",
                unit="calls a week",
                series="series",
                form=",.0f",
            ),
        ),
    )


def _cost(application: pd.DataFrame, costs: Rows) -> Section:
    return Section(
        name="cost",
        says="What the application spends, and what evaluating it spends. Calls without a price are left out.",
        wide=(2,),
        charts=(
            charts.stacked_over_weeks(
                application,
                title="Application, by feature",
                value="value",
                unit="USD a week",
                series="series",
                form="$.3f",
            ),
            charts.over_weeks(
                application,
                title="Application: USD per 1,000 calls, by feature",
                value="per_1k",
                unit="USD",
                series="series",
                form="$.2f",
            ),
            charts.stacked_over_weeks(
                frames.cost_frame(costs, ["generation", "judge"], "purpose"),
                title="Evaluation, by purpose",
                value="value",
                unit="USD a week",
                series="series",
                form="$.3f",
            ),
        ),
    )
