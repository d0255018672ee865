"""From the incidents in the warehouse to messages in the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llm_eval_pipeline.alerts.events import due_messages
from llm_eval_pipeline.alerts.messages import Message
from llm_eval_pipeline.alerts.outbox import Outbox
from llm_eval_pipeline.drift.schema import DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.evaluation.schema import TRACE_SCORES
from llm_eval_pipeline.storage.warehouse import Warehouse

Rows = Sequence[Mapping[str, Any]]


def due(warehouse: Warehouse, outbox: Outbox, links: Mapping[str, str]) -> list[Message]:
    """The messages that should be sent and are not in the outbox yet; none before the first incidents are written."""

    def evidence(week: str) -> tuple[Rows, Rows]:
        report = warehouse.read_many(WEEKLY_DRIFT_REPORT, [week])
        return report.to_pylist(), warehouse.read_many(TRACE_SCORES, [week]).to_pylist()

    if not warehouse.exists(DRIFT_INCIDENTS):
        return []
    return due_messages(warehouse.read(DRIFT_INCIDENTS).to_pylist(), outbox.held(), evidence, links)


def enqueue_due(
    warehouse: Warehouse, outbox: Outbox, channels: Sequence[str], links: Mapping[str, str]
) -> list[Message]:
    """Write what is due into the outbox for every channel, and return it."""
    messages = due(warehouse, outbox, links)
    outbox.write(messages, channels)
    return messages
