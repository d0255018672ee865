import pytest

from llm_eval_pipeline.drift import Verdict, attribute


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
        ("S", "S", "D", "judge"),
        ("S", "D", "D", "judge"),
        ("D", "N", "S", "unresolved"),
        ("D", "-", "S", "unresolved"),
        ("D", "L", "-", "unresolved"),
        ("D", "I", "S", "unresolved"),
        ("S", "D", "S", "unresolved"),
        ("D", "D", "N", "unresolved"),
        ("D", "D", "L", "unresolved"),
    ],
)
def test_three_instruments_name_the_cause(production, canary, anchors, cause):
    assert attribute(said(production), said(canary), said(anchors)) == cause
