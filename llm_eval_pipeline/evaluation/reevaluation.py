"""Asking the canary again, now: is what an incident says still so?

The answers are an occasion of their own, so they neither replace a week's nor are taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from llm_eval_pipeline.evaluation.evaluate import evaluate
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest
from llm_eval_pipeline.evaluation.judging import Judge
from llm_eval_pipeline.ledger.asking import Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Reevaluation:
    """Quality scores of the canary asked again, by model; what could not be scored is counted."""

    scores: Mapping[str, tuple[float, ...]]
    unscored: int

    def mean(self, model: str) -> float | None:
        """The mean quality of a model, None when none of its answers has a score."""
        scores = self.scores.get(model, ())
        return sum(scores) / len(scores) if scores else None


def reevaluate_canary(
    examples: Sequence[Mapping[str, Any]],
    models: ModelsUnderTest,
    judge: Judge,
    asker: Asker,
    *,
    candidate: str,
    at: datetime,
) -> Reevaluation:
    """Ask and judge the canary once more.

    Args:
        examples: rows of ``eval_dataset``; those of the canary are asked.
        models: who is asked.
        judge: who scores.
        asker: ledger, prices and rules.
        candidate: the occasion, such as the page that asks; the same one again is answered from the ledger.
        at: the instant that the answers are about.
    """
    canary = [example for example in examples if example["split"] == "canary"]
    scores: dict[str, list[float]] = {}
    unscored = 0
    for _, output, score in evaluate(canary, models, judge, asker, occasion=candidate, due=at):
        if score.quality_score is None:
            unscored += 1
        else:
            scores.setdefault(output["model"], []).append(score.quality_score)
    return Reevaluation(scores={model: tuple(those) for model, those in scores.items()}, unscored=unscored)
