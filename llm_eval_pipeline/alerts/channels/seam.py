"""The seam to everything that takes an alert."""

from __future__ import annotations

from typing import Protocol

from llm_eval_pipeline.alerts.messages import Message


class ChannelError(Exception):
    """A channel did not take a message. The text says why, and holds no secret."""


class Channel(Protocol):
    """Anything that a message can be sent to."""

    @property
    def name(self) -> str:
        """What the outbox calls it."""
        ...

    def send(self, message: Message) -> None:
        """Send one message, and return only when it was taken.

        Raises:
            ChannelError: when it was not.
        """
        ...
