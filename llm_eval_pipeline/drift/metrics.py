"""What a metric is: the kind of its values, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Kind = Literal["continuous", "ordinal", "rate", "category"]
Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric by name. ``better`` is None where neither way is better, as for categories and prompt lengths.

    ``same_items`` says that every window measures the same items (the canary's prompts, the anchors' outputs), so that
    no week differs from another by which items it drew.
    """

    name: str
    kind: Kind
    better: Better | None = None
    same_items: bool = False

    @classmethod
    def from_mapping(cls, name: str, given: Mapping[str, Any]) -> Metric:
        """Read ``{"kind": ..., "better": ...}``; a missing ``better`` is None, a missing ``same_items`` False.

        Raises:
            ValueError: for an unknown kind, polarity or key, and for a category that claims a better way.
        """
        if unknown := sorted(set(given) - {"kind", "better", "same_items"}):
            raise ValueError(
                f"metric {name!r} has unknown keys {', '.join(unknown)}; known are kind, better and same_items"
            )
        kind: Any = given.get("kind")
        better: Any = given.get("better")
        if kind not in get_args(Kind):
            raise ValueError(f"metric {name!r} has kind {kind!r}; known are {', '.join(get_args(Kind))}")
        if better not in (None, *get_args(Better)):
            raise ValueError(f"metric {name!r} is better {better!r}; known are higher, lower and None")
        if kind == "category" and better is not None:
            raise ValueError(f"metric {name!r} is a category, and no category is {better} than another")
        return cls(name=name, kind=kind, better=better, same_items=bool(given.get("same_items", False)))


def parse_metrics(given: Mapping[str, Mapping[str, Any] | Metric]) -> dict[str, Metric]:
    """Metrics by name, from mappings or as they are.

    Raises:
        ValueError: as ``Metric.from_mapping``.
    """
    return {
        name: found if isinstance(found, Metric) else Metric.from_mapping(name, found) for name, found in given.items()
    }
