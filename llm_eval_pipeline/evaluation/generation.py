"""Asking the models under test: from examples to calls, from answers to rows of ``model_outputs``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from llm_eval_pipeline.clients.chat import ChatClient, ChatRequest, Message
from llm_eval_pipeline.evaluation.schema import MODEL_OUTPUTS
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.exchanges import Exchange, asked

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
) -> Iterator[dict[str, Any]]:
    """Rows of ``model_outputs`` as the answers come; see :meth:`Asker.stream` for what it raises.

    Args:
        examples: gives the rows of ``eval_dataset`` anew each time, in order of ``example_id``.
        models: who is asked, and how often.
        asker: ledger, prices and rules.
        occasion: the window that is observed, or the candidate that is tried.
        due: the instant that the answers are about, the end of the window.
    """

    def wanted() -> Iterator[tuple[Row, Call]]:
        return generation_calls(examples(), models, occasion=occasion, due=due)

    planned = asker.plan((call for _, call in wanted()), models.client)
    exchanges = (generation(example, call) for example, call in wanted())
    return asker.stream(exchanges, {"generation": models.client}, planned)


def generation(example: Row, call: Call) -> Exchange[dict[str, Any]]:
    """The exchange of one call: its row of ``model_outputs``."""
    return output_row(example, call, (yield from asked(call)))


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


def output_row(example: Row, call: Call, answer: Answer) -> dict[str, Any]:
    """A row of ``model_outputs``; where there is no answer, it has the error, and None for all that an answer has."""
    row: dict[str, Any] = dict.fromkeys(MODEL_OUTPUTS.schema.names) | {
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
    return row
