"""The console: the log of the run that sends, which needs no account."""

from __future__ import annotations

import logging
from collections.abc import Callable

from llm_eval_pipeline.alerts.messages import Message

log = logging.getLogger(__name__)


class ConsoleChannel:
    """Writes each message to ``say``, the module's log by default."""

    name = "console"

    def __init__(self, say: Callable[[str], None] = log.warning) -> None:
        self._say = say

    def send(self, message: Message) -> None:
        """Say the message."""
        self._say(f"[{message.event}] {message.as_text()}")
