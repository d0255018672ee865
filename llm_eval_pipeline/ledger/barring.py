"""The calls that may not be made: all in replay mode, and those that would describe today instead of their week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from llm_eval_pipeline.clients.chat import ChatClient
from llm_eval_pipeline.ledger.calls import Call
from llm_eval_pipeline.ledger.rules import AskingRules


class MissingAnswerError(LookupError):
    """In replay mode, or for a week that ended long ago, the ledger has no answer. The text names the example."""


def is_barred(call: Call, client: ChatClient, rules: AskingRules) -> bool:
    """Whether a call may not be made; what the ledger holds for it is all there is."""
    if rules.mode == "replay":
        return True
    return not client.dated and not rules.allow_late and call.is_late(rules.clock())


@dataclass(slots=True)
class Refused:
    """Missing calls that may not be made: the first, and how many."""

    rules: AskingRules
    first: Call | None = None
    n: int = 0

    def count(self, calls: Iterable[Call]) -> None:
        """Add calls."""
        for call in calls:
            self.first = self.first or call
            self.n += 1

    def complain(self) -> None:
        """Say so.

        Raises:
            MissingAnswerError: if there is one.
        """
        if self.first is None:
            return
        first = self.first
        what = f"{self.n} answers are missing from the ledger, the first for {first.label} ({first.occasion})"
        if self.rules.mode == "replay":
            raise MissingAnswerError(f"{what}; replay mode asks nobody: set LLM_EVAL_MODE=live to make the calls")
        raise MissingAnswerError(
            f"{what}. The window {first.occasion} ended long ago, and {first.request.model} answers as it is today: "
            "set LLM_EVAL_ALLOW_LATE=true to ask it all the same; the rows are then marked called_late"
        )
