"""Pass, fail or unknown by column: the same as the rule for one row, for every combination."""

from __future__ import annotations

from itertools import product

import numpy as np
import pyarrow as pa

from llm_eval_pipeline.evaluation.failures import failed
from llm_eval_pipeline.evaluation.outcomes import passes


def test_a_column_passes_where_each_row_does() -> None:
    rows = list(product((None, 0.0, 0.49, 0.5, 1.0), (None, True, False)))
    quality, safe = zip(*rows, strict=True)
    found = passes(pa.table({"quality_score": pa.array(quality), "is_safe": pa.array(safe, pa.bool_())}))
    for (score, is_safe), outcome in zip(rows, found, strict=True):
        if score is None and is_safe is not False:
            assert np.isnan(outcome), "an answer that nobody scored has neither passed nor failed"
        else:
            assert outcome == (not failed(score, is_safe)), (score, is_safe)
