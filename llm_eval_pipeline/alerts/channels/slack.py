"""Slack, by an incoming webhook."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from llm_eval_pipeline.alerts.channels.posting import post_json
from llm_eval_pipeline.alerts.messages import Message

_LONGEST_BLOCK = 2900
_MOST_FIELDS = 10


class SlackChannel:
    """Sends each message to one webhook as Block Kit blocks."""

    name = "slack"

    def __init__(self, webhook: SecretStr) -> None:
        self._webhook = webhook

    def send(self, message: Message) -> None:
        """Post the message."""
        post_json(self._webhook.get_secret_value(), _body(message))


def _body(message: Message) -> dict[str, Any]:
    mark = ":rotating_light:" if message.event == "trigger" else ":white_check_mark:"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": message.title[:150]}},
        _section(f"{mark} {_escaped(message.summary)}"),
    ]
    fields = [{"type": "mrkdwn", "text": f"*{_escaped(k)}*\n{_escaped(v)}"[:2000]} for k, v in message.facts]
    if fields:
        blocks.append({"type": "section", "fields": fields[:_MOST_FIELDS]})
    if message.evidence:
        blocks.append(_section("\n".join(f"• {_escaped(line)}" for line in message.evidence)))
    if message.links:
        blocks.append(_section(" · ".join(f"<{url}|{_escaped(name)}>" for name, url in message.links)))
    return {"text": f"{message.title} ({message.key})", "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_LONGEST_BLOCK]}}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
