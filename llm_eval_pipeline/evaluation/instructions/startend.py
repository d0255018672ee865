"""Instructions about how an output starts and ends."""

from __future__ import annotations

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments


def end_checker(output: str, given: Arguments) -> bool:
    """The output ends with the phrase; a closing quotation mark after it does not count against it."""
    return output.strip().strip('"').lower().endswith(given.text("end_phrase").strip().lower())


def quotation(output: str, given: Arguments) -> bool:
    """The whole output stands in double quotation marks."""
    stripped = output.strip()
    return len(stripped) > 1 and stripped.startswith('"') and stripped.endswith('"')
