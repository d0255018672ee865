"""From a case to a verdict: rules where they settle it, else the line of the case's view, and why in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llm_eval_pipeline.evaluation.formats import FormatSpecError, follows_format
from llm_eval_pipeline.evaluation.judging import Case
from llm_eval_pipeline.evaluation.local_judge.context import question_fit
from llm_eval_pipeline.evaluation.local_judge.evidence import Evidence, evidence_of
from llm_eval_pipeline.evaluation.local_judge.features import text_features
from llm_eval_pipeline.evaluation.local_judge.model import Parameters
from llm_eval_pipeline.evaluation.local_judge.rules import Ruling, ruling_of
from llm_eval_pipeline.evaluation.local_judge.structured import field_features, label_features
from llm_eval_pipeline.evaluation.local_judge.wording import lowered_by, met_by

STEPS = 20
REASONS = 2
GOOD = 0.7
WORTH_SAYING = 0.04
UNSOURCED_CONFIDENCE = 0.5
"""Where no source is known, a false statement that reads well cannot be seen; so the judge is never surer than this."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A score in steps of 0.05, why, and how sure the judge is."""

    score: float
    rationale: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Unjudged:
    """There is nothing to judge, or nothing to judge by."""

    reason: str


def judge_case(case: Case, parameters: Parameters) -> Judgement | Unjudged:
    """Judge one case; the same case has the same verdict always."""
    output = (case.output or "").strip()
    if not output:
        return Unjudged("there is no output to judge")
    if not any((text or "").strip() for text in (case.prompt, case.reference, case.context)):
        return Unjudged("there is neither a prompt nor a source to judge by")
    evidence = evidence_of(case)
    ruling = ruling_of(case, output, question_fit(evidence))
    if ruling is not None and ruling.settled:
        return Judgement(_step(ruling.score), f"{_sentence(ruling.reason)}.", ruling.confidence)
    if evidence.view not in parameters.views:
        return Unjudged(f"the judge's parameters have no view {evidence.view}")
    try:
        features = features_of(evidence, parameters.label_terms)
    except FormatSpecError as error:
        return Unjudged(f"the expected format cannot be read: {error}")
    return _weighed(evidence, features, ruling, parameters)


def features_of(evidence: Evidence, label_words: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """The features of a case in its view."""
    if evidence.view in ("label", "bare_label"):
        features = label_features(evidence, label_words)
    elif evidence.view in ("fields", "bare_fields"):
        features = field_features(evidence)
    else:
        features = text_features(evidence)
    return features | {"in_form": float(_in_form(evidence))}


def _in_form(evidence: Evidence) -> bool:
    try:
        return follows_format(evidence.output, evidence.expected_format) is not False
    except FormatSpecError:
        if evidence.case.expected_format:
            raise
        return True  # what a prompt quotes as a schema need not be one


def _weighed(
    evidence: Evidence, features: dict[str, float], ruling: Ruling | None, parameters: Parameters
) -> Judgement:
    model = parameters.views[evidence.view]
    score = model.score(features)
    confidence = model.sureness(score)
    if evidence.view == "prompt":
        confidence = min(confidence, UNSOURCED_CONFIDENCE)
    losses = [name for loss, name in model.losses(features) if loss >= WORTH_SAYING]
    reasons = [lowered_by(name, evidence) for name in losses]
    if ruling is not None and ruling.score < score:
        score, confidence = ruling.score, min(confidence, ruling.confidence)
        reasons = [ruling.reason, *reasons]
    lowered = "; ".join(list(dict.fromkeys(reasons))[:REASONS])
    if not lowered:
        said = met_by(evidence.view)
    else:
        said = f"{met_by(evidence.view)}, but not wholly: {lowered}" if score >= GOOD else lowered
    return Judgement(_step(score), f"{_sentence(said)}.", confidence)


def _step(score: float) -> float:
    return round(score * STEPS) / STEPS


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
