"""The judge's parameters: for each view of a case, a line through its features, as ``data/judge/fit.py`` fitted it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from llm_eval_pipeline.evaluation.local_judge.terms import terms


class ParametersError(ValueError):
    """The judge's parameters are missing or wrong. The text names the file and the field."""


class ViewModel(BaseModel):
    """How the features of one view make a score, and how well that held on labels that the fit had not seen.

    ``confidence`` gives, for a low, a middling and a high score, the share of held-out labels whose score was
    within 0.25 of the person's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    intercept: float
    coefficients: dict[str, float]
    confidence: tuple[float, float, float]
    n: int = Field(ge=0)
    metrics: dict[str, float | None]

    def score(self, features: Mapping[str, float]) -> float:
        """The line's value, kept within 0 and 1. A feature that is not known counts as met."""
        value = self.intercept + sum(c * features.get(name, 1.0) for name, c in self.coefficients.items())
        return min(1.0, max(0.0, value))

    def losses(self, features: Mapping[str, float]) -> list[tuple[float, str]]:
        """What each feature took from the score, the most first."""
        lost = ((c * (1.0 - features.get(name, 1.0)), name) for name, c in self.coefficients.items())
        return sorted(lost, reverse=True)

    def sureness(self, score: float) -> float:
        """How sure the judge is of a score."""
        return self.confidence[min(2, int(score * 3))]


class Parameters(BaseModel):
    """What ``data/judge/local_judge.json`` holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(min_length=1)
    fitted_on: str
    labels: int = Field(ge=0)
    metrics: dict[str, float | None]
    views: dict[str, ViewModel]
    label_words: dict[str, str] = Field(default_factory=dict)

    @cached_property
    def label_terms(self) -> dict[str, frozenset[str]]:
        """The terms that go with a label, for messages whose right label nobody has written down."""
        return {label: terms(words).words for label, words in self.label_words.items()}

    @model_validator(mode="after")
    def _rising(self) -> Parameters:
        for view, model in self.views.items():
            for name, coefficient in model.coefficients.items():
                if coefficient < 0:
                    raise ValueError(f"{view}.{name} is {coefficient}; a feature that is met never lowers a score")
        return self


def load_parameters(path: Path) -> Parameters:
    """Read the judge's parameters.

    Raises:
        ParametersError: when the file is missing or is no set of parameters.
    """
    try:
        return Parameters.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ParametersError(
            f"the local judge's parameters {path} are missing; data/judge/fit.py makes them"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ParametersError(f"{path}: {'.'.join(str(p) for p in first['loc'])}: {first['msg']}") from error
