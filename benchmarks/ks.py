"""KS of two weeks as profiles, against scipy on the rows behind them."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.pairs import compared
from benchmarks.table import Options, Row


def rows(options: Options) -> Iterator[Row]:
    """The two ways."""
    import numpy as np
    from scipy.stats import ks_2samp as scipys

    from llm_eval_pipeline.drift import ks_2samp

    random = np.random.default_rng(7)
    weeks = [np.round(random.lognormal(6, 0.5, 200_000)) for _ in range(2)]
    (x, nx), (y, ny) = (np.unique(values, return_counts=True) for values in weeks)
    what = "KS, 2 x 200,000 rows as profiles"
    yield from compared(what, lambda: ks_2samp(x, nx, y, ny), "scipy on rows", lambda: scipys(*weeks), options)
