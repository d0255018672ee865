"""The bar that a judge must reach before its scores are trusted: data with a version, in ``data/policies/``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llm_eval_pipeline.evaluation.judge_quality.agreement import Agreement
from llm_eval_pipeline.evaluation.judge_quality.estimate import Estimate

REMEDY = "label more cases, tell the judge more in its rubric, or set another judge"


class JudgeBarError(ValueError):
    """A bar's file is missing or wrong. The text names file and field."""


class JudgeBar(BaseModel):
    """What a judge must reach, over at least how many labels; shares and scores are in [0, 1]."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(min_length=1)
    acceptable_from: float = Field(gt=0, le=1)
    least_n: int = Field(ge=2)
    least_of_each: int = Field(ge=1)
    least_scored: float = Field(ge=0, le=1)
    least_kappa: float = Field(ge=-1, le=1)
    least_tpr: float = Field(ge=0, le=1)
    least_tnr: float = Field(ge=0, le=1)
    close_within: float = Field(ge=0, le=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whether a judge is trusted, and the reason when it is not; ``trusted`` is None where the labels are too few."""

    trusted: bool | None
    reason: str | None


def load_judge_bar(path: Path) -> JudgeBar:
    """Read a bar's file.

    Raises:
        JudgeBarError: when the file is missing, is no YAML, or has an unknown, missing or wrong field.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise JudgeBarError(f"the judge's bar {path} is missing") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise JudgeBarError(f"the judge's bar {path} is no YAML: {error}") from error
    try:
        return JudgeBar.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise JudgeBarError(f"{path}: {where}: {first['msg']}") from error


def trust_of(found: Agreement, unscored: int, bar: JudgeBar) -> Trust:
    """Hold an agreement against the bar.

    Args:
        found: over the cases that the judge scored.
        unscored: how many labelled cases it could not score.
        bar: what is asked.
    """
    of = found.n + unscored
    if of >= bar.least_n and found.n < bar.least_scored * of:
        return Trust(trusted=False, reason=f"only {found.n} of {of} labelled cases have a score; {REMEDY}")
    short = _too_few(found, bar)
    if short is not None:
        return Trust(trusted=None, reason=f"{short}; label more cases")
    counts = found.confusion
    measured = (
        ("kappa", found.kappa, bar.least_kappa),
        ("true positive rate", counts.true_positive_rate, bar.least_tpr),
        ("true negative rate", counts.true_negative_rate, bar.least_tnr),
    )
    below = [_below(name, one, least) for name, one, least in measured if one is not None and one.value < least]
    if below:
        return Trust(trusted=False, reason=f"{', '.join(below)}; {REMEDY}")
    return Trust(trusted=True, reason=None)


def _too_few(found: Agreement, bar: JudgeBar) -> str | None:
    if found.n < bar.least_n:
        return f"{found.n} scored labels are too few to say, {bar.least_n} are needed"
    for name, n in (("accept", found.confusion.positives), ("reject", found.confusion.negatives)):
        if n < bar.least_of_each:
            return f"people {name} {n} of the labelled cases, {bar.least_of_each} are needed"
    return None


def _below(name: str, found: Estimate, least: float) -> str:
    return f"{name} {found.value:.2f} ({found.low:.2f} to {found.high:.2f}) is below {least:g}"
