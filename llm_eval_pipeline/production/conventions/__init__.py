"""What attributes mean: one file per convention, each behind the seam in ``seam.py``.

A convention knows names of attributes and nothing about files (``readers/``) or columns (``rows.py``).
"""

from __future__ import annotations

from llm_eval_pipeline.production.conventions.columns import Columns
from llm_eval_pipeline.production.conventions.genai import GenAI
from llm_eval_pipeline.production.conventions.langfuse import Langfuse
from llm_eval_pipeline.production.conventions.langsmith import LangSmith
from llm_eval_pipeline.production.conventions.mlflow import Mlflow
from llm_eval_pipeline.production.conventions.openinference import OpenInference
from llm_eval_pipeline.production.conventions.seam import BILLED_CALLS, MODEL_CALLS, Convention, Document, Meaning
from llm_eval_pipeline.production.conventions.weave import Weave
from llm_eval_pipeline.production.spans import Span

__all__ = ["BILLED_CALLS", "CONVENTIONS", "MODEL_CALLS", "Convention", "Document", "Meaning", "meaning_of"]

CONVENTIONS: tuple[Convention, ...] = (
    *(Weave(), Columns(), Mlflow(), OpenInference()),
    *(GenAI(), LangSmith(), Langfuse()),
)


def meaning_of(span: Span) -> Meaning:
    """What the first convention that recognises the span says of it; nothing for a span of no convention."""
    for convention in CONVENTIONS:
        if convention.recognises(span):
            return convention.read(span)
    return Meaning()
