"""Emitters that count tokens otherwise than their convention says, by the name of their instrumentation scope.

Both OpenTelemetry's and OpenInference's conventions count cached tokens into the input. An API of Anthropic's or
Bedrock's does not, and an emitter that passes its counts on has to add them up; these leave it at that.
"""

from __future__ import annotations

from llm_eval_pipeline.production.spans import Scope

CACHED_APART = frozenset(
    {
        # https://github.com/traceloop/openllmetry/issues/4449 (version 0.62.3): Converse's inputTokens as they are
        "opentelemetry.instrumentation.bedrock",
    }
)


def counts_cached_apart(scope: Scope) -> bool:
    """Whether this emitter's input counts leave cached tokens out."""
    return scope.name in CACHED_APART
