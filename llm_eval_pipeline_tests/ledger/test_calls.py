from dataclasses import replace

import pytest

from llm_eval_pipeline.clients.chat import (
    Message,
)
from llm_eval_pipeline_tests.ledger.scripted import SOON, call


@pytest.mark.parametrize(
    "changed",
    [
        call(provider="other"),
        call(occasion="2026-04-06"),
        call(repetition=1),
        call("what else?"),
        call(request=replace(call().request, model="n")),
        call(request=replace(call().request, params={"max_tokens": 11})),
        call(request=replace(call().request, messages=(Message(role="system", content="what?"),))),
    ],
)
def test_what_makes_it_another_call(changed):
    assert changed.key != call().key


@pytest.mark.parametrize(
    "changed",
    [
        call(label="example 2"),
        call(purpose="judge"),
        call(feature="search"),
        call(due=None),
        call(request=replace(call().request, as_of=SOON)),
    ],
)
def test_what_leaves_it_the_same_call(changed):
    assert changed.key == call().key


def test_the_order_of_parameters_makes_no_other_call():
    ways = [{"max_tokens": 10, "top_p": 1}, {"top_p": 1, "max_tokens": 10}]
    one, other = (call(request=replace(call().request, params=params)).key for params in ways)
    assert one == other
