"""A JSON Schema validator that other people's schemas cannot hang.

References to references can double at each step, so they are counted; patterns are stopped when they take too long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from llm_eval_pipeline.evaluation.formats.bounded import occurs
from llm_eval_pipeline.evaluation.formats.seam import UndecidedError

_REFERENCES = ("$ref", "$dynamicRef")
MOST_REFERENCES = 10_000
"""References that one check may follow."""


_followed: ContextVar[int] = ContextVar("_followed")


@contextmanager
def one_check() -> Iterator[None]:
    """A check of one value: its references are counted from here on."""
    before = _followed.set(0)
    try:
        yield
    finally:
        _followed.reset(before)


@lru_cache(maxsize=16)
def bounded(kind: type[Any]) -> Any:
    """A validator class like ``kind``, for use within :func:`one_check`.

    It raises :class:`UndecidedError` where a check would take too long.
    """
    import jsonschema

    references = {name: _counted(kind.VALIDATORS[name]) for name in _REFERENCES if name in kind.VALIDATORS}
    patterns = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    return jsonschema.validators.extend(kind, references | patterns)


def _counted(follow: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    def reference(validator: Any, ref: str, instance: Any, schema: Any) -> Iterator[Any]:
        _followed.set(_followed.get() + 1)
        if _followed.get() > MOST_REFERENCES:
            raise UndecidedError(f"the schema leads through more than {MOST_REFERENCES} references")
        yield from follow(validator, ref, instance, schema) or ()

    return reference


def _pattern(validator: Any, wanted: str, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    if validator.is_type(instance, "string") and not occurs(wanted, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {wanted!r}")


def _pattern_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        for pattern, subschema in wanted.items():
            for name, value in instance.items():
                if occurs(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    if not validator.is_type(instance, "object"):
        return
    patterns = schema.get("patternProperties", {})
    extra = [
        name
        for name in instance
        if name not in schema.get("properties", {}) and not any(occurs(pattern, name) for pattern in patterns)
    ]
    if allowed is False and extra:
        yield jsonschema.ValidationError(f"unexpected {', '.join(map(repr, extra))}")
    elif isinstance(allowed, dict):
        for name in extra:
            yield from validator.descend(instance[name], allowed, path=name)
