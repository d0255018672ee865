"""What all spans within a block carry: session, user, feature, prompt version; those of other instrumentors too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context as otel

from llm_eval_pipeline.tracing import names

_KEY = otel.create_key("llm_eval.carried")


@contextmanager
def session(identifier: str) -> Iterator[None]:
    """All spans within belong to this session, such as one conversation."""
    with carrying({names.SESSION: identifier}):
        yield


@contextmanager
def user(identifier: str) -> Iterator[None]:
    """All spans within are this user's; give an id that names nobody."""
    with carrying({names.USER: identifier}):
        yield


@contextmanager
def feature(name: str) -> Iterator[None]:
    """All spans within belong to this feature of the application, the slice that costs and drift are reported by."""
    with carrying({names.FEATURE: name}):
        yield


@contextmanager
def prompt_version(version: str) -> Iterator[None]:
    """All spans within use this version of the application's prompt."""
    with carrying({names.PROMPT_VERSION: version}):
        yield


@contextmanager
def carrying(attributes: Mapping[str, object]) -> Iterator[None]:
    """Attach attributes to the context for as long as the block lasts."""
    before = otel.get_current()
    otel.attach(with_carried(before, attributes))
    try:
        yield
    finally:
        otel.attach(before)  # a token cannot be given back in another thread, where a generator's block may end


def with_carried(context: otel.Context, attributes: Mapping[str, object]) -> otel.Context:
    """The context with these attributes besides those that it carries; ids that are numbers become text."""
    told = {name: str(value) for name, value in attributes.items() if value is not None and value != ""}
    return otel.set_value(_KEY, {**carried(context), **told}, context)


def carried(context: otel.Context | None) -> Mapping[str, str]:
    """What a context carries, the current one by default."""
    found = otel.get_value(_KEY, context)
    return found if isinstance(found, dict) else {}
