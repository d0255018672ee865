"""Spans as columns of ``landed_spans``, as ``rows.py`` and ``conventions/genai.py`` say, and which are not ordinary.

Ordinary spans have GenAI's attributes or those of no convention, no events and no links, and conversations of texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.production.bulk.attributes import Attributes
from llm_eval_pipeline.production.bulk.checks import Mask, identifiers, mask, whole_numbers
from llm_eval_pipeline.production.bulk.costs import Costs
from llm_eval_pipeline.production.bulk.messages import conversations
from llm_eval_pipeline.production.bulk.nesting import Nested
from llm_eval_pipeline.production.conventions import BILLED_CALLS, CONVENTIONS
from llm_eval_pipeline.production.conventions.application import (
    FEEDBACK,
    MLFLOW_TAG,
    OTHER_SPELLING,
    PROMPT_VERSION,
)
from llm_eval_pipeline.production.conventions.genai import GenAI
from llm_eval_pipeline.production.rows import Origin
from llm_eval_pipeline.production.schema import LANDED_SPANS, SCHEMA_VERSION, TOKEN_COLUMNS
from llm_eval_pipeline.production.spans import EARLIEST_NS, SPAN_ID_DIGITS, TRACE_ID_DIGITS, Scope, Span
from llm_eval_pipeline.storage.tables import instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = instant()
_US_PER_DAY = 86_400 * 1_000_000
_USAGE = "gen_ai.usage."
_STATUS = pa.array(["unset", "ok", "error"])
_ELSEWHERE = (
    *("metadata", MLFLOW_TAG, "gen_ai.prompt", "gen_ai.completion"),
    *("gen_ai.system_instructions", "gen_ai.retrieval.documents"),
)
"""A span with an attribute whose name begins so says something that is not read here."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of spans, in order, and which of them are not ordinary: those rows mean nothing."""

    rows: pa.Table
    odd: Mask
    is_unpriced: Mask


def columns(found: Nested, numbers: Places, origin: Origin, costs: Costs) -> Columns:
    """Rows for all the spans.

    Args:
        found: the spans.
        numbers: the number in the file of each line that they were found in.
        origin: where the file came from.
        costs: what calls cost.
    """
    spans, length = found.spans, len(found.spans)
    odd = mask(spans.is_null()) | found.odd_lines[found.lines]
    for name in ("events", "links"):
        odd |= mask(pc.fill_null(pc.greater(pc.list_value_length(spans.field(name)), 0), False))
    told = Attributes(spans.field("attributes"), odd)
    start, end = _times(spans, odd)
    started_us = start // 1000
    odd |= started_us > (origin.latest - _EPOCH) // timedelta(microseconds=1)
    is_genai = _is_genai(told)
    said = _meaning(told, is_genai)
    costs_usd, is_too_much = costs.of(said["model_resolved"], said["model_requested"], started_us, said)
    odd |= is_too_much
    status, message = _status(spans, said["error"], odd)
    everything = {
        **_identity(spans, odd),
        **_application(told),
        **said,
        "started_at": pa.array(started_us).cast(_TIME),
        "duration_ms": pa.array((end - start) / 1e6),
        "status": status,
        "status_message": message,
        "cost_usd": costs_usd,
        "documents": pa.nulls(length, LANDED_SPANS.schema.field("documents").type),
        "convention": _conventions(found.versions, is_genai),
        "source": pa.repeat(origin.source, length),
        "source_file": pa.repeat(origin.file, length),
        "arrived_at": pa.repeat(pa.scalar(origin.arrived_at, _TIME), length),
        "schema_version": pa.repeat(SCHEMA_VERSION, length),
        "day": _days(started_us),
        "line": pa.array(numbers[found.lines]),
        "part": pa.array(found.parts),
    }
    rows = pa.Table.from_arrays([everything[field.name] for field in LANDED_SPANS.schema], schema=LANDED_SPANS.schema)
    is_unpriced = mask(costs_usd.is_null()) & _is_called(said["operation"]) & mask(pc.not_equal(status, "error"))
    return Columns(rows, odd, is_unpriced)


@lru_cache(maxsize=4096)
def _is_of(name: str) -> str:
    """The convention that recognises a span by an attribute of this name; empty when none does."""
    span = Span(
        trace_id="",
        span_id="",
        parent_span_id=None,
        name="",
        start_ns=0,
        end_ns=0,
        status="unset",
        status_message=None,
        attributes={name: None},
        events=(),
        scope=Scope(),
    )
    return next((type(each).__name__ for each in CONVENTIONS if each.recognises(span)), "")


def _is_genai(told: Attributes) -> Mask:
    of = {name: _is_of(name) for name in told.names}
    told.odd |= told.having(name for name, by in of.items() if by not in ("", GenAI.__name__))
    told.odd |= told.having(name for name in told.names if name.startswith(_ELSEWHERE))
    return told.having(name for name, by in of.items() if by == GenAI.__name__)


def _identity(spans: pa.StructArray, odd: Mask) -> dict[str, pa.Array]:
    parent = spans.field("parentSpanId")
    parent = pc.if_else(pc.is_in(parent, pa.array(["", "0" * SPAN_ID_DIGITS])), None, parent)
    found = {"name": pc.fill_null(spans.field("name"), "")}
    for name, given, digits in (
        ("trace_id", spans.field("traceId"), TRACE_ID_DIGITS),
        ("span_id", spans.field("spanId"), SPAN_ID_DIGITS),
        ("parent_span_id", parent, SPAN_ID_DIGITS),
    ):
        found[name], good = identifiers(given, digits)
        odd |= ~good & mask(given.is_valid()) if given is parent else ~good
    return found


def _times(spans: pa.StructArray, odd: Mask) -> tuple[Places, Places]:
    """Start and end in nanoseconds, in order where the span is not odd."""
    found = []
    for name in ("startTimeUnixNano", "endTimeUnixNano"):
        numbers, is_none = whole_numbers(spans.field(name), of_time=True)
        odd |= is_none | mask(numbers.is_null())
        found.append(numbers.fill_null(0).to_numpy())
    start, end = found
    odd |= (start < EARLIEST_NS) | (end < start)
    return start, end


def _status(spans: pa.StructArray, error: pa.StringArray, odd: Mask) -> tuple[pa.StringArray, pa.StringArray]:
    """The status and its message, which a failed call may say by itself."""
    told = spans.field("status")
    code = pc.fill_null(told.field("code"), 0).to_numpy()
    odd |= (code < 0) | (code >= len(_STATUS))
    status = _STATUS.take(pa.array(np.clip(code, 0, len(_STATUS) - 1)))
    message = told.field("message")
    message = pc.if_else(pc.equal(message, ""), None, message)
    if error.null_count == len(error):
        return status, message
    return pc.if_else(error.is_valid(), "error", status), pc.coalesce(message, error)


def _application(told: Attributes) -> dict[str, pa.Array]:
    feature = told.text("llm_eval.feature", "feature")
    for name, other in OTHER_SPELLING.items():
        feature = pc.if_else(pc.equal(feature, name), other, feature)
    feedback = told.number(FEEDBACK)
    told.odd |= mask(pc.fill_null(pc.or_(pc.less(feedback, 0), pc.greater(feedback, 1)), False))
    return {
        "feature": feature,
        "prompt_version": told.text(PROMPT_VERSION, "llm.prompt_template.version"),
        "session_id": told.text("gen_ai.conversation.id", "session.id"),
        "user_id": told.text("user.id", "enduser.id"),
        "feedback_score": feedback,
    }


def _meaning(told: Attributes, is_genai: Mask) -> dict[str, pa.Array]:
    """What GenAI's convention says of its spans; nothing of the others."""
    given, returned = told.only_text("gen_ai.input.messages"), told.only_text("gen_ai.output.messages")
    asked, answered = conversations(given), conversations(returned)
    told.odd |= asked.odd | answered.odd
    operation = told.text("gen_ai.operation.name", "llm.request.type")
    operation = pc.coalesce(operation, pc.if_else(pa.array(answered.is_any), "chat", None))
    error = told.text("error.type")
    if not is_genai.all():
        operation, error = (pc.if_else(pa.array(is_genai), each, None) for each in (operation, error))
    seconds = told.number("gen_ai.response.time_to_first_chunk")
    return {
        "operation": operation,
        "error": error,
        "model_requested": told.text("gen_ai.request.model"),
        "model_resolved": told.text("gen_ai.response.model"),
        "first_token_ms": pc.multiply(seconds, 1000.0),
        "finish_reason": told.joined("gen_ai.response.finish_reasons"),
        "input": asked.question,
        "output": answered.answer,
        "input_messages": given if asked.is_any.all() else pc.if_else(pa.array(asked.is_any), given, None),
        **_tokens(told, _is_called(operation)),
    }


def _tokens(told: Attributes, is_called: Mask) -> dict[str, pa.Array]:
    """The token columns, see ``tokens.normalised``."""
    given = told.count(f"{_USAGE}input_tokens", f"{_USAGE}prompt_tokens")
    read = told.count(f"{_USAGE}cache_read.input_tokens", f"{_USAGE}cache_read_input_tokens")
    write = told.count(f"{_USAGE}cache_creation.input_tokens", f"{_USAGE}cache_creation_input_tokens")
    output = told.count(f"{_USAGE}output_tokens", f"{_USAGE}completion_tokens")
    reasoning = told.count(f"{_USAGE}reasoning.output_tokens", f"{_USAGE}reasoning_tokens")
    cached = pc.add(read.fill_null(0), write.fill_null(0))
    uncached = pc.if_else(pc.greater(cached, given), given, pc.subtract(given, cached))
    if reasoning.null_count < len(reasoning):
        is_beside = pc.fill_null(pc.greater(reasoning, output), False)
        output = pc.if_else(is_beside, pc.add(output, reasoning), output)
    each = (uncached, read, write, output, reasoning)
    if not is_called.all():
        each = tuple(pc.if_else(pa.array(is_called), one, None) for one in each)
    return dict(zip(TOKEN_COLUMNS, each, strict=True))


def _is_called(operation: pa.StringArray) -> Mask:
    return mask(pc.is_in(operation, pa.array(sorted(BILLED_CALLS))))


def _conventions(versions: pa.StringArray, is_genai: Mask) -> pa.StringArray:
    encoded = versions.dictionary_encode()
    names = pa.array(
        [f"gen_ai@{version}" if version else "gen_ai" for version in encoded.dictionary.to_pylist()], pa.string()
    )
    found = names.take(encoded.indices)
    return found if is_genai.all() else pc.if_else(pa.array(is_genai), found, None)


def _days(started_us: Places) -> pa.StringArray:
    numbers, of = np.unique(started_us // _US_PER_DAY, return_inverse=True)
    names = pa.array([(_EPOCH + timedelta(days=int(number))).date().isoformat() for number in numbers], pa.string())
    return names.take(pa.array(of))
