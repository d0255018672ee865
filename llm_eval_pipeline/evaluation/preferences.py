"""Rows of ``pairwise_preferences``: which of two models' answers to an example is better, as a judge sees both at once.

Repetition 0 of each answer is compared. The base is ``b`` of every pair, so a win is one of the other model. Not here:
how a pair is judged (``pairwise``, ``pairwise_by_score``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from llm_eval_pipeline.evaluation.answers import Answered, Row, parts
from llm_eval_pipeline.evaluation.judging import JudgeScore
from llm_eval_pipeline.evaluation.pairwise import Pair, PairwiseJudge, Preference, Winner, compare_pairs
from llm_eval_pipeline.evaluation.pairwise_by_score import compare_by_score
from llm_eval_pipeline.ledger.asking import Asker

_PREFERRED = {"a": "other", "b": "base", "tie": "tie", None: None}
_WINNER: dict[str | None, Winner | None] = {"other": "a", "base": "b", "tie": "tie", None: None}
Matched = tuple[Row, Mapping[str, Row]]
"""An example, and by model its answer (with the columns of its score, where scores are compared)."""


def matched(answers: Iterable[Answered]) -> Iterator[Matched]:
    """The first answers of all models to each example, in order of ``example_id``."""
    for _, those in groupby(answers, key=lambda pair: pair[1]["example_id"]):
        pairs = list(those)
        yield pairs[0][0], {output["model"]: output for _, output in pairs if output["repetition"] == 0}


def judged_preferences(
    examples: Iterable[Matched], base: str, judge: PairwiseJudge, asker: Asker, *, occasion: str, due: datetime
) -> Iterator[list[dict[str, Any]]]:
    """Batches of rows: every other model's answer against the base's, in both orders, each call through the ledger."""
    for some in parts(examples, 500):
        pairs = {
            (example["example_id"], other): (_pair(example, answers[other], answers[base]), example["feature"])
            for example, answers in some
            for other in _others(answers, base)
        }
        verdicts = compare_pairs(pairs, judge, asker, occasion=occasion, due=due)
        yield [_row(key, base, pairs[key][1], verdict) for key, verdict in verdicts.items()]


def scored_preferences(examples: Iterable[Matched], base: str) -> Iterator[list[dict[str, Any]]]:
    """The same by the scores that a judge gave each answer alone: for judges that see one answer at a time."""
    for some in parts(examples, 500):
        yield [
            _row(
                (example["example_id"], other),
                base,
                example["feature"],
                compare_by_score(_score(answers[other]), _score(answers[base])),
            )
            for example, answers in some
            for other in _others(answers, base)
        ]


def _others(answers: Mapping[str, Row], base: str) -> Sequence[str]:
    return [model for model in sorted(answers) if model != base] if base in answers else []


def _pair(example: Row, a: Row, b: Row) -> Pair:
    return Pair(
        prompt=example["prompt"],
        a=a["output"],
        b=b["output"],
        reference=example["reference"],
        context=example["context"],
        expected_format=example["expected_format"],
        should_refuse=example["should_refuse"],
    )


def _score(answer: Row) -> JudgeScore:
    return JudgeScore(**{name: answer[name] for name in _SCORED})


_SCORED = ("quality_score", "unscored_reason", "judge", "rubric_version")


def _row(key: tuple[str, str], base: str, feature: str, verdict: Preference) -> dict[str, Any]:
    columns = verdict.columns()
    return {
        "example_id": key[0],
        "model_base": base,
        "model_other": key[1],
        "feature": feature,
        "preferred": _PREFERRED[columns.pop("winner")],
        **columns,
    }


def verdicts(rows: Iterable[Row]) -> list[Preference]:
    """What stored rows say, for :func:`llm_eval_pipeline.evaluation.pairwise_summary.summarise_pairs`."""
    return [
        Preference(
            winner=_WINNER[row["preferred"]],
            unscored_reason=row["unscored_reason"],
            judge=row["judge"],
            rubric_version=row["rubric_version"],
            position_bias=row["position_bias"],
            first_preferred=row["first_preferred"],
            decided=row["decided"],
        )
        for row in rows
    ]
