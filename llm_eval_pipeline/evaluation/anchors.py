"""The anchors: frozen outputs with people's labels, judged again each week to see whether the judge has moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from llm_eval_pipeline.datasets.examples import DatasetError, not_the_total
from llm_eval_pipeline.evaluation.judging import Case, JudgeScore


class Anchor(BaseModel):
    """A frozen output, what it answered, and what a person thought of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    anchor_id: str
    prompt: str
    output: str
    feature: str
    human_score: float = Field(ge=0, le=1)
    human_acceptable: bool
    context: str | None = None
    reference: str | None = None
    expected_format: str | None = None
    should_refuse: bool | None = None

    @field_validator("feature")
    @classmethod
    def _is_no_total(cls, value: str) -> str:
        return not_the_total(value)

    def case(self) -> Case:
        """What the judge sees; never the label."""
        return Case(**{name: getattr(self, name) for name in Case.__slots__})


def load_anchors(path: Path) -> list[Anchor]:
    """Read the anchors' file.

    Raises:
        DatasetError: when the file is missing or a line is no anchor.
    """
    if not path.exists():
        raise DatasetError(
            f"no anchors: {path} is missing; without it a moved judge cannot be told from a moved model. To go "
            "without, put an empty file there"
        )
    anchors = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            anchors.append(Anchor.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "line"
            raise DatasetError(f"{path}, line {number}: {where}: {first['msg']}") from error
    return anchors


def anchor_rows(anchors: Sequence[Anchor], scores: Mapping[str, JudgeScore]) -> list[dict[str, Any]]:
    """Rows of ``anchor_scores``."""
    return [
        {
            "anchor_id": anchor.anchor_id,
            "feature": anchor.feature,
            "human_score": anchor.human_score,
            "human_acceptable": anchor.human_acceptable,
            **scores[anchor.anchor_id].columns(),
        }
        for anchor in anchors
    ]
