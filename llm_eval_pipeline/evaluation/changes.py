"""This week against the week before, answer by answer: which began to fail, which stopped, which came and went.

A mean that stays may hide ten answers that broke and ten that were mended; people read the ten. Belongs here: matching
two weeks and naming the change. Does not belong here: whether the change is more than chance (``drift/``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.evaluation.answer_columns import ANSWER_KEY, numbers, read_answers
from llm_eval_pipeline.evaluation.outcomes import passes
from llm_eval_pipeline.evaluation.schema import JUDGE_SCORES, PREDICTION_TABLE, WEEKLY_CHANGES
from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.warehouse import Warehouse

NEWLY_FAILING, NEWLY_PASSING = "newly_failing", "newly_passing"
CHANGES = (NEWLY_FAILING, NEWLY_PASSING, "still_failing", "still_passing", "new", "gone", "unscored")
MOST_TEXTS = 1_000
"""Texts are kept for so many newly failing answers and so many newly passing ones, those that moved most; the others'
are in ``prediction_table``. It bounds memory where a whole dataset fails at once."""
_OF_WEEK = {"prompt": "prompt", "generated": "generated_after", "evidence": "evidence"}
_STATE = ("feature", "split", "quality_score", "is_safe", "error_category")


def change_rows(warehouse: Warehouse, week: str, before: str | None) -> pa.Table:
    """Rows of ``weekly_changes``: each answer of either week, once.

    Args:
        warehouse: where ``prediction_table`` and ``judge_scores`` of the weeks are.
        week: the window.
        before: the window that it is held against; None when there is none, and then every answer is ``new``.

    Returns:
        ``change`` is one of :data:`CHANGES`. ``unscored`` is an answer of both weeks that is not known to have passed
        or failed in one of them. Texts, the judge's rationale and the evidence of this week are given for what newly
        fails or passes, and null elsewhere.

    Raises:
        MissingPartitionError: when a table of one of the weeks has never been written.
        AnswersDifferError: when the judge's scores of this week are of other answers.
    """
    after = _state(read_answers(warehouse, week, [(PREDICTION_TABLE, _STATE), (JUDGE_SCORES, ())]))
    earlier = _state(read_answers(warehouse, before, [(PREDICTION_TABLE, _STATE)])) if before else after.slice(0, 0)
    both = earlier.join(
        after, keys=list(ANSWER_KEY), join_type="full outer", left_suffix="_before", right_suffix="_after"
    ).sort_by([(name, "ascending") for name in ANSWER_KEY])
    change = _changes(both)
    columns = {
        **{name: both[name] for name in ANSWER_KEY},
        **{name: pc.coalesce(both[f"{name}_after"], both[f"{name}_before"]) for name in ("feature", "split")},
        "change": pa.array(change),
        **{
            f"{name}_{when}": both[f"{name}_{when}"] for name in ("quality", "category") for when in ("before", "after")
        },
    }
    shown = _most_moved(both, change)
    here, there = (both[f"row_{when}"].take(pa.array(shown)).to_numpy() for when in ("after", "before"))
    texts = {
        **_texts(warehouse, PREDICTION_TABLE, week, here, _OF_WEEK),
        **_texts(warehouse, JUDGE_SCORES, week, here, {"rationale": "rationale"}),
        **(_texts(warehouse, PREDICTION_TABLE, before, there, {"generated": "generated_before"}) if before else {}),
    }
    columns |= {name: _spread(texts, shown, len(both)) for name, texts in texts.items()}
    return pa.table({name: columns[name] for name in WEEKLY_CHANGES.schema.names if name in columns})


def _state(answers: pa.Table) -> pa.Table:
    """What of a week's answers is compared, with each one's row in the table."""
    return pa.table(
        {
            **{name: answers[name] for name in ANSWER_KEY},
            **{name: answers[name] for name in ("feature", "split")},
            "quality": answers["quality_score"],
            "category": answers["error_category"],
            "passed": pa.array(passes(answers)),
            "row": pa.array(np.arange(len(answers))),
        }
    )


def _changes(both: pa.Table) -> np.ndarray:
    """The name of each row's change, of shape (rows,)."""
    gone = pc.is_null(both["row_after"]).to_numpy()
    new = pc.is_null(both["row_before"]).to_numpy()
    before, after = numbers(both, "passed_before"), numbers(both, "passed_after")
    return np.select(
        [gone, new, np.isnan(before) | np.isnan(after), (before == 1) & (after == 0), (before == 0) & (after == 1)],
        ["gone", "new", "unscored", NEWLY_FAILING, NEWLY_PASSING],
        default=np.where(after == 1, "still_passing", "still_failing"),
    )


def _most_moved(both: pa.Table, change: np.ndarray) -> np.ndarray:
    """The places of the rows whose texts are shown, in their order."""
    moved = np.nan_to_num(np.abs(numbers(both, "quality_after") - numbers(both, "quality_before")))
    chosen = []
    for name in (NEWLY_FAILING, NEWLY_PASSING):
        places = np.flatnonzero(change == name)
        chosen.append(places[np.argsort(-moved[places], kind="stable")[:MOST_TEXTS]])
    return np.sort(np.concatenate(chosen))


def _texts(
    warehouse: Warehouse, table: Table, week: str, rows: np.ndarray, names: dict[str, str]
) -> dict[str, pa.Array]:
    """Some rows' columns, under their new names and in the order of ``rows``, which ascend."""
    if len(rows) == 0:
        return {}
    found, start = [], 0
    for batch in warehouse.batches(table, week, list(names)):
        inside = rows[(rows >= start) & (rows < start + len(batch))] - start
        if len(inside):
            found.append(batch.take(pa.array(inside)))
        start += len(batch)
    chosen = pa.Table.from_batches(found)
    return {new: chosen[old].combine_chunks() for old, new in names.items()}


def _spread(texts: pa.Array, places: np.ndarray, rows: int) -> pa.Array:
    """``texts`` at their places among ``rows``, null elsewhere."""
    at = np.zeros(rows, dtype=np.int64)
    at[places] = np.arange(len(places))
    nowhere = np.ones(rows, dtype=bool)
    nowhere[places] = False
    return texts.take(pa.array(at, mask=nowhere))


def worst(changes: pa.Table, change: str, rows: int) -> list[dict[str, object]]:
    """The rows of one change that moved most, with texts first, as mappings; at most ``rows``."""
    mine = changes.filter(pc.equal(changes["change"], change))
    moved = np.nan_to_num(np.abs(numbers(mine, "quality_after") - numbers(mine, "quality_before")))
    return mine.take(pa.array(np.argsort(-moved, kind="stable")[:rows])).to_pylist()


def counts(changes: pa.Table, names: Sequence[str] = CHANGES) -> dict[str, int]:
    """How many answers there are of each change."""
    change = changes["change"].to_numpy()
    return {name: int((change == name).sum()) for name in names}
