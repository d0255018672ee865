"""The tables of examples."""

from __future__ import annotations

import pyarrow as pa

from llm_eval_pipeline.storage.tables import Table, instant

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))

EVAL_DATASET = Table(
    name="eval_dataset",
    partitioned_by="week",
    key=("example_id",),
    schema=pa.schema(
        [
            ("example_id", pa.string()),
            ("prompt", pa.string()),
            ("messages", MESSAGES),
            ("reference", pa.string()),
            ("context", pa.string()),
            ("expected_format", pa.string()),
            ("instructions", pa.list_(pa.struct([("id", pa.string()), ("kwargs", pa.string())]))),
            ("should_refuse", pa.bool_()),
            ("feature", pa.string()),
            ("source", pa.string()),
            ("split", pa.string()),
            ("trace_id", pa.string()),
            ("dataset_version", pa.string()),
        ]
    ),
)

PROMOTED_EXAMPLES = Table(
    name="promoted_examples",
    partitioned_by="week",
    key=("trace_id",),
    schema=pa.schema(
        [
            ("trace_id", pa.string()),
            ("example_id", pa.string()),
            ("status", pa.string()),
            ("reason", pa.string()),
            ("detail", pa.string()),
            ("feature", pa.string()),
            ("prompt", pa.string()),
            ("context", pa.string()),
            ("output", pa.string()),
            ("error_category", pa.string()),
            ("scrubbed", pa.list_(pa.string())),
            ("traced_at", instant()),
        ]
    ),
)
