"""The sample answerer as a chat client: the seam's values in, the seam's values out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, ChatResponse, Message
from llm_eval_pipeline.clients.clock import Clock, system_clock
from llm_eval_pipeline.clients.sample_answerer.answers import Occasion, SampleAnswer, answer_on
from llm_eval_pipeline.clients.sample_answerer.documents import load_sentences
from llm_eval_pipeline.clients.sample_answerer.releases import load_releases
from llm_eval_pipeline.clients.sample_answerer.retrieval import SentenceIndex
from llm_eval_pipeline.windows import WEEK

_INSTANT = timedelta(microseconds=1)


class SampleAnswerer:
    """Models whose version is a function of the date, so that any past week can be asked truthfully.

    Args:
        documents: the folder of Markdown documents to answer from.
        releases: the file that says how each release behaves and from which day on.
        shift_weeks: by how many weeks the calendar of the releases is moved towards today.
        clock: read where a request has no ``as_of``.

    Raises:
        DocumentsError: when there is nothing to answer from.
        ReleaseFileError: when the file of releases cannot be used.
    """

    provider = "sample"
    dated = True

    def __init__(self, documents: Path, releases: Path, shift_weeks: int = 0, clock: Clock = system_clock) -> None:
        self._index = SentenceIndex(load_sentences(documents))
        self._releases = load_releases(releases)
        self._shift = shift_weeks * WEEK
        self._clock = clock

    @property
    def models(self) -> tuple[str, ...]:
        """The models that can be asked."""
        return self._releases.models

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Answer one request as of the last instant before its ``as_of``, the end of the window that it is about.

        Of the parameters only ``max_tokens`` is heeded.

        Raises:
            ChatError: when the model is unknown, or nobody asks anything.
        """
        at = (request.as_of or self._clock()) - _INSTANT
        limit = request.params.get("max_tokens")
        return self.answer(request.model, request.messages, at, max_tokens=limit).response

    def answer(
        self,
        model: str,
        prompt: str | Sequence[Message],
        at: datetime,
        lost: Collection[str] = (),
        max_tokens: int | None = None,
    ) -> SampleAnswer:
        """Answer a prompt at an instant, and tell what was retrieved.

        Args:
            model: one of ``models``.
            prompt: a user's message, or a conversation of which the last user's message counts.
            at: when it is asked (aware).
            lost: names of documents, without ``.md``, that the index has lost for now.
            max_tokens: longest answer; a longer one is broken off, and its ``finish_reason`` says so.

        Raises:
            ChatError: when the model is unknown, or nobody asks anything.
        """
        if model not in self._releases.models:
            known = ", ".join(self._releases.models)
            raise ChatError(f"the sample answerer has no model {model!r}; it has {known}")
        messages = (Message(role="user", content=prompt),) if isinstance(prompt, str) else tuple(prompt)
        asked = next((m.content for m in reversed(messages) if m.role == "user" and m.content.strip()), None)
        if asked is None:
            raise ChatError(f"{model}: the request holds no message of a user")
        system = "\n".join(m.content for m in messages if m.role == "system")
        day = at.astimezone(UTC) - self._shift
        occasion = Occasion(model=model, prompt=asked, system=system, at=day, max_tokens=max_tokens)
        return answer_on(occasion, self._index, self._releases, lost)
