import pytest

from llm_eval_pipeline.drift import Verdict, attribute
from llm_eval_pipeline.drift.attribution import contradicted, explained


def said(letter):
    if letter == "-":
        return None
    verdict, direction = {
        "D": ("drifted", "degraded"),
        "I": ("drifted", "improved"),
        "S": ("stable", None),
        "N": ("no_data", None),
        "L": ("low_power", None),
    }[letter]
    return Verdict(metric="quality", verdict=verdict, direction=direction, strict_verdict="stable", reason="")


@pytest.mark.parametrize(
    ("production", "canary", "anchors", "cause"),
    [
        ("S", "S", "S", None),
        ("-", "-", "-", None),
        ("N", "L", "S", None),
        ("D", "S", "S", "traffic"),
        ("D", "S", "-", "traffic"),
        ("D", "S", "N", "traffic"),
        ("D", "D", "S", "model"),
        ("D", "D", "-", "model"),
        ("N", "D", "S", "model"),
        ("-", "D", "S", "model"),
        ("L", "D", "S", "model"),
        ("D", "D", "D", "judge"),
        ("D", "D", "I", "unresolved"),  # a kinder judge lowers no score
        ("S", "S", "I", "judge"),
        ("S", "S", "D", "judge"),
        ("S", "D", "D", "judge"),
        ("D", "N", "S", "unresolved"),
        ("D", "-", "S", "unresolved"),
        ("D", "L", "-", "unresolved"),
        ("D", "I", "S", "unresolved"),
        ("S", "D", "S", "model"),
        ("D", "D", "N", "unresolved"),
        ("D", "D", "L", "unresolved"),
    ],
)
def test_three_instruments_name_the_cause(production, canary, anchors, cause):
    assert attribute(said(production), said(canary), said(anchors)) == cause


def test_a_model_that_is_known_to_have_changed_explains_what_production_alone_shows():
    causes = {"quality": "model", "feedback": "unresolved", "hallucination": "traffic", "latency": None}
    assert explained(causes, ()) == {"quality": "model", "feedback": "model", "hallucination": "model", "latency": None}


def test_a_moved_judge_is_not_explained_by_the_model():
    assert explained({"format": "model", "quality": "judge"}, ()) == {"format": "model", "quality": "judge"}


def test_what_users_send_is_traffic_whatever_the_model_does():
    causes = {"quality": "model", "input_tokens": "unresolved"}
    assert explained(causes, {"input_tokens"}) == {"quality": "model", "input_tokens": "traffic"}


def test_without_a_model_change_production_alone_is_the_traffic():
    assert explained({"quality": "traffic", "feedback": "unresolved"}, ()) == {
        "quality": "traffic",
        "feedback": "unresolved",
    }


def test_where_the_canary_contradicts_production_the_model_explains_nothing() -> None:
    assert contradicted(said("D"), said("I"))
    assert not contradicted(said("D"), said("S"))
    assert explained({"quality": "model", "refusals": "unresolved"}, (), {"refusals"})["refusals"] == "unresolved"
