"""Names of attributes that the kit writes: OpenTelemetry's for generative AI, and the pipeline's own.

https://opentelemetry.io/docs/specs/semconv/gen-ai/ — ``production/conventions/`` reads them again.
"""

from __future__ import annotations

SCOPE = "llm_eval_pipeline.tracing"
SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.0"

OPERATION = "gen_ai.operation.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_ID = "gen_ai.response.id"
FINISH_REASONS = "gen_ai.response.finish_reasons"
FIRST_CHUNK_S = "gen_ai.response.time_to_first_chunk"
INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
INSTRUCTIONS = "gen_ai.system_instructions"
QUERY = "gen_ai.retrieval.query.text"
DOCUMENTS = "gen_ai.retrieval.documents"
TOOL_NAME = "gen_ai.tool.name"
TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_RESULT = "gen_ai.tool.call.result"
USAGE = "gen_ai.usage."
INPUT_TOKENS = f"{USAGE}input_tokens"
CACHE_READ_TOKENS = f"{USAGE}cache_read.input_tokens"
CACHE_WRITE_TOKENS = f"{USAGE}cache_creation.input_tokens"
OUTPUT_TOKENS = f"{USAGE}output_tokens"
REASONING_TOKENS = f"{USAGE}reasoning.output_tokens"
ERROR_TYPE = "error.type"
SESSION = "session.id"
USER = "user.id"

FEATURE = "llm_eval.feature"
PROMPT_VERSION = "llm_eval.prompt_version"
FEEDBACK = "llm_eval.feedback_score"
COST_USD = "llm_eval.cost_usd"
"""What the call cost when the application knew its price; the pipeline prices each span itself when it reads it."""
WRAPS = "llm_eval.wraps"
"""On a span that was a model call until one was seen below it: the operation that the call below it has now."""

OPENINFERENCE_KIND = "openinference.span.kind"
OPENINFERENCE_TOKENS = "llm.token_count."
OPENINFERENCE_COST = "llm.cost."

KINDS = {
    "chat": "chat",
    "completion": "text_completion",
    "embeddings": "embeddings",
    "retrieval": "retrieval",
    "tool": "execute_tool",
    "agent": "invoke_agent",
    "chain": "chain",
}
"""What ``trace(kind=…)`` may say, and the operation that it is to OpenTelemetry (which has no word for a chain)."""
