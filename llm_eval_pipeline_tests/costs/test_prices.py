import logging
import os
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from llm_eval_pipeline.clients.chat import TokenUsage
from llm_eval_pipeline.costs import UnpricedModelError, price
from llm_eval_pipeline.costs.prices import PriceBook, PriceFileError, call_price, price_book
from llm_eval_pipeline.costs.usage import BilledTokens
from llm_eval_pipeline.storage.tables import money

MILLION = 1_000_000
DAY = date(2026, 3, 30)
TWO_PRICES = """
  - {model: acme/large, from: 2026-01-01, until: 2026-04-01, checked_on: 2026-01-01,
     usd_per_million: {input: "2.00", cache_read: "0.50", cache_write: "2.50", output: "8.00"}}
  - {model: acme/large, from: 2026-04-01, checked_on: 2026-04-01, usd_per_million: {input: "1.00", output: "4.00"}}
"""


@pytest.fixture(autouse=True)
def _shipped_prices(monkeypatch):
    for variable in list(os.environ):
        if variable.startswith("LLM_EVAL_"):
            monkeypatch.delenv(variable)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "prices.yaml"


@pytest.fixture
def book(file):
    def write(entries):
        file.write_text(f"prices:{entries}\n")
        return PriceBook(file)

    return write


def entry(**changes):
    fields = {"model": "acme/large", "from": "2026-01-01", "checked_on": "2026-01-01"}
    rates = changes.pop("usd_per_million", '{input: "1", output: "1"}')
    listed = ", ".join(f"{name}: {value}" for name, value in {**fields, **changes}.items())
    return f"\n  - {{{listed}, usd_per_million: {rates}}}"


@pytest.mark.parametrize(
    ("model", "per_million_in", "per_million_out"),
    [
        ("gpt-4", "30.00", "60.00"),
        ("gpt-4o", "2.50", "10.00"),
        ("gpt-4o-mini", "0.15", "0.60"),
        ("claude-sonnet-4-20250514", "3.00", "15.00"),
        ("sample/extractive-large", "2.00", "8.00"),
        ("sample/extractive-mini", "0.25", "1.00"),
        ("local/judge-1", "0", "0"),
    ],
)
def test_known_models_have_their_prices(model, per_million_in, per_million_out):
    assert price(model, {"input": MILLION}, DAY) == Decimal(per_million_in)
    assert price(model, {"output": MILLION}, DAY) == Decimal(per_million_out)


@pytest.mark.parametrize("model", ["openai/gpt-4o", "gpt-4o", "gpt-4o-2024-08-06"])
def test_a_model_may_be_named_with_its_provider_or_its_release(model):
    # 1,000 x 2.50 / 1e6 + 200 x 10 / 1e6 = 0.0025 + 0.0020
    assert price(model, {"input_tokens": 1000, "output_tokens": 200}, DAY) == Decimal("0.0045")


def test_cached_tokens_have_their_own_price():
    # gpt-4o: (1,000 - 600) x 2.50 / 1e6 + 600 x 1.25 / 1e6 = 0.00100 + 0.00075
    assert price("gpt-4o", {"input_tokens": 1000, "cached_input_tokens": 600}, DAY) == Decimal("0.00175")
    # claude-sonnet-4: 100 x 3.00 / 1e6 + 600 x 0.30 / 1e6 + 300 x 3.75 / 1e6 = 0.000300 + 0.000180 + 0.001125
    usage = {"input": 100, "cache_read": 600, "cache_write": 300}
    assert price("claude-sonnet-4-20250514", usage, DAY) == Decimal("0.001605")


def test_reasoning_is_paid_as_the_output_that_it_is_part_of():
    assert price("gpt-4o", {"output": 100, "reasoning": 80}, DAY) == price("gpt-4o", {"output": 100}, DAY)


def test_nothing_costs_nothing():
    assert price("gpt-4o", {}, DAY) == 0


def test_money_is_exact():
    tenth = price("gpt-4o-mini", {"input": 1}, DAY)
    assert tenth == Decimal("0.00000015")
    assert sum([tenth] * 10) == Decimal("0.0000015")


@pytest.mark.parametrize("model", ["acme/unheard-of", "unheard-of", "gpt-4o/summarization", ""])
def test_a_model_that_nobody_knows_has_no_price(model):
    with pytest.raises(UnpricedModelError) as raised:
        price(model, {"input": 1}, DAY)
    assert f"the model {model!r} has no price on 2026-03-30" in str(raised.value)
    assert "data/prices.yaml" in str(raised.value)


def test_the_error_names_the_file_that_was_read(tmp_path, monkeypatch):
    monkeypatch.setenv("LLM_EVAL_DATA_DIR", str(tmp_path))
    (tmp_path / "prices.yaml").write_text("prices: []\n")
    with pytest.raises(UnpricedModelError, match=str(tmp_path / "prices.yaml")):
        price("sample/extractive-large", {"input": 1}, DAY)


@pytest.mark.parametrize("model", ["cerebras/qwen-3-coder-480b", "gemma-3"])
def test_a_model_that_the_library_lists_without_rates_is_not_free(model):
    with pytest.raises(UnpricedModelError, match=f"{model}' has no price"):
        price(model, {"input": MILLION}, DAY)


def test_a_kind_of_tokens_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="unknown kind of tokens 'thoughts'"):
        price("gpt-4o", {"thoughts": 1}, DAY)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="input tokens must be a whole number"):
        price("gpt-4o", {"input": -1}, DAY)


@pytest.mark.parametrize(
    ("day", "cost"),
    [
        (date(2026, 1, 1), "10.00"),
        (date(2026, 3, 31), "10.00"),
        (date(2026, 4, 1), "5.00"),
        (date(2030, 1, 1), "5.00"),
    ],
)
def test_a_price_holds_from_its_first_day_until_the_next_begins(book, day, cost):
    assert book(TWO_PRICES).price("acme/large", {"input": MILLION, "output": MILLION}, day) == Decimal(cost)


def test_before_its_first_day_there_is_no_price(book):
    with pytest.raises(UnpricedModelError, match="2025-12-31"):
        book(TWO_PRICES).price("acme/large", {"input": 1}, date(2025, 12, 31))


def test_the_day_is_that_of_the_call_in_utc(book):
    last, first = datetime(2026, 3, 31, 23, 59, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    in_tokyo = datetime(2026, 4, 1, 8, 59, tzinfo=timezone(timedelta(hours=9)))
    costs = [book(TWO_PRICES).price("acme/large", {"input": MILLION}, at) for at in (last, first, in_tokyo)]
    assert costs == [2, 1, 2]


def test_the_file_goes_before_the_library(book):
    override = book(entry(model="gpt-4o", until="2026-04-01", usd_per_million='{input: "7", output: "7"}'))
    assert override.price("gpt-4o", {"input": MILLION}, date(2026, 3, 31)) == 7
    assert override.price("gpt-4o", {"input": MILLION}, date(2026, 4, 1)) == Decimal("2.50")


def test_each_kind_is_paid_at_its_rate(book):
    usage = BilledTokens(input=1000, cache_read=2000, cache_write=3000, output=4000, reasoning=4000)
    # (1,000 x 2.00 + 2,000 x 0.50 + 3,000 x 2.50 + 4,000 x 8.00) / 1e6 = 0.0425
    assert book(TWO_PRICES).price("acme/large", usage, date(2026, 3, 30)) == Decimal("0.0425")


def test_a_cached_kind_without_a_rate_costs_what_input_costs(book):
    usage = BilledTokens(input=1000, cache_read=2000, cache_write=3000)
    # 6,000 x 1.00 / 1e6
    assert book(TWO_PRICES).price("acme/large", usage, date(2026, 5, 1)) == Decimal("0.006")


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        (entry() + entry(), "acme/large has two prices on 2026-01-01"),
        (entry() + entry(**{"from": "2027-01-01"}), "acme/large has two prices on 2027-01-01"),
        (
            entry(until="2026-06-02") + entry(**{"from": "2026-06-01"}),
            "acme/large has two prices on 2026-06-01",
        ),
        (
            entry(**{"from": "2026-06-01"}) + entry(until="2026-06-02"),
            "acme/large has two prices on 2026-06-01",
        ),
        (entry(until="2026-01-01"), "until 2026-01-01 is not after from 2026-01-01"),
        (entry(usd_per_million='{input: "-1", output: "1"}'), "usd_per_million.input"),
        (entry(usd_per_million='{input: "1"}'), "usd_per_million.output"),
        (entry(usd_per_million='{input: "1", output: "1", thoughts: "1"}'), "usd_per_million.thoughts"),
        (entry(valid="1"), "prices.0.valid"),
        ("\n  - {model: acme/large}", "prices.0.from"),
        ("", "prices"),
        (" [", "expected the node content"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_by_name(book, file, entries, reason):
    with pytest.raises(PriceFileError) as raised:
        book(entries)
    assert str(file) in str(raised.value)
    assert reason in str(raised.value)


def test_prices_that_follow_on_each_other_and_other_models_do_not_overlap(book):
    months = entry(until="2026-02-01") + entry(**{"from": "2026-02-01"}) + entry(model="acme/small")
    assert book(months).price("acme/small", {"input": MILLION}, DAY) == 1


def test_the_file_is_read_again_when_it_has_changed(file):
    file.write_text(f"prices:{entry()}\n")
    before = price_book(file)
    assert price_book(file) is before
    file.write_text(f"prices:{entry(usd_per_million='{input: 3, output: 3}')}\n")
    os.utime(file, ns=(1, 1))
    assert price_book(file).price("acme/large", {"input": MILLION}, DAY) == 3


def test_callers_that_count_the_unpriced_hear_of_each_model_once(book, caplog):
    priced = call_price(book(entry()))
    usage, at = TokenUsage(input_tokens=MILLION, output_tokens=0), datetime(2026, 3, 30, tzinfo=UTC)
    with caplog.at_level(logging.WARNING):
        costs = [priced(model, usage, at) for model in ("acme/large", "acme/new", "acme/new", "acme/newer")]
    assert costs == [1, None, None, None]
    assert [record.getMessage().split(" has no price")[0] for record in caplog.records] == [
        "the model 'acme/new'",
        "the model 'acme/newer'",
    ]


def test_what_a_call_cost_fits_a_table(book):
    priced = call_price(book(entry(usd_per_million='{input: "0.08333333333333334", output: "1"}')))
    cost = priced("acme/large", TokenUsage(input_tokens=1, output_tokens=0), datetime(2026, 3, 30, tzinfo=UTC))
    # 0.08333333333333334 / 1e6, to 1e-12
    assert cost == Decimal("0.000000083333")
    assert -cost.as_tuple().exponent == money().scale


@pytest.mark.parametrize(
    "model",
    ["gpt-4o", "claude-sonnet-4-20250514", "google/gemini-2.5-pro", "perplexity/sonar-pro", "openai/gpt-4o-mini"],
)
def test_what_is_multiplied_here_is_what_the_library_would_charge(model, book):
    from genai_prices import Usage, calc_price

    usage = BilledTokens(input=210_003, cache_read=1_007, cache_write=11, output=4_099)
    name, _, provider = model.rpartition("/")[::-1]
    expected = calc_price(
        Usage(input_tokens=210_003 + 1_007 + 11, cache_read_tokens=1_007, cache_write_tokens=11, output_tokens=4_099),
        name,
        provider_id=provider or None,
        genai_request_timestamp=datetime(2026, 3, 30, tzinfo=UTC),
    )
    assert book(TWO_PRICES).price(model, usage, DAY) == expected.total_price


def test_openais_embeddings_have_a_price_under_their_bare_name():
    # 1,000,000 tokens at 0.02 USD per million, as under the provider's name.
    asked = {"input_tokens": 1_000_000}
    on = date(2026, 3, 30)
    assert price("text-embedding-3-small", asked, on) == price("openai/text-embedding-3-small", asked, on) > 0
