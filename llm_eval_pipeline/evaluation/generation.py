"""Asking the models under test: from examples to calls, from answers to rows of ``model_outputs``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from llm_eval_pipeline.clients.chat import ChatClient, ChatRequest, Message
from llm_eval_pipeline.ledger.calls import Answer, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsUnderTest:
    """The models, the client that reaches them, and how each is asked."""

    client: ChatClient
    names: tuple[str, ...]
    params: Mapping[str, Any]
    repetitions: int = 1


def generation_calls(
    examples: Sequence[Mapping[str, Any]], models: ModelsUnderTest, *, occasion: str, due: datetime
) -> dict[tuple[str, str, int], Call]:
    """One call per example, model and repetition, by (example_id, model, repetition).

    Args:
        examples: rows of ``eval_dataset``.
        models: who is asked, and how often.
        occasion: the window that is observed, or the candidate that is tried.
        due: the instant that the answers are about, the end of the window.
    """
    calls = {}
    for example in examples:
        messages = tuple(Message(role=m["role"], content=m["content"]) for m in example["messages"])
        for model in models.names:
            for repetition in range(models.repetitions):
                calls[example["example_id"], model, repetition] = Call(
                    request=ChatRequest(model=model, messages=messages, params=models.params, as_of=due),
                    provider=models.client.provider,
                    purpose="generation",
                    occasion=occasion,
                    due=due,
                    feature=example["feature"],
                    repetition=repetition,
                    label=f"example {example['example_id']}",
                )
    return calls


def output_rows(
    examples: Sequence[Mapping[str, Any]],
    calls: Mapping[tuple[str, str, int], Call],
    answers: Mapping[str, Answer],
) -> list[dict[str, Any]]:
    """Rows of ``model_outputs``: one per call, with the error where there is no answer."""
    by_id = {example["example_id"]: example for example in examples}
    rows = []
    for (example_id, model, repetition), call in calls.items():
        answer, example = answers[call.key], by_id[example_id]
        row: dict[str, Any] = {
            "example_id": example_id,
            "model": model,
            "repetition": repetition,
            "feature": example["feature"],
            "split": example["split"],
            "called_at": answer.called_at,
            "called_late": answer.called_late,
            "replayed": answer.replayed,
            "error": answer.error,
            "cost_usd": answer.cost_usd,
        }
        if (response := answer.response) is not None:
            row |= {
                "model_resolved": response.model_resolved,
                "output": response.output,
                "finish_reason": response.finish_reason,
                "latency_ms": response.latency_ms,
                "input_tokens": response.usage.input_tokens,
                "cached_input_tokens": response.usage.cached_input_tokens,
                "output_tokens": response.usage.output_tokens,
            }
        rows.append(row)
    return rows
