"""Weave's calls: what an op was given, what it returned, and what its summary counts.

https://docs.wandb.ai/weave — a parent's summary repeats its children's usage, so only a call without children has used
what its own says. Input tokens include cached ones there, but for Anthropic's as older versions kept them; the reply
itself, where the call returned it, tells which it is.
"""

from __future__ import annotations

import re
from typing import Any

from llm_eval_pipeline.production.conventions import langchain
from llm_eval_pipeline.production.conventions.api_shapes import (
    answered,
    counts_cached_apart,
    finish_reason,
    sent,
    tokens,
    with_cached,
)
from llm_eval_pipeline.production.conventions.documents import documents
from llm_eval_pipeline.production.conventions.messages import as_json, plain, question
from llm_eval_pipeline.production.conventions.seam import BILLED_CALLS, Meaning
from llm_eval_pipeline.production.conventions.values import object_of, text
from llm_eval_pipeline.production.conventions.weave_runs import asked_and_answered, operation_of, outputs_of
from llm_eval_pipeline.production.spans import Span
from llm_eval_pipeline.production.tokens import Tokens

_KINDS = {"llm": "chat", "tool": "execute_tool", "agent": "invoke_agent", "search": "retrieval"}
_OF_A_MODEL = re.compile(
    r"(openai|anthropic|mistralai|cohere|groq|litellm|cerebras|google\.genai|vertexai|huggingface_hub)\."
)


class Weave:
    """Spans that were calls of Weave's."""

    def recognises(self, span: Span) -> bool:
        """Whether the reader of Weave's calls made it."""
        return "weave.has_children" in span.attributes

    def read(self, span: Span) -> Meaning:
        """What the call says."""
        told = span.attributes
        given, returned = _own(told.get("weave.inputs")), told.get("weave.output")
        run = asked_and_answered(given, returned)
        given, returned = run or (given, outputs_of(returned))
        reply = returned if isinstance(returned, dict) else {}
        used = {} if told["weave.has_children"] else _usage(told.get("weave.usage"))
        operation = _operation(span, bool(used))
        called, failed = operation in BILLED_CALLS, span.status == "error"
        asked, instructions = sent(given) if isinstance(given, dict) else ([], None)
        counted = next(iter(used), None)
        requested = (text(given, "model") if isinstance(given, dict) else None) or counted
        resolved = text(reply, "model", "model_version") or counted
        return Meaning(
            convention="weave",
            operation=operation,
            model_requested=requested if called else None,
            model_resolved=resolved if called and not failed else None,
            tokens=_tokens(used, reply, is_run=run is not None) if called else Tokens(),
            finish_reason=finish_reason(reply) if called else None,
            input=question(asked) or _text(given),
            output=None if operation in ("retrieval", "embeddings") or (called and failed) else _output(returned),
            input_messages=as_json(asked, instructions),
            documents=documents(returned) if operation == "retrieval" else None,
        )


def _operation(span: Span, has_used: bool) -> str | None:
    """What the call did. Wrappers around a model's call are of its kind too, and are none themselves."""
    is_run, kind = operation_of(span.name)
    kind = kind if is_run else _KINDS.get(str(span.attributes.get("weave.kind") or "").lower())
    is_model = kind == "chat" or has_used or (kind is None and _OF_A_MODEL.match(span.name) is not None)
    if not is_model:
        return kind
    if span.attributes["weave.has_children"]:
        return None
    return "embeddings" if "embedding" in span.name.lower() else "chat"


def _usage(found: Any) -> dict[str, dict[str, Any]]:
    """Each model's counts; one call has one model."""
    told = found if isinstance(found, dict) else {}
    return {model: counts for model, counts in told.items() if isinstance(counts, dict)}


def _tokens(used: dict[str, dict[str, Any]], reply: dict[str, Any], *, is_run: bool) -> Tokens:
    own = object_of(reply.get("usage"))
    if is_run and own:
        return langchain.tokens(own)
    return tokens(with_cached(own) if counts_cached_apart(own) else next(iter(used.values()), own))


def _own(given: Any) -> Any:
    """The inputs without the object that the op is a method of."""
    return {name: value for name, value in given.items() if name != "self"} if isinstance(given, dict) else given


def _text(given: Any) -> str | None:
    """The one text among several arguments, or what stands out by its name."""
    texts = [value for value in given.values() if isinstance(value, str)] if isinstance(given, dict) else []
    return texts[0] or None if len(texts) == 1 else plain(given)


def _output(returned: Any) -> str | None:
    return (answered(returned) if isinstance(returned, dict) else None) or plain(returned)
