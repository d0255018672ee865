"""Answering a question with the sentence or two that fit it best."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from llm_eval_pipeline.clients.sample_answerer.documents import Sentence
from llm_eval_pipeline.clients.sample_answerer.draft import Draft
from llm_eval_pipeline.clients.sample_answerer.instructions import wishes_of
from llm_eval_pipeline.clients.sample_answerer.releases import Behaviour
from llm_eval_pipeline.clients.sample_answerer.retrieval import Hit, SentenceIndex
from llm_eval_pipeline.clients.sample_answerer.slips import cut_short, misstate_number

NOTHING_FOUND = "I could not find an answer to that in the documents."
_WORTH_ADDING = 0.86
_LOWEST_SCORE = 2.0
_LOOKED_AT = 9
_EXPECTED = (  # what the question's words say of its answer, and how much more such a sentence counts
    (
        re.compile(r"\b(?:how much (?:is|are|does|do|for|will)|cost|costs|price|fee|expensive)\b", re.I),
        r"\bdollars?\b",
        1.25,
    ),
    (
        re.compile(r"\b(?:how (?:many|long|often|fast|quick|quickly|soon|far|hot)|when|what time)\b", re.I),
        r"\d|\bonce\b",
        1.2,
    ),
)


def answer_question(
    prompt: str,
    index: SentenceIndex,
    behaviour: Behaviour,
    chance: Chance,
    allowed: Callable[[Sentence], bool],
) -> Draft:
    """Find the best sentences and say them, with the mistakes that this occasion brings.

    Args:
        prompt: the question.
        index: every sentence of the documents.
        behaviour: of the model and release.
        chance: of the occasion.
        allowed: whether the model's own index holds a sentence.
    """
    hits = _as_expected(prompt, index.search(prompt, _LOOKED_AT, allowed))
    retrieved = tuple(hits[: behaviour.passages])
    if not hits or hits[0].score < _LOWEST_SCORE:
        return Draft(output=NOTHING_FOUND, retrieved=retrieved)
    chosen, mistakes = _choose(hits, behaviour, chance)
    text = " ".join(hit.sentence.text for hit in chosen)
    wishes = wishes_of(prompt)
    if wishes.any and chance.happens("ignored instruction", behaviour.ignored_instruction):
        mistakes += ("ignored instruction",)
    else:
        text = wishes.apply(text)
    text, altered = misstate_number(text, chance, behaviour)
    text, cut = cut_short(text, chance, behaviour)
    return Draft(output=text, retrieved=retrieved, mistakes=mistakes + altered + cut, cut=bool(cut))


def _as_expected(prompt: str, hits: list[Hit]) -> list[Hit]:
    """The hits again, those in front that have what the question asks for: a price, a number."""
    for question, answer, factor in _EXPECTED:
        if question.search(prompt):
            hits = [
                replace(hit, score=hit.score * factor) if re.search(answer, hit.sentence.text) else hit for hit in hits
            ]
    return sorted(hits, key=lambda hit: -hit.score)


def _choose(hits: list[Hit], behaviour: Behaviour, chance: Chance) -> tuple[list[Hit], tuple[str, ...]]:
    """The sentence to start with, and those of its document that fit nearly as well, in reading order."""
    first = hits[0]
    if len(hits) > 2 and chance.happens("wrong sentence", behaviour.wrong_sentence):
        first = chance.pick("which sentence", hits[2:])
        return [first], ("wrong sentence",)
    close = [hit for hit in hits[1:] if _belongs(hit, first)]
    added = close[: behaviour.sentences - 1]
    if added and chance.happens("dropped sentence", behaviour.dropped_sentence):
        return [first], ("dropped sentence",)
    return sorted([first, *added], key=lambda hit: hit.sentence.place), ()


def _belongs(hit: Hit, first: Hit) -> bool:
    """Whether a sentence fits nearly as well as the first, or goes on where an instruction (``To …``) ends."""
    if hit.sentence.document != first.sentence.document:
        return False
    goes_on = first.sentence.text.startswith("To ") and hit.sentence.place == first.sentence.place + 1
    return goes_on or hit.score >= _WORTH_ADDING * first.score
