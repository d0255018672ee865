"""Features of free text, each from 0 to 1 where 1 is met: what is covered, what is supported, how it is told."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import LCSseq

from llm_eval_pipeline.evaluation.grounding import unsupported_sentences
from llm_eval_pipeline.evaluation.local_judge.evidence import Evidence
from llm_eval_pipeline.evaluation.local_judge.terms import Terms, negated, sentences, share, terms

SALIENT_WORDS = 12
NEARLY_BEST = 0.75
ENOUGH_OF_QUESTION = 0.5
SHORT_ANSWER, LONG_ANSWER = 5, 120
_ASKS_BRIEFLY = re.compile(
    r"(?:who|when|where|which|what (?:is|are|was|does)|how (?:many|much|long|often|far|old|big|fast|hot|loud)|"
    r"is|are|was|does|do|did|can|may|must|should|will)\b.{0,150}\?",
    re.IGNORECASE,
)
LONGEST_SIGNATURE = 4
_ENDED = re.compile(r"[.!?:)\]}\"'”’`*|>]$")
_BULLET = re.compile(r"(?:[-*•+]|\d+[.)])\s")
_SENTENCES_ASKED = re.compile(
    r"\b(?:in|with|to|exactly|at most|no more than|up to|maximum of)\s+(?:a |exactly |at most )*"
    r"(single|one|two|three|four|five|[1-9])\s+(?:\w+\s+)?sentences?\b",
    re.IGNORECASE,
)
_COUNTS = {"single": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


def text_features(evidence: Evidence) -> dict[str, float]:
    """The features of an output that is prose."""
    output, question = terms(evidence.output), terms(evidence.question)
    features = _told(evidence, output)
    if evidence.view not in ("summary", "passage"):
        features["on_topic"] = min(1.0, share(question.words, output.words) / ENOUGH_OF_QUESTION)
    if evidence.view in ("reference", "summary"):
        features |= _against_reference(evidence, output, question)
    if evidence.view in ("summary", "passage") and evidence.passage:
        features |= _against_passage(evidence.passage, output)
    if evidence.view == "context" and evidence.case.context:
        features |= _against_context(evidence.case.context, output, question)
    if evidence.view == "prompt":
        enough = SHORT_ANSWER if _ASKS_BRIEFLY.match(evidence.question) else LONG_ANSWER
        features["developed"] = min(1.0, len(evidence.output.split()) / enough)
    else:
        features |= _supported(evidence, output)
    return features


def _told(evidence: Evidence, output: Terms) -> dict[str, float]:
    """How the output reads, whatever it says."""
    return {
        "finished": float(_finished(evidence.output)),
        "varied": _varied(output.sequence),
        "length_asked": _length_asked(evidence),
    }


def _finished(text: str) -> bool:
    """Whether a text ends as texts end: with a full stop, in a list, or with a signature."""
    if text.endswith(("...", "…")):
        return False
    last = text.rsplit("\n", 1)[-1].strip()
    words = last.split()
    if _ENDED.search(last):
        return True
    if words and not terms(words[-1]).sequence:
        return False
    return bool(_BULLET.match(last)) or len(words) <= LONGEST_SIGNATURE


def _varied(sequence: tuple[str, ...]) -> float:
    """The share of neighbouring pairs of terms that are told for the first time."""
    pairs = list(zip(sequence, sequence[1:], strict=False))
    return len(set(pairs)) / len(pairs) if pairs else 1.0


def _length_asked(evidence: Evidence) -> float:
    asked = _SENTENCES_ASKED.search(evidence.question)
    if asked is None:
        return 1.0
    most = _COUNTS.get(asked[1].lower()) or int(asked[1])
    return min(1.0, most / max(1, len(sentences(evidence.output))))


def _against_reference(evidence: Evidence, output: Terms, question: Terms) -> dict[str, float]:
    reference = terms(evidence.case.reference)
    asked_for = (reference.all - question.all) or reference.all
    facts = share(asked_for, output.all)
    numbers = share(reference.numbers - question.numbers, output.numbers, if_empty=facts)
    same = LCSseq.similarity(output.sequence, reference.sequence)
    given = output.all - question.all
    return {
        "facts": facts,
        "numbers": numbers,
        "sound": facts * numbers * (1.0 if output.numbers <= _known(evidence) else 0.5),
        "likeness": 2 * same / max(1, len(output.sequence) + len(reference.sequence)),
        "focus": share(given, reference.all, if_empty=facts),
        "same_polarity": float(negated(evidence.case.reference or "") == negated(evidence.output)),
    }


def _against_passage(passage: str, output: Terms) -> dict[str, float]:
    whole = terms(passage)
    shortened = len(output.sequence) / max(1, len(whole.sequence))
    return {
        "salient": share(_salient(passage), output.words),
        "spread": _spread(passage, output),
        "shortened": 1.0 if shortened <= 0.6 else max(0.0, 1.0 - (shortened - 0.6) / 0.4),
        "enough": min(1.0, shortened / 0.15),
    }


@lru_cache(maxsize=4096)
def _salient(passage: str) -> frozenset[str]:
    """The words that a passage says most often, the earlier one first where two are said as often."""
    counts: dict[str, int] = {}
    for term in terms(passage).sequence:
        counts[term] = counts.get(term, 0) + 1
    return frozenset(sorted(counts, key=lambda term: -counts[term])[:SALIENT_WORDS])


def _spread(passage: str, output: Terms) -> float:
    """Whether the output draws on more than one place of a passage: on two of its thirds at least."""
    parts = sentences(passage)
    if len(parts) < 3:
        return 1.0
    drawn = [i for i, part in enumerate(parts) if share(terms(part).all, output.all) >= 0.5]
    return min(1.0, len({3 * i // len(parts) for i in drawn}) / 2)


def _against_context(context: str, output: Terms, question: Terms) -> dict[str, float]:
    """How well the sentences that the output draws on fit the question, against the ones that fit it best."""
    fits = _fits(context, question.words)
    best = max(fits, default=0.0)
    drawn = [
        share(output.all, terms(part).all | question.all) * (fit / best if best else 0.0)
        for part, fit in zip(sentences(context), fits, strict=True)
    ]
    tops = [part for part, fit in zip(sentences(context), fits, strict=True) if fit >= NEARLY_BEST * best]
    return {
        "right_place": max(drawn, default=0.0),
        "best_told": max((share(terms(top).all - question.all, output.all) for top in tops), default=0.0),
        "answers": min(1.0, len(output.all - question.all) / 3),
    }


@lru_cache(maxsize=4096)
def _fits(context: str, question: frozenset[str]) -> list[float]:
    """For each sentence, the share of the question's words in it; a word weighs less the more sentences have it."""
    parts = [terms(part).words for part in sentences(context)]
    weights = {word: 1.0 / max(1, sum(word in part for part in parts)) for word in question}
    total = sum(weights.values()) or 1.0
    return [sum(weights[word] for word in question & part) / total for part in parts]


def question_fit(evidence: Evidence) -> float | None:
    """How much of the question the best sentence of the context has; None without a context."""
    if not evidence.case.context:
        return None
    question = terms(evidence.question).words
    return max((share(question, terms(part).words) for part in sentences(evidence.case.context)), default=0.0)


def _known(evidence: Evidence) -> frozenset[str]:
    return frozenset[str]().union(*(terms(source).all for source in evidence.sources))


def _supported(evidence: Evidence, output: Terms) -> dict[str, float]:
    known = _known(evidence)
    told = sentences(evidence.output)
    unsupported = unsupported_sentences(evidence.output, evidence.sources)
    return {
        "supported": 1.0 - min(1.0, len(unsupported) / max(1, len(told))),
        "true_numbers": 0.0 if output.numbers - known else 1.0,
        "known_words": share(output.words, known),
    }
