"""What calls would cost before they are made, and the refusal of more than the budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from llm_eval_pipeline.clients.chat import UNLIMITED_OUTPUT, TokenUsage
from llm_eval_pipeline.ledger.calls import Call
from llm_eval_pipeline.ledger.rules import AskingRules

Price = Callable[[str, TokenUsage, datetime], Decimal | None]
"""What a call cost in USD; None when the model has no price."""
CHARACTERS_PER_TOKEN = 4
"""The usual rule of thumb for English text; a plan says about how much, the ledger says how much."""


class OverBudgetError(ValueError):
    """The missing calls would cost more than the budget. The text has both amounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """The calls of one purpose to one model: how many the ledger answers, how many are missing, and what those take.

    ``input_tokens`` and ``output_tokens`` are the most that the missing calls may take. ``cost_usd`` is None when
    calls are missing and nobody knows the model's price.
    """

    purpose: str
    model: str
    replayed: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What asking would take, by purpose and model; the totals are over the missing calls."""

    lines: tuple[PlanLine, ...] = ()

    @property
    def calls(self) -> int:
        """How many calls are missing."""
        return sum(line.calls for line in self.lines)

    @property
    def replayed(self) -> int:
        """How many calls the ledger answers."""
        return sum(line.replayed for line in self.lines)

    @property
    def cost_usd(self) -> Decimal:
        """What the missing calls of models with a price would cost at the most."""
        return sum((line.cost_usd for line in self.lines if line.cost_usd is not None), Decimal(0))

    @property
    def unpriced_models(self) -> tuple[str, ...]:
        """The models of missing calls whose price nobody knows, sorted; their calls are not in ``cost_usd``."""
        return tuple(sorted({line.model for line in self.lines if line.cost_usd is None}))

    def __add__(self, other: Plan) -> Plan:
        """Both plans' lines."""
        return Plan(lines=(*self.lines, *other.lines))

    def __str__(self) -> str:
        """The plan in a line."""
        unpriced = f", {', '.join(self.unpriced_models)} without a price" if self.unpriced_models else ""
        cost = f"up to {self.cost_usd:.4f} USD{unpriced}"
        return f"{self.calls} calls to make ({cost}), {self.replayed} in the ledger"


class Planner:
    """Adds up a plan, call by call.

    Args:
        price: what a call costs; None when the model has no price.
        at: the instant whose prices hold.
    """

    def __init__(self, price: Price, at: datetime) -> None:
        self._price, self._at = price, at
        self._tallies: dict[tuple[str, str], _Tally] = {}

    @property
    def plan(self) -> Plan:
        """What was counted so far."""
        return Plan(
            lines=tuple(
                PlanLine(purpose=purpose, model=model, **asdict(tally))
                for (purpose, model), tally in sorted(self._tallies.items(), key=lambda item: item[0])
            )
        )

    def count(self, *, replayed: Iterable[Call] = (), missing: Iterable[Call] = ()) -> None:
        """Add calls: input by its length, output by the most that is allowed."""
        for call in replayed:
            self._tally(call).replayed += 1
        for call in missing:
            usage = TokenUsage(
                input_tokens=_input_tokens(call),
                output_tokens=most_output(call),
            )
            self._tally(call).add(usage, self._price(call.request.model, usage, self._at))

    def _tally(self, call: Call) -> _Tally:
        return self._tallies.setdefault((call.purpose, call.request.model), _Tally())


def _input_tokens(call: Call) -> int:
    """Four letters a token, and about one token for each character of a script that takes several bytes."""
    texts = [message.content for message in call.request.messages]
    letters = sum(map(len, texts))
    beyond_ascii = sum(len(text.encode("utf-8", "replace")) for text in texts if not text.isascii())
    beyond_ascii -= sum(len(text) for text in texts if not text.isascii())
    return -(-(letters + 2 * beyond_ascii) // CHARACTERS_PER_TOKEN)


def most_output(call: Call) -> int:
    """The most tokens that a call may be answered with; without a limit of its own, what is reckoned."""
    params = call.request.params
    return int(params.get("max_tokens") or params.get("max_completion_tokens") or UNLIMITED_OUTPUT)


@dataclass(slots=True)
class _Tally:
    replayed: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = Decimal(0)

    def add(self, usage: TokenUsage, cost: Decimal | None) -> None:
        self.calls += 1
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.cost_usd = None if cost is None or self.cost_usd is None else self.cost_usd + cost


def refuse_over_budget(planned: Plan, budget_usd: Decimal) -> None:
    """Raise unless the plan fits the budget.

    Raises:
        OverBudgetError: when it costs more, or when a model without a price makes that impossible to tell.
    """
    if planned.unpriced_models:
        raise OverBudgetError(
            f"a budget of {budget_usd} USD is set, but there is no price for {', '.join(planned.unpriced_models)}: "
            "add it to data/prices.yaml, or unset LLM_EVAL_BUDGET_USD"
        )
    if planned.cost_usd > budget_usd:
        raise OverBudgetError(
            f"{planned.calls} calls are missing and would cost up to {planned.cost_usd:.4f} USD, "
            f"over the budget of {budget_usd} USD (LLM_EVAL_BUDGET_USD)"
        )


class Allowance:
    """What a budget leaves, call by call: for the planned ones what was planned, for all others what is left.

    A plan reckons calls whose text nobody knows yet, such as the judgement of an answer to come. What such a call takes
    beyond its plan comes out of what is left, too.

    Args:
        planned: the calls that the budget has to cover first.
        price: what a call costs; None when the model has no price.
        rules: the budget and the clock.
    """

    def __init__(self, planned: Plan, price: Price, rules: AskingRules) -> None:
        self._price, self._clock, self._budget = price, rules.clock, rules.budget_usd
        self._planned = planned.cost_usd
        self._left = Decimal(0) if rules.budget_usd is None else rules.budget_usd - planned.cost_usd
        self._refused: list[str] = []

    def takes(self, call: Call) -> bool:
        """Whether a planned call may be made; what it may cost is then set aside."""
        if self._budget is None:
            return True
        reckoned = self._reckoned(call)
        of_plan = min(reckoned.cost_usd, self._planned)
        if reckoned.unpriced_models or reckoned.cost_usd - of_plan > self._left:
            self._refused.append(call.label)
            return False
        self._planned -= of_plan
        self._left -= reckoned.cost_usd - of_plan
        return True

    def complain(self) -> None:
        """Say so, if planned calls were not made.

        Raises:
            OverBudgetError: if there is one.
        """
        if self._refused:
            raise OverBudgetError(
                f"{len(self._refused)} calls were not made, the first for {self._refused[0]}: they would cost more "
                f"than was planned, and over the budget of {self._budget} USD (LLM_EVAL_BUDGET_USD). "
                "All others are in the ledger"
            )

    def covers(self, call: Call) -> bool:
        """Whether a call that was not planned may be made; what it may cost is then set aside."""
        if self._budget is None:
            return True
        reckoned = self._reckoned(call)
        if reckoned.unpriced_models or reckoned.cost_usd > self._left:
            return False
        self._left -= reckoned.cost_usd
        return True

    def _reckoned(self, call: Call) -> Plan:
        planner = Planner(self._price, self._clock())
        planner.count(missing=[call])
        return planner.plan
