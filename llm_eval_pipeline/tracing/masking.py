"""Personal data out of spans, at the one place that every span passes before any destination.

Every text of a span is masked: its name, attributes, events, links, status and resource. In JSON each text is masked by
itself, so that what is cut out leaves JSON. Names of models stay, since a version such as ``4-5-20250929`` looks like a
phone number and prices depend on it. A text whose mask fails is dropped.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import orjson
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, Status

from llm_eval_pipeline.tracing import names
from llm_eval_pipeline.tracing.spans import changed

log = logging.getLogger(__name__)
Mask = Callable[[str], str]

DROPPED = "<dropped: the mask failed>"
_LONG_NUMBER = 10**8
_DEEPEST = 64
_MODEL_NAMES = {
    *(names.REQUEST_MODEL, names.RESPONSE_MODEL, names.OPERATION, names.WRAPS, names.OPENINFERENCE_KIND),
    *("llm.model_name", "embedding.model_name", "model", "model_name"),
}
_LOOKS_LIKE_A_MODEL = re.compile(r"[A-Za-z][\w.:/-]{0,99}")


def personal_data_mask() -> Mask:
    """The mask that ``init(mask=True)`` uses: each piece of personal data becomes its kind, as ``<EMAIL_ADDRESS>``.

    Raises:
        ModuleNotFoundError: when presidio-analyzer, which finds the pieces, is not installed.
    """
    if find_spec("presidio_analyzer") is None:
        raise ModuleNotFoundError("mask=True needs the package presidio-analyzer: install it, or give a mask of yours")

    def mask(text: str) -> str:
        from llm_eval_pipeline.datasets.scrubbing import scrub

        return scrub(text).text

    return mask


def masked(span: ReadableSpan, mask: Mask) -> ReadableSpan:
    """The span with every text masked."""
    status = span.status
    if status.description:
        status = Status(status.status_code, _text(status.description, mask))
    return changed(
        span,
        name=_text(span.name, mask),
        attributes=_attributes(span.attributes, mask),
        events=[
            Event(_text(each.name, mask), _attributes(each.attributes, mask), each.timestamp) for each in span.events
        ],
        links=[Link(each.context, _attributes(each.attributes, mask)) for each in span.links],
        status=status,
        resource=masked_resource(span.resource, mask),
    )


def masked_resource(resource: Resource, mask: Mask) -> Resource:
    """The resource with every text masked but those that the SDK writes about itself."""
    own = {name: value for name, value in resource.attributes.items() if name.startswith("telemetry.sdk.")}
    return Resource({**_attributes(resource.attributes, mask), **own}, resource.schema_url)


def _attributes(found: Mapping[str, Any] | None, mask: Mask) -> dict[str, Any]:
    return {name: _value(name, value, mask) for name, value in (found or {}).items()}


def _value(name: str, value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        if name in _MODEL_NAMES and _LOOKS_LIKE_A_MODEL.fullmatch(value):
            return value
        return _text(value, mask)
    if isinstance(value, bytes):
        return _text(value.decode(errors="replace"), mask)
    if isinstance(value, Mapping):
        return {_text(str(key), mask): _value(str(key), each, mask) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [_value(name, each, mask) for each in value]
    if isinstance(value, int) and abs(value) >= _LONG_NUMBER:  # a card's or a phone's number
        hidden = _text(str(value), mask)
        return value if hidden == str(value) else hidden
    return value


def _text(text: str, mask: Mask) -> str:
    try:
        if text[:1] in ("{", "[") and (found := _json(text)) is not None:
            return orjson.dumps(_in_json("", found, mask)).decode()
        return _checked(mask(text))
    except Exception as error:  # noqa: BLE001 - a mask may raise anything, and its text must not leave
        log.warning("tracing: a text was dropped, since its mask failed with %s", type(error).__name__)
        return DROPPED


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _in_json(name: str, found: Any, mask: Mask, depth: int = 0) -> Any:
    """JSON with its texts masked, and its keys."""
    if depth > _DEEPEST:
        return DROPPED
    if isinstance(found, dict):
        return {_text(key, mask): _in_json(key, each, mask, depth + 1) for key, each in found.items()}
    if isinstance(found, list):
        return [_in_json(name, each, mask, depth + 1) for each in found]
    return _value(name, found, mask)


def _checked(masked: object) -> str:
    if not isinstance(masked, str):
        raise TypeError(f"a mask must return text, got {type(masked).__name__}")
    return masked
