"""The shipped anchors and labels: apart from each other, and judged by the local judge as people judged them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import orjson
import pytest
from rapidfuzz import fuzz, process
from scipy.stats import mannwhitneyu, spearmanr

from llm_eval_pipeline.datasets.examples import load_examples
from llm_eval_pipeline.evaluation.anchors import Anchor, load_anchors
from llm_eval_pipeline.evaluation.judging import Case
from llm_eval_pipeline.evaluation.local_judge.model import load_parameters
from llm_eval_pipeline.evaluation.local_judge.verdict import judge_case
from llm_eval_pipeline.settings import REPOSITORY

DATA = REPOSITORY / "data"
NEAR = 90
FEATURES = {"question_answering", "summarisation", "json_extraction", "classification"}


@pytest.fixture(scope="module")
def anchors() -> list[Anchor]:
    return load_anchors(DATA / "anchors" / "anchors.jsonl")


@pytest.fixture(scope="module")
def labels() -> list[dict]:
    return [orjson.loads(line) for line in (DATA / "labels" / "judge_labels.jsonl").read_bytes().splitlines()]


@pytest.fixture(scope="module")
def agreement(anchors) -> tuple[np.ndarray, np.ndarray]:
    parameters = load_parameters(DATA / "judge" / "local_judge.json")
    scores = np.array([judge_case(anchor.case(), parameters).score for anchor in anchors])
    return scores, np.array([anchor.human_score for anchor in anchors])


def test_sixty_anchors_over_all_features_about_half_of_them_acceptable(anchors):
    assert len({anchor.anchor_id for anchor in anchors}) == len(anchors) == 60
    assert min(Counter(anchor.feature for anchor in anchors).values()) >= 12
    assert {anchor.feature for anchor in anchors} == FEATURES
    assert 24 <= sum(anchor.human_acceptable for anchor in anchors) <= 36


def test_acceptable_is_a_human_score_of_at_least_0_7(anchors):
    assert all(anchor.human_acceptable == (anchor.human_score >= 0.7) for anchor in anchors)


def test_labels_have_a_score_of_the_scale_and_a_reason(labels):
    assert len(labels) >= 80
    assert {label["human_score"] for label in labels} == {0, 0.25, 0.5, 0.75, 1}
    assert all(label["reason"] and label["output"] for label in labels)
    assert all(set(Case.__slots__) <= set(label) for label in labels)


def test_anchors_labels_and_examples_share_no_prompt(anchors, labels):
    groups = {
        "anchor": {anchor.prompt for anchor in anchors},
        "label": {label["prompt"] for label in labels},
        "example": {example.prompt for example in load_examples(DATA / "examples")},
    }
    for ours, theirs in (("anchor", "label"), ("anchor", "example"), ("label", "example")):
        others = [prompt.lower() for prompt in groups[theirs]]
        near = [
            prompt
            for prompt in groups[ours]
            if process.extractOne(prompt.lower(), others, scorer=fuzz.token_sort_ratio)[1] >= NEAR
        ]
        assert not near, f"{ours} prompts that are near one of the {theirs} prompts"


def test_judge_orders_the_anchors_as_people_do(agreement):
    scores, human = agreement
    assert spearmanr(scores, human).statistic >= 0.8


def test_judge_tells_acceptable_anchors_from_others(agreement):
    scores, human = agreement
    good, bad = scores[human >= 0.7], scores[human < 0.7]
    assert mannwhitneyu(good, bad).statistic / (len(good) * len(bad)) >= 0.9


def test_judge_is_close_to_people_on_average(agreement):
    scores, human = agreement
    assert np.mean(np.abs(scores - human)) <= 0.2


def test_parameters_were_fitted_on_these_labels(labels):
    assert load_parameters(DATA / "judge" / "local_judge.json").labels == len(labels)
