"""Columns side by side: equal keys are stacked, different ones are named, and what is null becomes NaN."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.evaluation.answer_columns import (
    AnswersDifferError,
    codes,
    numbers,
    read_answers,
    side_by_side,
    with_example_columns,
)
from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse

WEEK = "2026-03-30"


def part(*keys: tuple[str, str, int], **columns: list[Any]) -> pa.Table:
    examples, models, repetitions = zip(*keys, strict=True)
    return pa.table({"example_id": examples, "model": models, "repetition": repetitions, **columns})


KEYS = [("e1", "m", 0), ("e1", "m", 1), ("e2", "m", 0)]


def test_columns_of_the_same_answers_stand_side_by_side() -> None:
    both = side_by_side({"a": part(*KEYS, x=[1, 2, 3]), "b": part(*KEYS, y=[4, None, 6])})
    assert both.column_names == ["example_id", "model", "repetition", "x", "y"]
    assert both.to_pylist()[1] == {"example_id": "e1", "model": "m", "repetition": 1, "x": 2, "y": None}


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ([("e1", "m", 0), ("e1", "m", 2), ("e2", "m", 0)], r"row 1 is \('e1', 'm', 1\) in a and \('e1', 'm', 2\) in b"),
        (KEYS[:2], r"of 3 and 2 rows, row 2 is \('e2', 'm', 0\) in a and nothing in b"),
        ([("e0", "m", 0), *KEYS], r"row 0 is \('e1', 'm', 0\) in a and \('e0', 'm', 0\) in b"),
    ],
)
def test_the_first_answer_that_differs_is_named(other: list[tuple[str, str, int]], named: str) -> None:
    with pytest.raises(AnswersDifferError, match=named):
        side_by_side({"a": part(*KEYS), "b": part(*other)})


def test_one_column_cannot_come_from_two_tables() -> None:
    with pytest.raises(ValueError, match="b brings the column x"):
        side_by_side({"a": part(*KEYS, x=[1, 2, 3]), "b": part(*KEYS, x=[1, 2, 3])})


def test_examples_are_found_by_their_id_in_any_order() -> None:
    examples = pa.table({"example_id": ["e2", "e1"], "should_refuse": [True, None]})
    assert with_example_columns(part(*KEYS), examples).column("should_refuse").to_pylist() == [None, None, True]
    with pytest.raises(AnswersDifferError, match="1 answers have no example in eval_dataset, the first is of e2"):
        with_example_columns(part(*KEYS), examples.slice(1))


def test_a_stored_table_that_lacks_a_column_leaves_it_out_and_one_that_is_missing_is_an_error(tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path))
    older = Table(
        name="safety_scores",
        partitioned_by="week",
        key=schema.SAFETY_SCORES.key,
        schema=pa.schema([f for f in schema.SAFETY_SCORES.schema if f.name != "toxicity"]),
    )
    warehouse.write(older, WEEK, part(*KEYS, is_safe=[True, False, None]))
    wanted = [(schema.SAFETY_SCORES, ["is_safe", "toxicity"])]
    assert read_answers(warehouse, WEEK, wanted).column_names == ["example_id", "model", "repetition", "is_safe"]
    with pytest.raises(MissingPartitionError, match="text_scores"):
        read_answers(warehouse, WEEK, [*wanted, (schema.TEXT_SCORES, ["bleu"])])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([0.5, None]), [0.5, np.nan]),
        (pa.array([3, None], pa.int64()), [3, np.nan]),
        (pa.array([True, None]), [1, np.nan]),
        (pa.array([Decimal("0.25"), None], pa.decimal128(24, 12)), [0.25, np.nan]),
        (pa.array([["mail"], []], pa.list_(pa.string())), [1, 0]),
        (pa.array([None, None]), [np.nan, np.nan]),
    ],
)
def test_numbers_are_floats_and_nothing_is_no_zero(column: pa.Array, expected: list[float]) -> None:
    table = pa.table({"x": column})
    np.testing.assert_array_equal(numbers(table, "x"), expected)
    np.testing.assert_array_equal(numbers(table, "absent"), [np.nan, np.nan])


def test_texts_have_codes_in_their_own_order() -> None:
    of, texts = codes(pa.table({"x": ["b", "a", None, "b"]}), "x")
    assert (of.tolist(), texts.to_pylist()) == ([1, 0, -1, 1], ["a", "b"])
