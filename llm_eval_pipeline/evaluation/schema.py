"""The tables of an evaluation: one row per answer, or one per aggregate."""

from __future__ import annotations

import pyarrow as pa

from llm_eval_pipeline.storage.tables import Table, instant, money

_ANSWER = [("example_id", pa.string()), ("model", pa.string()), ("repetition", pa.int32())]
_ANSWER_KEY = ("example_id", "model", "repetition")
_JUDGED = [
    ("quality_score", pa.float64()),
    ("unscored_reason", pa.string()),
    ("judge", pa.string()),
    ("rubric_version", pa.string()),
    ("rationale", pa.string()),
    ("confidence", pa.float64()),
]

MODEL_OUTPUTS = Table(
    name="model_outputs",
    partitioned_by="week",
    key=_ANSWER_KEY,
    schema=pa.schema(
        [
            *_ANSWER,
            ("feature", pa.string()),
            ("split", pa.string()),
            ("model_resolved", pa.string()),
            ("output", pa.string()),
            ("finish_reason", pa.string()),
            ("latency_ms", pa.float64()),
            ("input_tokens", pa.int64()),
            ("cached_input_tokens", pa.int64()),
            ("output_tokens", pa.int64()),
            ("cost_usd", money()),
            ("called_at", instant()),
            ("called_late", pa.bool_()),
            ("replayed", pa.bool_()),
            ("error", pa.string()),
        ]
    ),
)

JUDGE_SCORES = Table(
    name="judge_scores", partitioned_by="week", key=_ANSWER_KEY, schema=pa.schema([*_ANSWER, *_JUDGED])
)

SAFETY_SCORES = Table(
    name="safety_scores",
    partitioned_by="week",
    key=_ANSWER_KEY,
    schema=pa.schema(
        [
            *_ANSWER,
            ("is_safe", pa.bool_()),
            ("toxicity", pa.float64()),
            ("policy_violations", pa.list_(pa.string())),
            ("refused", pa.string()),
            ("refusal_phrase", pa.string()),
            ("refusal_correct", pa.bool_()),
            ("personal_data", pa.list_(pa.string())),
            ("moderation_flagged", pa.bool_()),
            ("moderation_categories", pa.list_(pa.string())),
            ("policy_version", pa.string()),
        ]
    ),
)

TEXT_SCORES = Table(
    name="text_scores",
    partitioned_by="week",
    key=_ANSWER_KEY,
    schema=pa.schema(
        [
            *_ANSWER,
            ("bleu", pa.float64()),
            ("chrf", pa.float64()),
            ("rouge1", pa.float64()),
            ("rouge2", pa.float64()),
            ("rougeL", pa.float64()),
            ("bertscore_f1", pa.float64()),
            ("flesch_kincaid_grade", pa.float64()),
            ("follows_format", pa.bool_()),
            ("format_problem", pa.string()),
            ("instructions_followed", pa.float64()),
            ("instructions_followed_loose", pa.float64()),
            ("instructions_failed", pa.list_(pa.string())),
            ("grounded", pa.bool_()),
            ("unsupported", pa.list_(pa.string())),
            ("complete", pa.bool_()),
        ]
    ),
)

AGGREGATE_METRICS = Table(
    name="aggregate_metrics",
    partitioned_by="week",
    key=("model", "feature", "metric"),
    schema=pa.schema(
        [
            ("model", pa.string()),
            ("feature", pa.string()),
            ("metric", pa.string()),
            ("value", pa.float64()),
            ("ci_low", pa.float64()),
            ("ci_high", pa.float64()),
            ("n", pa.int64()),
            ("n_unscored", pa.int64()),
        ]
    ),
)

_PREDICTION = pa.schema(
    [
        *_ANSWER,
        ("feature", pa.string()),
        ("split", pa.string()),
        ("prompt", pa.string()),
        ("reference", pa.string()),
        ("generated", pa.string()),
        ("quality_score", pa.float64()),
        ("unscored_reason", pa.string()),
        ("latency_ms", pa.float64()),
        ("is_safe", pa.bool_()),
        ("error_category", pa.string()),
        ("evidence", pa.string()),
    ]
)
PREDICTION_TABLE = Table(name="prediction_table", partitioned_by="week", key=_ANSWER_KEY, schema=_PREDICTION)
FAILURE_TABLE = Table(name="failure_table", partitioned_by="week", key=_ANSWER_KEY, schema=_PREDICTION)

ANCHOR_SCORES = Table(
    name="anchor_scores",
    partitioned_by="week",
    key=("anchor_id",),
    schema=pa.schema(
        [
            ("anchor_id", pa.string()),
            ("feature", pa.string()),
            ("human_score", pa.float64()),
            ("human_acceptable", pa.bool_()),
            *_JUDGED,
        ]
    ),
)

TRACE_SCORES = Table(
    name="trace_scores",
    partitioned_by="week",
    key=("trace_id",),
    schema=pa.schema(
        [
            ("trace_id", pa.string()),
            ("feature", pa.string()),
            ("model", pa.string()),
            ("started_at", instant()),
            ("prompt", pa.string()),
            ("context", pa.string()),
            ("output", pa.string()),
            ("feedback_score", pa.float64()),
            ("weight", pa.float64()),
            *_JUDGED,
            ("is_safe", pa.bool_()),
            ("toxicity", pa.float64()),
            ("policy_violations", pa.list_(pa.string())),
            ("refused", pa.string()),
            ("grounded", pa.bool_()),
            ("error_category", pa.string()),
            ("evidence", pa.string()),
        ]
    ),
)
