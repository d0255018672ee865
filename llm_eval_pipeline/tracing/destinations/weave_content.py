"""What a span says, as Weave has it: inputs, an output, and usage by model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_eval_pipeline.production.conventions.values import parsed
from llm_eval_pipeline.tracing import names

CONTENT = {
    *(names.INPUT_MESSAGES, names.OUTPUT_MESSAGES, names.DOCUMENTS, names.QUERY, names.INSTRUCTIONS),
    *(names.TOOL_ARGUMENTS, names.TOOL_RESULT, "input.value", "output.value"),
}
"""Attributes that become inputs and outputs, and are not told a second time."""


def inputs(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the call was given."""
    found = {
        "model": told.get(names.REQUEST_MODEL) or told.get("llm.model_name"),
        "query": told.get(names.QUERY),
        "messages": parsed(told.get(names.INPUT_MESSAGES)),
        "input": parsed(told.get("input.value")),
    }
    return {name: value for name, value in found.items() if value is not None}


def output(told: Mapping[str, Any]) -> Any:
    """What it returned; None when the span does not tell."""
    for name in (names.DOCUMENTS, names.OUTPUT_MESSAGES, names.TOOL_RESULT, "output.value"):
        if told.get(name) is not None:
            return parsed(told[name])
    return None


def summary(told: Mapping[str, Any]) -> dict[str, Any]:
    """Usage by model, for calls of a model alone: Weave adds up those below."""
    model = told.get(names.RESPONSE_MODEL) or told.get(names.REQUEST_MODEL) or told.get("llm.model_name")
    counts = {
        "input_tokens": told.get(names.INPUT_TOKENS, told.get(f"{names.OPENINFERENCE_TOKENS}prompt")),
        "output_tokens": told.get(names.OUTPUT_TOKENS, told.get(f"{names.OPENINFERENCE_TOKENS}completion")),
        "cache_read_input_tokens": told.get(names.CACHE_READ_TOKENS),
    }
    counts = {name: value for name, value in counts.items() if value is not None}
    return {"usage": {str(model): {"requests": 1, **counts}}} if model and counts else {}
