"""The columns of a week's answers, side by side: from tables with one row per answer to one Arrow table.

Every such table is stored sorted by (example_id, model, repetition) and has every answer once, so the columns are
stacked after the keys were compared: no join, no Python object per row. Does not belong here: what a column means.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.warehouse import Warehouse

ANSWER_KEY = ("example_id", "model", "repetition")
Wanted = Sequence[tuple[Table, Sequence[str]]]
"""Tables with one row per answer, and the columns that are taken from each."""


class AnswersDifferError(ValueError):
    """Two tables of one week do not hold the same answers. The text names both and the first difference."""


def read_answers(warehouse: Warehouse, week: str, wanted: Wanted) -> pa.Table:
    """The key and the wanted columns of a week's answers, one row per answer in the order of the key.

    A column that a stored partition lacks, because an older version wrote it, is left out: unknown, not an error.

    Raises:
        MissingPartitionError: when one of the tables has never been written for this week.
        AnswersDifferError: when the tables do not hold the same answers.
    """
    parts = {}
    for table, columns in wanted:
        there = set(warehouse.schema(table, week).names)
        parts[table.name] = warehouse.read(table, week, [*ANSWER_KEY, *(name for name in columns if name in there)])
    return side_by_side(parts)


def side_by_side(parts: dict[str, pa.Table]) -> pa.Table:
    """Tables with the same answers in the same order as one.

    Args:
        parts: by name, tables that have the key's columns and others of their own.

    Raises:
        AnswersDifferError: when the keys are not equal, row by row.
        ValueError: when two of them have a column of one name.
    """
    (first, base), *others = parts.items()
    for name, part in others:
        _refuse_different_answers(first, base, name, part)
        for column in part.column_names:
            if column in ANSWER_KEY:
                continue
            if column in base.column_names:
                raise ValueError(f"{name} brings the column {column}, which is there already: take it from one table")
            base = base.append_column(column, part.column(column))
    return base


def with_example_columns(answers: pa.Table, examples: pa.Table) -> pa.Table:
    """Answers with the columns of their examples.

    Args:
        answers: a table that has ``example_id``.
        examples: one row per ``example_id``, with the columns to add.

    Raises:
        AnswersDifferError: when an answer's example is not among the examples.
    """
    places = pc.index_in(answers.column("example_id"), value_set=examples.column("example_id").combine_chunks())
    if places.null_count:
        strange = answers.column("example_id").filter(pc.is_null(places))[0].as_py()
        raise AnswersDifferError(
            f"{places.null_count} answers have no example in eval_dataset, the first is of {strange}: "
            "materialise model_outputs and its scores again for this week"
        )
    for name in examples.column_names:
        if name != "example_id":
            answers = answers.append_column(name, examples.column(name).take(places))
    return answers


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """A column of numbers or truth values as float64 of shape (rows,), NaN where it is null; a lacking one is all NaN.

    A list counts as its being non-empty: what was found, not how much.
    """
    return column_numbers(table.column(name)) if name in table.column_names else np.full(len(table), np.nan)


def column_numbers(column: pa.ChunkedArray) -> np.ndarray:
    """See :func:`numbers`."""
    if pa.types.is_list(column.type):
        column = pc.greater(pc.list_value_length(column), 0)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    values = column.cast(pa.float64()).combine_chunks()
    return np.asarray(values.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)


def codes(table: pa.Table, name: str) -> tuple[np.ndarray, pa.Array]:
    """A column of texts as int64 codes of shape (rows,), and the sorted texts that they stand for; a null is -1."""
    encoded = table.column(name).cast(pa.string()).combine_chunks().dictionary_encode()
    order = pc.array_sort_indices(encoded.dictionary)
    rank = np.full(len(order) + 1, -1, dtype=np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    return rank[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)], encoded.dictionary.take(order)


def _refuse_different_answers(first: str, base: pa.Table, name: str, part: pa.Table) -> None:
    if len(base) == len(part) and all(base.column(key).equals(part.column(key)) for key in ANSWER_KEY):
        return
    rows = min(len(base), len(part))
    same = np.ones(rows, dtype=bool)
    for key in ANSWER_KEY:
        equal = pc.equal(base.column(key).slice(0, rows), part.column(key).slice(0, rows))
        same &= equal.to_numpy().astype(bool)
    place = int(np.argmin(same)) if not same.all() else rows
    raise AnswersDifferError(
        f"{first} and {name} do not hold the same answers: of {len(base)} and {len(part)} rows, row {place} is "
        f"{_key_at(base, place)} in {first} and {_key_at(part, place)} in {name}; materialise {name} again"
    )


def _key_at(table: pa.Table, place: int) -> str:
    if place >= len(table):
        return "nothing"
    return str(tuple(table.column(key)[place].as_py() for key in ANSWER_KEY))
