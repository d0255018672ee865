"""A call's arguments and its result as a span's attributes, by the kind that the call is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llm_eval_pipeline.tracing import captured, names
from llm_eval_pipeline.tracing.usage import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the decorator was told."""

    name: str
    kind: str | None
    feature: str | None
    inputs: bool
    outputs: bool


def input_attributes(plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a call was given, by its arguments' names."""
    told: dict[str, Any] = {}
    if isinstance(model := given.get("model"), str) and plan.kind in (None, "chat", "completion", "embeddings"):
        told[names.REQUEST_MODEL] = model
    if plan.kind == "tool":
        told[names.TOOL_NAME] = plan.name
    if not plan.inputs or not given:
        return told
    told[names.INPUT_MESSAGES] = captured.as_json(captured.messages(given))
    if plan.kind == "tool":
        told[names.TOOL_ARGUMENTS] = captured.as_text(dict(given))
    if plan.kind == "retrieval":
        told[names.QUERY] = captured.question(given)
    if isinstance(given.get("system"), str):
        told[names.INSTRUCTIONS] = captured.as_json([{"type": "text", "content": captured.cut(given["system"])}])
    return told


def output_attributes(operation: str, value: Any, answer: Answer | None) -> dict[str, Any]:
    """What a call returned; of embeddings nothing, since they are long and say nothing to anybody."""
    if operation == "embeddings":
        return {}
    if operation == "retrieval" and (found := captured.documents(value)) is not None:
        return {names.DOCUMENTS: captured.as_json(found)}
    text = answer.text if answer is not None else captured.as_text(value)
    if text is None:
        return {}
    told: dict[str, Any] = {names.OUTPUT_MESSAGES: captured.as_json([captured.message("assistant", text)])}
    if operation == "execute_tool":
        told[names.TOOL_RESULT] = captured.cut(text)
    return told


def answer_attributes(answer: Answer) -> dict[str, Any]:
    """What a model's answer says of itself: model, tokens, why it ended."""
    told: dict[str, Any] = dict(answer.usage.attributes())
    if answer.model:
        told[names.RESPONSE_MODEL] = answer.model
    if answer.identifier:
        told[names.RESPONSE_ID] = answer.identifier
    if answer.finish_reasons:
        told[names.FINISH_REASONS] = answer.finish_reasons
    return told
