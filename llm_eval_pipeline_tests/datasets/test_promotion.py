"""Promotion: which judged traces become examples, in which order, and why the others do not."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.datasets.promotion import PromotionRules, promote, with_promoted
from llm_eval_pipeline.datasets.schema import PROMOTED_EXAMPLES
from llm_eval_pipeline.storage.warehouse import Warehouse

CURATED = Example(prompt="How long is the warranty of the leak sensor?", feature="question_answering")
TEN = PromotionRules(budget=10)
TOPICS = [
    "Why does my thermostat blink red?",
    "Cancel the premium subscription please",
    "Translate this sentence: guten Morgen",
    "List three solar inverters with prices",
    "Which Wi-Fi channel suits apartment blocks?",
    "Summarise yesterday's outage report",
]


def trace(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "trace_id": f"t{number}",
        "feature": "question_answering",
        "prompt": TOPICS[number],
        "context": None,
        "output": "An answer.",
        "error_category": "none",
        "feedback_score": None,
        "started_at": datetime(2026, 3, 31, tzinfo=UTC),
        **fields,
    }


def promoted(*traces: dict[str, Any], rules: PromotionRules = TEN, protected: list[str] | None = None) -> list[dict]:
    return promote(traces, [CURATED.prompt], protected or [], rules)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"error_category": "hallucination"}, "failed"),
        ({"error_category": "hallucination", "feedback_score": 0.0}, "failed"),
        ({"feedback_score": 0.49}, "disliked"),
        ({}, "novel"),
        ({"error_category": None}, "novel"),
    ],
)
def test_a_candidate_failed_was_disliked_or_is_new(fields: dict[str, Any], reason: str) -> None:
    (row,) = promoted(trace(0, **fields))
    assert (row["reason"], row["status"], row["detail"]) == (reason, "accepted", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "How long is the warranty of the smart plug?"},
        {"prompt": "How long is the warranty of the smart plug?", "feedback_score": 0.5},
        {"prompt": None},
        {"prompt": ""},
        {"output": None, "error_category": "other"},
    ],
)
def test_a_familiar_prompt_that_went_well_and_a_trace_without_text_are_no_candidates(fields: dict[str, Any]) -> None:
    assert promoted(trace(0, **fields)) == []


def test_failures_come_first_then_dislikes_then_what_is_new() -> None:
    rows = promoted(trace(0), trace(1, feedback_score=0.0), trace(3, error_category="other"), trace(2))
    assert [(row["reason"], row["trace_id"]) for row in rows] == [
        ("failed", "t3"),
        ("disliked", "t1"),
        ("novel", "t0"),
        ("novel", "t2"),
    ]


def test_what_is_there_already_is_rejected_even_when_it_failed() -> None:
    (row,) = promoted(trace(0, prompt=CURATED.prompt.upper(), error_category="other"))
    assert (row["status"], row["detail"]) == ("rejected", "is there already")


def test_of_two_nearly_equal_traces_one_is_taken() -> None:
    first, second = trace(0, error_category="other"), trace(1, prompt=TOPICS[0].lower(), error_category="other")
    assert [row["status"] for row in promoted(first, second)] == ["accepted", "rejected"]


def test_a_protected_prompt_does_not_leak_into_the_set() -> None:
    (row,) = promoted(trace(0, error_category="other"), protected=[TOPICS[0]])
    assert (row["status"], row["detail"]) == ("rejected", f"would leak a protected prompt: {TOPICS[0]}")


def test_a_rejected_row_holds_no_text_of_its_trace() -> None:
    (row,) = promoted(trace(0, error_category="other", context="secret context"), rules=PromotionRules(budget=0))
    assert row["detail"] == "the week's budget is used up"
    assert not {"prompt", "context", "output", "example_id"} & set(row)


def test_features_share_the_budget_evenly() -> None:
    # a budget of 4 over 2 features: 2 each, though the first has 4 candidates
    traces = [trace(n) for n in range(4)] + [trace(n, feature="summarisation") for n in (4, 5)]
    taken = [row["feature"] for row in promoted(*traces, rules=PromotionRules(budget=4)) if row["status"] == "accepted"]
    assert sorted(taken) == ["question_answering"] * 2 + ["summarisation"] * 2


def test_an_uneven_share_never_goes_over_the_budget() -> None:
    # a budget of 3 over 2 features: at most ceil(3 / 2) = 2 each, and 3 in all
    traces = [trace(n) for n in range(3)] + [trace(n, feature="summarisation") for n in (3, 4, 5)]
    rows = promoted(*traces, rules=PromotionRules(budget=3))
    assert [row["status"] for row in rows].count("accepted") == 3


def test_personal_data_is_replaced_everywhere_and_waits_for_a_person() -> None:
    mail = "I wrote from jo@example.com about it"
    (row,) = promoted(trace(0, prompt=mail, context="Call 555-123-4567", output="Thanks, jo@example.com"))
    assert row["status"] == "needs_review"
    assert row["detail"] == "held EMAIL_ADDRESS, PHONE_NUMBER"
    assert row["scrubbed"] == ["EMAIL_ADDRESS", "PHONE_NUMBER"]
    texts = (row["prompt"], row["context"], row["output"])
    assert texts == ("I wrote from <EMAIL_ADDRESS> about it", "Call <PHONE_NUMBER>", "Thanks, <EMAIL_ADDRESS>")


@pytest.mark.parametrize("category", ["unsafe_content", "refusal_on_valid_query"])
def test_what_is_right_after_some_failures_is_a_persons_judgement(category: str) -> None:
    (row,) = promoted(trace(0, error_category=category))
    assert (row["status"], category in row["detail"]) == ("needs_review", True)


def test_the_same_traces_in_any_order_give_the_same_rows() -> None:
    traces = [trace(n, feedback_score=[None, 0.1, 0.9][n % 3]) for n in range(6)]
    shuffled = random.Random(3).sample(traces, 6)
    assert promoted(*traces, rules=PromotionRules(budget=4)) == promoted(*shuffled, rules=PromotionRules(budget=4))


def test_rows_of_every_status_fit_the_table(tmp_path: Any) -> None:
    rows = promoted(trace(0), trace(1, prompt=f"{TOPICS[1]} jo@example.com"), trace(2, prompt=TOPICS[0]))
    warehouse = Warehouse(str(tmp_path))
    stored = warehouse.write(PROMOTED_EXAMPLES, "2026-03-30", rows).to_pylist()
    assert [row["status"] for row in stored] == ["accepted", "needs_review", "rejected"]


def test_no_trace_promotes_nothing() -> None:
    assert promoted() == []


def test_the_dataset_is_what_was_curated_and_what_was_accepted_each_once() -> None:
    rows = promoted(trace(0), trace(1, error_category="unsafe_content"), trace(2, prompt=TOPICS[0]))
    dataset = with_promoted([CURATED], [*rows, *rows])
    assert [(one.prompt, one.assigned_split) for one in dataset] == [
        (CURATED.prompt, CURATED.assigned_split),
        (TOPICS[0], "fresh"),
    ]
    assert (dataset[1].trace_id, dataset[1].reference, dataset[1].example_id) == ("t0", None, rows[1]["example_id"])


def test_a_curated_example_stays_curated_when_production_brings_it_too() -> None:
    (row,) = promoted(trace(0))
    curated = Example(prompt=TOPICS[0], feature="question_answering")
    assert with_promoted([curated], [row]) == [curated]


def test_a_schema_that_all_prompts_share_does_not_make_them_duplicates() -> None:
    schema = (
        'Schema: {"type": "object", "properties": {"order_number": {"type": "string"}, "total": {"type": "number"}}}'
    )
    framed = [trace(n, prompt=f"{schema}\n\n{TOPICS[n]}", error_category="other") for n in range(6)]
    rows = promoted(*framed, protected=[framed[0]["prompt"]])
    assert [row["status"] for row in rows] == ["rejected"] + ["accepted"] * 5
    assert rows[0]["detail"].startswith("would leak a protected prompt")
