"""Rows of ``pairwise_preferences``: which of two models' answers to an example is better, as a judge sees both at once.

Repetition 0 of each answer is compared. The base is ``b`` of every pair, so a win is one of the other model. Not here:
how a pair is judged (``pairwise``, ``pairwise_by_score``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from llm_eval_pipeline.evaluation.answers import Answered, Row
from llm_eval_pipeline.evaluation.judging import JudgeScore
from llm_eval_pipeline.evaluation.pairwise import Pair, PairwiseJudge, Preference, Winner, compare_all
from llm_eval_pipeline.evaluation.pairwise_by_score import compare_by_score
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.parts import parts

_PREFERRED = {"a": "other", "b": "base", "tie": "tie", None: None}
_WINNER: dict[str | None, Winner | None] = {"other": "a", "base": "b", "tie": "tie", None: None}
Matched = tuple[Row, Mapping[str, Row]]
"""An example, and by model its answer (with the columns of its score, where scores are compared)."""


class _PairKey(NamedTuple):
    example_id: str
    other: str
    feature: str


def matched(answers: Iterable[Answered]) -> Iterator[Matched]:
    """The first answers of all models to each example, in order of ``example_id``."""
    for _, those in groupby(answers, key=lambda pair: pair[1]["example_id"]):
        pairs = list(those)
        yield pairs[0][0], {output["model"]: output for _, output in pairs if output["repetition"] == 0}


def judged_preferences(
    examples: Callable[[], Iterable[Matched]],
    base: str,
    judge: PairwiseJudge,
    asker: Asker,
    *,
    occasion: str,
    due: datetime,
) -> Iterator[list[dict[str, Any]]]:
    """Batches of rows: every other model's answer against the base's, in both orders, each call through the ledger.

    Args:
        examples: gives the examples anew each time: all pairs are counted before the first is asked.
        base: the model that the others are held against.
        judge: who compares.
        asker: what calls are made with.
        occasion: the window that is observed.
        due: when that window ends.
    """

    def pairs() -> Iterator[tuple[_PairKey, Pair, str]]:
        for example, answers in examples():
            for other in _others(answers, base):
                key = _PairKey(example["example_id"], other, example["feature"])
                yield key, _pair(example, answers[other], answers[base]), example["feature"]

    for some in parts(compare_all(pairs, judge, asker, occasion=occasion, due=due)):
        yield [_row(key, base, verdict) for key, verdict in some]


def scored_preferences(examples: Iterable[Matched], base: str) -> Iterator[list[dict[str, Any]]]:
    """The same by the scores that a judge gave each answer alone: for judges that see one answer at a time."""
    for some in parts(examples, 500):
        yield [
            _row(
                _PairKey(example["example_id"], other, example["feature"]),
                base,
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


def _row(key: _PairKey, base: str, verdict: Preference) -> dict[str, Any]:
    columns = verdict.columns()
    return {
        "example_id": key.example_id,
        "model_base": base,
        "model_other": key.other,
        "feature": key.feature,
        "preferred": _PREFERRED[columns.pop("winner")],
        **columns,
    }


def verdicts(rows: Iterable[Row]) -> dict[str, list[Preference]]:
    """By other model, what stored rows say; ``pairwise_summary`` takes one model's."""
    found: dict[str, list[Preference]] = {}
    for row in rows:
        found.setdefault(row["model_other"], []).append(_verdict(row))
    return dict(sorted(found.items()))


def _verdict(row: Row) -> Preference:
    return Preference(
        winner=_WINNER[row["preferred"]],
        unscored_reason=row["unscored_reason"],
        judge=row["judge"],
        rubric_version=row["rubric_version"],
        position_bias=row["position_bias"],
        first_preferred=row["first_preferred"],
        decided=row["decided"],
    )
