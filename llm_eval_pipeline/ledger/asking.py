"""Ask each call once: replay what the ledger holds, make only the calls that are missing, record before use.

Belongs here: which calls are made, replayed or refused, and the order in which their answers come. Not here: how one
call is made (``making``), and what an answer is worth (``evaluation/``).
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from llm_eval_pipeline.clients.chat import ChatClient
from llm_eval_pipeline.ledger.answering import Clients, answer_all
from llm_eval_pipeline.ledger.barring import Refused, is_barred
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.exchanges import Exchange, FollowUp, Result, asked, labelled
from llm_eval_pipeline.ledger.from_thread import Put, items_from_thread
from llm_eval_pipeline.ledger.plan import Plan, Planner, Price, refuse_over_budget
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.parts import parts

LOOKED_UP = 500
"""Calls that are looked up in the ledger at once."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Everything that answering a call takes, but the model: the ledger, the prices, the rules."""

    ledger: Ledger
    price: Price
    rules: AskingRules

    def ask(self, calls: Sequence[Call], client: ChatClient, follow_up: FollowUp | None = None) -> dict[str, Answer]:
        """Answer a few calls of one purpose, by key; see :meth:`stream`, which does the same for any number."""
        exchanges = (labelled(call.key, asked(call, follow_up)) for call in calls)
        clients = dict.fromkeys((call.purpose for call in calls), client)
        return dict(self.stream(exchanges, clients, self.plan(calls, client)))

    def stream(self, exchanges: Iterable[Exchange[Result]], clients: Clients, planned: Plan) -> Generator[Result]:
        """Go through exchanges, each call answered from the ledger where it can be and by its client where it must.

        Memory is bounded: an exchange is held while it is under way or waits for an older one, and no longer.

        Args:
            exchanges: what is asked, and what is made of the answers.
            clients: who is asked, by the purpose of a call.
            planned: the missing calls, which the budget has to cover; see :meth:`plan`.

        Yields:
            The results, in the order of ``exchanges``. A call that failed for good has an answer with ``error`` and
            no response. It is made again the next time, unless it may not be made: then its failure is handed on.

        Raises:
            MissingAnswerError: when neither an answer nor a failure is recorded and the call may not be made: in
                replay mode; in live mode about a week that ended long ago, unless the client is dated or late calls
                are allowed.
            OverBudgetError: before the first call, when the planned ones would cost more than the budget; in the end,
                when calls were not made that would cost more than was planned of them.
        """
        if self.rules.budget_usd is not None and planned.calls:
            refuse_over_budget(planned, self.rules.budget_usd)
        if planned.calls:
            log.info("%s", planned)

        def produce(put: Put[list[Result]]) -> Coroutine[Any, Any, None]:
            return answer_all(exchanges, clients, planned, put, ledger=self.ledger, price=self.price, rules=self.rules)

        def results() -> Generator[Result]:
            with closing(items_from_thread(produce)) as batches:
                for batch in batches:
                    yield from batch

        return results()

    def plan(self, calls: Iterable[Call], client: ChatClient) -> Plan:
        """Which calls would be made, and what they would cost at the most; nothing is asked.

        Raises:
            MissingAnswerError: when calls are missing that may not be made.
        """
        planner, refused = Planner(self.price, self.rules.clock()), Refused(self.rules)
        for some in parts(calls, LOOKED_UP):
            keys = {call.key: call for call in some}
            known = self.ledger.known(keys)
            missing = {key: call for key, call in keys.items() if key not in known}
            barred = {key: call for key, call in missing.items() if is_barred(call, client, self.rules)}
            failed = self.ledger.failures(barred) if barred else {}
            refused.count(call for key, call in barred.items() if key not in failed)
            planner.count(
                replayed=[keys[key] for key in known],
                missing=[call for key, call in missing.items() if key not in barred],
            )
        refused.complain()
        return planner.plan
