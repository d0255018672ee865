"""The evaluation dataset of a week: what was curated, and what was promoted up to the week before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm_eval_pipeline.datasets.examples import Example, dataset_version, load_examples
from llm_eval_pipeline.datasets.promotion import with_promoted
from llm_eval_pipeline.datasets.schema import PROMOTED_EXAMPLES
from llm_eval_pipeline.storage.warehouse import Warehouse


def promoted_before(warehouse: Warehouse, week: str) -> list[dict[str, Any]]:
    """The rows of ``promoted_examples`` of all weeks before ``week``, oldest week first."""
    earlier = [key for key in warehouse.partitions(PROMOTED_EXAMPLES) if key < week]
    return warehouse.read_many(PROMOTED_EXAMPLES, earlier).to_pylist()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekDataset:
    """The examples of a week, in order of ``example_id``, and the version that they are."""

    examples: list[Example]
    version: str

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows of ``eval_dataset``, made one after the other."""
        return (example.row(self.version) for example in self.examples)


def week_dataset(warehouse: Warehouse, curated: Path, week: str) -> WeekDataset:
    """The dataset of a week.

    Raises:
        DatasetError: when the folder ``curated`` has no examples, or one that cannot be used.
    """
    examples = with_promoted(load_examples(curated), promoted_before(warehouse, week))
    by_id = sorted(examples, key=lambda example: example.example_id)
    return WeekDataset(examples=by_id, version=dataset_version(by_id))
