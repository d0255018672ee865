"""A JSON Schema validator that other people's schemas cannot hang.

References to references can double at each step, so they are counted; patterns are stopped when they take too long;
unique items are compared by their text, once each; and every keyword looks at the clock. Not here: what is refused when
a schema is read (``schema_reading``).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from llm_eval_pipeline.evaluation.formats.bounded import occurs
from llm_eval_pipeline.evaluation.formats.seam import UndecidedError

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
UNBOUNDED = ("unevaluatedProperties", "unevaluatedItems")
"""Keywords whose search goes through the schema by itself, with patterns and references that nobody stops."""
_DIVISIONS = ("multipleOf", "divisibleBy")
MOST_REFERENCES = 10_000
"""References that one check may follow."""
LONGEST_CHECK_S = 2.0
"""Seconds that one check may take."""

_followed: ContextVar[int] = ContextVar("_followed")
_ends: ContextVar[float] = ContextVar("_ends")


@contextmanager
def one_check() -> Iterator[None]:
    """A check of one value: its references are counted and its time is taken from here on."""
    before, ended = _followed.set(0), _ends.set(time.monotonic() + LONGEST_CHECK_S)
    try:
        yield
    finally:
        _followed.reset(before)
        _ends.reset(ended)


@lru_cache(maxsize=16)
def bounded(kind: type[Any]) -> Any:
    """A validator class like ``kind``, for use within :func:`one_check`.

    It raises :class:`UndecidedError` where a check would take too long.
    """
    import attrs
    import jsonschema

    theirs = kind.VALIDATORS
    own: dict[str, Callable[..., Any]] = {
        **{name: _counted(theirs[name]) for name in _REFERENCES if name in theirs},
        **{name: _unbounded for name in UNBOUNDED if name in theirs},
        **{name: _divided(theirs[name]) for name in _DIVISIONS if name in theirs},
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    made: Any = jsonschema.validators.extend(kind, {name: _timed(one) for name, one in {**theirs, **own}.items()})
    made.evolve = attrs.evolve  # theirs leaves this class where a part of the schema has a "$schema" of its own
    return made


def _timed(keyword: Callable[..., Any]) -> Callable[..., Any]:
    def within_time(validator: Any, wanted: Any, instance: Any, schema: Any) -> Any:
        _look_at_the_clock()
        return keyword(validator, wanted, instance, schema)

    return within_time


def _look_at_the_clock() -> None:
    if time.monotonic() > _ends.get():
        raise UndecidedError(f"the schema was not done with the output in {LONGEST_CHECK_S:g} s")


def _counted(follow: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    def reference(validator: Any, ref: str, instance: Any, schema: Any) -> Iterator[Any]:
        _followed.set(_followed.get() + 1)
        if _followed.get() > MOST_REFERENCES:
            raise UndecidedError(f"the schema leads through more than {MOST_REFERENCES} references")
        yield from follow(validator, ref, instance, schema) or ()

    return reference


def _unbounded(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    raise UndecidedError(f"a reference leads to {' or '.join(UNBOUNDED)}, which cannot be checked in bounded time")


def _divided(divides: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    def multiple(validator: Any, factor: Any, instance: Any, schema: Any) -> Iterator[Any]:
        if validator.is_type(instance, "number") and math.inf in (abs(instance), factor):  # JSON may say 1e999
            raise UndecidedError(f"whether {instance!r} is a multiple of {factor!r} cannot be told")
        try:
            yield from divides(validator, factor, instance, schema) or ()
        except ArithmeticError as error:
            raise UndecidedError(f"whether a number is a multiple of {factor!r} cannot be computed") from error

    return multiple


def _unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    if not wanted or not validator.is_type(instance, "array"):
        return
    seen = set()
    for item in instance:
        text = json.dumps(_plain(item), sort_keys=True)
        if text in seen:
            yield jsonschema.ValidationError(f"{item!r} stands there twice")
            return
        seen.add(text)


def _plain(value: Any) -> Any:
    """A JSON value in which equal numbers are written alike: 1.0 is 1."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _pattern(validator: Any, wanted: str, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    if validator.is_type(instance, "string") and not occurs(wanted, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {wanted!r}")


def _pattern_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        for pattern, subschema in wanted.items():
            for name, value in instance.items():
                _look_at_the_clock()
                if occurs(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    if not validator.is_type(instance, "object"):
        return
    patterns = schema.get("patternProperties", {})
    extra = [name for name in instance if name not in schema.get("properties", {}) and not _matches_any(patterns, name)]
    if allowed is False and extra:
        yield jsonschema.ValidationError(f"unexpected {', '.join(map(repr, extra))}")
    elif isinstance(allowed, dict):
        for name in extra:
            yield from validator.descend(instance[name], allowed, path=name)


def _matches_any(patterns: Iterable[str], name: str) -> bool:
    for pattern in patterns:
        _look_at_the_clock()
        if occurs(pattern, name):
            return True
    return False
