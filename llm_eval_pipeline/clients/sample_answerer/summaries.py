"""Summarising a text with its own most telling sentences."""

from __future__ import annotations

from collections import Counter

from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from llm_eval_pipeline.clients.sample_answerer.documents import split_sentences
from llm_eval_pipeline.clients.sample_answerer.draft import Draft
from llm_eval_pipeline.clients.sample_answerer.instructions import Wishes, wishes_of
from llm_eval_pipeline.clients.sample_answerer.releases import Behaviour
from llm_eval_pipeline.clients.sample_answerer.retrieval import SentenceIndex
from llm_eval_pipeline.clients.sample_answerer.slips import cut_short, misstate_number
from llm_eval_pipeline.clients.sample_answerer.words import content_words

_LEAD_BONUS = 1.35
_NUMBER_BONUS = 1.15
_LOOKED_AT = 12


def summarise(instruction: str, text: str, index: SentenceIndex, behaviour: Behaviour, chance: Chance) -> Draft:
    """Keep the sentences that share most with the rest of the text, in their order, as many as were asked for.

    Args:
        instruction: how the summary should be.
        text: what to summarise; lines that begin with ``#`` are headings and are left out.
        index: where a stray sentence comes from.
        behaviour: of the model and release.
        chance: of the occasion.
    """
    wishes, mistakes = wishes_of(instruction), tuple[str, ...]()
    paragraphs = _paragraphs(text, wishes)
    sentences = [sentence for paragraph in paragraphs for sentence in paragraph]
    if not sentences:
        return Draft(output="There is no text to summarise.")
    ranked = sorted(_ranked(paragraphs), key=lambda place: not wishes.demands(sentences[place]))
    if len(ranked) > 2 and chance.happens("wrong sentence", behaviour.wrong_sentence):
        ranked, mistakes = ranked[::-1], ("wrong sentence",)
    chosen = ranked[: wishes.sentences or wishes.bullets or max(1, min(3, round(len(ranked) / 3)))]
    if len(chosen) > 1 and chance.happens("dropped sentence", behaviour.dropped_sentence):
        chosen, mistakes = chosen[:1], (*mistakes, "dropped sentence")
    output, formal = _worded([sentences[place] for place in sorted(chosen)], wishes, text, index, behaviour, chance)
    output, altered = misstate_number(output, chance, behaviour)
    output, cut = cut_short(output, chance, behaviour)
    return Draft(output=output, mistakes=mistakes + formal + altered + cut, cut=bool(cut))


def _worded(
    sentences: list[str], wishes: Wishes, text: str, index: SentenceIndex, behaviour: Behaviour, chance: Chance
) -> tuple[str, tuple[str, ...]]:
    """The sentences as one text in the form that was asked for, or with a sentence too many."""
    output = " ".join(sentences)
    if chance.happens("stray sentence", behaviour.stray_sentence):
        strays = [hit.sentence.text for hit in index.search(text, _LOOKED_AT) if hit.sentence.text not in text]
        if strays:
            return f"{output} {strays[-1]}", ("stray sentence",)
    if wishes.any and chance.happens("ignored instruction", behaviour.ignored_instruction):
        return " ".join(split_sentences(text)), ("ignored instruction",)
    return wishes.apply(output), ()


def _paragraphs(text: str, wishes: Wishes) -> list[list[str]]:
    """The sentences of each paragraph, without headings and without words that are not wanted."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    kept = [[s for s in split_sentences(line) if not wishes.forbids(s)] for line in lines]
    return [paragraph for paragraph in kept if paragraph]


def _ranked(paragraphs: list[list[str]]) -> list[int]:
    """Places of the sentences: the best of each paragraph first, then the others; best is what shares most words."""
    bags = [set(content_words(sentence)) for paragraph in paragraphs for sentence in paragraph]
    counts = Counter(word for bag in bags for word in bag)
    scored: list[tuple[bool, float, int]] = []
    place = 0
    for paragraph in paragraphs:
        scores = [_centrality(bags[place + i], counts, paragraph[i], i) for i in range(len(paragraph))]
        best = scores.index(max(scores))
        scored += [(i != best, -score, place + i) for i, score in enumerate(scores)]
        place += len(paragraph)
    return [at for *_, at in sorted(scored)]


def _centrality(bag: set[str], counts: Counter[str], sentence: str, position: int) -> float:
    """How much a sentence shares with the others; numbers and the beginning of a paragraph count more."""
    shared = sum(counts[word] for word in bag) / (len(bag) or 1) ** 0.5
    number = _NUMBER_BONUS if any(character.isdigit() for character in sentence) else 1.0
    return shared * number * (_LEAD_BONUS if position == 0 else 1.0)
