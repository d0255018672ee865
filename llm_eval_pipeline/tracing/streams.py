"""Generators within a span: each step runs in the span's context, and between steps the consumer has its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as otel

from llm_eval_pipeline.tracing.under_way import UnderWay

Begin = Callable[[], UnderWay | None]


def stream(made: Generator[Any, Any, Any], begin: Begin) -> Generator[Any, Any, Any]:
    """A generator that yields, takes, raises and returns what ``made`` does; ``begin`` is called at the first step."""
    under_way = begin()
    if under_way is None:
        return (yield from made)
    step: Callable[[], Any] = lambda: next(made)  # noqa: E731 - exchanged below for what the consumer sends or throws
    error: BaseException | None = None
    value: Any = None
    try:
        while True:
            try:
                with _within(under_way):
                    item = step()
            except StopIteration as end:
                value = end.value
                return value
            under_way.note_chunk(item)
            try:
                sent = yield item
            except GeneratorExit:
                with _within(under_way):
                    made.close()
                raise
            except BaseException as thrown:  # noqa: BLE001 - it is the generator's to answer
                step = _thrown(made, thrown)
            else:
                step = _sent(made, sent)
    except GeneratorExit:  # the consumer has enough
        raise
    except BaseException as raised:
        error = raised
        raise
    finally:
        under_way.end(value, error, in_pieces=True)


async def stream_async(made: AsyncGenerator[Any, Any], begin: Begin) -> AsyncGenerator[Any, Any]:
    """The same of an asynchronous generator."""
    under_way = begin()
    error: BaseException | None = None
    sent: Any = None
    thrown: BaseException | None = None
    try:
        while True:
            try:
                with _within(under_way):
                    item = await (made.asend(sent) if thrown is None else made.athrow(thrown))
            except StopAsyncIteration:
                return
            thrown = None
            if under_way is not None:
                under_way.note_chunk(item)
            try:
                sent = yield item
            except GeneratorExit:
                with _within(under_way):
                    await made.aclose()
                raise
            except BaseException as given:  # noqa: BLE001 - it is the generator's to answer
                thrown = given
    except GeneratorExit:  # the consumer has enough
        raise
    except BaseException as raised:
        error = raised
        raise
    finally:
        if under_way is not None:
            under_way.end(None, error, in_pieces=True)


@contextmanager
def _within(under_way: UnderWay | None) -> Iterator[None]:
    """One step, in the context that the last step left: what it entered and has not left is still there."""
    if under_way is None:
        yield
        return
    token = otel.attach(under_way.context)
    try:
        yield
    finally:
        under_way.context = otel.get_current()
        otel.detach(token)


def _sent(made: Generator[Any, Any, Any], value: Any) -> Callable[[], Any]:
    return lambda: made.send(value)


def _thrown(made: Generator[Any, Any, Any], error: BaseException) -> Callable[[], Any]:
    return lambda: made.throw(error)
