"""An estimate: a number, and the 95 % interval that says how well it is known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and its 95 % interval. What cannot be estimated is None in place of an estimate, never a value of 0."""

    value: float
    low: float
    high: float

    def clipped(self, least: float, most: float) -> Estimate:
        """The same, held inside what the quantity can be."""
        return Estimate(
            value=min(max(self.value, least), most),
            low=min(max(self.low, least), most),
            high=min(max(self.high, least), most),
        )


def columns_of(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    """The three columns of an estimate: the value under ``name``, and ``name_low`` and ``name_high``."""
    if estimate is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
