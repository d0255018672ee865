"""Instructions about the form of an output: title, sections, bullets, highlights, JSON, a choice of answers."""

from __future__ import annotations

import json
import re

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments

CHOICES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_STAR = re.compile(r"^[^\S\n]*\*[^*].*$", re.MULTILINE)
_DASH = re.compile(r"^[^\S\n]*-", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*([^\n*]*)\*")
_STRONG = re.compile(r"\*\*([^\n*]*)\*\*")
_FENCE = re.compile(r"\A(?:```(?:json)?)?(.*?)(?:```)?\Z", re.DOTALL | re.IGNORECASE)


def constrained_response(output: str, given: Arguments) -> bool:
    """One of the three allowed answers stands in the output."""
    return any(choice in output for choice in CHOICES)


def json_format(output: str, given: Arguments) -> bool:
    """The whole output is JSON; a code fence around it does not count against it."""
    fenced = _FENCE.match(output.strip())
    try:
        json.loads(fenced[1] if fenced else output)
    except (ValueError, RecursionError):
        return False
    return True


def multiple_sections(output: str, given: Arguments) -> bool:
    """At least so many headings made of the splitter and a number, such as ``SECTION 2``."""
    heading = re.escape(given.text("section_spliter").strip()) + r"\s?\d+"
    return len(re.findall(heading, output)) >= given.count("num_sections")


def number_bullet_lists(output: str, given: Arguments) -> bool:
    """Exactly so many lines that begin with ``*`` or ``-``."""
    return len(_STAR.findall(output)) + len(_DASH.findall(output)) == given.count("num_bullets")


def number_highlighted_sections(output: str, given: Arguments) -> bool:
    """At least so many highlights between asterisks, each within one line and not empty.

    IFEval looks for ``*this*`` and for ``**this**`` in turn and adds both, so the halves of a strong highlight can
    count more than once beside others of their line; that is kept, for its published numbers depend on it.
    """
    found = [*_HIGHLIGHT.findall(output), *_STRONG.findall(output)]
    return sum(bool(text.strip()) for text in found) >= given.count("num_highlights")


def title(output: str, given: Arguments) -> bool:
    """A title in double angular brackets, ``<<such as this>>``, that is not empty."""
    lines = output.split("\n")
    marked = (line for line in lines if "<<" in line and ">>" in line)
    return any(line[line.find("<<") + 2 : line.rfind(">>")].strip("<> \t") for line in marked)
