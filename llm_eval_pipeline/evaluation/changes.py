"""This week against the week before, answer by answer: which began to fail, which stopped, which came and went.

A mean that stays may hide ten answers that broke and ten that were mended; people read the ten. Belongs here: matching
two weeks and naming the change. Does not belong here: whether the change is more than chance (``drift/``).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.evaluation.answer_columns import ANSWER_KEY, column_numbers, numbers, read_answers
from llm_eval_pipeline.evaluation.matching import Matched, at, matched
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
    after = read_answers(warehouse, week, [(PREDICTION_TABLE, _STATE), (JUDGE_SCORES, ())])
    earlier = read_answers(warehouse, before, [(PREDICTION_TABLE, _STATE)]) if before else after.slice(0, 0)
    both = matched(earlier, after)
    quality = at(earlier["quality_score"], both.before), at(after["quality_score"], both.after)
    change = _changes(both, passes(earlier), passes(after))
    columns = {
        **{name: both.keys[name] for name in ANSWER_KEY},
        **{
            name: pc.coalesce(at(after[name], both.after), at(earlier[name], both.before))
            for name in ("feature", "split")
        },
        "change": pa.array(CHANGES).take(pa.array(change)),
        **dict(zip(("quality_before", "quality_after"), quality, strict=True)),
        "category_before": at(earlier["error_category"], both.before),
        "category_after": at(after["error_category"], both.after),
    }
    shown = _most_moved(column_numbers(quality[1]) - column_numbers(quality[0]), change)
    here, there = both.after[shown], both.before[shown]
    texts = {
        **_texts(warehouse, PREDICTION_TABLE, week, here, _OF_WEEK),
        **_texts(warehouse, JUDGE_SCORES, week, here, {"rationale": "rationale"}),
        **(_texts(warehouse, PREDICTION_TABLE, before, there, {"generated": "generated_before"}) if before else {}),
    }
    columns |= {name: _spread(texts, shown, len(change)) for name, texts in texts.items()}
    return pa.table({name: columns[name] for name in WEEKLY_CHANGES.schema.names if name in columns})


def _changes(both: Matched, passed_before: np.ndarray, passed_after: np.ndarray) -> np.ndarray:
    """Each row's change as its place in :data:`CHANGES`, of shape (rows,)."""
    # a place of -1 takes the NaN at the end
    before = np.append(passed_before, np.nan)[both.before]
    after = np.append(passed_after, np.nan)[both.after]
    unknown = np.isnan(before) | np.isnan(after)
    named = {
        "gone": both.after < 0,
        "new": both.before < 0,
        "unscored": unknown,
        NEWLY_FAILING: (before == 1) & (after == 0),
        NEWLY_PASSING: (before == 0) & (after == 1),
        "still_passing": after == 1,
        "still_failing": after == 0,
    }
    return np.select(list(named.values()), [CHANGES.index(name) for name in named])


def _most_moved(difference: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The places of the rows whose texts are shown, ascending."""
    moved = np.nan_to_num(np.abs(difference))
    chosen = []
    for name in (NEWLY_FAILING, NEWLY_PASSING):
        places = np.flatnonzero(change == CHANGES.index(name))
        chosen.append(places[np.argsort(-moved[places], kind="stable")[:MOST_TEXTS]])
    return np.sort(np.concatenate(chosen))


def _texts(
    warehouse: Warehouse, table: Table, week: str, rows: np.ndarray, names: dict[str, str]
) -> dict[str, pa.ChunkedArray]:
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
    return {new: chosen[old] for old, new in names.items()}


def _spread(texts: pa.ChunkedArray, places: np.ndarray, rows: int) -> pa.ChunkedArray:
    """``texts`` at their places among ``rows``, null elsewhere."""
    source = np.full(rows, -1, dtype=np.int64)
    source[places] = np.arange(len(places))
    return at(texts, source)


def worst(changes: pa.Table, change: str, rows: int) -> list[dict[str, object]]:
    """The rows of one change that moved most, with texts first, as mappings; at most ``rows``."""
    mine = changes.filter(pc.equal(changes["change"], change))
    moved = np.nan_to_num(np.abs(numbers(mine, "quality_after") - numbers(mine, "quality_before")))
    return mine.take(pa.array(np.argsort(-moved, kind="stable")[:rows])).to_pylist()


def counts(changes: pa.Table) -> dict[str, int]:
    """How many answers there are of each change."""
    return {name: pc.sum(pc.equal(changes["change"], name)).as_py() or 0 for name in CHANGES}
