"""What a convention says about a span, in the pipeline's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from llm_eval_pipeline.production.spans import Span
from llm_eval_pipeline.production.tokens import Tokens

MODEL_CALLS = frozenset({"chat", "text_completion", "generate_content"})
"""Operations in which a model wrote something."""

BILLED_CALLS = MODEL_CALLS | {"embeddings"}
"""Operations that are paid for. Agents and chains repeat the tokens of the calls below them, so they bill nothing."""


def listed(operations: frozenset[str]) -> str:
    """Operations as SQL lists them."""
    return ", ".join(f"'{name}'" for name in sorted(operations))


@dataclass(frozen=True, slots=True)
class Document:
    """A retrieved document."""

    title: str | None
    content: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a span is about; None is not told.

    ``operation`` is OpenTelemetry's ``gen_ai.operation.name`` whatever the convention. ``input`` is what the user asked
    and ``output`` what was answered; ``input_messages`` is the whole conversation as JSON.
    """

    convention: str | None = None
    operation: str | None = None
    model_requested: str | None = None
    model_resolved: str | None = None
    tokens: Tokens = field(default_factory=Tokens)
    first_token_ms: float | None = None
    finish_reason: str | None = None
    error: str | None = None
    input: str | None = None
    output: str | None = None
    input_messages: str | None = None
    documents: tuple[Document, ...] | None = None


class Convention(Protocol):
    """Anything that knows what attributes mean."""

    def recognises(self, span: Span) -> bool:
        """Whether the span is written after this convention."""
        ...

    def read(self, span: Span) -> Meaning:
        """What the span says.

        Raises:
            BadSpanError: for a count that is negative or no number; unknown attributes are passed over.
        """
        ...
