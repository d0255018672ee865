"""Counting tokens and modelling how long an answer took: the sample's own rules, no vendor's.

The latency is modelled and nobody sleeps: log-normal until the first token, then a time for each token. It stands for
what a real endpoint's clock would show; the time that the rules themselves take is well under a millisecond.
"""

from __future__ import annotations

import math

from llm_eval_pipeline.clients.chat import TokenUsage
from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from llm_eval_pipeline.clients.sample_answerer.draft import Draft
from llm_eval_pipeline.clients.sample_answerer.releases import Behaviour, Latency

PREFIX_TOKENS = {"question": 512, "summary": 192, "extraction": 64, "classification": 128}
"""Instructions that the model is given with every prompt of a kind, in tokens; only these are ever cached."""

CHARACTERS_PER_TOKEN = 4


def count_tokens(text: str) -> int:
    """Tokens of a text: a fourth of its characters, rounded up."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def usage_of(kind: str, messages: str, draft: Draft, behaviour: Behaviour, chance: Chance) -> TokenUsage:
    """What a call is billed for: the instructions, the messages and the passages that were looked up."""
    passages = sum(count_tokens(hit.sentence.text) for hit in draft.retrieved)
    prefix = PREFIX_TOKENS[kind]
    return TokenUsage(
        input_tokens=prefix + count_tokens(messages) + passages,
        output_tokens=count_tokens(draft.output),
        cached_input_tokens=prefix if chance.happens("cached", behaviour.cached_share) else 0,
    )


def latency_ms(latency: Latency, output_tokens: int, chance: Chance) -> float:
    """Milliseconds from the question to the end of its answer."""
    first_token = latency.median_ms * math.exp(latency.sigma * chance.normal("latency"))
    pace = latency.ms_per_token * (0.85 + 0.3 * chance.uniform("pace"))
    return round(first_token + pace * output_tokens, 3)
