"""What ``make examples`` misses, and says so."""

from decimal import Decimal

import pytest

from examples.around import QUESTIONS
from examples.run_all import missing


def arrived():
    """Two questions, each with a root, a retrieval and a call."""
    rows = []
    for number in range(len(QUESTIONS)):
        common = {"trace_id": f"t{number}", "feature": "qa", "cost_usd": None}
        rows.append(common | {"span_id": f"r{number}", "parent_span_id": None, "operation": "chain", "name": "answer"})
        rows.append(common | {"span_id": f"f{number}", "parent_span_id": "r", "operation": "retrieval", "name": "find"})
        told = {
            "model_requested": "gpt-4o-mini",
            "input_uncached_tokens": 9,
            "output_tokens": 2,
            "output": "Two years.",
        }
        call = {"span_id": f"c{number}", "parent_span_id": "r", "operation": "chat", "name": "ask"}
        rows.append(common | call | told | {"cost_usd": Decimal("0.01")})
    return rows


def test_what_arrived_whole_misses_nothing():
    assert missing(arrived(), "qa") == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows: rows.pop(), "2 questions must be 2 calls of the model, not 1"),
        (lambda rows: rows.append(rows[-1]), "2 questions must be 2 calls of the model, not 3"),
        (lambda rows: rows.pop(1), "each question must have a retrieval in its trace"),
        (lambda rows: rows[2].update(cost_usd=None), "the chat c0 has no cost"),
        (lambda rows: rows[2].update(output_tokens=None), "the call c0 has no output_tokens"),
        (lambda rows: rows[2].update(parent_span_id=None), "the call c0 stands alone"),
        (lambda rows: rows[0].update(feature="other"), "answer has the feature other"),
        (lambda rows: rows.clear(), "2 questions must be 2 calls of the model, not 0"),
    ],
)
def test_what_is_missing_is_said(change, sentence):
    rows = arrived()
    change(rows)
    assert sentence in missing(rows, "qa")
