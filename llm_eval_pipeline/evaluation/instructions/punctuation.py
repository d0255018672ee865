"""Instructions about punctuation."""

from __future__ import annotations

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments


def no_comma(output: str, given: Arguments) -> bool:
    """No comma anywhere."""
    return "," not in output
