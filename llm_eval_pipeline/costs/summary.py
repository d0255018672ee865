"""The cost summary: what each day cost, by model, feature and purpose, with nothing unpriced counted as free.

``application`` is what production spent on the days of the window. ``generation`` and ``judge`` are what evaluating the
window cost, on the days on which its calls were really made, and what re-evaluations made within the window cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from llm_eval_pipeline.clients.chat import TokenUsage
from llm_eval_pipeline.costs.usage import BilledTokens

APPLICATION = "application"
UNKNOWN = "unknown"
TOKENS = (
    "input_uncached_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
)
Group = tuple[date, str, str, str]


@dataclass(slots=True)
class _Sum:
    calls: int = 0
    unmetered: int = 0
    unpriced: int = 0
    cost_usd: Decimal = Decimal(0)
    tokens: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TOKENS, 0))

    def add(self, tokens: Mapping[str, int | None], cost_usd: Decimal | None) -> None:
        self.calls += 1
        if all(tokens.get(kind) is None for kind in TOKENS):
            self.unmetered += 1
        elif cost_usd is None:
            self.unpriced += 1
        else:
            self.cost_usd += cost_usd
        for kind in TOKENS:
            self.tokens[kind] += tokens.get(kind) or 0

    def add_sum(self, row: Mapping[str, Any]) -> None:
        self.calls += row["calls"]
        self.unmetered += row["unmetered_calls"]
        self.unpriced += row["unpriced_calls"]
        self.cost_usd += row["cost_usd"] or Decimal(0)
        for kind in TOKENS:
            self.tokens[kind] += row[kind]


def cost_rows(
    spent: Mapping[date, Iterable[Mapping[str, Any]]], calls: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of ``cost_summary`` for one window.

    Args:
        spent: rows of ``trace_spend`` for each of the window's days.
        calls: the window's calls as the ledger tells of its spending.

    Returns:
        One row per day, model (the one asked for, as in every other table), feature and purpose. ``unpriced_calls``
        used tokens that have no price, and ``unmetered_calls`` say nothing of tokens, as failed ones do. ``cost_usd``
        is null where no call has a cost; ``cumulative_usd`` is the window's running total over the days, of the same
        model, feature and purpose, and null until one of its calls has a cost.
    """
    sums: dict[Group, _Sum] = {}
    for day, rows in spent.items():
        for row in rows:
            sums.setdefault((day, row["model"], row["feature"], APPLICATION), _Sum()).add_sum(row)
    for call in calls:
        called_at: datetime = call["called_at"]
        group = called_at.date(), call["model"], call["feature"] or UNKNOWN, call["purpose"]
        sums.setdefault(group, _Sum()).add(_tokens(call["usage"]), call["cost_usd"])
    return _rows(sums)


def _tokens(usage: TokenUsage | None) -> dict[str, int | None]:
    if usage is None:
        return {}
    billed = BilledTokens.of(usage)
    kinds = billed.input, billed.cache_read, billed.cache_write, billed.output, billed.reasoning
    return dict(zip(TOKENS, kinds, strict=True))


def _rows(sums: Mapping[Group, _Sum]) -> list[dict[str, Any]]:
    totals: dict[tuple[str, str, str], Decimal] = {}
    rows = []
    for (day, model, feature, purpose), total in sorted(sums.items()):
        cost = None if total.unmetered + total.unpriced == total.calls else total.cost_usd
        if cost is not None:
            totals[model, feature, purpose] = totals.get((model, feature, purpose), Decimal(0)) + cost
        rows.append(
            {
                "day": day,
                "model": model,
                "feature": feature,
                "purpose": purpose,
                "calls": total.calls,
                **total.tokens,
                "cost_usd": cost,
                "cumulative_usd": totals.get((model, feature, purpose)),
                "unpriced_calls": total.unpriced,
                "unmetered_calls": total.unmetered,
            }
        )
    return rows
