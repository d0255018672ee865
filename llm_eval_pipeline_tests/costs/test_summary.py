from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from llm_eval_pipeline.clients.chat import TokenUsage
from llm_eval_pipeline.costs.schema import COST_SUMMARY
from llm_eval_pipeline.costs.summary import TOKENS
from llm_eval_pipeline.costs.summary import cost_rows as rows_of_days
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.production.slices import Slices
from llm_eval_pipeline.production.spend import Spend
from llm_eval_pipeline.storage.warehouse import Warehouse

MONDAY, TUESDAY = (datetime(2026, 3, day, 12, tzinfo=UTC) for day in (30, 31))
TOKEN_COUNTS = {"input_uncached_tokens": 10, "output_tokens": 5}


def span(at=MONDAY, *, cost="0.10", resolved="m", requested="m", feature="search", tokens=TOKEN_COUNTS):
    return {
        "started_at": at,
        "model_resolved": resolved,
        "model_requested": requested,
        "feature": feature,
        **dict.fromkeys(TOKENS),
        **tokens,
        "cost_usd": None if cost is None else Decimal(cost),
    }


def call(at=MONDAY, *, cost="0.10", model="m", feature="search", purpose="judge"):
    return {
        "called_at": at,
        "model": model,
        "feature": feature,
        "purpose": purpose,
        "usage": TokenUsage(
            input_tokens=10, cached_input_tokens=4, cache_write_tokens=1, output_tokens=5, reasoning_tokens=2
        ),
        "cost_usd": None if cost is None else Decimal(cost),
    }


def cost_rows(spans, calls):
    """The summary of spans that called a model, each day's spend made of them as profiling makes it."""
    days = {}
    for one in spans:
        days.setdefault(one["started_at"].date(), []).append(one)
    return rows_of_days({day: spent(some) for day, some in days.items()}, calls)


def spent(spans):
    rows, slices, spend = pa.Table.from_pylist(spans, schema=PRODUCTION_TRACES.schema), Slices(), Spend()
    spend.add(slices.numbers(rows, ["model_requested", "model_resolved"]), rows.column)
    return list(spend.rows(slices.seen))


def only(rows):
    (row,) = rows
    return row


def of(row, *columns):
    return tuple(row[column] for column in columns)


def test_a_call_whose_tokens_nobody_counted_is_unmetered_and_not_free():
    row = only(cost_rows([], [call(cost=None) | {"usage": None}]))
    assert of(row, "calls", "cost_usd", "unpriced_calls", "unmetered_calls") == (1, None, 0, 1)


def test_no_calls_no_rows():
    assert cost_rows([], []) == []


def test_calls_of_one_group_add_up():
    row = only(cost_rows([span(cost="0.10"), span(cost="0.20")], []))
    # as floats, 0.10 + 0.20 is not 0.30
    assert row == {
        "day": date(2026, 3, 30),
        "model": "m",
        "feature": "search",
        "purpose": "application",
        "calls": 2,
        "input_uncached_tokens": 20,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 10,
        "reasoning_tokens": 0,
        "cost_usd": Decimal("0.30"),
        "cumulative_usd": Decimal("0.30"),
        "unpriced_calls": 0,
        "unmetered_calls": 0,
    }


def test_the_pipelines_own_calls_are_told_by_purpose_and_kind_of_token():
    rows = cost_rows([span()], [call(purpose="judge"), call(purpose="generation")])
    assert [row["purpose"] for row in rows] == ["application", "generation", "judge"]
    # 10 - 4 - 1 = 5 tokens that no cache served or took
    assert of(rows[2], *TOKENS) == (5, 4, 1, 5, 2)


def test_days_models_and_features_are_kept_apart():
    spans = [span(), span(TUESDAY), span(requested="n"), span(feature="chat"), span(requested="org/m/large")]
    assert [of(row, "day", "model", "feature") for row in cost_rows(spans, [])] == [
        (date(2026, 3, 30), "m", "chat"),
        (date(2026, 3, 30), "m", "search"),
        (date(2026, 3, 30), "n", "search"),
        (date(2026, 3, 30), "org/m/large", "search"),
        (date(2026, 3, 31), "m", "search"),
    ]


def test_the_order_of_calls_does_not_matter():
    spans = [span(), span(TUESDAY, cost="0.3"), span(feature="chat"), span(cost=None)]
    calls = [call(), call(TUESDAY)]
    assert cost_rows(spans[::-1], calls[::-1]) == cost_rows(spans, calls)


def test_the_running_total_is_of_one_model_feature_and_purpose():
    rows = cost_rows([span(cost="1"), span(TUESDAY, cost="2"), span(TUESDAY, cost="5", feature="chat")], [])
    assert [of(row, "feature", "cost_usd", "cumulative_usd") for row in rows] == [
        ("search", 1, 1),
        ("chat", 5, 5),
        ("search", 2, 3),
    ]


def test_an_unpriced_call_is_counted_and_not_free():
    row = only(cost_rows([span(), span(cost=None)], []))
    assert of(row, "calls", "unpriced_calls", "cost_usd") == (2, 1, Decimal("0.10"))
    assert row["input_uncached_tokens"] == 20


def test_where_nothing_has_a_price_the_cost_is_unknown():
    rows = cost_rows([span(cost=None)], [call(cost=None)])
    assert [of(row, "cost_usd", "unpriced_calls") for row in rows] == [(None, 1), (None, 1)]


def test_a_free_call_costs_zero_and_that_is_known():
    assert of(only(cost_rows([span(cost="0")], [])), "cost_usd", "unpriced_calls") == (0, 0)


def test_a_call_that_says_nothing_of_tokens_is_unmetered_rather_than_unpriced():
    row = only(cost_rows([span(cost=None, tokens={})], []))
    assert of(row, "calls", "unmetered_calls", "unpriced_calls", "cost_usd") == (1, 1, 0, None)


def test_an_unknown_day_leaves_the_running_total_as_it_was():
    rows = cost_rows([span(cost="1"), span(TUESDAY, cost=None)], [])
    assert [of(row, "cost_usd", "cumulative_usd") for row in rows] == [(1, 1), (None, 1)]


def test_there_is_no_running_total_before_anything_has_a_price():
    rows = cost_rows([span(cost=None), span(TUESDAY, cost="1")], [])
    assert [of(row, "cost_usd", "cumulative_usd") for row in rows] == [(None, None), (1, 1)]


def test_the_model_that_was_asked_for_goes_before_the_one_that_answered():
    spans = [span(resolved="m-2026"), span(requested=None, resolved="m-2026"), span(resolved=None, requested=None)]
    assert [row["model"] for row in cost_rows(spans, [])] == ["m", "m-2026", "unknown"]


def test_a_call_without_a_feature_is_of_an_unknown_one():
    assert {row["feature"] for row in cost_rows([span(feature=None)], [call(feature="")])} == {"unknown"}


def test_the_rows_fit_their_table(tmp_path):
    rows = cost_rows([span(cost="0.000000000001"), span(TUESDAY, cost=None)], [call()])
    written = Warehouse(str(tmp_path)).write(COST_SUMMARY, "2026-03-30", rows)
    assert written.to_pylist() == sorted(rows, key=lambda row: of(row, "day", "model", "feature", "purpose"))
