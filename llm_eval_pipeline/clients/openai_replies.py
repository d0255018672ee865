"""What OpenAI's chat completions API answers, whole or in pieces, as the seam's values.

Belongs here: the shapes that are relied on, and how far an endpoint may stray from them. Does not belong here: HTTP
(``endpoint.py``).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from llm_eval_pipeline.clients.chat import ChatError, ChatResponse, RetryLaterError, TokenUsage
from llm_eval_pipeline.clients.endpoint_failures import Quote, error_in, error_object, told
from llm_eval_pipeline.clients.event_stream import Event
from llm_eval_pipeline.clients.token_counts import Count, TokenCounter, fitting

DONE = b"[DONE]"


def _joined(content: Any) -> Any:
    """The text of a content that comes as parts; parts of other types, such as reasoning, are no answer."""
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        return content
    texts = [part.get("text") for part in content if part.get("type") in ("text", "output_text")]
    return "".join(texts) if all(isinstance(text, str) for text in texts) else content


Text = Annotated[str | None, BeforeValidator(_joined)]


class _Wire(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class _Details(_Wire):
    cached_tokens: Count = None
    cache_write_tokens: Count = None
    reasoning_tokens: Count = None


class Usage(_Wire):
    """Tokens as the API counts them."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    total_tokens: Count = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None

    def tokens(self) -> TokenUsage | None:
        """The counts; None when the endpoint left one of the two that matter out.

        Some endpoints (xAI) count reasoning beside the completion and not within it. Their total shows that.

        Raises:
            ValueError: when a part is larger than its whole.
        """
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        asked, answered = self.prompt_tokens_details or _Details(), self.completion_tokens_details or _Details()
        reasoning, output = answered.reasoning_tokens or 0, self.completion_tokens
        if reasoning and self.total_tokens == self.prompt_tokens + output + reasoning:
            output += reasoning
        return fitting(
            TokenUsage(
                input_tokens=self.prompt_tokens,
                output_tokens=output,
                cached_input_tokens=asked.cached_tokens or 0,
                cache_write_tokens=asked.cache_write_tokens or 0,
                reasoning_tokens=reasoning,
            )
        )


class _Message(_Wire):
    content: Text = None
    refusal: str | None = None


class _Choice(_Wire):
    message: _Message
    finish_reason: str | None = None
    error: Any = None


class _Completion(_Wire):
    model: str | None = None
    choices: list[_Choice] = Field(min_length=1)
    usage: Any = None
    system_fingerprint: str | None = None


class _PieceOfChoice(_Wire):
    index: int = 0
    delta: _Message | None = None
    finish_reason: str | None = None
    error: Any = None


class _Piece(_Wire):
    model: str | None = None
    choices: list[_PieceOfChoice] | None = None
    usage: Any = None
    system_fingerprint: str | None = None
    error: Any = None


def token_counter() -> TokenCounter:
    """What reads the counts of this API."""
    return TokenCounter(lambda told: Usage.model_validate(told).tokens())


def whole_answer(who: str, payload: bytes, latency_ms: float, quoted: Quote, counter: TokenCounter) -> ChatResponse:
    """The response in one document; where it does not name its model, that is the one that was asked, ``who``.

    Raises:
        ChatError: when it is none, saying where it differs; or when it tells of an error (RetryLaterError if that
            may pass).
    """
    try:
        completion = _Completion.model_validate_json(payload)
    except ValidationError as error:
        raise _no_answer(who, payload, error, quoted) from None
    choice = completion.choices[0]
    if isinstance(choice.error, dict):
        raise told(who, choice.error, quoted)
    return ChatResponse(
        output=choice.message.content or choice.message.refusal or "",
        model_resolved=completion.model or who,
        finish_reason=choice.finish_reason or "unknown",
        usage=counter.tokens(who, completion.usage),
        latency_ms=latency_ms,
        system_fingerprint=completion.system_fingerprint,
    )


def is_last(data: bytes) -> bool:
    """Whether an event ends its stream."""
    return data.strip() == DONE


class AnswerInPieces:
    """A response that is put together from a stream's events; the first choice's alone."""

    def __init__(self, who: str, quoted: Quote, counter: TokenCounter) -> None:
        self._who = who
        self._quoted = quoted
        self._counter = counter
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._model = who
        self._fingerprint: str | None = None
        self._finish_reason: str | None = None
        self._usage: Any = None
        self._first_ms: float | None = None
        self._last_ms = 0.0
        self._done = False
        self._whole: ChatResponse | None = None

    def add(self, event: Event) -> None:
        """Take the next event.

        Raises:
            ChatError: when it is no piece of a completion, or tells of an error (RetryLaterError if that may pass).
        """
        self._last_ms = event.at_ms
        if event.whole:
            self._whole = whole_answer(self._who, event.data, event.at_ms, self._quoted, self._counter)
            return
        if is_last(event.data):
            self._done = True
            return
        try:
            piece = _Piece.model_validate_json(event.data)
        except ValidationError as error:
            raise _no_answer(self._who, event.data, error, self._quoted) from None
        if (said := error_object({"error": piece.error})) is not None:
            raise told(self._who, said, self._quoted)
        self._model = piece.model or self._model
        self._fingerprint = piece.system_fingerprint or self._fingerprint
        self._usage = piece.usage or self._usage
        for choice in piece.choices or ():
            if choice.index == 0:
                self._extend(choice, event.at_ms)

    def response(self) -> ChatResponse:
        """The whole.

        Raises:
            RetryLaterError: when the stream ended before its answer did.
        """
        if self._whole is not None:
            return self._whole
        if not self._done and self._finish_reason is None:
            raise RetryLaterError(f"{self._who}: the stream ended before the answer did")
        return ChatResponse(
            output="".join(self._text) or "".join(self._refusal),
            model_resolved=self._model,
            finish_reason=self._finish_reason or "unknown",
            usage=self._counter.tokens(self._who, self._usage),
            latency_ms=self._last_ms,
            system_fingerprint=self._fingerprint,
            time_to_first_token_ms=self._first_ms,
        )

    def _extend(self, choice: _PieceOfChoice, at_ms: float) -> None:
        if isinstance(choice.error, dict):
            raise told(self._who, choice.error, self._quoted)
        self._finish_reason = choice.finish_reason or self._finish_reason
        if choice.delta is None:
            return
        for text, known in ((choice.delta.content, self._text), (choice.delta.refusal, self._refusal)):
            if text:
                known.append(text)
                if self._first_ms is None:
                    self._first_ms = at_ms


def _no_answer(who: str, payload: bytes, error: ValidationError, quoted: Quote) -> ChatError:
    if (said := error_in(payload)) is not None:
        return told(who, said, quoted)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    return ChatError(f"{who}: the endpoint's answer is no chat completion ({where}: {first['msg']})")
