"""The evaluation dataset of a week: what was curated, and what was promoted up to the week before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llm_eval_pipeline.datasets.examples import dataset_version, load_examples
from llm_eval_pipeline.datasets.promotion import with_promoted
from llm_eval_pipeline.datasets.schema import PROMOTED_EXAMPLES
from llm_eval_pipeline.storage.warehouse import Warehouse


def promoted_before(warehouse: Warehouse, week: str) -> list[dict[str, Any]]:
    """The rows of ``promoted_examples`` of all weeks before ``week``, oldest week first."""
    earlier = [key for key in warehouse.partitions(PROMOTED_EXAMPLES) if key < week]
    return warehouse.read_many(PROMOTED_EXAMPLES, earlier).to_pylist()


def week_examples(warehouse: Warehouse, curated: Path, week: str) -> list[dict[str, Any]]:
    """Rows of ``eval_dataset`` for a week, in order of ``example_id``.

    Raises:
        DatasetError: when the folder ``curated`` has no examples, or one that cannot be used.
    """
    examples = with_promoted(load_examples(curated), promoted_before(warehouse, week))
    version = dataset_version(examples)
    return sorted((example.row(version) for example in examples), key=lambda row: row["example_id"])
