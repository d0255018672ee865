"""How far the local judge agrees with people: on the shipped anchors, on these without their references, on HaluEval.

HaluEval's answers (MIT) have people's yes or no to "is there a hallucination?", and neither reference nor context; they
are read where ``LLM_EVAL_SHARED_DATA`` names the optional data folder. From the root of the project::

    PYTHONPATH=. python benchmarks/judge_agreement.py
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from llm_eval_pipeline.evaluation.anchors import Anchor, load_anchors
from llm_eval_pipeline.evaluation.judge_quality.bar import load_judge_bar
from llm_eval_pipeline.evaluation.judge_quality.quality import judge_quality_rows
from llm_eval_pipeline.evaluation.local_judge.client import MODEL
from llm_eval_pipeline.evaluation.local_judge.model import load_parameters
from llm_eval_pipeline.evaluation.local_judge.verdict import Judgement, judge_case
from llm_eval_pipeline.settings import REPOSITORY, Settings

DATA = REPOSITORY / "data"
HALUEVAL = "halueval/general_train.jsonl"


def main() -> None:
    """Print one line per set and feature."""
    anchors = load_anchors(DATA / "anchors" / "anchors.jsonl")
    sets = {"anchors": anchors, "no reference": [anchor.model_copy(update={"reference": None}) for anchor in anchors]}
    file = Settings.load().shared_data / HALUEVAL
    if file.exists():
        sets["HaluEval"] = _halueval(file)
    else:
        sys.stderr.write(f"without HaluEval: LLM_EVAL_SHARED_DATA names no folder with {HALUEVAL}\n")
    heads = f"{'kappa':23}{'TPR':23}{'TNR':23}{'rho':>5}{'gap':>6}"
    sys.stdout.write(f"{'set':14}{'feature':20}{'n':>6}  {heads}  trusted\n")
    for name, cases in sets.items():
        for row in judge_quality_rows(_judged(cases), load_judge_bar(DATA / "policies" / "judge_bar.yaml")):
            measures = "".join(f"{_shown(row, measure):23}" for measure in ("kappa", "tpr", "tnr"))
            rest = f"{_number(row['spearman']):>5}{_number(row['mean_gap']):>6}  {row['trusted']}"
            sys.stdout.write(f"{name:14}{row['feature']:20}{row['n']:>6}  {measures}{rest}\n")


def _judged(cases: Sequence[Anchor]) -> list[dict[str, Any]]:
    """Rows as ``anchor_scores`` has them."""
    parameters = load_parameters(DATA / "judge" / "local_judge.json")
    rows = []
    for case in cases:
        found = judge_case(case.case(), parameters)
        known = isinstance(found, Judgement)
        rows.append(
            {
                "judge": MODEL,
                "rubric_version": parameters.version,
                "feature": case.feature,
                "human_score": case.human_score,
                "human_acceptable": case.human_acceptable,
                "quality_score": found.score if known else None,
                "confidence": found.confidence if known else None,
            }
        )
    return rows


def _halueval(file: Path) -> list[Anchor]:
    rows = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    return [
        Anchor(
            anchor_id=str(number),
            prompt=row["user_query"],
            output=row["chatgpt_response"],
            feature="halueval",
            human_score=float(row["hallucination"] == "no"),
            human_acceptable=row["hallucination"] == "no",
        )
        for number, row in enumerate(rows)
    ]


def _shown(row: dict[str, Any], measure: str) -> str:
    value, low, high = (row[measure], row[f"{measure}_low"], row[f"{measure}_high"])
    return "-" if value is None else f"{value:.2f} ({low:.2f} to {high:.2f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
