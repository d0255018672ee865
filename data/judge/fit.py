"""Fit the local judge's coefficients on ``data/labels/judge_labels.jsonl`` and write ``local_judge.json``.

Run it with ``python data/judge/fit.py``; the same labels give the same file. Each view of a case (see
``llm_eval_pipeline.evaluation.local_judge.evidence``) has a ridge regression whose coefficients may not be negative, so
that nothing an output adds can raise its score by breaking a rule. Labels with a reference are also fitted with the
reference hidden, which gives the views that production traces need. All numbers it reports are cross-validated, with
whole prompts held out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import yaml
from scipy.optimize import lsq_linear
from scipy.stats import mannwhitneyu, rankdata, spearmanr

from llm_eval_pipeline.evaluation.judging import Case
from llm_eval_pipeline.evaluation.local_judge.context import question_fit
from llm_eval_pipeline.evaluation.local_judge.evidence import evidence_of
from llm_eval_pipeline.evaluation.local_judge.model import Parameters, ViewModel
from llm_eval_pipeline.evaluation.local_judge.rules import ruling_of
from llm_eval_pipeline.evaluation.local_judge.terms import terms
from llm_eval_pipeline.evaluation.local_judge.verdict import Judgement, features_of, judge_case

HERE = Path(__file__).resolve().parent
LABELS = HERE.parent / "labels" / "judge_labels.jsonl"
LABEL_WORDS = HERE.parent / "labels" / "label_words.yaml"
VERSION = "2026-11-24"
FOLDS = 5
SEED = 20260105
PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0)
ACCEPTABLE = 0.7
CLOSE = 0.25


@dataclass(frozen=True, slots=True)
class Row:
    """One case to fit on: its view, features, score by a person, and the prompt that must not be split."""

    case: Case
    view: str
    features: dict[str, float]
    score: float
    prompt: str


def main() -> None:
    """Fit, report, write."""
    labels = [orjson.loads(line) for line in LABELS.read_bytes().splitlines()]
    label_words = yaml.safe_load(LABEL_WORDS.read_text(encoding="utf-8"))
    words = {label: terms(text).words for label, text in label_words.items()}
    rows = [row for label in labels for row in _rows(label, words)]
    views = {}
    for view in sorted({row.view for row in rows}):
        views[view] = _fitted([row for row in rows if row.view == view])
        _say(f"{view:12} {views[view].n:4} {_told(views[view].metrics)}")
    metrics = _cross_validated(labels, rows, label_words)
    _say(f"{'all labels':12} {len(labels):4} {_told(metrics)}")
    parameters = Parameters(
        version=VERSION,
        fitted_on=VERSION,
        labels=len(labels),
        metrics=metrics,
        views=views,
        label_words=label_words,
    )
    path = HERE / "local_judge.json"
    path.write_bytes(orjson.dumps(parameters.model_dump(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    _say(f"wrote {path.name}")


def _rows(label: Mapping[str, Any], words: Mapping[str, frozenset[str]]) -> Iterator[Row]:
    """The label as it is, and with its reference hidden where something else is left to judge by."""
    case = _case(label)
    hidden = replace(case, reference=None, should_refuse=None)
    for variant in dict.fromkeys((case, hidden, replace(hidden, expected_format=None)) if case.reference else (case,)):
        evidence = evidence_of(variant)
        ruling = ruling_of(variant, evidence.output, question_fit(evidence))
        blind = variant is not case and evidence.view == "prompt"
        if not blind and (ruling is None or not ruling.settled):
            yield Row(variant, evidence.view, features_of(evidence, words), label["human_score"], label["prompt"])


def _case(label: Mapping[str, Any]) -> Case:
    return Case(**{name: label[name] for name in Case.__slots__})


def _fitted(rows: list[Row]) -> ViewModel:
    """The coefficients of one view, with the penalty that cross-validation likes best."""
    names = sorted(rows[0].features)
    values = np.array([[row.features[name] for name in names] for row in rows])
    scores = np.array([row.score for row in rows])
    folds = _folds([row.prompt for row in rows])
    held_out = {p: _held_out(values, scores, folds, p) for p in PENALTIES}
    penalty = min(PENALTIES, key=lambda p: float(np.mean((held_out[p] - scores) ** 2)))
    intercept, coefficients = _line(values, scores, penalty)
    return ViewModel(
        intercept=round(intercept, 4),
        coefficients={n: round(float(c), 4) for n, c in zip(names, coefficients, strict=True) if c >= 0.005},
        confidence=_confidence(held_out[penalty], scores),
        n=len(rows),
        metrics=_agreement(held_out[penalty], scores) | {"penalty": penalty},
    )


def _line(values: np.ndarray, scores: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
    """Ridge with coefficients of at least 0 and a free, unpunished intercept."""
    width = values.shape[1]
    matrix = np.vstack([np.c_[np.ones(len(values)), values], np.c_[np.zeros(width), np.sqrt(penalty) * np.eye(width)]])
    lowest = np.r_[-np.inf, np.zeros(width)]
    found = lsq_linear(matrix, np.r_[scores, np.zeros(width)], bounds=(lowest, np.inf)).x
    return float(found[0]), found[1:]


def _held_out(values: np.ndarray, scores: np.ndarray, folds: np.ndarray, penalty: float) -> np.ndarray:
    found = np.zeros(len(scores))
    for fold in np.unique(folds):
        intercept, coefficients = _line(values[folds != fold], scores[folds != fold], penalty)
        found[folds == fold] = np.clip(intercept + values[folds == fold] @ coefficients, 0, 1)
    return found


def _folds(prompts: list[str]) -> np.ndarray:
    """A fold for each row; all rows of one prompt are in the same."""
    unique = sorted(set(prompts))
    order = np.random.default_rng(SEED).permutation(len(unique))
    fold = {prompt: int(place) % FOLDS for prompt, place in zip(unique, order, strict=True)}
    return np.array([fold[prompt] for prompt in prompts])


def _cross_validated(
    labels: list[dict[str, Any]], rows: list[Row], label_words: dict[str, str]
) -> dict[str, float | None]:
    """Agreement of the whole judge, rules included, each prompt judged by lines that were fitted without it."""
    folds = _folds([label["prompt"] for label in labels])
    views = {row.view for row in rows}
    found = np.zeros(len(labels))
    for fold in range(FOLDS):
        held = {label["prompt"] for label, f in zip(labels, folds, strict=True) if f == fold}
        fitted = {view: _fitted([r for r in rows if r.view == view and r.prompt not in held]) for view in views}
        parameters = Parameters.model_construct(views=fitted, label_words=label_words)
        for place in np.flatnonzero(folds == fold):
            verdict = judge_case(_case(labels[place]), parameters)
            assert isinstance(verdict, Judgement), labels[place]
            found[place] = verdict.score
    return _agreement(found, np.array([label["human_score"] for label in labels]))


def _agreement(found: np.ndarray, scores: np.ndarray) -> dict[str, float | None]:
    good, bad = found[scores >= ACCEPTABLE], found[scores < ACCEPTABLE]
    auc = mannwhitneyu(good, bad).statistic / (len(good) * len(bad)) if len(good) and len(bad) else None
    varied = len(set(rankdata(found))) > 1 and len(set(scores)) > 1
    return {
        "spearman": round(float(spearmanr(found, scores).statistic), 3) if varied else None,
        "auc": None if auc is None else round(float(auc), 3),
        "mae": round(float(np.mean(np.abs(found - scores))), 3),
    }


def _confidence(found: np.ndarray, scores: np.ndarray) -> tuple[float, float, float]:
    """For low, middling and high scores, how often the person's was close, with one hit and one miss added."""
    third = np.minimum(2, (found * 3).astype(int))
    close = np.abs(found - scores) <= CLOSE
    low, middling, high = (round(float((close[third == t].sum() + 1) / ((third == t).sum() + 2)), 2) for t in range(3))
    return low, middling, high


def _told(metrics: Mapping[str, float | None]) -> str:
    return "  ".join(f"{name} {value}" for name, value in metrics.items())


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
