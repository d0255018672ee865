import pytest

from llm_eval_pipeline.clients.chat import TokenUsage
from llm_eval_pipeline.costs.usage import BilledTokens


def test_a_clients_usage_is_taken_apart():
    usage = TokenUsage(
        input_tokens=100, cached_input_tokens=60, cache_write_tokens=10, output_tokens=20, reasoning_tokens=5
    )
    # 100 - 60 - 10 = 30 that no cache served or took
    assert BilledTokens.of(usage) == BilledTokens(input=30, cache_read=60, cache_write=10, output=20, reasoning=5)


@pytest.mark.parametrize(
    ("usage", "billed"),
    [
        ({}, BilledTokens()),
        ({"input": 30, "cache_read": 60}, BilledTokens(input=30, cache_read=60)),
        ({"uncached_input": 30, "cached_input": 60}, BilledTokens(input=30, cache_read=60)),
        ({"input": 30, "cached": 60}, BilledTokens(input=30, cache_read=60)),
        ({"input_tokens": 100}, BilledTokens(input=100)),
        ({"input_tokens": 100, "cached_input_tokens": 60}, BilledTokens(input=40, cache_read=60)),
        ({"prompt_tokens": 100, "cached_tokens": 100}, BilledTokens(cache_read=100)),
        (
            {"input_tokens": 100, "cached_input_tokens": 60, "cache_write_tokens": 10},
            BilledTokens(input=30, cache_read=60, cache_write=10),
        ),
        ({"output": 20, "reasoning": 20}, BilledTokens(output=20, reasoning=20)),
        ({"completion_tokens": 20, "reasoning_tokens": 5}, BilledTokens(output=20, reasoning=5)),
        ({"input": 2.0}, BilledTokens(input=2)),
    ],
)
def test_names_of_kinds_and_of_apis_are_understood(usage, billed):
    assert BilledTokens.from_mapping(usage) == billed


def test_the_order_of_names_does_not_matter():
    usage = {"input_tokens": 100, "cached_input_tokens": 60, "output_tokens": 1}
    assert BilledTokens.from_mapping(dict(reversed(usage.items()))) == BilledTokens.from_mapping(usage)


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        ({"tokens": 1}, "unknown kind of tokens 'tokens'; known are input, "),
        ({"total_tokens": 1}, "unknown kind of tokens 'total_tokens'"),
        ({"input": -1}, "input tokens must be a whole number of at least 0, got -1"),
        ({"output": 1.5}, "output tokens must be a whole number of at least 0, got 1.5"),
        ({"output": True}, "output tokens must be a whole number of at least 0, got True"),
        ({"input": 1, "uncached_input": 1}, "'uncached_input' gives the input tokens a second time"),
        ({"input_tokens": 1, "prompt_tokens": 1}, "'prompt_tokens' gives the total_input tokens a second time"),
        ({"input": 1, "input_tokens": 1}, "not both"),
        ({"input_tokens": 9, "cached_input_tokens": 10}, "10 cached tokens are more than the input tokens"),
        ({"output": 4, "reasoning": 5}, "reasoning tokens are a part of the output tokens"),
    ],
)
def test_what_makes_no_sense_is_refused(usage, reason):
    with pytest.raises(ValueError, match=reason):
        BilledTokens.from_mapping(usage)
