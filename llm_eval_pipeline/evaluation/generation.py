"""Asking the models under test: from examples to calls, from answers to rows of ``model_outputs``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from llm_eval_pipeline.clients.chat import ChatClient, ChatRequest, Message
from llm_eval_pipeline.ledger.answering import Asked
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Call

Row = Mapping[str, Any]


class NobodyAnsweredError(RuntimeError):
    """Every call of a window failed, as with a wrong key. The text has the first reason; the rows keep all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsUnderTest:
    """The models, the client that reaches them, and how each is asked."""

    client: ChatClient
    names: tuple[str, ...]
    params: Mapping[str, Any]
    repetitions: int = 1


def generate(
    examples: Callable[[], Iterable[Row]], models: ModelsUnderTest, asker: Asker, *, occasion: str, due: datetime
) -> Iterator[list[dict[str, Any]]]:
    """Rows of ``model_outputs`` in batches, as the answers come; see :meth:`Asker.stream` for what it raises.

    Args:
        examples: gives the rows of ``eval_dataset`` anew each time, in order of ``example_id``.
        models: who is asked, and how often.
        asker: ledger, prices and rules.
        occasion: the window that is observed, or the candidate that is tried.
        due: the instant that the answers are about, the end of the window.
    """
    asked = asker.stream(lambda: generation_calls(examples(), models, occasion=occasion, due=due), models.client)
    return (output_rows(batch) for batch in asked)


def generation_calls(
    examples: Iterable[Row], models: ModelsUnderTest, *, occasion: str, due: datetime
) -> Iterator[tuple[Row, Call]]:
    """One call per example, model and repetition, with its example, in the order of ``model_outputs``."""
    for example in examples:
        messages = tuple(Message(role=m["role"], content=m["content"]) for m in example["messages"])
        for model in sorted(models.names):
            for repetition in range(models.repetitions):
                yield (
                    example,
                    Call(
                        request=ChatRequest(model=model, messages=messages, params=models.params, as_of=due),
                        provider=models.client.provider,
                        purpose="generation",
                        occasion=occasion,
                        due=due,
                        feature=example["feature"],
                        repetition=repetition,
                        label=f"example {example['example_id']}",
                    ),
                )


def output_rows(asked: Iterable[Asked[Row]]) -> list[dict[str, Any]]:
    """Rows of ``model_outputs``: one per call, with the error where there is no answer."""
    rows = []
    for example, call, answer in asked:
        assert call is not None
        assert answer is not None
        row: dict[str, Any] = {
            "example_id": example["example_id"],
            "model": call.request.model,
            "repetition": call.repetition,
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
                "time_to_first_token_ms": response.time_to_first_token_ms,
                "system_fingerprint": response.system_fingerprint,
            }
            if (usage := response.usage) is not None:
                row |= {
                    "input_tokens": usage.input_tokens,
                    "cached_input_tokens": usage.cached_input_tokens,
                    "output_tokens": usage.output_tokens,
                    "reasoning_tokens": usage.reasoning_tokens,
                }
        rows.append(row)
    return rows
