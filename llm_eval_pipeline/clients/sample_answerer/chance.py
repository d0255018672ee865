"""Chance without a generator: every draw is a hash, so the same question on the same day meets the same luck."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws that depend on ``occasion`` (who is asked what, and when) and on the name of the draw alone."""

    occasion: str

    @classmethod
    def of(cls, *parts: object) -> Chance:
        """The chance of an occasion that these parts describe."""
        return cls("\x1f".join(str(part) for part in parts))

    def uniform(self, name: str) -> float:
        """A number in [0, 1)."""
        digest = hashlib.blake2b(f"{self.occasion}\x1e{name}".encode(errors="surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64

    def happens(self, name: str, share: float) -> bool:
        """Whether what happens on this share of occasions happens on this one."""
        return self.uniform(name) < share

    def normal(self, name: str) -> float:
        """A standard normal number (Box and Muller)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.uniform(f"{name}, radius")))
        return radius * math.cos(2.0 * math.pi * self.uniform(f"{name}, angle"))

    def pick(self, name: str, options: Sequence[T]) -> T:
        """One of the options, each as likely as the next."""
        return options[int(self.uniform(name) * len(options))]
