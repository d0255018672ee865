"""What Anthropic's Messages API answers, whole or in events, as the seam's values.

Belongs here: the shapes that are relied on, the names of reasons, and the count of tokens, which this API gives
without those that a cache served or took. Does not belong here: HTTP (``endpoint.py``).
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from llm_eval_pipeline.clients.chat import ChatError, ChatResponse, RetryLaterError, TokenUsage
from llm_eval_pipeline.clients.endpoint_failures import Quote, error_in, told
from llm_eval_pipeline.clients.event_stream import Event
from llm_eval_pipeline.clients.token_counts import Count, TokenCounter, fitting

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""Why an answer ended, in the words of OpenAI's API, which all tables use; any other reason keeps its own."""


class _Wire(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class _Details(_Wire):
    thinking_tokens: Count = None


class Usage(_Wire):
    """Tokens as the API counts them: ``input_tokens`` are those that no cache served or took."""

    input_tokens: Count = None
    output_tokens: Count = None
    cache_read_input_tokens: Count = None
    cache_creation_input_tokens: Count = None
    output_tokens_details: _Details | None = None

    def tokens(self) -> TokenUsage | None:
        """The counts by the seam's convention; None when one that matters is missing.

        Raises:
            ValueError: when a part is larger than its whole.
        """
        if self.input_tokens is None or self.output_tokens is None:
            return None
        read, written = self.cache_read_input_tokens or 0, self.cache_creation_input_tokens or 0
        return fitting(
            TokenUsage(
                input_tokens=self.input_tokens + read + written,
                output_tokens=self.output_tokens,
                cached_input_tokens=read,
                cache_write_tokens=written,
                reasoning_tokens=(self.output_tokens_details or _Details()).thinking_tokens or 0,
            )
        )


class _Block(_Wire):
    type: str
    text: str | None = None


class _Message(_Wire):
    model: str | None = None
    content: list[_Block]
    stop_reason: str | None = None
    usage: Any = None


class _Start(_Wire):
    model: str | None = None
    usage: Any = None


class _Delta(_Wire):
    text: str | None = None
    stop_reason: str | None = None


class _EventData(_Wire):
    type: str
    message: _Start | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: Any = None
    error: Any = None


def token_counter() -> TokenCounter:
    """What reads the counts of this API."""
    return TokenCounter(lambda told: Usage.model_validate(told).tokens())


def whole_answer(who: str, payload: bytes, latency_ms: float, quoted: Quote, counter: TokenCounter) -> ChatResponse:
    """The response in one document; its text blocks joined, thinking left out.

    Where it does not name its model, that is the one that was asked, ``who``.

    Raises:
        ChatError: when it is none, saying where it differs; or when it tells of an error (RetryLaterError if that
            may pass).
    """
    try:
        message = _Message.model_validate_json(payload)
    except ValidationError as error:
        raise _no_answer(who, payload, error, quoted) from None
    return ChatResponse(
        output="".join(block.text or "" for block in message.content if block.type == "text"),
        model_resolved=message.model or who,
        finish_reason=_finish_reason(message.stop_reason),
        usage=counter.tokens(who, message.usage),
        latency_ms=latency_ms,
    )


def is_last(data: bytes) -> bool:
    """Whether an event ends its stream; a text that says ``message_stop`` does not."""
    return b'"message_stop"' in data and b'"delta"' not in data


class AnswerInEvents:
    """A response that is put together from a stream's events."""

    def __init__(self, who: str, quoted: Quote, counter: TokenCounter) -> None:
        self._who = who
        self._quoted = quoted
        self._counter = counter
        self._text: list[str] = []
        self._model = who
        self._started = False
        self._stop_reason: str | None = None
        self._usage: Any = None
        self._first_ms: float | None = None
        self._last_ms = 0.0
        self._done = False
        self._whole: ChatResponse | None = None

    def add(self, event: Event) -> None:
        """Take the next event; those of kinds that are not known are skipped, as the API asks for.

        Raises:
            ChatError: when it is no event of a message, or tells of an error (RetryLaterError if that may pass).
        """
        self._last_ms = event.at_ms
        if event.whole:
            self._whole = whole_answer(self._who, event.data, event.at_ms, self._quoted, self._counter)
            return
        try:
            data = _EventData.model_validate_json(event.data)
        except ValidationError as error:
            raise _no_answer(self._who, event.data, error, self._quoted) from None
        if data.type == "error":
            raise told(self._who, data.error if isinstance(data.error, dict) else {}, self._quoted)
        if data.message is not None:
            self._started = True
            self._model = data.message.model or self._model
            self._usage = _updated(self._usage, data.message.usage)
        self._usage = _updated(self._usage, data.usage)
        self._done = self._done or data.type == "message_stop"
        text = (data.content_block and data.content_block.text) or (data.delta and data.delta.text)
        if text:
            self._text.append(text)
            self._first_ms = event.at_ms if self._first_ms is None else self._first_ms
        if data.delta is not None:
            self._stop_reason = data.delta.stop_reason or self._stop_reason

    def response(self) -> ChatResponse:
        """The whole.

        Raises:
            RetryLaterError: when the stream ended before its answer did.
        """
        if self._whole is not None:
            return self._whole
        if not self._started or not (self._done or self._stop_reason):
            raise RetryLaterError(f"{self._who}: the stream ended before the answer did")
        return ChatResponse(
            output="".join(self._text),
            model_resolved=self._model,
            finish_reason=_finish_reason(self._stop_reason),
            usage=self._counter.tokens(self._who, self._usage),
            latency_ms=self._last_ms,
            time_to_first_token_ms=self._first_ms,
        )


def _updated(told: Any, later: Any) -> Any:
    """Counts with those of a later event, which are cumulative."""
    if not isinstance(told, dict) or not isinstance(later, dict):
        return told if later is None else later
    return told | {name: value for name, value in later.items() if value is not None}


def _finish_reason(stop_reason: str | None) -> str:
    return FINISH_REASONS.get(stop_reason or "unknown", stop_reason or "unknown")


def _no_answer(who: str, payload: bytes, error: ValidationError, quoted: Quote) -> ChatError:
    if (said := error_in(payload)) is not None:
        return told(who, said, quoted)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    return ChatError(f"{who}: the endpoint's answer is no message ({where}: {first['msg']})")
