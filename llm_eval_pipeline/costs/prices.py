"""Prices with dates: the project's own file first, then the price library.

The library (genai-prices) knows the vendors' list prices and when they held. ``data/prices.yaml`` overrides it and
adds models that it does not know. A model that neither knows has no price: that is an error, never zero.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from llm_eval_pipeline.clients.chat import TokenUsage
from llm_eval_pipeline.costs.usage import BilledTokens
from llm_eval_pipeline.settings import Settings

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

log = logging.getLogger(__name__)
MILLION = Decimal(1_000_000)
SMALLEST = Decimal("1e-12")
"""What tables keep of an amount, see :func:`llm_eval_pipeline.storage.tables.money`."""

Price = Callable[[str, BilledTokens, datetime], Decimal]
"""The price in USD of a call to a model at a time; it raises ``LookupError`` for a model without a price."""

_OPENAIS = "text-embedding-"  # bare names that the library has, and finds under their provider alone


class UnpricedModelError(LookupError):
    """Nobody knows the model's price on that day. The text names both and says where a price can be added."""


class PriceFileError(ValueError):
    """The price file has an entry that makes no sense. The text names the file and the entry."""


class Rates(BaseModel):
    """USD per million tokens of each kind; a cached kind without a price of its own costs what input costs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cache_read: Decimal | None = Field(None, ge=0)
    cache_write: Decimal | None = Field(None, ge=0)

    def cost(self, tokens: BilledTokens) -> Decimal:
        """The cost in USD."""
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        return (
            tokens.input * self.input
            + tokens.cache_read * read
            + tokens.cache_write * write
            + tokens.output * self.output
        ) / MILLION


class DatedPrice(BaseModel):
    """A model's rates over a period: from a day on, until the day before ``until``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    model: str
    first: date = Field(alias="from")
    until: date | None = None
    checked_on: date
    note: str = ""
    usd_per_million: Rates

    @model_validator(mode="after")
    def _ordered(self) -> DatedPrice:
        if self.until is not None and self.until <= self.first:
            raise ValueError(f"{self.model}: until {self.until} is not after from {self.first}")
        return self


class _PriceFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    prices: tuple[DatedPrice, ...]

    @model_validator(mode="after")
    def _no_overlap(self) -> _PriceFile:
        for earlier, later in zip(ordered := sorted(self.prices, key=_period), ordered[1:], strict=False):
            if earlier.model == later.model and (earlier.until is None or earlier.until > later.first):
                raise ValueError(f"{later.model} has two prices on {later.first}")
        return self


def _period(entry: DatedPrice) -> tuple[str, date]:
    return entry.model, entry.first


class PriceBook:
    """Prices of a file, and behind it the price library's.

    Args:
        path: a YAML file as ``data/prices.yaml``.

    Raises:
        PriceFileError: when an entry has an unknown field, a negative price, or two periods overlap.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._entries = _PriceFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).prices
        except (ValidationError, yaml.YAMLError) as error:
            raise PriceFileError(f"{path}: {error}") from error
        self._library = lru_cache(maxsize=4096)(_library_rates)

    def price(self, model: str, usage: Mapping[str, int] | BilledTokens, at: datetime | date) -> Decimal:
        """What one call cost in USD.

        Args:
            model: its name; ``provider/name`` is understood as well as a bare name.
            usage: token counts by kind, see :class:`BilledTokens`.
            at: when the call was made; prices are those of that day in UTC.

        Raises:
            UnpricedModelError: when the model has no price on that day.
            ValueError: when a kind of tokens is unknown or a count is negative.
        """
        tokens = usage if isinstance(usage, BilledTokens) else BilledTokens.from_mapping(usage)
        found = self._found(model, at)
        return found.cost(tokens) if isinstance(found, Rates) else found(tokens)

    def __call__(self, model: str, tokens: BilledTokens, at: datetime) -> Decimal:
        """What one call cost in USD, see :meth:`price`."""
        return self.price(model, tokens, at)

    def rates(self, model: str, day: datetime | date) -> Rates | None:
        """By which rates a model's calls of a day are priced; None where a price depends on the amount.

        Raises:
            UnpricedModelError: when the model has no price on that day.
        """
        found = self._found(model, day)
        return found if isinstance(found, Rates) else None

    def _found(self, model: str, at: datetime | date) -> Rates | Callable[[BilledTokens], Decimal]:
        day = at if not isinstance(at, datetime) else (at.astimezone(UTC) if at.tzinfo else at).date()
        for entry in self._entries:
            if entry.model == model and entry.first <= day and (entry.until is None or day < entry.until):
                return entry.usd_per_million
        found = self._library(model, day)
        if found is None:
            raise UnpricedModelError(
                f"the model {model!r} has no price on {day}: add one to {self._path} "
                "(USD per million tokens, with the day from which it holds)"
            )
        return found


_SOME = BilledTokens(input=1009, cache_read=503, cache_write=251, output=127)
"""A call by which a fee per request or the like shows."""


def _library_rates(model: str, day: date) -> Rates | Callable[[BilledTokens], Decimal] | None:
    """What the library charges for a model on a day: rates, or a function where a price depends on the amount.

    The library takes a tenth of a millisecond to price one call; rates take none of it.
    """
    found = _library_price(model, BilledTokens(), day)
    if found is None:
        return None

    def charged(tokens: BilledTokens) -> Decimal:
        price = _library_price(model, tokens, day)
        assert price is not None
        return price.total_price

    from genai_prices.types import TieredPrices

    rates = Rates(
        input=charged(BilledTokens(input=1_000_000)),
        output=charged(BilledTokens(output=1_000_000)),
        cache_read=charged(BilledTokens(cache_read=1_000_000)),
        cache_write=charged(BilledTokens(cache_write=1_000_000)),
    )
    is_tiered = any(isinstance(value, TieredPrices) for value in vars(found.model_price).values())
    return charged if is_tiered or charged(_SOME) != rates.cost(_SOME) else rates


def _library_price(model: str, tokens: BilledTokens, day: date) -> PriceCalculation | None:
    """The library's price of one call; it counts cached tokens into the input.

    The library lists models whose price it does not know, with no rates at all, and would say that they cost 0.
    """
    from genai_prices import Usage, calc_price
    from genai_prices.types import ModelPrice

    from llm_eval_pipeline.windows import start_of

    usage = Usage(
        input_tokens=tokens.input + tokens.cache_read + tokens.cache_write,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        output_tokens=tokens.output,
    )
    provider, _, name = model.partition("/")
    references: list[dict[str, Any]] = [{"model_ref": model}]
    if name:
        references.append({"model_ref": name, "provider_id": provider})
    if model.startswith(_OPENAIS):
        references.append({"model_ref": model, "provider_id": "openai"})
    for reference in references:
        try:
            found = calc_price(usage, genai_request_timestamp=start_of(day), **reference)
        except LookupError:
            continue
        if found.model_price != ModelPrice():
            return found
    return None


def call_price(book: PriceBook) -> Callable[[str, TokenUsage, datetime], Decimal | None]:
    """What a call cost, for callers that count the unpriced: None when the model has no price, said once.

    Amounts are rounded to what tables keep; some listed prices have more digits than that. The library is imported here
    and not at the first answer, which would hold up all the others.
    """
    import genai_prices  # noqa: F401

    unpriced: set[str] = set()

    def priced(model: str, usage: TokenUsage, at: datetime) -> Decimal | None:
        try:
            return book.price(model, BilledTokens.of(usage), at).quantize(SMALLEST)
        except UnpricedModelError as error:
            if model not in unpriced:
                unpriced.add(model)
                log.warning("%s", error)
            return None

    return priced


@lru_cache(maxsize=8)
def _book(path: Path, _changed: int) -> PriceBook:
    return PriceBook(path)


def price_book(path: Path) -> PriceBook:
    """The price book of a file, read once and again when the file changes."""
    return _book(path, path.stat().st_mtime_ns)


def price(model: str, usage: Mapping[str, int], at: datetime | date) -> Decimal:
    """What one call cost in USD, by the price book of the data folder; see :meth:`PriceBook.price`."""
    return price_book(Settings.load().prices).price(model, usage, at)


def cost_of(models: Iterable[str | None], billed: BilledTokens, at: datetime, price: Price) -> Decimal | None:
    """What a call cost at the first of the models that has a price; None without any."""
    for model in filter(None, dict.fromkeys(models)):
        try:
            return price(model, billed, at).quantize(SMALLEST)
        except LookupError:
            continue
    return None
