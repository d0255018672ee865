"""The kit that applications import: a decorator, what is noted within a span, and where the spans are sent.

It imports no Dagster, pandas, MLflow or Weave, and nothing of it can fail the application: what the kit cannot do, it
says in the log under ``llm_eval_pipeline.tracing``.
"""

from llm_eval_pipeline.tracing.carried import feature, prompt_version, session, user
from llm_eval_pipeline.tracing.decorator import trace
from llm_eval_pipeline.tracing.recording import record
from llm_eval_pipeline.tracing.setup import TracingError, close, counts, flush, init, recorded

__all__ = [
    "TracingError",
    "close",
    "counts",
    "feature",
    "flush",
    "init",
    "prompt_version",
    "record",
    "recorded",
    "session",
    "trace",
    "user",
]
