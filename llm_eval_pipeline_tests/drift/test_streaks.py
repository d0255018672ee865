import itertools

import pytest

from llm_eval_pipeline.drift import Verdict, incidents

LETTERS = {
    "D": ("drifted", "degraded"),
    "I": ("drifted", "improved"),
    "S": ("stable", None),
    "N": ("no_data", None),
    "L": ("low_power", None),
}


def history(letters, metric="latency"):
    return [
        {}
        if letter == "-"
        else {
            metric: Verdict(
                metric=metric,
                verdict=LETTERS[letter][0],
                direction=LETTERS[letter][1],
                strict_verdict="stable",
                reason="",
            )
        }
        for letter in letters
    ]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("", []),
        ("SDS", []),
        ("DSDSDS", []),
        ("DD", [("degraded", 0, 1, None)]),
        ("SDDSS", [("degraded", 1, 2, 4)]),
        ("DDSDS", [("degraded", 0, 1, None)]),
        ("DDSDSS", [("degraded", 0, 1, 5)]),
        ("DNLND", [("degraded", 0, 4, None)]),
        ("D-D", [("degraded", 0, 2, None)]),
        ("DDSNLS", [("degraded", 0, 1, 5)]),
        ("DI", []),
        ("DID", []),
        ("II", [("improved", 0, 1, None)]),
        ("DDII", [("degraded", 0, 1, 3), ("improved", 2, 3, None)]),
        ("DDISS", [("degraded", 0, 1, 4)]),
        ("DDSSDDSS", [("degraded", 0, 1, 3), ("degraded", 4, 5, 7)]),
        ("DDSSSDSD", [("degraded", 0, 1, 3)]),
    ],
)
def test_two_in_a_row_open_and_two_close(letters, expected):
    found = [(one.direction, one.began, one.opened, one.closed) for one in incidents(history(letters))]
    assert found == expected


def test_every_order_of_five_windows_agrees_with_a_plain_reading_of_the_rule():
    for letters in itertools.product("DSN", repeat=5):
        spoken = [place for place, letter in enumerate(letters) if letter != "N"]
        opened = closed = None
        for before, now in itertools.pairwise(spoken):
            if opened is None and letters[before] == letters[now] == "D":
                opened = now
            elif opened is not None and closed is None and letters[before] == letters[now] == "S":
                closed = now
        found = incidents(history(letters))
        assert [(one.opened, one.closed) for one in found][:1] == ([] if opened is None else [(opened, closed)]), (
            letters
        )


def test_metrics_do_not_lend_each_other_windows():
    windows = [a | b for a, b in zip(history("DSD"), history("SDS", "cost"), strict=True)]
    assert incidents(windows) == []


def test_incidents_come_in_the_order_in_which_they_opened():
    windows = [a | b for a, b in zip(history("SDD"), history("DDS", "tokens"), strict=True)]
    assert [one.metric for one in incidents(windows)] == ["tokens", "latency"]
