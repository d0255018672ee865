"""How an output is told, whatever it says: to the point, to its end, at the length that was asked for."""

from __future__ import annotations

import re
from itertools import pairwise

from llm_eval_pipeline.evaluation.local_judge.evidence import Evidence
from llm_eval_pipeline.evaluation.local_judge.terms import Terms, sentences, share, terms

ENOUGH_OF_QUESTION = 0.5
SHORT_ANSWER, LONG_ANSWER = 5, 120
_ASKS_BRIEFLY = re.compile(
    r"(?:who|when|where|which|what (?:is|are|was|does)|how (?:many|much|long|often|far|old|big|fast|hot|loud)|"
    r"is|are|was|does|do|did|can|may|must|should|will)\b.{0,150}\?",
    re.IGNORECASE,
)
LONGEST_SIGNATURE = 4
_ENDED = re.compile(r"[.!?。！？:)\]}\"'”’`*|>]$")
_BULLET = re.compile(r"(?:[-*•+]|\d+[.)])\s")
_SENTENCES_ASKED = re.compile(
    r"\b(?:in|with|to|exactly|at most|no more than|up to|maximum of)\s+(?:a |exactly |at most )*"
    r"(single|one|two|three|four|five|[1-9])\s+(?:\w+\s+)?sentences?\b",
    re.IGNORECASE,
)
_COUNTS = {"single": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


def told_features(evidence: Evidence, output: Terms, question: Terms) -> dict[str, float]:
    """The features of an output's telling; of a summary, that it takes up the question says nothing."""
    features = {
        "finished": float(_finished(evidence.output)),
        "varied": _varied(output.sequence),
        "length_asked": _length_asked(evidence),
    }
    if evidence.view not in ("summary", "passage"):
        features["on_topic"] = min(1.0, share(question.words, output.words) / ENOUGH_OF_QUESTION)
    if evidence.view == "prompt":
        enough = SHORT_ANSWER if _ASKS_BRIEFLY.match(evidence.question) else LONG_ANSWER
        features["developed"] = min(1.0, len(evidence.output.split()) / enough)
    return features


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
    pairs = list(pairwise(sequence))
    return len(set(pairs)) / len(pairs) if pairs else 1.0


def _length_asked(evidence: Evidence) -> float:
    asked = _SENTENCES_ASKED.search(evidence.question)
    if asked is None:
        return 1.0
    most = _COUNTS.get(asked[1].lower()) or int(asked[1])
    return min(1.0, most / max(1, len(sentences(evidence.output))))
