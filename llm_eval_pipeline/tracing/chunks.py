"""An answer that comes in pieces: texts, or the events of OpenAI's and Anthropic's streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from llm_eval_pipeline.tracing.captured import LONGEST
from llm_eval_pipeline.tracing.usage import Answer, Usage, answer_of, anthropic_usage, openai_usage, part

_MOST_OTHERS = 1_000


@dataclass(slots=True)
class Chunks:
    """What the pieces so far say; bounded, however many there are."""

    texts: list[str] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)
    length: int = 0
    model: str | None = None
    identifier: str | None = None
    usage: Usage | None = None
    finish_reasons: list[str] = field(default_factory=list)
    finished: Answer | None = None

    def add(self, chunk: Any) -> None:
        """Read one piece."""
        if isinstance(chunk, str):
            self._text(chunk)
        elif isinstance(kind := part(chunk, "type"), str):
            self._event(kind, chunk)
        elif isinstance(choices := part(chunk, "choices"), list):
            self._delta(chunk, choices)
        elif len(self.others) < _MOST_OTHERS:
            self.others.append(chunk)

    def whole(self) -> Any:
        """What the pieces are together: a text, or a list of what is no text; None of nothing."""
        if self.finished is not None and not self.texts:
            return self.finished.text
        return self.others or "".join(self.texts) or None

    def answer(self) -> Answer | None:
        """The model's answer that the pieces are, when they are one."""
        if self.finished is not None:
            return self.finished
        if self.model is None:
            return None
        return Answer(
            operation="chat",
            model=self.model,
            usage=self.usage or Usage(),
            text="".join(self.texts) or None,
            finish_reasons=tuple(self.finish_reasons),
            identifier=self.identifier,
        )

    def _text(self, text: Any) -> None:
        if isinstance(text, str) and self.length <= LONGEST:
            self.texts.append(text)
            self.length += len(text)

    def _delta(self, chunk: Any, choices: list[Any]) -> None:
        """A chunk of OpenAI's chat or completions API; usage comes with the last, which has no choices."""
        self._named(chunk)
        for choice in choices[:1]:
            self._text(part(part(choice, "delta"), "content") or part(choice, "text"))
            self._finished(part(choice, "finish_reason"))
        if (usage := part(chunk, "usage")) is not None:
            self.usage = openai_usage(usage)

    def _event(self, kind: str, event: Any) -> None:
        """An event of Anthropic's messages API, or of OpenAI's responses API."""
        if kind == "message_start":
            message = part(event, "message")
            self._named(message)
            self.usage = anthropic_usage(part(message, "usage"))
        elif kind == "content_block_delta":
            self._text(part(part(event, "delta"), "text"))
        elif kind == "message_delta":
            self._finished(part(part(event, "delta"), "stop_reason"))
            began, ended = self.usage or Usage(), anthropic_usage(part(event, "usage"))
            self.usage = Usage(
                input=began.input if ended.input is None else ended.input,
                cache_read=began.cache_read if ended.cache_read is None else ended.cache_read,
                cache_write=began.cache_write if ended.cache_write is None else ended.cache_write,
                output=ended.output,
            )
        elif kind == "response.output_text.delta":
            self._text(part(event, "delta"))
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            self.finished = answer_of(part(event, "response"))

    def _named(self, found: Any) -> None:
        model, identifier = part(found, "model"), part(found, "id")
        self.model = model if isinstance(model, str) and model else self.model
        self.identifier = identifier if isinstance(identifier, str) and identifier else self.identifier

    def _finished(self, reason: Any) -> None:
        if isinstance(reason, str):
            self.finish_reasons.append(reason)
