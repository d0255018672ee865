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
    ("judgements", pa.list_(pa.float64())),
    ("repaired", pa.int32()),
]


def _with_interval(name: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.float64()), (f"{name}_low", pa.float64()), (f"{name}_high", pa.float64())]


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
            ("time_to_first_token_ms", pa.float64()),
            ("system_fingerprint", pa.string()),
            ("input_tokens", pa.int64()),
            ("cached_input_tokens", pa.int64()),
            ("output_tokens", pa.int64()),
            ("reasoning_tokens", pa.int64()),
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
            ("moderator", pa.string()),
            ("moderation_flagged", pa.bool_()),
            ("moderation_categories", pa.list_(pa.string())),
            ("moderation_unscored_reason", pa.string()),
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
        ("rationale", pa.string()),
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


JUDGE_QUALITY = Table(
    name="judge_quality",
    partitioned_by="week",
    key=("judge", "rubric_version", "feature"),
    schema=pa.schema(
        [
            ("judge", pa.string()),
            ("rubric_version", pa.string()),
            ("feature", pa.string()),
            ("bar_version", pa.string()),
            ("n", pa.int64()),
            ("n_unscored", pa.int64()),
            ("n_acceptable", pa.int64()),
            *_with_interval("kappa"),
            *_with_interval("weighted_kappa"),
            *_with_interval("tpr"),
            *_with_interval("tnr"),
            ("accuracy", pa.float64()),
            ("spearman", pa.float64()),
            ("mean_gap", pa.float64()),
            ("mean_bias", pa.float64()),
            ("mean_confidence", pa.float64()),
            ("close_share", pa.float64()),
            ("calibration_error", pa.float64()),
            ("repeat_agreement", pa.float64()),
            ("repeat_sd", pa.float64()),
            ("repeat_alpha", pa.float64()),
            ("trusted", pa.bool_()),
            ("untrusted_reason", pa.string()),
        ]
    ),
)

CORRECTED_METRICS = Table(
    name="corrected_metrics",
    partitioned_by="week",
    key=("model", "feature", "judge", "rubric_version"),
    schema=pa.schema(
        [
            ("model", pa.string()),
            ("feature", pa.string()),
            ("judge", pa.string()),
            ("rubric_version", pa.string()),
            ("bar_version", pa.string()),
            ("n", pa.int64()),
            ("n_unscored", pa.int64()),
            ("n_anchors", pa.int64()),
            ("anchor_quality_judged", pa.float64()),
            *_with_interval("acceptable_judged"),
            *_with_interval("acceptable_corrected"),
            *_with_interval("quality_judged"),
            *_with_interval("quality_corrected"),
            ("uncorrected_reason", pa.string()),
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
            ("personal_data", pa.list_(pa.string())),
            ("moderation_flagged", pa.bool_()),
            ("moderation_unscored_reason", pa.string()),
            ("grounded", pa.bool_()),
            ("error_category", pa.string()),
            ("evidence", pa.string()),
        ]
    ),
)

MODEL_COMPARISON = Table(
    name="model_comparison",
    partitioned_by="week",
    key=("model_base", "model_other", "feature"),
    schema=pa.schema(
        [
            ("model_base", pa.string()),
            ("model_other", pa.string()),
            ("feature", pa.string()),
            ("n", pa.int64()),
            ("n_scored", pa.int64()),
            ("quality_base", pa.float64()),
            ("quality_other", pa.float64()),
            ("quality_difference", pa.float64()),
            ("quality_difference_low", pa.float64()),
            ("quality_difference_high", pa.float64()),
            ("quality_p_value", pa.float64()),
            ("tie_margin", pa.float64()),
            ("wins", pa.int64()),
            ("ties", pa.int64()),
            ("losses", pa.int64()),
            ("win_rate", pa.float64()),
            ("win_rate_low", pa.float64()),
            ("win_rate_high", pa.float64()),
            ("n_judged", pa.int64()),
            ("pass_rate_base", pa.float64()),
            ("pass_rate_other", pa.float64()),
            ("passed_by_base_only", pa.int64()),
            ("passed_by_other_only", pa.int64()),
            ("pass_p_value", pa.float64()),
            ("n_latency", pa.int64()),
            ("latency_ms_difference", pa.float64()),
            ("latency_ms_difference_low", pa.float64()),
            ("latency_ms_difference_high", pa.float64()),
            ("n_cost", pa.int64()),
            ("cost_per_1k_difference_usd", pa.float64()),
            ("cost_per_1k_difference_usd_low", pa.float64()),
            ("cost_per_1k_difference_usd_high", pa.float64()),
        ]
    ),
)

WEEKLY_CHANGES = Table(
    name="weekly_changes",
    partitioned_by="week",
    key=_ANSWER_KEY,
    schema=pa.schema(
        [
            *_ANSWER,
            ("feature", pa.string()),
            ("split", pa.string()),
            ("change", pa.string()),
            ("quality_before", pa.float64()),
            ("quality_after", pa.float64()),
            ("category_before", pa.string()),
            ("category_after", pa.string()),
            ("prompt", pa.string()),
            ("generated_before", pa.string()),
            ("generated_after", pa.string()),
            ("rationale", pa.string()),
            ("evidence", pa.string()),
        ]
    ),
)

PAIRWISE_PREFERENCES = Table(
    name="pairwise_preferences",
    partitioned_by="week",
    key=("example_id", "model_base", "model_other"),
    schema=pa.schema(
        [
            ("example_id", pa.string()),
            ("model_base", pa.string()),
            ("model_other", pa.string()),
            ("feature", pa.string()),
            ("preferred", pa.string()),
            ("unscored_reason", pa.string()),
            ("position_bias", pa.bool_()),
            ("first_preferred", pa.int32()),
            ("decided", pa.int32()),
            ("rationale", pa.string()),
            ("judge", pa.string()),
            ("rubric_version", pa.string()),
        ]
    ),
)
