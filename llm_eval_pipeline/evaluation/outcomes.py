"""Pass, fail or unknown, for whole columns: the rule of ``failures`` without a Python object per row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from llm_eval_pipeline.evaluation.answer_columns import numbers
from llm_eval_pipeline.evaluation.failures import PASSING_QUALITY


def passes(answers: pa.Table) -> np.ndarray:
    """1 where an answer passes, 0 where it failed, and NaN where nobody scored it; float64 of shape (rows,).

    Args:
        answers: a table with ``quality_score`` and ``is_safe``.

    An answer fails as :func:`~llm_eval_pipeline.evaluation.failures.failed` says. That it has no score and is not known
    to be unsafe is no pass.
    """
    quality, unsafe = numbers(answers, "quality_score"), numbers(answers, "is_safe") == 0
    passed = (quality >= PASSING_QUALITY) & ~unsafe
    return np.where(np.isnan(quality) & ~unsafe, np.nan, passed.astype(float))
