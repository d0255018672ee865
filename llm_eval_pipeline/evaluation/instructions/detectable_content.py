"""Instructions about parts that an output must hold: placeholders and a postscript."""

from __future__ import annotations

import re

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments


def number_placeholders(output: str, given: Arguments) -> bool:
    """At least so many placeholders in square brackets."""
    return sum(map(_placeholders, output.split("\n"))) >= given.count("num_placeholders")


def postscript(output: str, given: Arguments) -> bool:
    """The marker of a postscript occurs; ``P.S.`` and ``P.P.S`` also with spaces between the letters."""
    marker = given.text("postscript_marker").strip().lower()
    if marker in ("p.s.", "p.p.s", "p.p.s."):
        letters = re.findall(r"\w", marker)
        pattern = r"\.\s?".join(letters) + (r"\." if marker == "p.s." else "")
    else:
        pattern = re.escape(marker)
    return re.search(pattern, output.lower()) is not None


def _placeholders(line: str) -> int:
    """Placeholders of one line: each from an opening bracket to the next closing one."""
    found, closed = 0, -1
    while (opened := line.find("[", closed + 1)) >= 0 and (closed := line.find("]", opened)) >= 0:
        found += 1
    return found
