"""The decorator: one span for each call of a function, whichever of Python's four kinds the function is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, TypeVar, overload

from opentelemetry import context as otel

from llm_eval_pipeline.tracing import captured, names
from llm_eval_pipeline.tracing.hub import HUB, tracer
from llm_eval_pipeline.tracing.streams import stream, stream_async
from llm_eval_pipeline.tracing.under_way import UnderWay, begin
from llm_eval_pipeline.tracing.written import Plan

Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def trace(function: Function, /) -> Function: ...


@overload
def trace(
    *,
    name: str | None = None,
    kind: str | None = None,
    feature: str | None = None,
    inputs: bool = True,
    outputs: bool = True,
) -> Callable[[Function], Function]: ...


def trace(
    function: Function | None = None,
    /,
    *,
    name: str | None = None,
    kind: str | None = None,
    feature: str | None = None,
    inputs: bool = True,
    outputs: bool = True,
) -> Function | Callable[[Function], Function]:
    """Make each call of a function a span, within the span that is under way where it is called.

    It works on functions, coroutines, generators and asynchronous generators, with or without brackets. What they
    return, yield and raise stays as it is; an exception is noted on the span and raised again. A generator's span
    begins with its first step, in the context where it was called, and ends with its last.

    Args:
        function: what is decorated, when there are no brackets.
        name: of the span; the function's by default.
        kind: ``chat``, ``completion``, ``embeddings``, ``retrieval``, ``tool``, ``agent`` or ``chain``. Without it a
            function that returns a model's answer is a call of that model, and any other a chain.
        feature: the feature of the application that this call and all within belong to.
        inputs: whether arguments are captured.
        outputs: whether what is returned or yielded is captured.

    Raises:
        ValueError: for another kind.
    """
    if kind is not None and kind not in names.KINDS:
        raise ValueError(f"trace(kind={kind!r}) is no kind: use one of {', '.join(names.KINDS)}")

    def decorate(decorated: Function) -> Function:
        plan = Plan(
            name=name or str(getattr(decorated, "__name__", type(decorated).__name__)),
            kind=kind,
            feature=feature,
            inputs=inputs,
            outputs=outputs,
        )
        wrapper: Any = functools.wraps(decorated)(_wrapped(decorated, plan))
        return wrapper

    return decorate if function is None else decorate(function)


def _wrapped(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    signature = inspect.signature(function)

    def begun(args: tuple[Any, ...], kwargs: dict[str, Any], context: otel.Context) -> UnderWay | None:
        found = tracer()
        return begin(found, plan, captured.arguments(signature, args, kwargs), context) if found is not None else None

    if inspect.isasyncgenfunction(function):

        def streams_async(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            context = HUB.context_here()
            return stream_async(function(*args, **kwargs), lambda: begun(args, kwargs, context))

        return streams_async
    if inspect.isgeneratorfunction(function):

        def streams(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            context = HUB.context_here()
            return stream(function(*args, **kwargs), lambda: begun(args, kwargs, context))

        return streams
    if inspect.iscoroutinefunction(function):

        async def awaits(*args: Any, **kwargs: Any) -> Any:
            under_way = begun(args, kwargs, HUB.context_here())
            if under_way is None:
                return await function(*args, **kwargs)
            token = otel.attach(under_way.context)
            try:
                value = await function(*args, **kwargs)
            except BaseException as error:
                under_way.end(error=error)
                raise
            finally:
                otel.detach(token)
            under_way.end(value)
            return value

        return awaits

    def calls(*args: Any, **kwargs: Any) -> Any:
        under_way = begun(args, kwargs, HUB.context_here())
        if under_way is None:
            return function(*args, **kwargs)
        token = otel.attach(under_way.context)
        try:
            value = function(*args, **kwargs)
        except BaseException as error:
            under_way.end(error=error)
            raise
        finally:
            otel.detach(token)
        under_way.end(value)
        return value

    return calls
