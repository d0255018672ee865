"""Whether an output draws on the part of its context that fits the question."""

from __future__ import annotations

from functools import lru_cache

from llm_eval_pipeline.evaluation.local_judge.evidence import Evidence
from llm_eval_pipeline.evaluation.local_judge.terms import Terms, sentences, share, terms

NEARLY_BEST = 0.75


def context_features(context: str, output: Terms, question: Terms) -> dict[str, float]:
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
