"""What a case offers to judge by: the question and the passage of its prompt, its sources, and the view to take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llm_eval_pipeline.evaluation.judging import Case
from llm_eval_pipeline.evaluation.local_judge.asked import labels_of, quoted_schema, read_json, wants_json

SHORTEST_PASSAGE = 30
_PARAGRAPH = re.compile(r"\n\s*\n|:\s*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A case taken apart.

    ``view`` names what it can be judged by: ``label`` and ``fields`` (a reference of that shape), ``bare_label`` and
    ``bare_fields`` (the same without a reference), ``reference`` (an expected answer), ``summary`` (an expected
    summary of a passage in the prompt), ``passage`` (the passage alone), ``context`` or ``prompt``.
    """

    view: str
    case: Case
    output: str
    question: str
    passage: str | None
    sources: tuple[str, ...]
    labels: tuple[str, ...] = ()
    expected: Any = None

    @property
    def message(self) -> str:
        """The last paragraph of the prompt: what there is to classify, or to extract from."""
        return self.case.prompt.strip().rsplit("\n", 1)[-1]

    @property
    def expected_format(self) -> str | None:
        """The form that was asked for: the case's own, or the schema that its prompt quotes."""
        return self.case.expected_format or quoted_schema(self.case.prompt)


def evidence_of(case: Case) -> Evidence:
    """Take a case apart. Its output must not be empty."""
    question, passage = split_prompt(case.prompt)
    labels = labels_of(case, question)
    expected = read_json(case.reference) if case.reference and case.reference.lstrip()[:1] in ("{", "[") else None
    if labels:
        view = "label" if case.reference else "bare_label"
    elif expected is not None or wants_json(case, question):
        view = "fields" if expected is not None else "bare_fields"
    elif case.reference:
        view = "summary" if passage and not case.context else "reference"
    elif case.context:
        view = "context"
    else:
        view = "passage" if passage else "prompt"
    return Evidence(
        view=view,
        case=case,
        output=(case.output or "").strip(),
        question=question,
        passage=passage,
        sources=tuple(text for text in (case.context, case.reference, case.prompt) if text),
        labels=labels,
        expected=expected,
    )


@lru_cache(maxsize=4096)
def split_prompt(prompt: str) -> tuple[str, str | None]:
    """The instruction of a prompt, and the passage that stands below, above or after it, if there is one."""
    parts = _PARAGRAPH.split(prompt.strip(), maxsplit=1)
    if len(parts) == 1:
        head, colon, tail = prompt.partition(": ")
        parts = [head, tail] if colon else [prompt]
    if len(parts) < 2 or len(parts[1].split()) < SHORTEST_PASSAGE:
        return prompt, None
    if len(parts[0].split()) <= len(parts[1].split()):
        return parts[0], parts[1]
    above, _, below = prompt.rstrip().rpartition("\n\n")
    return (below, above) if above and len(below.split()) < len(above.split()) else (prompt, None)
