"""JSON as models write it: bare, or in one code fence with nothing around it."""

from __future__ import annotations

import json
import re
from typing import Any

_FENCE = re.compile(r"```[\w+-]*[ \t]*")


class NotJsonError(ValueError):
    """An output that is no JSON. The text says where it stops being JSON."""


def parsed(output: str) -> Any:
    """The value of a stripped output.

    ``NaN`` and ``Infinity`` are no JSON, and what a fence holds is held to the same rule.

    Raises:
        NotJsonError: when there is none.
    """
    opening, _, rest = output.partition("\n")
    is_fenced = _FENCE.fullmatch(opening) is not None and rest.endswith("```")
    try:
        return json.loads(rest[:-3] if is_fenced else output, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        line = error.lineno + is_fenced
        raise NotJsonError(f"not JSON: {error.msg} at line {line}, column {error.colno}") from error
    except ValueError as error:
        raise NotJsonError(f"not JSON: {error}") from error
    except RecursionError as error:
        raise NotJsonError("not JSON that can be read: it is nested too deeply") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def kind_of(value: Any) -> str:
    """What JSON calls a value."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
