"""Instructions about parts that an output must hold: placeholders and a postscript."""

from __future__ import annotations

import re

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments

_PLACEHOLDER = re.compile(r"\[.*?\]")


def number_placeholders(output: str, given: Arguments) -> bool:
    """At least so many placeholders in square brackets."""
    return len(_PLACEHOLDER.findall(output)) >= given.count("num_placeholders")


def postscript(output: str, given: Arguments) -> bool:
    """The marker of a postscript occurs; ``P.S.`` and ``P.P.S`` also with spaces between the letters."""
    marker = given.text("postscript_marker").strip().lower()
    if marker in ("p.s.", "p.p.s", "p.p.s."):
        letters = re.findall(r"\w", marker)
        pattern = r"\.\s?".join(letters) + (r"\." if marker == "p.s." else "")
    else:
        pattern = re.escape(marker)
    return re.search(pattern, output.lower()) is not None
