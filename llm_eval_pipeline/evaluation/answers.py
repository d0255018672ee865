"""An answer beside its example: the walk through ``eval_dataset`` and ``model_outputs`` in step.

Both are stored in order of ``example_id``, so neither is ever held whole. Not here: what is made of an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]
Answered = tuple[Row, Row]
"""A row of ``eval_dataset`` and a row of ``model_outputs`` that answers it."""
AnswerKey = tuple[str, str, int]


def answer_key(row: Row) -> AnswerKey:
    """What identifies an answer in every table that has a row per answer."""
    return row["example_id"], row["model"], row["repetition"]


def answered(examples: Iterable[Row], outputs: Iterable[Row]) -> Iterator[Answered]:
    """Each output with its example.

    Args:
        examples: in order of ``example_id``; one without an output is passed over.
        outputs: in order of ``example_id``.

    Raises:
        KeyError: when an output has no example.
    """
    ahead = iter(examples)
    example: Row | None = None
    for output in outputs:
        wanted = output["example_id"]
        while example is None or example["example_id"] != wanted:
            example = next(ahead, None)
            if example is None or example["example_id"] > wanted:
                raise KeyError(f"model_outputs answers the example {wanted}, which eval_dataset does not have")
        yield example, output


def beside_scores(answers: Iterable[Answered], *scores: Iterable[Row]) -> Iterator[Answered]:
    """Each answer with the columns of its scores.

    Args:
        answers: in the order of ``model_outputs``.
        scores: rows of tables that have a row per answer, in the same order.

    Raises:
        ValueError: when a score table lacks an answer or has one more.
    """
    rest = [iter(rows) for rows in scores]
    for example, output in answers:
        row, key = dict(output), answer_key(output)
        for rows in rest:
            score = next(rows, None)
            if score is None or answer_key(score) != key:
                found = "no more rows" if score is None else f"the answer {answer_key(score)}"
                raise ValueError(f"a score table has {found} where model_outputs has {key}: score the week again")
            row |= score
        yield example, row
    for rows in rest:
        if (score := next(rows, None)) is not None:
            raise ValueError(f"a score table has {answer_key(score)}, which model_outputs lacks: score the week again")


def unzipped(answers: Iterable[Answered]) -> tuple[list[Row], list[Row]]:
    """The examples, and the outputs at the same places."""
    pairs = list(answers)
    return [example for example, _ in pairs], [output for _, output in pairs]
