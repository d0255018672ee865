"""How far the local judge agrees with people: on the shipped anchors, on these without their references, on HaluEval.

HaluEval's answers (MIT) have people's yes or no to "is there a hallucination?", and neither reference nor context; they
are read where ``LLM_EVAL_SHARED_DATA`` names the optional data folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.recorded import absent, recorded
from benchmarks.table import Options, Row
from llm_eval_pipeline.evaluation.aggregates import ALL
from llm_eval_pipeline.evaluation.anchors import Anchor, load_anchors
from llm_eval_pipeline.evaluation.judge_quality.bar import load_judge_bar
from llm_eval_pipeline.evaluation.judge_quality.quality import judge_quality_rows
from llm_eval_pipeline.evaluation.local_judge.client import MODEL
from llm_eval_pipeline.evaluation.local_judge.model import load_parameters
from llm_eval_pipeline.evaluation.local_judge.verdict import Judgement, judge_case
from llm_eval_pipeline.settings import REPOSITORY

DATA = REPOSITORY / "data"
HALUEVAL = "halueval/general_train.jsonl"


def rows(options: Options) -> Iterator[Row]:
    """A row for each set of labelled cases."""
    anchors = load_anchors(DATA / "anchors" / "anchors.jsonl")
    sets = {"anchors": anchors, "without references": [one.model_copy(update={"reference": None}) for one in anchors]}
    if files := recorded(HALUEVAL):
        sets["HaluEval, prompt only"] = _halueval(files[0])
    bar = load_judge_bar(DATA / "policies" / "judge_bar.yaml")
    for name, cases in sets.items():
        (found,) = (row for row in judge_quality_rows(_judged(cases), bar) if row["feature"] == ALL)
        yield Row(
            what=f"the local judge against people, {name}",
            who="ours",
            result=f"kappa {_shown(found, 'kappa')}",
            ratio=f"TPR {_shown(found, 'tpr')}, TNR {_shown(found, 'tnr')}",
            goal="trusted by data/policies/judge_bar.yaml",
            note=f"{found['n']:,} labels; {'trusted' if found['trusted'] else found['untrusted_reason']}",
        )
    if not files:
        yield absent("the local judge against people, HaluEval", "halueval")


def _judged(cases: Sequence[Anchor]) -> list[dict[str, Any]]:
    """Rows as ``anchor_scores`` has them."""
    parameters = load_parameters(DATA / "judge" / "local_judge.json")
    rows = []
    for case in cases:
        found = judge_case(case.case(), parameters)
        rows.append(
            {
                "judge": MODEL,
                "rubric_version": parameters.version,
                "feature": case.feature,
                "human_score": case.human_score,
                "human_acceptable": case.human_acceptable,
                "quality_score": found.score if isinstance(found, Judgement) else None,
                "confidence": found.confidence if isinstance(found, Judgement) else None,
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
