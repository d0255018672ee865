"""What many calls cost, to the same digit as one by one.

Where a token costs the same whatever the amount, its price is looked up once for each model and day. Where it does not,
or is finer than tables keep, each call is priced by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llm_eval_pipeline.costs.prices import Price, Rates, cost_of
from llm_eval_pipeline.costs.usage import BilledTokens
from llm_eval_pipeline.production.bulk.checks import Mask, mask
from llm_eval_pipeline.production.rows import Rated
from llm_eval_pipeline.production.schema import TOKEN_COLUMNS
from llm_eval_pipeline.storage.tables import call_money

_PER_RATE = 1_000_000
"""A USD per million tokens is so many times 1e-12 USD, the smallest that tables keep, per token."""
_LARGEST_RATE = 10**9
"""Four counts of up to 2 x 10^9 tokens at this rate have room in 64 bits."""
_MOST = 10**18
"""A call that costs a million USD has no room in a table."""

_KINDS = ("input", "cache_read", "cache_write", "output", "reasoning")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US_PER_DAY = 86_400 * 1_000_000
Numbers = npt.NDArray[np.int64]


class Costs:
    """What calls cost by a price, with what was looked up kept."""

    def __init__(self, price: Price) -> None:
        self._price = price
        self._known: dict[tuple[str | None, str | None, datetime], tuple[int, ...] | None] = {}

    def of(
        self, resolved: pa.StringArray, requested: pa.StringArray, started_us: Numbers, tokens: Mapping[str, pa.Array]
    ) -> tuple[pa.Array, Mask]:
        """The cost of each call, null where it has none, and which calls cost more than a table can hold.

        Args:
            resolved: the models that answered.
            requested: the models that were asked for.
            started_us: when the calls were made, in microseconds since 1970.
            tokens: the token columns; a call that does not say its input has no cost.
        """
        is_billed = mask(tokens[TOKEN_COLUMNS[0]].is_valid())
        counts = [tokens[name].fill_null(0).to_numpy() for name in TOKEN_COLUMNS]
        amounts, is_priced = np.zeros(len(resolved), np.int64), np.zeros(len(resolved), np.bool_)
        for (answered, asked, day), calls in _alike(resolved, requested, started_us, is_billed):
            rates = self._rates(answered, asked, day)
            if rates:
                amounts[calls] = sum(count[calls] * rate for count, rate in zip(counts, rates, strict=False))
                is_priced[calls] = True
            elif rates is None:
                for call in calls:
                    billed = BilledTokens(
                        **{kind: int(count[call]) for kind, count in zip(_KINDS, counts, strict=True)}
                    )
                    cost = cost_of((answered, asked), billed, _time(int(started_us[call])), self._price)
                    if cost is not None:
                        amounts[call] = min(int(cost.scaleb(12)), _MOST)
                        is_priced[call] = True
        return _money(amounts, is_priced), amounts >= _MOST

    def _rates(self, answered: str | None, asked: str | None, day: datetime) -> tuple[int, ...] | None:
        """How many 1e-12 USD a token of each kind costs; nothing for no price, None where it is not so simple."""
        key = (answered, asked, day)
        if key not in self._known:
            self._known[key] = self._looked_up(answered, asked, day)
        return self._known[key]

    def _looked_up(self, answered: str | None, asked: str | None, day: datetime) -> tuple[int, ...] | None:
        if not isinstance(self._price, Rated):
            return None
        for model in filter(None, dict.fromkeys((answered, asked))):
            try:
                found = self._price.rates(model, day)
            except LookupError:
                continue
            return _whole(found) if found else None
        return ()


def _whole(rates: Rates) -> tuple[int, ...] | None:
    read = rates.input if rates.cache_read is None else rates.cache_read
    write = rates.input if rates.cache_write is None else rates.cache_write
    each = [rate * _PER_RATE for rate in (rates.input, read, write, rates.output)]
    if any(rate != int(rate) or rate > _LARGEST_RATE for rate in each):
        return None
    return tuple(int(rate) for rate in each)


def _alike(
    resolved: pa.StringArray, requested: pa.StringArray, started_us: Numbers, is_billed: Mask
) -> Iterator[tuple[tuple[str | None, str | None, datetime], Numbers]]:
    """The places of the billed calls of each pair of models and day."""
    answered, asked = (each.dictionary_encode(null_encoding="encode") for each in (resolved, requested))
    names, others = answered.dictionary.to_pylist(), asked.dictionary.to_pylist()
    pairs = answered.indices.to_numpy().astype(np.int64) * len(others) + asked.indices.to_numpy()
    days = started_us // _US_PER_DAY
    places = np.flatnonzero(is_billed)
    if not len(places):
        return
    several, of = np.unique(np.stack([pairs[places], days[places]]), axis=1, return_inverse=True)
    order = np.argsort(of, kind="stable")
    ends = np.cumsum(np.bincount(of, minlength=several.shape[1]))
    for (pair, day), calls in zip(several.T.tolist(), np.split(places[order], ends[:-1]), strict=True):
        yield (names[pair // len(others)], others[pair % len(others)], _time(day * _US_PER_DAY)), calls


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _money(amounts: Numbers, is_there: Mask) -> pa.Array:
    """Amounts of 1e-12 USD as the type of a call's cost."""
    words = np.zeros((len(amounts), 2), np.int64)  # 128 bits, the low ones first
    words[:, 0] = amounts
    packed = np.packbits(is_there, bitorder="little")
    return pa.Array.from_buffers(call_money(), len(amounts), [pa.py_buffer(packed), pa.py_buffer(words)])
