"""Features of free text, each from 0 to 1 where 1 is met: what is covered, and what is supported."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq
from rapidfuzz.utils import default_process

from llm_eval_pipeline.evaluation.grounding import unsupported_sentences
from llm_eval_pipeline.evaluation.local_judge.context import context_features
from llm_eval_pipeline.evaluation.local_judge.evidence import Evidence
from llm_eval_pipeline.evaluation.local_judge.terms import Terms, negated, sentences, share, terms
from llm_eval_pipeline.evaluation.local_judge.told import told_features

SALIENT_WORDS = 12
SAME_WORDS = 90
_YES_OR_NO = re.compile(
    r"(?:^|[.!?,:]\s+)(?:and |or |but )?(?:is|are|was|were|do|does|did|can|could|may|must|should|will|has|have)\s",
    re.IGNORECASE,
)


def text_features(evidence: Evidence) -> dict[str, float]:
    """The features of an output that is prose."""
    output, question = terms(evidence.output), terms(evidence.question)
    features = told_features(evidence, output, question)
    if evidence.view in ("reference", "summary"):
        features |= _against_reference(evidence, output, question)
    if evidence.view in ("summary", "passage") and evidence.passage:
        features |= _against_passage(evidence.passage, output)
    if evidence.view == "context" and evidence.case.context:
        features |= context_features(evidence.case.context, output, question)
    if evidence.view != "prompt":
        features |= _supported(evidence, output)
    return features


def _against_reference(evidence: Evidence, output: Terms, question: Terms) -> dict[str, float]:
    reference = terms(evidence.case.reference)
    asked_for = (reference.all - question.all) or reference.all
    facts = share(asked_for, output.all) if asked_for else _plainly_same(evidence)
    numbers = share(reference.numbers - question.numbers, output.numbers, if_empty=facts)
    same = LCSseq.similarity(output.sequence, reference.sequence)
    given = output.all - question.all
    return {
        "facts": facts,
        "numbers": numbers,
        "sound": facts * numbers * (1.0 if output.numbers <= _known(evidence) else 0.5),
        "likeness": 2 * same / max(1, len(output.sequence) + len(reference.sequence)),
        "focus": share(given, reference.all, if_empty=facts),
        "same_polarity": _same_polarity(evidence),
    }


def _same_polarity(evidence: Evidence) -> float:
    """1 when both deny or neither does; 0 when they differ on a yes-or-no question, and half of it on another."""
    if negated(evidence.case.reference or "") == negated(evidence.output):
        return 1.0
    return 0.0 if _YES_OR_NO.search(evidence.question) else 0.5


def _plainly_same(evidence: Evidence) -> float:
    """For a reference without content words, such as ``B`` or ``Yes``: whether the output says just that."""
    likeness = fuzz.token_set_ratio(evidence.case.reference or "", evidence.output, processor=default_process)
    return float(likeness >= SAME_WORDS)


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
