"""The table of costs."""

from __future__ import annotations

import pyarrow as pa

from llm_eval_pipeline.storage.tables import Table, money

COST_SUMMARY = Table(
    name="cost_summary",
    partitioned_by="week",
    key=("day", "model", "feature", "purpose"),
    schema=pa.schema(
        [
            ("day", pa.date32()),
            ("model", pa.string()),
            ("feature", pa.string()),
            ("purpose", pa.string()),
            ("calls", pa.int64()),
            ("input_uncached_tokens", pa.int64()),
            ("cache_read_tokens", pa.int64()),
            ("cache_write_tokens", pa.int64()),
            ("output_tokens", pa.int64()),
            ("reasoning_tokens", pa.int64()),
            ("cost_usd", money()),
            ("cumulative_usd", money()),
            ("unpriced_calls", pa.int64()),
            ("unmetered_calls", pa.int64()),
        ]
    ),
)
