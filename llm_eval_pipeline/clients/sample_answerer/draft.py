"""What one way of answering hands back: the words, what they were taken from, and which mistakes are in them."""

from __future__ import annotations

from dataclasses import dataclass

from llm_eval_pipeline.clients.sample_answerer.retrieval import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer before it is counted and timed; ``mistakes`` is empty for the best that the rules can do."""

    output: str
    retrieved: tuple[Hit, ...] = ()
    mistakes: tuple[str, ...] = ()
    cut: bool = False
