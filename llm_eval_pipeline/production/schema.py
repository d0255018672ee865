"""The tables of production: what is staged per file, what is kept per day, and the books kept about both.

Belongs here: columns and types. Does not belong here: how a row comes to be (``rows.py``, ``traces.py``).
"""

from __future__ import annotations

import pyarrow as pa

from llm_eval_pipeline.storage.tables import LONG_ROW_GROUP, Table, call_money, instant, money

SCHEMA_VERSION = "5"
"""Stored in every span. Raising it lands every file again, because what a span is read as has changed."""

UNKNOWN = "unknown"
"""The model or feature of a profile whose spans name none."""

TOKEN_COLUMNS = (
    "input_uncached_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
)

DOCUMENTS = pa.list_(pa.struct([("title", pa.string()), ("content", pa.string())]))

_SPAN = pa.schema(
    [
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("parent_span_id", pa.string()),
        ("name", pa.string()),
        ("operation", pa.string()),
        ("started_at", instant()),
        ("duration_ms", pa.float64()),
        ("first_token_ms", pa.float64()),
        ("status", pa.string()),
        ("status_message", pa.string()),
        ("finish_reason", pa.string()),
        ("model_requested", pa.string()),
        ("model_resolved", pa.string()),
        ("feature", pa.string()),
        ("prompt_version", pa.string()),
        ("session_id", pa.string()),
        ("user_id", pa.string()),
        *((name, pa.int64()) for name in TOKEN_COLUMNS),
        ("cost_usd", call_money()),
        ("input", pa.string()),
        ("output", pa.string()),
        ("input_messages", pa.string()),
        ("documents", DOCUMENTS),
        ("feedback_score", pa.float64()),
        ("convention", pa.string()),
        ("source", pa.string()),
        ("source_file", pa.string()),
        ("arrived_at", instant()),
        ("schema_version", pa.string()),
    ]
)

_OF_REQUEST = pa.schema(
    [
        ("is_entry", pa.bool_()),
        ("request_model", pa.string()),
        ("request_cost_usd", call_money()),
        ("request_feedback", pa.float64()),
    ]
)
"""Told of a request as a whole, on its entry span: null on the others."""

PRODUCTION_TRACES = Table(
    name="production_traces",
    schema=pa.schema([*_SPAN, *_OF_REQUEST]),
    partitioned_by="day",
    key=("trace_id", "span_id"),
    row_group=LONG_ROW_GROUP,
)

LANDED_SPANS = Table(
    name="landed_spans",
    schema=pa.schema(
        [
            *_SPAN,
            ("day", pa.string()),
            ("line", pa.int64()),
            ("part", pa.int64()),
        ]
    ),
    partitioned_by="file",
    key=("line", "part"),
)

QUARANTINE = Table(
    name="quarantine",
    schema=pa.schema(
        [
            ("file", pa.string()),
            ("line", pa.int64()),
            ("part", pa.int64()),
            ("reason", pa.string()),
            ("raw", pa.binary()),
            ("raw_bytes", pa.int64()),
        ]
    ),
    partitioned_by="file",
    key=("file", "line", "part"),
)

INGEST_FILES = Table(
    name="ingest_files",
    schema=pa.schema(
        [
            ("file", pa.string()),
            ("sha256", pa.string()),
            ("size", pa.int64()),
            ("read_as", pa.string()),
            ("schema_version", pa.string()),
            ("arrived_at", instant()),
            ("home_day", pa.string()),
            ("records", pa.int64()),
            ("spans", pa.int64()),
            ("open", pa.int64()),
            ("quarantined", pa.int64()),
            ("unpriced_calls", pa.int64()),
            ("days", pa.list_(pa.string())),
        ]
    ),
    partitioned_by="file",
    key=("file",),
)

INGEST_COMPLETENESS = Table(
    name="ingest_completeness",
    schema=pa.schema(
        [
            ("file", pa.string()),
            ("sha256", pa.string()),
            ("expected", pa.int64()),
            ("read", pa.int64()),
            ("parsed", pa.int64()),
            ("written", pa.int64()),
            ("duplicates", pa.int64()),
            ("conflicting", pa.int64()),
            ("late", pa.int64()),
            ("missing", pa.int64()),
            ("open", pa.int64()),
            ("quarantined", pa.int64()),
        ]
    ),
    partitioned_by="day",
    key=("file",),
)

TRACE_PROFILES = Table(
    name="trace_profiles",
    schema=pa.schema(
        [
            ("model", pa.string()),
            ("feature", pa.string()),
            ("prompt_version", pa.string()),
            ("status", pa.string()),
            ("metric", pa.string()),
            ("kind", pa.string()),
            ("better", pa.string()),
            ("values", pa.list_(pa.float64())),
            ("counts", pa.list_(pa.int64())),
            ("n", pa.int64()),
            ("n_missing", pa.int64()),
        ]
    ),
    partitioned_by="day",
    key=("model", "feature", "prompt_version", "status", "metric"),
)

TRACE_SPEND = Table(
    name="trace_spend",
    schema=pa.schema(
        [
            ("model", pa.string()),
            ("feature", pa.string()),
            ("calls", pa.int64()),
            *((name, pa.int64()) for name in TOKEN_COLUMNS),
            ("cost_usd", money()),
            ("unpriced_calls", pa.int64()),
            ("unmetered_calls", pa.int64()),
        ]
    ),
    partitioned_by="day",
    key=("model", "feature"),
)
