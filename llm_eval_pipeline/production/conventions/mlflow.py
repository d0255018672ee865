"""MLflow's own spans: attributes that are JSON texts, whatever instrumented the application (MLflow 3).

https://mlflow.org/docs/latest/genai/tracing/ — input tokens include cached ones, for Anthropic's models too: MLflow's
instrumentors add what that API counts apart.
"""

from __future__ import annotations

from typing import Any

import orjson

from llm_eval_pipeline.production.conventions.api_shapes import choices, finish_reason
from llm_eval_pipeline.production.conventions.documents import documents
from llm_eval_pipeline.production.conventions.messages import answer, as_json, message_list, plain, question
from llm_eval_pipeline.production.conventions.seam import MODEL_CALLS, Meaning
from llm_eval_pipeline.production.conventions.values import Attributes, count, object_of, text
from llm_eval_pipeline.production.spans import Span
from llm_eval_pipeline.production.tokens import Tokens, normalised

_TYPE = "mlflow.spanType"
_OPERATIONS = {
    "CHAT_MODEL": "chat",
    "LLM": "text_completion",
    "EMBEDDING": "embeddings",
    "RETRIEVER": "retrieval",
    "TOOL": "execute_tool",
    "AGENT": "invoke_agent",
    "UNKNOWN": None,
}


class Mlflow:
    """Spans with ``mlflow.spanType``."""

    def recognises(self, span: Span) -> bool:
        """Whether the span has the attribute that MLflow gives every span."""
        return _TYPE in span.attributes

    def read(self, span: Span) -> Meaning:
        """What the span says."""
        told = {name: _decoded(value) for name, value in span.attributes.items() if name.startswith("mlflow.")}
        kind = (text(told, _TYPE) or "").upper()
        operation = _OPERATIONS.get(kind, kind.lower() or None)
        given, returned = told.get("mlflow.spanInputs"), told.get("mlflow.spanOutputs")
        asked = _messages(given)
        failed = span.status == "error"
        return Meaning(
            convention="mlflow",
            operation=operation,
            model_requested=_named(given, "model") or text(told, "mlflow.llm.model"),
            model_resolved=None if failed else _named(returned, "model") or text(told, "mlflow.llm.model"),
            tokens=_tokens(told.get("mlflow.chat.tokenUsage")),
            finish_reason=finish_reason(object_of(returned)),
            input=question(asked) if asked else plain(given),
            output=None if operation == "retrieval" or (failed and operation in MODEL_CALLS) else _answer(returned),
            input_messages=as_json(asked),
            documents=documents(returned) if operation == "retrieval" else None,
        )


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _named(found: Any, name: str) -> str | None:
    return text(found, name) if isinstance(found, dict) else None


def _tokens(usage: Any) -> Tokens:
    told: Attributes = usage if isinstance(usage, dict) else {}
    return normalised(
        total_input=count(told, "input_tokens"),
        cache_read=count(told, "cache_read_input_tokens"),
        cache_write=count(told, "cache_creation_input_tokens"),
        total_output=count(told, "output_tokens"),
        reasoning=None,
    )


def _messages(given: Any) -> list[dict[str, Any]]:
    """The conversation that was sent, where the inputs hold one."""
    messages = given.get("messages") if isinstance(given, dict) else None
    return message_list(messages) if isinstance(messages, list) else []


def _answer(returned: Any) -> str | None:
    said = [each["message"] for each in choices(object_of(returned)) if isinstance(each.get("message"), dict)]
    return answer(said) or plain(returned)
