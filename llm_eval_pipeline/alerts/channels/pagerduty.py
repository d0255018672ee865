"""PagerDuty, by its Events API v2: a page triggers under its key, and resolves under the same."""

from __future__ import annotations

from pydantic import SecretStr

from llm_eval_pipeline.alerts.channels.posting import post_json
from llm_eval_pipeline.alerts.messages import Message

EVENTS_URL = "https://events.pagerduty.com/v2/enqueue"


class PagerDutyChannel:
    """Sends each message as an event to one service."""

    name = "pagerduty"

    def __init__(self, routing_key: SecretStr, url: str = EVENTS_URL) -> None:
        self._key, self._url = routing_key, url

    def send(self, message: Message) -> None:
        """Enqueue the event."""
        post_json(
            self._url,
            {
                "routing_key": self._key.get_secret_value(),
                "event_action": message.event,
                "dedup_key": message.key,
                "payload": {
                    "summary": message.title[:1024],
                    "source": "llm_eval_pipeline",
                    "severity": "error",
                    "custom_details": {
                        "summary": message.summary,
                        **dict(message.facts),
                        "evidence": list(message.evidence),
                    },
                },
                "links": [{"href": url, "text": name} for name, url in message.links],
            },
        )
