"""The labels that the local judge is fitted on, as far as the dataset has to keep away from them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from llm_eval_pipeline.datasets.examples import DatasetError


class _Label(BaseModel):
    model_config = ConfigDict(frozen=True)

    prompt: str


def load_label_prompts(path: Path) -> list[str]:
    """The prompts of the calibration labels; none when there is no such file, as with a judge of one's own.

    Raises:
        DatasetError: when a line is no label.
    """
    if not path.exists():
        return []
    prompts = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            prompts.append(_Label.model_validate_json(line).prompt)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "line"
            raise DatasetError(f"{path}, line {number}: {where}: {first['msg']}") from error
    return prompts
