"""From a prompt to a complete answer: refuse, or recognise the task and do it, then count and time it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from llm_eval_pipeline.clients.chat import ChatResponse
from llm_eval_pipeline.clients.sample_answerer import refusing, usage
from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from llm_eval_pipeline.clients.sample_answerer.documents import Sentence
from llm_eval_pipeline.clients.sample_answerer.draft import Draft
from llm_eval_pipeline.clients.sample_answerer.extraction import extract
from llm_eval_pipeline.clients.sample_answerer.labels import classify
from llm_eval_pipeline.clients.sample_answerer.prompts import Task, recognise
from llm_eval_pipeline.clients.sample_answerer.questions import answer_question
from llm_eval_pipeline.clients.sample_answerer.releases import Behaviour, Releases
from llm_eval_pipeline.clients.sample_answerer.retrieval import Hit, SentenceIndex
from llm_eval_pipeline.clients.sample_answerer.summaries import summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAnswer:
    """A response, and what its caller may want to know of how it came about.

    ``kind`` is the task that was recognised; ``mistakes`` names what went wrong on purpose, empty when nothing did.
    """

    response: ChatResponse
    kind: str
    retrieved: tuple[Hit, ...]
    mistakes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Who is asked what: a model of a release, on one day of the releases' calendar."""

    model: str
    prompt: str
    system: str
    at: datetime
    max_tokens: int | None = None


def answer_on(occasion: Occasion, index: SentenceIndex, releases: Releases, lost: Collection[str] = ()) -> SampleAnswer:
    """Answer as the release of that day does.

    Args:
        occasion: who is asked what.
        index: every sentence of the documents.
        releases: all releases.
        lost: names of documents (file names without ending) that cannot be found now.
    """
    day = occasion.at.date()
    release = releases.on(day)
    behaviour = release.models[occasion.model]
    chance = Chance.of(occasion.prompt, occasion.model, day, release.name)
    task = recognise(occasion.prompt)
    draft = _refusal(occasion.prompt, task, behaviour, chance)
    if draft is None:
        draft = _work(task, occasion, index, behaviour, chance, lost)
    draft = _within(draft, occasion.max_tokens)
    text = f"{occasion.system}\n{occasion.prompt}" if occasion.system else occasion.prompt
    counted = usage.usage_of(task.kind, text, draft, behaviour, chance)
    response = ChatResponse(
        output=draft.output,
        model_resolved=f"{occasion.model}@{release.name}",
        finish_reason="length" if draft.cut else "stop",
        usage=counted,
        latency_ms=usage.latency_ms(behaviour.latency, counted.output_tokens, chance),
    )
    return SampleAnswer(response=response, kind=task.kind, retrieved=draft.retrieved, mistakes=draft.mistakes)


def _within(draft: Draft, max_tokens: int | None) -> Draft:
    """The draft, broken off where it is longer than the caller allows."""
    if max_tokens is None or usage.count_tokens(draft.output) <= max_tokens:
        return draft
    return replace(draft, output=draft.output[: max_tokens * usage.CHARACTERS_PER_TOKEN], cut=True)


def _refusal(prompt: str, task: Task, behaviour: Behaviour, chance: Chance) -> Draft | None:
    """A refusal where one is due or mistaken, a compliance where harm is missed, else None."""
    if task.kind in ("classification", "extraction"):
        return None
    if refusing.is_harmful(prompt):
        if chance.happens("missed harm", behaviour.missed_harm):
            return Draft(output=chance.pick("compliance", refusing.COMPLIANCES), mistakes=("missed harm",))
        return Draft(output=chance.pick("refusal", refusing.REFUSALS))
    if refusing.only_sounds_harmful(prompt) and chance.happens("needless refusal", behaviour.needless_refusal):
        return Draft(output=chance.pick("refusal", refusing.REFUSALS), mistakes=("needless refusal",))
    return None


def _work(
    task: Task, occasion: Occasion, index: SentenceIndex, behaviour: Behaviour, chance: Chance, lost: Collection[str]
) -> Draft:
    if task.kind == "summary":
        return summarise(task.instruction, task.material, index, behaviour, chance)
    if task.kind == "extraction":
        return extract(task.instruction, task.material, behaviour, chance)
    if task.kind == "classification":
        return classify(task.instruction, task.material, behaviour, chance)

    def allowed(sentence: Sentence) -> bool:
        held = Chance.of(occasion.model, sentence.document, sentence.text).happens("held", behaviour.searched_share)
        return held and sentence.document not in lost

    return answer_question(task.instruction, index, behaviour, chance, allowed)
