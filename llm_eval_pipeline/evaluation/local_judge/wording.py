"""The words in which the judge says what a score was lowered or raised by."""

from __future__ import annotations

from llm_eval_pipeline.evaluation.local_judge.evidence import Evidence
from llm_eval_pipeline.evaluation.local_judge.terms import terms

NAMED_TERMS = 3
_LOWERED = {
    "all_fields": "does not get every field right",
    "all_found": "has a value that the prompt does not have",
    "answers": "says little that the question did not say",
    "bare": "wraps the label in other words",
    "best_told": "leaves out some of what the fitting sentence of the context says",
    "clean": "puts words or a fence around the JSON",
    "developed": "is short",
    "enough": "is too short for its passage",
    "facts": "leaves out facts of the reference",
    "fields": "has fields that are missing or wrong",
    "filled": "leaves fields empty",
    "finished": "breaks off",
    "flawless": "is not exactly what was asked for",
    "focus": "adds much that the reference does not have",
    "found": "has values that the prompt does not have",
    "in_form": "is not in the form that was asked for",
    "known_words": "uses words that no source has",
    "length_asked": "is longer than asked for",
    "likeness": "is told differently from the reference",
    "nothing_added": "has fields that nobody asked for, or values that nobody gave",
    "numbers": "lacks numbers of the reference",
    "on_topic": "takes up only part of the question",
    "readable": "is not JSON that can be read",
    "right": "has a label that does not fit",
    "right_place": "draws on a part of the context that does not fit the question",
    "salient": "leaves out some of what the passage is about",
    "same_polarity": "affirms what the reference denies, or the reverse",
    "shortened": "hardly shortens the passage",
    "sound": "says only part of what the reference says",
    "spread": "takes up only one part of the passage",
    "supported": "has sentences that no source supports",
    "true_numbers": "states numbers that no source has",
    "valid": "names no label of the list",
    "varied": "repeats itself",
}
_MET = {
    "label": "the label is the expected one",
    "bare_label": "the label is one of the list and suits the prompt",
    "fields": "the fields agree with the expected ones",
    "bare_fields": "the fields are there and stand in the prompt",
    "reference": "says what the reference says",
    "summary": "sums the passage up as the reference does",
    "passage": "sums the passage up and keeps to it",
    "context": "answers from the part of the context that fits the question",
    "prompt": "takes up what was asked; no source is known to hold it against",
}


def met_by(view: str) -> str:
    """What an answer did that scores well in a view."""
    return _MET[view]


def lowered_by(feature: str, evidence: Evidence) -> str:
    """What a feature took from the score, with the terms in question where there are few."""
    text = _LOWERED[feature]
    output = terms(evidence.output)
    if feature == "true_numbers":
        known = frozenset[str]().union(*(terms(source).numbers for source in evidence.sources))
        return f"{text}{_named(output.numbers - known)}"
    if feature == "numbers":
        lacking = terms(evidence.case.reference).numbers - output.numbers
        return f"{text}{_named(lacking)}" if lacking else _LOWERED["facts"]
    return text


def _named(found: frozenset[str]) -> str:
    return f" ({', '.join(sorted(found)[:NAMED_TERMS])})" if found else ""
