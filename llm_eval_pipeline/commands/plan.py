"""``llm-eval plan 2026-11-16``: what evaluating a week would take, before anything is asked."""

from __future__ import annotations

import click
from rich.table import Table

from llm_eval_pipeline import assembly
from llm_eval_pipeline.commands.terminal import show, table
from llm_eval_pipeline.datasets.weekly import week_dataset
from llm_eval_pipeline.evaluation.anchors import load_anchors
from llm_eval_pipeline.evaluation.planning import evaluation_plan
from llm_eval_pipeline.ledger.plan import Plan, refuse_over_budget
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.windows import end_of_week, iso_week, parse_week


@click.command()
@click.argument("week")
def plan(week: str) -> None:
    """Show the missing calls of WEEK (its Monday, such as 2026-11-16) by purpose and model, and their cost.

    The exit code is 1 when they would cost more than LLM_EVAL_BUDGET_USD, which holds for each asset by itself.
    """
    parse_week(week)
    settings = Settings.load()
    asker = assembly.asker(settings)
    dataset = week_dataset(assembly.warehouse(settings), settings.examples, week)
    found = evaluation_plan(
        dataset.rows,
        assembly.models(settings),
        assembly.judge(settings),
        asker,
        anchors=load_anchors(settings.anchors) if settings.anchors.exists() else [],
        moderator=assembly.moderator(settings),
        occasion=week,
        due=end_of_week(week),
    )
    asker.ledger.close()
    show(_table(found, f"Evaluating {iso_week(week)} ({len(dataset.examples)} examples)"))
    if asker.rules.budget_usd is not None and found.calls:
        refuse_over_budget(found, asker.rules.budget_usd)


def _table(found: Plan, title: str) -> Table:
    counts = ("in the ledger", "to make", "input tokens", "output tokens", "USD at most")
    made = table(title, str(found), ("purpose", "model"), counts)
    for line in found.lines:
        cost = "no price" if line.cost_usd is None else f"{line.cost_usd:,.4f}"
        tokens = f"{line.input_tokens:,}", f"{line.output_tokens:,}"
        made.add_row(line.purpose, line.model, f"{line.replayed:,}", f"{line.calls:,}", *tokens, cost)
    return made
