"""The judge that needs no network: deterministic, lexical, calibrated on the labels that ship.

Belongs here: how one case becomes a score, a sentence that explains it, and how sure the judge is. Does not belong
here: the coefficients (``data/judge/local_judge.json``), how they are fitted (``data/judge/fit.py``), and rubrics,
which an LLM judge reads and this one does not.
"""

from llm_eval_pipeline.evaluation.local_judge.client import LocalJudge

__all__ = ["LocalJudge"]
