"""What calls would cost before they are made, and the refusal of more than the budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from llm_eval_pipeline.clients.chat import TokenUsage
from llm_eval_pipeline.ledger.calls import Call

CHARACTERS_PER_TOKEN = 4
"""The usual rule of thumb for English text; a plan says about how much, the ledger says how much."""
DEFAULT_MAX_TOKENS = 512


class OverBudgetError(ValueError):
    """The missing calls would cost more than the budget. The text has both amounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The missing calls: how many, how many tokens at the most, what they would cost at the most.

    ``unpriced_models`` are those whose price nobody knows; their calls are in ``calls`` and not in ``cost_usd``.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    unpriced_models: tuple[str, ...]


def plan(missing: Sequence[Call], price: Callable[[str, TokenUsage, datetime], Decimal | None], at: datetime) -> Plan:
    """Estimate the cost of ``missing``: input by its length, output by the most that is allowed."""
    inputs = outputs = 0
    cost, unpriced = Decimal(0), set[str]()
    for call in missing:
        length = sum(len(message.content) for message in call.request.messages)
        usage = TokenUsage(
            input_tokens=-(-length // CHARACTERS_PER_TOKEN),
            output_tokens=int(call.request.params.get("max_tokens", DEFAULT_MAX_TOKENS)),
        )
        inputs, outputs = inputs + usage.input_tokens, outputs + usage.output_tokens
        amount = price(call.request.model, usage, at)
        if amount is None:
            unpriced.add(call.request.model)
        else:
            cost += amount
    return Plan(
        calls=len(missing),
        input_tokens=inputs,
        output_tokens=outputs,
        cost_usd=cost,
        unpriced_models=tuple(sorted(unpriced)),
    )


def refuse_over_budget(planned: Plan, budget_usd: Decimal) -> None:
    """Raise unless the plan fits the budget.

    Raises:
        OverBudgetError: when it costs more, or when a model without a price makes that impossible to tell.
    """
    if planned.unpriced_models:
        raise OverBudgetError(
            f"a budget of {budget_usd} USD is set, but {', '.join(planned.unpriced_models)} has no price: "
            "add it to data/prices.yaml, or unset LLM_EVAL_BUDGET_USD"
        )
    if planned.cost_usd > budget_usd:
        raise OverBudgetError(
            f"{planned.calls} calls are missing and would cost up to {planned.cost_usd:.4f} USD, "
            f"over the budget of {budget_usd} USD (LLM_EVAL_BUDGET_USD)"
        )
